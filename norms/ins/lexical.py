"""Names as INSi takes them: capital letters, space, apostrophe, hyphen; and how to get there from what a person types.

SEL-MP-043 v05 §2 and §3.4.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from norms.finding import NOWHERE, Finding, Where, find

Kind = Literal["birth_name", "given_name"]

_FORBIDDEN = re.compile(r"[^A-Z '-]")
_DOUBLED = re.compile(r"  +")
_DOUBLED_APOSTROPHE = re.compile(r"''+")
_SPACED_APOSTROPHE = re.compile(r" '|' ")
_DOUBLE_HYPHEN = re.compile(r"--+")

# What becomes something else without loss; everything else is refused, never dropped.
_SAID_OTHERWISE = {
    "Æ": "AE",
    "æ": "AE",
    "Œ": "OE",
    "œ": "OE",
    "’": "'",  # U+2019, the typographic apostrophe
    "‘": "'",  # U+2018
    "ʼ": "'",  # U+02BC
    "‐": "-",  # U+2010, the typographic hyphen
    "‑": "-",  # U+2011, the same, unbreakable
    "\u00a0": " ",
    "\u202f": " ",
}
_KEPT = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-")


class Unmappable(ValueError):
    """A character has no equivalent in the profile; `position` is 1-based."""

    def __init__(self, char: str, position: int) -> None:
        super().__init__(f"{char!r} (U+{ord(char):04X}) at position {position} has no equivalent")
        self.char, self.position = char, position


def normalise(name: str) -> str:
    """The name in the profile's alphabet: capitals, no accent, ligatures opened, straight apostrophe.

    Blanks and doubled signs are kept as typed. Raises Unmappable on a character without equivalent.
    """
    out: list[str] = []
    for position, char in enumerate(unicodedata.normalize("NFC", name), 1):
        mapped = _SAID_OTHERWISE.get(char) or _bare(char)
        if mapped is None:
            raise Unmappable(char, position)
        out.append(mapped)
    return "".join(out)


def _bare(char: str) -> str | None:
    """The capital under its diacritics; None when there is no letter of the alphabet under them."""
    parts = unicodedata.normalize("NFD", char)
    base, marks = parts[0], parts[1:]
    if any(unicodedata.category(mark) != "Mn" for mark in marks):
        return None
    if "a" <= base <= "z":
        base = base.upper()
    if base not in _KEPT or (marks and not base.isalpha()):
        return None
    return base


def check(name: str, kind: Kind, where: Where = NOWHERE) -> list[Finding]:
    """What in a name breaks the profile of INSi inputs, each with its 1-based position (argument ``position``)."""
    return list(_problems(name, kind, where))


def _problems(name: str, kind: Kind, where: Where) -> Iterator[Finding]:
    def at(rule: str, place: int, what: str) -> Finding:
        spot = where if where.excerpt else replace(where, excerpt=name[:60])
        return find(rule, found=what, where=spot, position=place + 1, name=name)

    for match in _FORBIDDEN.finditer(name):
        yield at("INS-LEX-01", match.start(), f"{match[0]} (U+{ord(match[0]):04X})")
    if name[:1] in (" ", "-"):
        yield at("INS-LEX-02", 0, name[0])
    for match in _DOUBLED.finditer(name):
        yield at("INS-LEX-03", match.start(), match[0])
    for match in _DOUBLED_APOSTROPHE.finditer(name):
        yield at("INS-LEX-04", match.start(), match[0])
    for match in _SPACED_APOSTROPHE.finditer(name):
        yield at("INS-LEX-05", match.start(), match[0])
    if kind == "given_name":
        for match in _DOUBLE_HYPHEN.finditer(name):
            yield at("INS-LEX-06", match.start(), match[0])
        if name[-1:] in ("-", "'"):
            yield at("INS-LEX-07", len(name) - 1, name[-1])


def fold(name: str) -> str:
    """The name for a comparison that ignores accents, case, hyphens, apostrophes and repeated blanks (règle 17)."""
    decomposed = unicodedata.normalize("NFD", "".join(_SAID_OTHERWISE.get(char, char) for char in name))
    bare = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return " ".join(bare.upper().replace("-", " ").replace("'", " ").split())
