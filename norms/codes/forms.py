"""The form of codes: what their check digits and alphabets say without any table.

A code that has not the form of its code system exists in no version of it; one that has may still not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
_LOINC = re.compile(r"\d{1,7}-\d\Z")
_LOINC_OTHER = re.compile(r"(?:LP|LA|LL|LG)\d+-\d\Z|XX-\S+\Z", re.I)  # parts, answers; placeholders of IHE profiles


def loinc(code: str) -> bool:
    """Digits, a dash, the Luhn check digit; parts, answers and placeholders by their look only."""
    if not _LOINC.match(code):
        return _LOINC_OTHER.match(code) is not None
    digits = [int(c) for c in code if c.isdigit()]
    total = sum(d if at % 2 == 0 else (d * 2) // 10 + (d * 2) % 10 for at, d in enumerate(reversed(digits)))
    return total % 10 == 0


def snomed(code: str) -> bool:
    """6 to 18 digits, no leading zero, Verhoeff check digit (RF2)."""
    if not re.fullmatch(r"[1-9]\d{5,17}", code):
        return False
    check = 0
    for at, char in enumerate(reversed(code)):
        check = _D[check][_P[at % 8][int(char)]]
    return check == 0


def _shaped(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda code: compiled.fullmatch(code) is not None


FORMS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "2.16.840.1.113883.6.1": ("LOINC", loinc),
    "2.16.840.1.113883.6.96": ("SNOMED CT", snomed),
    "2.16.840.1.113883.6.73": ("ATC", _shaped(r"[A-V](?:\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?)?")),
    "2.16.840.1.113883.6.3": ("CIM-10", _shaped(r"[A-Z]\d\d(?:\.?[\d+]{1,4})?(?:-[A-Z]\d\d)?")),
    "1.2.250.1.215.300.1": ("CCAM", _shaped(r"[A-Z]{4}\d{3}(?:\+\d{3})?|\d\d(?:\.\d\d)*")),
    "1.2.250.1.213.2.5": ("CCAM", _shaped(r"[A-Z]{4}\d{3}(?:\+\d{3})?|\d\d(?:\.\d\d)*")),
    "1.2.250.1.213.2.3.1": ("CIS", _shaped(r"[67]\d{7}")),
}


def well_formed(code: str, system: str) -> bool | None:
    """Whether a code has the form of its code system (OID); None when we know no form for it."""
    form = FORMS.get(system)
    return None if form is None else form[1](code)
