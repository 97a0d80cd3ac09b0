"""One line of a data file: what a template, or a place of a volet, demands of an element.

| line | demands |
|---|---|
| ``is observation OBS EVN/INT`` | the element's name, classCode, moodCode (``-``: any) |
| ``with OID…`` | these templateIds beside the template |
| ``usually OID…`` | the same, as published examples do it: no text demands it |
| ``1 path`` ``+ path`` ``? path`` ``0 path`` | how many: one, at least one, at most one, none |
| ``2 path`` ``3+ path`` ``-2 path`` | exactly, at least, at most that many |
| ``= path SYSTEM code…`` | the coded element's codeSystem and code (``-``: any system) |
| ``~ path SYSTEM code…`` | the same, as published examples do it: no text demands it |
| ``type path CD CE`` | the xsi:type |
| ``any a | b`` | at least one of these |
| ``if a : line`` | the line, where the test holds |
| ``each path : line`` | the line, for each element there |
| ``set path TABLE… [null]`` | the code is in one of these value sets; nullFlavor allowed with ``null`` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from norms.cda.volets import paths

SYSTEMS: Mapping[str, str] = {
    "LOINC": "2.16.840.1.113883.6.1",
    "SNOMED": "2.16.840.1.113883.6.96",
    "TA": "1.2.250.1.213.1.1.4.322",
    "A05": "1.2.250.1.213.1.1.4.12",
    "ActCode": "2.16.840.1.113883.5.4",
    "DCM": "1.2.840.10008.2.16.4",
    "Gender": "2.16.840.1.113883.5.1",
    "RoleCode": "2.16.840.1.113883.5.111",
    "Subst": "2.16.840.1.113883.5.1070",
    "IHEAct": "1.3.6.1.4.1.19376.1.5.3.2",
    "Route": "2.16.840.1.113883.5.112",
}
NAMES: Mapping[str, str] = {oid: name for name, oid in SYSTEMS.items()}


def system(name: str) -> str:
    """``LOINC`` → its OID; an OID stays as it is; ``-`` is empty."""
    return "" if name == "-" else SYSTEMS.get(name, name)


@dataclass(frozen=True, slots=True)
class Line:
    """A parsed line. ``path`` is where it looks (``tag``: the child it names, when it is a mere name), ``words`` its
    other fields, ``low``/``high`` its count (high -1: no limit), ``test`` the condition of an ``if`` or the place of an
    ``each``, ``inner`` the line they govern."""

    kind: str
    path: str = ""
    words: tuple[str, ...] = ()
    low: int = 0
    high: int = -1
    test: str = ""
    inner: Line | None = None
    tag: str = ""

    @property
    def head(self) -> str:
        """The child concerned."""
        return self.inner.head if self.inner else paths.head(self.path)


class BadLine(ValueError):
    """A line of a data file that cannot be read."""


_COUNTS: Mapping[str, tuple[int, int]] = {"1": (1, 1), "+": (1, -1), "?": (0, 1), "0": (0, 0)}
_COUNT = re.compile(r"(-?)(\d+)(\+?)\Z")
_LISTS = frozenset({"is", "with", "usually"})


@cache
def parse(text: str) -> Line:
    """Read one line; raises BadLine."""
    kind, _, rest = text.partition(" ")
    rest = rest.strip()
    if not rest:
        raise BadLine(text)
    if kind in _LISTS:
        return Line(kind, words=tuple(rest.split()))
    if kind in ("if", "each"):
        test, colon, inner = rest.partition(" : ")
        if not colon:
            raise BadLine(text)
        return Line(kind, test=test.strip(), inner=parse(inner.strip()))
    if kind == "any":
        return Line(kind, path=rest, words=tuple(paths.alternatives(rest)))
    if kind in ("=", "~", "type", "set"):
        path, *words = _fields(rest)
        return Line(kind, path=path, words=tuple(words), tag=paths.tag(path))
    if kind in _COUNTS:
        low, high = _COUNTS[kind]
    elif hit := _COUNT.match(kind):
        number = int(hit[2])
        low, high = (0 if hit[1] else number), (-1 if hit[3] else number)
    else:
        raise BadLine(text)
    return Line("count", path=rest, low=low, high=high, tag=paths.tag(rest))


def _fields(text: str) -> list[str]:
    """The fields of a line whose first is a path: its blanks stand inside brackets."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "[(") - (char in ")]")
        if char == " " and not depth:
            return [text[:at], *text[at:].split()]
    return [text]
