"""Grammars of an MSSanté message: its subject, the names of its PDF files, the sender's display name.

Written strictly, read tolerantly (référentiel socle MSSanté n° 2: ECO.2.1.3, ECO.2.1.6, ECO.2.2.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from norms.ins.lexical import fold
from norms.mail.words import plain

MARK: Final = "XDM/1.0/DDM"
PREFIX: Final = MARK + "+"
LABEL_ROOM: Final = 40  # characters of the type's label in a file name
_MARK: Final = re.compile(r"xdm\s*/\s*1\.0\s*/\s*ddm\s*\+?", re.I)
_DATE: Final = re.compile(r"(?<!\d)(\d{2})[/.-](\d{2})[/.-](\d{4})(?!\d)|(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
TITLES: Final = (
    "DR", "DOCTEUR", "PR", "PROFESSEUR", "M", "MME", "MLLE", "MR", "MC", "MG", "MED", "PHARM", "IDE", "SF", "MONSIEUR",
    "MADAME",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject taken apart. ``strict``: as it must be, date apart. ``birth_date`` AAAA-MM-JJ, empty when absent."""

    before: str  # what stands before the mark: an error, a forwarding prefix
    words: str  # label and names: what stands between the mark and the date
    birth_date: str
    strict: bool

    def label(self, birth_name: str, given: str) -> str | None:
        """The words before this name and given name (accents, case, hyphens apart); None when they do not end so."""
        tail = fold(f"{birth_name} {given}").split()
        parts = self.words.split()
        for cut in range(len(parts), max(-1, len(parts) - len(tail) - 6), -1):  # some parts may fold to nothing
            if fold(" ".join(parts[cut:])).split() == tail:
                return " ".join(parts[:cut])
        return None


def subject(label: str, birth_name: str, given: str, birth_date: str) -> str:
    """``XDM/1.0/DDM+<label> <NOM> <prénom> <JJ/MM/AAAA>``; ``birth_date`` is AAAA-MM-JJ."""
    year, month, day = birth_date.split("-")
    words = f"{PREFIX}{label} {birth_name.upper()} {given} {day}/{month}/{year}"
    return " ".join(plain(words).split())


def read_subject(text: str) -> Subject | None:
    """A subject in which the mark stands, wherever that is; None when there is none."""
    mark = _MARK.search(text)
    if mark is None:
        return None
    after = text[mark.end() :].strip()
    dates = list(_DATE.finditer(after))
    birth, words = "", after
    if dates:
        last = dates[-1]
        birth = f"{last[3]}-{last[2]}-{last[1]}" if last[3] else f"{last[4]}-{last[5]}-{last[6]}"
        words = after[: last.start()].strip()
    good = (
        mark[0] == PREFIX
        and not text[: mark.start()].strip()
        and (not dates or (dates[-1][3] is not None and dates[-1][0].count("/") == 2))
        and not (dates and after[dates[-1].end() :].strip())
        and len(words.split()) >= 3
    )
    return Subject(text[: mark.start()].strip(), words, birth, good)


@dataclass(frozen=True, slots=True)
class PdfName:
    """The name of a PDF taken apart: ``date`` AAAAMMJJ of the act, label of the type, names, file number."""

    date: str
    label: str
    birth_name: str
    given: str
    number: str = ""


def pdf_name(act: str, label: str, birth_name: str, given: str, number: str = "") -> str:
    """``<AAAAMMJJ>_<label ≤ 40>_<NOM>_<prénom>[_<n° de dossier>].pdf``; ``act`` is AAAAMMJJ."""
    parts = [act[:8], _clean(label)[:LABEL_ROOM].strip(), _clean(birth_name).upper(), _clean(given)]
    return "_".join([*parts, *([_clean(number)] if number else [])]) + ".pdf"


def _clean(text: str) -> str:
    """A text without what would be read as a separator or refused by a file system."""
    return " ".join(_FORBIDDEN.sub(" ", text.replace("_", " ")).split())


def read_pdf_name(name: str) -> PdfName | None:
    """The fields of a PDF's name; None when it is not of the grammar."""
    parts = name[:-4].split("_") if name.lower().endswith(".pdf") else []
    if len(parts) not in (4, 5) or not re.fullmatch(r"\d{8}", parts[0], re.ASCII) or not all(parts):
        return None
    return PdfName(*parts) if len(parts[1]) <= LABEL_ROOM else None


@dataclass(frozen=True, slots=True)
class PersonName:
    """A personal mailbox's display name taken apart."""

    title: str
    given: str
    family: str
    entity: str


def person_name(given: str, family: str, title: str = "", entity: str = "") -> str:
    """``[<Titre>_]<Prénom>_<NOM>[_<Entité>]``."""
    return "_".join(part for part in (_clean(title), _clean(given), _clean(family).upper(), _clean(entity)) if part)


def read_person_name(name: str) -> PersonName | None:
    """The fields of a personal display name; None when it is not of the grammar (given name, then NAME in capitals)."""
    parts = name.strip().split("_")
    title = parts.pop(0) if parts and parts[0].rstrip(".").upper() in TITLES and len(parts) > 1 else ""
    if len(parts) < 2 or not all(parts) or parts[1] != parts[1].upper() or not any(map(str.isalpha, parts[1])):
        return None
    return PersonName(title, parts[0], parts[1], "_".join(parts[2:]))
