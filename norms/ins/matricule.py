"""The matricule INS (NIR or NIA): 13 characters and a key of 2 digits.

Layout (Guide d'implémentation de l'INS; INSEE, répertoire national d'identification): sex 1, year 2, month 2, place of
birth 5 (department and commune, ``2A``/``2B`` in Corsica, ``97x``/``98x`` overseas, ``99`` and the country abroad),
order 3. The layout does not tell NIR from NIA: only the OID does (`norms.ins.oids`).
"""

from __future__ import annotations

import re

from norms.finding import NOWHERE, Finding, Where, find

_MATRICULE = re.compile(r"\d{5}(?:\d\d|2[AB])\d{6}", re.ASCII)
_WITH_KEY = re.compile(r"(\d{5}(?:\d\d|2[AB])\d{6})(\d\d)", re.ASCII)
_CORSICA = {"2A": "19", "2B": "18"}


class BadMatricule(ValueError):
    """The text is not a matricule of 13 characters."""


def well_formed(matricule: str) -> bool:
    """Whether these are the 13 characters of a matricule (digits, ``2A`` or ``2B`` as department)."""
    return _MATRICULE.fullmatch(matricule) is not None


def key(matricule: str) -> str:
    """The key of a 13-character matricule, two digits: 97 − (N mod 97), 2A counted 19 and 2B 18.

    Raises BadMatricule.
    """
    if not well_formed(matricule):
        raise BadMatricule(f"not a matricule of 13 characters: {matricule!r}")
    department = matricule[5:7]
    number = int(matricule[:5] + _CORSICA.get(department, department) + matricule[7:])
    return f"{97 - number % 97:02d}"


def valid(matricule: str, its_key: str) -> bool:
    """Whether the matricule is well formed and the key is its own."""
    return well_formed(matricule) and key(matricule) == its_key


def split(ins: str) -> tuple[str, str]:
    """The matricule and the key of 15 characters (blanks between them ignored); raises BadMatricule."""
    match = _WITH_KEY.fullmatch("".join(ins.split()))
    if match is None:
        raise BadMatricule(f"not a matricule of 13 characters followed by a key of 2 digits: {ins!r}")
    return match[1], match[2]


def check(matricule: str, its_key: str, where: Where = NOWHERE) -> list[Finding]:
    """What is wrong in a matricule and its key: the form, then the key."""
    if not well_formed(matricule):
        return [find("INS-MAT-01", found=matricule, where=where)]
    if its_key != (expected := key(matricule)):
        return [find("INS-KEY-01", expected=expected, found=its_key, where=where, matricule=matricule)]
    return []
