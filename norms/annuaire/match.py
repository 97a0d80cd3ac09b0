"""Whether a value of the directory answers a criterion.

FHIR R4 « Search » §3.1.1.4, as the published server of the Annuaire applies it: texts compared without case nor accents
(``:exact`` to the character), tokens as ``system|code``, instants as intervals.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from norms.letters import bare

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def string_matches(value: str, wanted: str, modifier: str = "") -> bool:
    """Whether a text begins with what is wanted (``contains``: holds it, ``exact``: is it)."""
    if modifier == "exact":
        return value == wanted
    return bare(wanted) in bare(value) if modifier == "contains" else bare(value).startswith(bare(wanted))


def token_matches(system: str, code: str, wanted: str) -> bool:
    """Whether a coded value answers ``code``, ``system|code``, ``system|`` (any code of it) or ``|code``."""
    head, bar, tail = wanted.partition("|")
    if not bar:
        return code == wanted
    return (not head or system == head) and (not tail or code == tail)


@dataclass(frozen=True, slots=True)
class Instants:
    """What a date criterion accepts: a prefix, and the interval that its precision means (seconds since 1970)."""

    prefix: str
    low: float
    high: float  # excluded

    def accepts(self, moment: float) -> bool:
        """Whether an instant answers it."""
        match self.prefix:
            case "eq" | "ap":
                return self.low <= moment < self.high
            case "ne":
                return not self.low <= moment < self.high
            case "gt" | "sa":
                return moment >= self.high
            case "ge":
                return moment >= self.low
            case "lt" | "eb":
                return moment < self.low
            case _:
                return moment < self.high


def instants(wanted: str) -> Instants:
    """A date criterion read: prefix then year, month, day or instant (UTC when no offset is given).

    Raises ValueError.
    """
    prefix, rest = (wanted[:2], wanted[2:]) if wanted[:2] in PREFIXES else ("eq", wanted)
    read = _DATE.fullmatch(rest)
    if not read:
        raise ValueError(wanted)
    year, month, day, hour, minute, second, fraction, offset = read.groups()
    start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), tzinfo=UTC)
    if not month:
        span = timedelta(days=366 if calendar.isleap(int(year)) else 365)
    elif not day:
        span = timedelta(days=calendar.monthrange(int(year), int(month))[1])
    else:
        span = timedelta(days=1) if hour is None else timedelta(minutes=1)
    low = start.timestamp()
    if second is not None:
        if int(second) > 59:
            raise ValueError(wanted)
        low += int(second) + float(fraction or 0)
        span = timedelta(milliseconds=1) if fraction else timedelta(seconds=1)
    if offset and offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:])
        low -= (1 if offset[0] == "+" else -1) * (hours * 3600 + minutes * 60)
    return Instants(prefix, low, low + span.total_seconds())
