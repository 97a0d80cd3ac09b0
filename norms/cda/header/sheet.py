"""What the header must hold, read from ``data/header.txt`` (which tells its notation)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from norms.cda.document import qname


@dataclass(frozen=True, slots=True)
class Coded:
    """An attribute (``""``: code and codeSystem together; ``text``) bound to a value set; ``firm`` or a warning."""

    attribute: str
    table: str
    firm: bool = True


@dataclass(frozen=True, slots=True)
class Spec:
    """What is said of one element: how many, its datatype, its attributes, its children.

    ``root``: only ids of that root; ``having``: only elements that hold that child; ``valued``: no nullFlavor;
    ``fixed`` attribute → the values it may have.
    """

    name: str
    tag: str
    root: str
    having: str
    valued: bool
    low: int
    high: int
    kind: str
    present: tuple[str, ...]
    fixed: Mapping[str, tuple[str, ...]]
    coded: tuple[Coded, ...]
    children: Block


class Block:
    """What is said of the children of an element: ``specs`` as written, ``by_tag`` to look one up, ``required``."""

    __slots__ = ("by_tag", "required", "specs")

    def __init__(self, specs: tuple[Spec, ...]) -> None:
        self.specs = specs
        self.required = tuple(spec for spec in specs if spec.low)
        self.by_tag: dict[str, tuple[Spec, ...]] = {}
        for spec in specs:
            self.by_tag[spec.tag] = (*self.by_tag.get(spec.tag, ()), spec)


_NAME = re.compile(r"([\w:\-]+)(?:\[([\w.]+)\])?(!?)")
_MANY = 10**6


@cache
def document() -> Block:
    """The children of ClinicalDocument, its header."""
    return Block(block("document"))


@cache
def block(name: str) -> tuple[Spec, ...]:
    """The specs of a block of the file."""
    return _specs(_blocks()[name])


@cache
def _blocks() -> dict[str, list[str]]:
    raw = files("norms.cda").joinpath("data", "header.txt").read_text(encoding="utf-8")
    blocks: dict[str, list[str]] = {}
    for line in raw.splitlines():
        if line.startswith("["):
            lines = blocks.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return blocks


def _specs(lines: list[str]) -> tuple[Spec, ...]:
    specs: list[Spec] = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end].startswith("  "):
            end += 1
        inner = [line[2:] for line in lines[at + 1 : end]]
        if lines[at].startswith("$"):
            specs += block(lines[at][1:])
        else:
            specs.append(_spec(lines[at], _specs(inner)))
        at = end
    return tuple(specs)


def _spec(line: str, children: tuple[Spec, ...]) -> Spec:
    head, many, *said = line.split()
    hit = _NAME.fullmatch(head)
    if hit is None:
        raise ValueError(f"header.txt: {line!r}")
    name, only, valued = hit.groups()
    low, high = _many(many)
    kind = ""
    present: list[str] = []
    fixed: dict[str, tuple[str, ...]] = {}
    coded: list[Coded] = []
    words = iter(said)
    for word in words:
        if word in ("in", "~in"):
            coded.append(Coded("", next(words), word == "in"))
        elif word.startswith("@"):
            present.append(word[1:])
        elif word.startswith("$"):
            children += block(word[1:])
        elif "=" in word:
            attribute, _, values = word.partition("=")
            fixed[attribute] = tuple(values.split("|"))
        elif ":" in word:
            attribute, _, table = word.partition(":")
            coded.append(Coded(attribute, table))
        else:
            kind = word
    root, having = (only, "") if only and only[0].isdigit() else ("", only or "")
    held = Block(children)
    return Spec(
        name, qname(name), root, having, bool(valued), low, high, kind, tuple(present), fixed, tuple(coded), held
    )


def _many(word: str) -> tuple[int, int]:
    if word in ("?", "*", "+"):
        return int(word == "+"), 1 if word == "?" else _MANY
    if word.startswith("*"):
        return 0, int(word[1:])
    return int(word.rstrip("+")), _MANY if word.endswith("+") else int(word)
