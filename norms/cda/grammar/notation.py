"""The grammar's data file, read: what each type says, one line each (``data/grammar.txt`` tells the notation)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the file, and what its types share: children's namespace, beginning, attributes, name prefix."""

    name: str
    children: str = ""
    begins: str = ""
    takes: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One type as written: ``base`` with ``extends`` or not, its children and attributes unparsed."""

    name: str
    section: Section
    base: str
    extends: bool
    abstract: bool
    mixed: bool
    children: str
    attributes: str


@dataclass(frozen=True, slots=True)
class Grammar:
    """All lines by name (``CE``, ``Act``, ``narrative.Text``) and the lines that others share."""

    lines: Mapping[str, Line]
    shared: Mapping[str, str]

    def key(self, name: str, section: Section) -> str:
        """The key of a type that a line of `section` names; raises KeyError when the grammar has none."""
        if f"{section.name}.{name}" in self.lines:
            return f"{section.name}.{name}"
        name = name.removeprefix("classes.").removeprefix("types.")
        if name not in self.lines:
            raise KeyError(f"no type {name!r} in the grammar")
        return name


_LINE = re.compile(r"(~?)(&?)(\S+)(?: ([<:]) (\S+))? =(?: (?!@)(.*?))?(?: ?@ (.*))?")
_PLAIN = ("types", "classes")  # sections whose types go by their name alone


@cache
def grammar() -> Grammar:
    """The whole file."""
    raw = files("norms.cda").joinpath("data", "grammar.txt").read_text(encoding="utf-8")
    lines: dict[str, Line] = {}
    shared: dict[str, str] = {}
    section = Section("")
    intervals: list[str] = []
    for text in raw.replace("\n    ", " ").splitlines():
        if not text or text.startswith("#"):
            continue
        if text.startswith("["):
            name, *said = text.replace("]", "").split()
            section = Section(name[1:], **dict(word.split("=") for word in said))
        elif section.name == "shared":
            name, _, shared[name] = text.partition(" = ")
        elif section.name == "parts":
            lines.update((line.name, line) for line in _parts(text, shared))
        elif section.name == "intervals":
            intervals.append(text)
        else:
            line = _line(text, section)
            lines[line.name if section.name in _PLAIN else f"{section.name}.{line.name}"] = line
    lines.update((line.name, line) for line in _intervals(intervals))
    own = Section("pharm", children="pharm")
    for name, line in list(lines.items()):
        if line.section.name == "types":
            lines[f"pharm.{name}"] = replace(line, section=own)
    return Grammar(lines, shared)


def _line(text: str, section: Section) -> Line:
    hit = _LINE.fullmatch(text)
    if hit is None:
        raise ValueError(f"grammar.txt: {text!r}")
    abstract, mixed, name, how, base, children, attributes = hit.groups()
    return Line(name, section, base or "", how == "<", bool(abstract), bool(mixed), children or "", attributes or "")


def _parts(text: str, shared: dict[str, str]) -> Iterator[Line]:
    """``en : ENXP = given=GIV…``: a type each, and the choice of them all under the name of the first word."""
    head, _, rest = text.partition(" = ")
    group, _, base = head.partition(" : ")
    parts = [word.split("=") for word in rest.split()]
    shared[group] = " | ".join(f"{name}:{group}.{name}" for name, _ in parts)
    for name, code in parts:
        yield Line(f"{group}.{name}", Section("types"), base, False, False, False, "", f"partType={code}")


def _intervals(texts: list[str]) -> Iterator[Line]:
    """Each template line, for each pair of the last line (``of = TS/PQ…``)."""
    *templates, of = texts
    for pair in of.removeprefix("of = ").split():
        bounded, width = pair.split("/")
        for template in templates:
            said = re.sub(r"(?<![A-Z])X(?![A-Z])", bounded, template)
            yield _line(re.sub(r"(?<![A-Za-z])W(?![A-Z])", width, said), Section("types"))
