"""Instants as messages write them: ``xs:dateTime`` in UTC, with a ``Z``."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)


def read_utc(text: str) -> float | None:
    """Seconds since 1970 of ``AAAA-MM-JJThh:mm:ss[.fff]Z``; None for anything else, a time without zone included."""
    if not _UTC.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def write_utc(seconds: float) -> str:
    """``AAAA-MM-JJThh:mm:ss.fffZ``, the form that the assertions and contexts of the INSi kit use."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
