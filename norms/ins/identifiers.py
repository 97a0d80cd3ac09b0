"""Identifiers of professionals and structures: RPPS, ADELI, FINESS, SIREN, SIRET, national forms with a prefix.

All end with a Luhn check digit. In the FINESS, the letter of a department (2A, 2B, 9A…) counts as its rank in the
alphabet (A 1, B 2…): provisional, deduced from the fictitious numbers of test certificates (five of the six seen).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_RPPS = re.compile(r"\d{11}", re.ASCII)
_ADELI = re.compile(r"\d[\dAB]\d{7}", re.ASCII)
_FINESS = re.compile(r"\d[\dA-F]\d{7}", re.ASCII)
_SIREN = re.compile(r"\d{9}", re.ASCII)
_SIRET = re.compile(r"\d{14}", re.ASCII)
_INTERNAL = re.compile(r"[0-9A-Za-z._-]{1,}", re.ASCII)
_RANK = re.compile(r"\d{2,3}", re.ASCII)


def luhn(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) << (place % 2)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def luhn_digit(digits: str) -> str:
    """The check digit to write after these digits."""
    return next(last for last in "0123456789" if luhn(digits + last))


def rpps(value: str) -> bool:
    """A number of the RPPS: 11 digits, Luhn."""
    return _RPPS.fullmatch(value) is not None and luhn(value)


def adeli(value: str) -> bool:
    """A number of ADELI: 9 characters, department first, Luhn."""
    return _ADELI.fullmatch(value) is not None and luhn(_letters(value))


def finess(value: str) -> bool:
    """A FINESS number, legal entity or site: 9 characters, Luhn."""
    return _FINESS.fullmatch(value) is not None and luhn(_letters(value))


def siren(value: str) -> bool:
    """A SIREN: 9 digits, Luhn."""
    return _SIREN.fullmatch(value) is not None and luhn(value)


def siret(value: str) -> bool:
    """A SIRET: 14 digits, Luhn on the whole and on its SIREN."""
    return _SIRET.fullmatch(value) is not None and luhn(value) and luhn(value[:9])


def _letters(value: str) -> str:
    return "".join(str(ord(char) - 64) if char.isalpha() else char for char in value)


def _internal(check: Callable[[str], bool]) -> Callable[[str], bool]:
    """A structure's number, a slash, and an identifier inside the structure."""

    def whole(value: str) -> bool:
        number, slash, inside = value.partition("/")
        return slash == "/" and check(number) and _INTERNAL.fullmatch(inside) is not None

    return whole


def _cabinet(check: Callable[[str], bool], length: int) -> Callable[[str], bool]:
    """The number of the professional who holds the practice, and a rank."""
    return lambda value: check(value[:length]) and _RANK.fullmatch(value[length:]) is not None


_PERSONS: dict[str, Callable[[str], bool]] = {
    "0": adeli,
    "3": _internal(finess),
    "4": _internal(siren),
    "5": _internal(siret),
    "8": rpps,
}
_STRUCTURES: dict[str, Callable[[str], bool]] = {
    "0": _cabinet(adeli, 9),
    "1": finess,
    "2": siren,
    "3": siret,
    "4": _cabinet(rpps, 11),
}


def person(national_id: str) -> bool:
    """A national identifier of a person (IdNat_PS): ``8`` RPPS, ``0`` ADELI, ``3``/``4``/``5`` structure ``/`` id."""
    check = _PERSONS.get(national_id[:1])
    return check is not None and check(national_id[1:])


def structure(national_id: str) -> bool:
    """A structure's national identifier (IdNat_Struct): ``1`` FINESS, ``2`` SIREN, ``3`` SIRET; ``0``, ``4`` + rank."""
    check = _STRUCTURES.get(national_id[:1])
    return check is not None and check(national_id[1:])
