"""Checks on what is printed: the datamatrix INS read back from the page, the identity in clear (règle 32)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from harness.scenario import paper
from harness.scenario.checks import Context, Traffic, check
from harness.scenario.values import at
from harness.scenario.verdict import Failed, Inconclusive, Seen, kept, mended, said
from harness.words import Words, words
from norms.ins import datamatrix, dates, oids
from norms.ins.datamatrix import BadDatamatrix

_P = "harness.scenario"
_FIELDS = {  # block of the symbol -> field of the record
    "given_names": "traits.given_names",
    "birth_name": "traits.birth_name",
    "sex": "traits.sex",
    "birth_date": "traits.birth_date",
}


@check(
    "ins.datamatrix",
    fr="Le datamatrix INS de la page imprimée se relit, suit le format publié et porte l'identité du dossier.",
    en="The datamatrix INS of the printed page reads back, follows the format and carries the record's identity.",
)
def matrix(context: Context, on: list[Traffic], *, document: Mapping[str, Any], record: Mapping[str, Any]) -> Seen:
    """``document`` is the result of print or document.get, ``record`` that of patient.get."""
    page = _page(document)
    codes = [code for code in page.codes if code.startswith("IS")]
    if not codes:
        raise Failed(words(_P, "paper.no_code", n=len(page.codes)), Seen(words(_P, "paper.code_expected")))
    saw = Words(codes[0].replace("\x1d", "<GS>"), codes[0].replace("\x1d", "<GS>"))
    if wrong := datamatrix.check(codes[0]):
        message = words(_P, "paper.bad_code", said=said(wrong))
        raise Failed(message, Seen(words(_P, "paper.code_expected"), saw, findings=kept(wrong)), fix=mended(wrong))
    try:
        content = datamatrix.parse(codes[0])
    except BadDatamatrix as bad:
        raise Failed(words(_P, "paper.bad_code", said=said([bad.finding])), Seen(seen=saw)) from None
    wanted = {name: _first(record, path) for name, path in _FIELDS.items()}
    wanted |= {"ins": _first(record, "ins.value") + _first(record, "ins.key"), "oid": _first(record, "ins.oid")}
    for name, value in wanted.items():
        if (found := getattr(content, name)) != value:
            message = words(_P, "paper.code_differs", field=name, wanted=value, found=found)
            raise Failed(message, Seen(Words.of(f"{name} = {value}"), Words.of(found)))
    return Seen(words(_P, "paper.code_expected"), saw)


@check(
    "paper.identity-in-clear",
    fr="La page porte en clair nom de naissance, 1er prénom, date de naissance, sexe, matricule suivi de sa nature.",
    en="The page shows in clear birth name, first given name, birth date, sex, matricule followed by its nature.",
)
def in_clear(context: Context, on: list[Traffic], *, document: Mapping[str, Any], record: Mapping[str, Any]) -> Seen:
    """Règle 32, on the text of a PDF; blanks between the characters of the matricule do not matter."""
    page = _page(document)
    if not page.text.strip():
        raise Inconclusive(words(_P, "paper.no_text"))
    plain = re.sub(r"\s+", " ", page.text).upper()
    matricule = _first(record, "ins.value") + _first(record, "ins.key")
    nature = oids.nature(_first(record, "ins.oid"))
    born = _first(record, "traits.birth_date")
    sex = _first(record, "traits.sex")
    wanted = {
        "birth_name": re.escape(_first(record, "traits.birth_name")),
        "first_given_name": re.escape(_first(record, "traits.first_given_name")),
        "birth_date": re.escape(dates.to_shown(born) if dates.written(born) else born),
        "sex": rf"\b(?:{sex}|{'MASCULIN' if sex == 'M' else 'F[ÉE]MININ'})\b",
        "matricule": r"\s*".join(matricule) + rf"\s*\(?{nature}\b",
    }
    expected = words(_P, "paper.clear_expected", matricule=f"{matricule} {nature}")
    if missing := [name for name, pattern in wanted.items() if not re.search(pattern, plain)]:
        saw = page.text.strip()[:300]
        message = words(_P, "paper.clear_lacks", names=", ".join(missing))
        raise Failed(message, Seen(expected, Words.of(saw)))
    return Seen(expected, words(_P, "paper.clear_seen"))


def _page(document: Mapping[str, Any]) -> paper.Paper:
    raw = str(document.get("content_base64", ""))
    try:
        return paper.read(base64.b64decode(raw, validate=True))
    except (binascii.Error, paper.Unreadable) as error:
        raise Inconclusive(words(_P, "paper.unreadable", detail=str(error))) from None


def _first(record: Mapping[str, Any], path: str) -> str:
    return str(next(iter(at(record, path)), "") or "")
