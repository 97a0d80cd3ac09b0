"""What a message says of the documents it carries: read from their CDA headers, for composing and for checking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from norms.cda.body.media import NotBase64, decode
from norms.cda.document import each, first, words
from norms.ins import matricule
from norms.ins.lexical import fold
from norms.ins.oids import nature
from norms.mail import names
from norms.mail.compose import Draft, File
from norms.xds.derive import to_utc

Element = etree._Element
# What a qualified identity has besides its INS, named as in the CDA.
_TRAITS = ("family[BR]", "given", "birthTime", "administrativeGenderCode")


@dataclass(frozen=True, slots=True)
class Described:
    """One document. ``ins`` is as written with its ``oid`` (both empty when there is none), ``act`` AAAAMMJJ,
    ``birth_date`` AAAA-MM-JJ, ``pdf`` the body of a level-1 document."""

    code: str
    display: str
    title: str
    act: str
    birth_name: str
    given: str
    birth_date: str
    sex: str
    ins: str = ""
    oid: str = ""
    pdf: bytes | None = field(default=None, repr=False)
    act_utc: str = ""

    @property
    def lacks(self) -> tuple[str, ...]:
        """What a qualified identity needs and the document does not say (ECO.2.4.2: INS, OID, four traits)."""
        traits = (self.birth_name, self.given, self.birth_date, self.sex in ("M", "F"))
        said = zip(_TRAITS, traits, strict=True)
        return (*(() if _sound(self.ins) else ("INS",)), *(name for name, value in said if not value))

    @property
    def qualified(self) -> bool:
        """Whether the document bears a qualified INS."""
        return not self.lacks

    @property
    def person(self) -> tuple[str, ...]:
        """What tells one patient from another."""
        return (self.ins,) if self.ins else (fold(self.birth_name), fold(self.given), self.birth_date)

    @property
    def label(self) -> str:
        """The label of the type, else the title."""
        return self.display or self.title

    def pdf_name(self, number: str = "") -> str:
        """The name of its PDF."""
        return names.pdf_name(self.act, self.label, self.birth_name, self.given, number)

    def subject(self) -> str:
        """The subject of a message about it; without a whole birth date, none can be made (the label alone)."""
        if len(self.birth_date) != 10:
            return f"{names.PREFIX}{self.label} {self.birth_name} {self.given}".strip()
        return names.subject(self.label, self.birth_name, self.given, self.birth_date)


def _sound(ins: str) -> bool:
    try:
        return matricule.valid(*matricule.split(ins))
    except matricule.BadMatricule:
        return False


def describe(root: Element) -> Described:
    """What a ClinicalDocument says of itself; what is absent is empty."""
    code, patient = first(root, "code"), first(root, "recordTarget/patientRole")
    ids = [(e.get("root", ""), e.get("extension", "")) for e in each(root, "recordTarget/patientRole/id")]
    oid, ins = next(((oid, value) for oid, value in ids if nature(oid)), ("", ""))
    name = first(patient, "patient/name") if patient is not None else None
    low = _value(root, "documentationOf/serviceEvent/effectiveTime/low")
    low = low or _value(root, "documentationOf/serviceEvent/effectiveTime")
    birth = _value(root, "recordTarget/patientRole/patient/birthTime")
    return Described(
        code=code.get("code", "") if code is not None else "",
        display=code.get("displayName", "") if code is not None else "",
        title=words(first(root, "title")),
        act=low[:8],
        act_utc=to_utc(low)[:8],
        birth_name=_named(name, "family"),
        given=_named(name, "given"),
        birth_date=f"{birth[:4]}-{birth[4:6]}-{birth[6:8]}" if len(birth) >= 8 else "",
        sex=_value(root, "recordTarget/patientRole/patient/administrativeGenderCode", "code"),
        ins=ins,
        oid=oid,
        pdf=_pdf(root),
    )


def _value(root: Element, path: str, attribute: str = "value") -> str:
    found = first(root, path)
    return found.get(attribute, "") if found is not None else ""


def _named(name: Element | None, part: str) -> str:
    """The birth name; the first given name (qualified BR), else the first of the list."""
    held = {e.get("qualifier", ""): words(e) for e in reversed(each(name, part))} if name is not None else {}
    value = held.get("BR") or next(reversed(held.values()), "")
    return value if part == "family" or "BR" in held else (value.split() or [""])[0]


def _pdf(root: Element) -> bytes | None:
    text = first(root, "component/nonXMLBody/text")
    if text is None or text.get("mediaType") != "application/pdf":
        return None
    try:
        return decode(text.text or "")
    except NotBase64:
        return None


def draft(
    archive: bytes, documents: Sequence[Described], pdfs: Sequence[bytes | None] = (), *, number: str = "", **rest: Any
) -> Draft:
    """The draft that carries these documents: subject, X-MSS headers, PDF files named after them.

    ``pdfs``: one by document (None or absent: the body of a level-1 document). ``rest`` are the other fields of
    `Draft`. Raises ValueError when there is no document, or one has no PDF.
    """
    if not documents:
        raise ValueError("no document")
    files = []
    for rank, one in enumerate(documents):
        data = (pdfs[rank] if rank < len(pdfs) else None) or one.pdf
        if data is None:
            raise ValueError(f"no PDF for document {rank + 1}")
        files.append(File(one.pdf_name(number), data))
    return Draft(
        **{
            "subject": documents[0].subject(),
            "archive": archive,
            "files": _apart(files),
            "codes": tuple(one.code for one in documents),
            "ins": "O" if any(one.qualified for one in documents) else "N",
            **rest,
        }
    )


def _apart(files: list[File]) -> tuple[File, ...]:
    """The same files, a rank as file number where two have one name."""
    seen: dict[str, int] = {}
    out = []
    for one in files:
        seen[one.name] = seen.get(one.name, 0) + 1
        rank = seen[one.name]
        out.append(one if rank == 1 else replace(one, name=f"{one.name[:-4]}_{rank}.pdf"))
    return tuple(out)
