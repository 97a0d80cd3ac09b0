"""Faulty samples: one edit of a positive sample each, described in ``faults.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from norms import rules
from norms.cda.build.writer import serialised
from norms.cda.document import HL7, Element
from norms.cda.volets import paths
from norms.xml import parse


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: the positive sample it starts from, the edit, the rule that must say it, what the official tool does
    (True: it sees it, False: it misses it, None: not measured)."""

    id: str
    base: str
    edit: tuple[str, ...]
    rule: str
    official: bool | None
    fr: str
    en: str

    @property
    def relation(self) -> str:
        """The relation of its rule to the official verdict."""
        return rules.rule(self.rule).relation

    @property
    def severity(self) -> str:
        """The weight of its rule; an info is told and never fails a document."""
        return rules.rule(self.rule).severity


@cache
def faults() -> Mapping[str, Fault]:
    """Every fault, by id."""
    raw = tomllib.loads(files("harness.samples").joinpath("faults.toml").read_text(encoding="utf-8"))
    return {
        key: Fault(key, row["base"], tuple(row["edit"]), row["rule"], row.get("official"), row["fr"], row["en"])
        for key, row in raw.items()
    }


def faulty(fault: Fault, base: bytes) -> bytes:
    """The faulty document; raises ValueError when the edit finds nothing to change."""
    kind, *arguments = fault.edit
    if kind == "bytes":
        return _BYTES[arguments[0]](base)
    root = parse(base)
    _EDITS[kind](root, arguments)
    return serialised(root)


def _one(root: Element, path: str) -> Element:
    found = paths.select(path, root)
    if not found:
        raise ValueError(f"nothing at {path}")
    return found[0]


def _set(root: Element, arguments: Sequence[str]) -> None:
    element = _one(root, arguments[0])
    for attribute, value in zip(arguments[1::2], arguments[2::2], strict=True):
        element.set(attribute, value)


def _unset(root: Element, arguments: Sequence[str]) -> None:
    path, attribute = arguments
    del _one(root, path).attrib[attribute]


def _remove(root: Element, arguments: Sequence[str]) -> None:
    element = _one(root, arguments[0])
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    if element.getnext() is None and before is not None:
        before.tail = element.tail
    element.tail = None
    parent.remove(element)


def _text(root: Element, arguments: Sequence[str]) -> None:
    path, value = arguments
    element = _one(root, path)
    for child in list(element):
        element.remove(child)
    element.text = value


def _insert(root: Element, arguments: Sequence[str]) -> None:
    path, markup = arguments
    _one(root, path).append(_made(markup))


def _before(root: Element, arguments: Sequence[str]) -> None:
    path, markup = arguments
    _one(root, path).addprevious(_made(markup))


def _move(root: Element, arguments: Sequence[str]) -> None:
    path, before = arguments
    _one(root, before).addprevious(_one(root, path))


def _made(markup: str) -> Element:
    return parse(f'<x xmlns="{HL7}">{markup}</x>'.encode())[0]


def _latin1(data: bytes) -> bytes:
    return data.decode().replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("iso-8859-1", "replace")


def _dtd(data: bytes) -> bytes:
    return data.replace(b"?>\n", b'?>\n<!DOCTYPE ClinicalDocument SYSTEM "CDA.dtd">\n', 1)


_EDITS: Mapping[str, Callable[[Element, Sequence[str]], None]] = {
    "set": _set,
    "unset": _unset,
    "remove": _remove,
    "text": _text,
    "insert": _insert,
    "before": _before,
    "move": _move,
}
_BYTES: Mapping[str, Callable[[bytes], bytes]] = {
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "dtd": _dtd,
    "latin1": _latin1,
    "truncated": lambda data: data[: len(data) * 2 // 3],
}
