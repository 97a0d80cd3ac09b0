"""Dates and times of CDA: are they of the calendar, in order, with an offset from UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from norms.cda.document import Document, Element, first, qname, shown
from norms.finding import Finding, find

_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{1,4})?")


def read(value: str) -> datetime | None:
    """The instant an HL7 timestamp (``20240131101500+0100``) begins; None when it is none.

    Without an offset it is taken as UTC; what it leaves out counts as its first moment (``2024``: 1 January, midnight).
    """
    hit = _TIME.fullmatch(value)
    if hit is None:
        return None
    *parts, offset = hit.groups()
    zone = _zone(offset) if offset else UTC
    if zone is None:
        return None
    given = [int(part) for part in parts if part]
    try:
        return datetime(*given, *_FIRST[len(given) - 1 :], tzinfo=zone)  # type: ignore[arg-type, misc]
    except ValueError:
        return None


_FIRST = (1, 1, 0, 0, 0)  # month, day, hour, minute, second


@lru_cache(64)
def _zone(offset: str) -> timezone | None:
    """``+0100`` → the zone; None beyond 14 hours, where there is none."""
    minutes = int(offset[1:3]) * 60 + int(offset[3:].ljust(2, "0"))
    if minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def has_offset(value: str) -> bool:
    """True when the timestamp says its offset from UTC."""
    return "+" in value or "-" in value


def point(document: Document, element: Element) -> Iterator[Finding]:
    """A timestamp: given (or null), and of the calendar."""
    value = element.get("value")
    if value is None:
        if element.get("nullFlavor") is None and len(element) == 0:
            yield find("CDA-DT-09", where=document.where(element), name=shown(element.tag))
    elif read(value) is None:
        yield find("CDA-TIME-01", found=value, where=document.where(element, "value"), name=shown(element.tag))


def interval(document: Document, element: Element) -> Iterator[Finding]:
    """An interval: bounds of the calendar, the low one before the high one; a value or bounds, not both."""
    low, high = first(element, "low"), first(element, "high")
    bounds = [bound for bound in (low, high, first(element, "center")) if bound is not None]
    if element.get("value") is not None and bounds:
        yield find("CDA-TIME-02", where=document.where(element), name=shown(element.tag))
        return
    if element.get("value") is not None:
        yield from point(document, element)
    wrong = False
    for bound in bounds:
        value = bound.get("value")
        if value is not None and read(value) is None:
            wrong = True
            yield find("CDA-TIME-01", found=value, where=document.where(bound, "value"), name=shown(bound.tag))
            document.spoil(bound)
    if low is not None and high is not None and not wrong:
        yield from order(document, low, high)


def period(document: Document, element: Element) -> Iterator[Finding]:
    """An interval whose bounds may be one instant: only their order matters."""
    low, high = first(element, "low"), first(element, "high")
    if low is not None and high is not None and low.get("value") != high.get("value"):
        yield from order(document, low, high)


def order(document: Document, low: Element, high: Element) -> Iterator[Finding]:
    """The low bound comes before the high one."""
    start, end = low.get("value", ""), high.get("value", "")
    begins, ends = read(start), read(end)
    if begins is None or ends is None:
        return
    if start == end:
        where = document.where(high, "value")
        yield find("CDA-TIME-04", found=end, where=where, name=shown(low.getparent().tag))  # type: ignore[union-attr]
    elif begins > ends and has_offset(start) == has_offset(end):
        where = document.where(high, "value")
        yield find("CDA-TIME-03", expected=start, found=end, where=where, name=shown(low.getparent().tag))  # type: ignore[union-attr]


def check(document: Document) -> Iterator[Finding]:
    """The times that XDS metadata come from: their offset, and whether they lie ahead."""
    made = first(document.root, "effectiveTime")
    if made is not None and document.sound(made) and (value := made.get("value")):
        if len(value) < 12:
            yield find("CDA-TIME-05", found=value, where=document.where(made, "value"))
        elif not has_offset(value):
            yield find("CDA-TIME-06", found=value, where=document.where(made, "value"), name="effectiveTime")
        elif _ahead(document, value):
            yield find("CDA-TIME-07", found=value, where=document.where(made, "value"), name="effectiveTime")
    born = first(document.root, "recordTarget/patientRole/patient/birthTime")
    if born is not None and document.sound(born) and _ahead(document, born.get("value", "")):
        yield find("CDA-TIME-07", found=born.get("value"), where=document.where(born, "value"), name="birthTime")
    for part in document.root:
        if part.tag != _BODY and part is not made:
            for element in part.iter(*_ZONED):
                value = element.get("value") or ""
                if len(value) >= 10 and not has_offset(value) and document.sound(element):
                    where = document.where(element, "value")
                    yield find("CDA-TIME-08", found=value, where=where, name=shown(element.tag))


_ZONED = tuple(qname(name) for name in ("time", "low", "high", "effectiveTime"))
_BODY = qname("component")


def _ahead(document: Document, value: str) -> bool:
    if document.today is None:
        return False
    then = read(value)
    return then is not None and then > document.today + timedelta(days=1)
