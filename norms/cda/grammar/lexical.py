"""Lexical rules of attribute values: XML Schema datatypes as CDA R2 uses them, and HL7's own (uid, ts, cs…)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

Test = Callable[[str], object]

_SPACES = re.compile(r"[ \t\r\n]+")  # XML white space: Python's own idea of space is wider
_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = _NAME_START + "\\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"
_NCNAME = f"[{_NAME_START}][{_NAME}]*"
_NMTOKEN = f"[{_NAME}:]+"
_UID = (
    r"[0-2](?:\.(?!0[0-9])[0-9]++)*+"  # OID
    r"|[0-9a-zA-Z]{8}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{12}"  # UUID
    r"|[A-Za-z][A-Za-z0-9\-]*"  # names reserved by HL7
)
_REAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN"
_BASE64 = r"(?:(?:[A-Za-z0-9+/] ?){4})*(?:(?:[A-Za-z0-9+/] ?){2}(?:[A-Za-z0-9+/] ?=|= ?=))?"
_TS = r"[0-9]{1,8}|(?:[0-9]{9,14}|[0-9]{14}\.[0-9]+)(?:[+\-][0-9]{1,4})?"
# RFC 2396, characters that XML Schema would escape taken as they are; brackets only around IPv6 or past the path.
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_PATH = rf"(?:[^%#?\[\]]|{_ESCAPED})*"
_REST = rf"(?:[^%#]|{_ESCAPED})"
_HIERARCHY = rf"(?://(?=[^?#])(?:\[[0-9A-Fa-f:.]+\])?|(?!//)){_PATH}(?:\?{_REST}*)?"
_URL = rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?:(?=/){_HIERARCHY}|(?![/#]){_REST}+)|(?![^/?#]*:){_HIERARCHY})?(?:#{_REST}*)?"

# Kinds whose white space is kept; in all others it is collapsed before the test.
_KEPT: dict[str, str] = {
    "uid": _UID,
    "oid": r"[0-2](?:\.(?:0|[1-9][0-9]*))*",
    "ts": _TS,
    "st": r"(?s:.+)",
    "string": r"(?s:.*)",
}
_COLLAPSED: dict[str, str] = {
    "cs": r"[^ \t\r\n]+",
    "bl": "true|false",
    "bn": "true|false",
    "boolean": "true|false|1|0",
    "int": r"[+-]?[0-9]+",
    "int_pos": r"\+?0*[1-9][0-9]*",
    "list_int": r"(?:[+-]?[0-9]+(?: [+-]?[0-9]+)*)?",
    "real": _REAL,
    "probability": r"\+?(?:0*(?:\.[0-9]*)?|0*1(?:\.0*)?)",
    "bin": _BASE64,
    "url": _URL,
    "NMTOKEN": _NMTOKEN,
    "NMTOKENS": f"{_NMTOKEN}(?: {_NMTOKEN})*",
    "ID": _NCNAME,
    "IDREF": _NCNAME,
    "IDREFS": f"{_NCNAME}(?: {_NCNAME})*",
}

# Most values of the kinds whose exact pattern is slow to compile.
_QUICK: dict[str, str] = {
    "NMTOKEN": r"[A-Za-z0-9._\-]+",
    "NMTOKENS": r"[A-Za-z0-9._\-]+",
    "ID": r"[A-Za-z_][A-Za-z0-9._\-]*",
    "IDREF": r"[A-Za-z_][A-Za-z0-9._\-]*",
    "IDREFS": r"[A-Za-z_][A-Za-z0-9._\-]*",
    "url": r"(?:[a-z]+:)?[A-Za-z0-9+._\-@]+|#[A-Za-z0-9._\-]+",
}


def collapse(value: str) -> str:
    """XML Schema white space ``collapse``."""
    return " ".join(part for part in _SPACES.split(value) if part)


@cache
def words(name: str) -> frozenset[str]:
    """The words of an HL7 vocabulary (``NullFlavor``); raises KeyError when the grammar has none of that name."""
    found: set[str] = set()
    for word in _vocabularies()[name].split():
        found |= words(word[1:]) if word.startswith("+") else {word}
    return frozenset(found)


@cache
def _vocabularies() -> dict[str, str]:
    raw = files("norms.cda").joinpath("data", "vocabularies.txt").read_text(encoding="utf-8")
    lines = raw.replace("\n    ", " ").splitlines()
    return {name: rest for line in lines if line and line[0] != "#" for name, _, rest in [line.partition(" = ")]}


@cache
def test(kind: str) -> tuple[Test, Test]:
    """Two tests of a kind of value: a quick one, and the exact one for values that fail it.

    A kind is the name of a datatype or vocabulary, words joined by ``|``, ``=word`` or ``set:`` before a vocabulary.
    """
    allowed = choice(kind)
    if kind.startswith("set:"):
        return allowed.__contains__, lambda value: allowed.issuperset(collapse(value).split())
    if allowed:
        return allowed.__contains__, lambda value: collapse(value) in allowed
    if kind in _KEPT:
        return _match(_KEPT[kind]), _match(_KEPT[kind])
    exact = _COLLAPSED[kind]
    return _match(_QUICK.get(kind, exact)), lambda value: _match(exact)(collapse(value))


@cache
def _match(pattern: str) -> Test:
    return re.compile(pattern).fullmatch


def choice(kind: str) -> frozenset[str]:
    """The words that a kind allows; empty for a datatype."""
    if kind.startswith("="):
        return frozenset({kind[1:]})
    if "|" in kind:
        return frozenset(kind.split("|"))
    if kind.startswith("set:"):
        return words(kind[4:])
    return frozenset() if kind in _KEPT or kind in _COLLAPSED else words(kind)
