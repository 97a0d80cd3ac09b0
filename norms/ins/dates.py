"""Birth dates: AAAA-MM-JJ, possibly lunar (00 month or day), and the RNIV interpretation of incomplete ones."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_PIVOT = re.compile(r"(\d{2})-(\d{2})-(\d{4})", re.ASCII)


class BadDate(ValueError):
    """The text is not a date of the expected form."""


def written(value: str) -> bool:
    """Whether it has the form AAAA-MM-JJ, whatever the digits."""
    return _ISO.fullmatch(value) is not None


def exists(value: str) -> bool:
    """Whether it is a date of the calendar, written AAAA-MM-JJ."""
    if not written(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def incomplete(value: str) -> bool:
    """Whether month or day is 00: a software must refuse to import it from INSi (règle 11)."""
    match = _ISO.fullmatch(value)
    return match is not None and "00" in (match[2], match[3])


def plausible(value: str) -> bool:
    """Whether it is a date of the calendar once the unknown parts are interpreted; other lunar months are not."""
    return written(value) and exists(interpret(value)[0])


def interpret(value: str) -> tuple[str, bool]:
    """The complete date to record, and whether it is fictive (RNIV: EXI ID 11 and 12).

    Day unknown → 01 of the month; month unknown → January, same day; both → 31 December. Raises BadDate.
    """
    match = _ISO.fullmatch(value)
    if match is None:
        raise BadDate(f"not a date AAAA-MM-JJ: {value!r}")
    year, month, day = match.groups()
    if (month, day) == ("00", "00"):
        return f"{year}-12-31", True
    if "00" in (month, day):
        return f"{year}-{'01' if month == '00' else month}-{'01' if day == '00' else day}", True
    return value, False


def to_shown(value: str) -> str:
    """JJ/MM/AAAA, as a birth date is shown; raises BadDate."""
    return "/".join(reversed(_parts(value)))


def to_datamatrix(value: str) -> str:
    """JJ-MM-AAAA, as the datamatrix INS writes it; raises BadDate."""
    return "-".join(reversed(_parts(value)))


def from_datamatrix(value: str) -> str:
    """AAAA-MM-JJ from the JJ-MM-AAAA of a datamatrix INS; raises BadDate."""
    match = _PIVOT.fullmatch(value)
    if match is None:
        raise BadDate(f"not a date JJ-MM-AAAA: {value!r}")
    return f"{match[3]}-{match[2]}-{match[1]}"


def _parts(value: str) -> tuple[str, ...]:
    match = _ISO.fullmatch(value)
    if match is None:
        raise BadDate(f"not a date AAAA-MM-JJ: {value!r}")
    return match.groups()
