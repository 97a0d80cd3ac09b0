"""One table of codes, and the set of tables that rules consult."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Table:
    """A value set: its labels by (code, code system OID), and where and when it was read."""

    name: str
    oid: str
    date: str
    source: str
    labels: Mapping[tuple[str, str], str] = field(repr=False)
    retired: frozenset[tuple[str, str]] = frozenset()

    def __contains__(self, pair: object) -> bool:
        return pair in self.labels

    def systems_of(self, code: str) -> list[str]:
        """The code systems under which this set holds a code: for telling a wrong system from a wrong code."""
        return [system for held, system in self.labels if held == code]


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a map: what a code becomes, on what condition, and whether the latest map still holds the row."""

    target: str
    system: str
    condition: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """An association table (``ASS_…``): (code, code system) → links."""

    name: str
    oid: str
    date: str
    source: str
    rows: Mapping[tuple[str, str], tuple[Link, ...]] = field(repr=False)

    def links(self, code: str, system: str = "") -> tuple[Link, ...]:
        """What a code becomes; without its system, whichever system it has in the map."""
        if system:
            return self.rows.get((code, system), ())
        return next((links for (held, _), links in self.rows.items() if held == code), ())


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A whole code system: all its codes."""

    oid: str
    name: str
    date: str
    codes: frozenset[str] = field(repr=False)

    def __contains__(self, code: object) -> bool:
        return code in self.codes


class Pack(Protocol):
    """The user's own copy of value sets and code systems (`norms.codes.packs`)."""

    name: str

    def table(self, name: str) -> Table | None:
        """The value set of that short name (``J07``, ``HL7_ReligiousAffiliation``…)."""

    def system(self, oid: str) -> CodeSystem | None:
        """The code system of that OID."""

    def shown(self) -> dict[str, str]:
        """What a report says of the pack: name, commit, dates."""


_NUMBERED = re.compile(r"^(?:JDV|TRE)[_-]([A-Z]\d+)(?:[_-].*)?$", re.I)
_AROUND = re.compile(r"^(?:(?:JDV|HL7)[_-])+|[_-]CISIS$", re.I)


@cache
def short(name: str) -> str:
    """The key of a value set: ``JDV_J07-XdsTypeCode-CISIS`` → ``J07``, ``JDV_Laterality_CISIS`` → ``LATERALITY``."""
    name = name.removesuffix(".xml")
    hit = _NUMBERED.match(name)
    return (hit[1] if hit else _AROUND.sub("", name)).upper()


@cache
def shipped(name: str) -> Table | None:
    """The table of that name that ships with the program, or None."""
    raw = _data(f"{short(name)}.tsv")
    if raw is None:
        return None
    head, body = raw
    labels: dict[tuple[str, str], str] = {}
    retired = set()
    for system, (code, label, *status) in body:
        labels[code, system] = label
        if status:
            retired.add((code, system))
    return Table(*head, labels, frozenset(retired))


@cache
def mapping(name: str) -> Map:
    """The association table of that name (``A11``, ``A12``, ``X04``, ``X16``); raises KeyError when there is none."""
    raw = _data(f"{name}.map")
    if raw is None:
        raise KeyError(f"no association table {name!r}")
    head, body = raw
    rows: dict[tuple[str, str], tuple[Link, ...]] = {}
    for systems, (code, target, *rest) in body:
        system, _, target_system = systems.partition(" > ")
        rows[code, system] = (*rows.get((code, system), ()), Link(target, target_system, *rest))
    return Map(*head, rows)


def shipped_names() -> list[str]:
    """The names of the value sets and code systems that ship with the program."""
    return sorted(f.name[:-4] for f in files("norms.codes").joinpath("data").iterdir() if f.name.endswith(".tsv"))


def _data(name: str) -> tuple[tuple[str, str, str, str], list[tuple[str, list[str]]]] | None:
    """A data file: ``# key: value`` lines, then ``@<system>`` lines, each followed by rows of tab-separated fields."""
    path = files("norms.codes").joinpath("data", name)
    if not path.is_file():
        return None
    head: dict[str, str] = {}
    rows: list[tuple[str, list[str]]] = []
    system = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            head[key] = value
        elif line.startswith("@"):
            system = line[1:]
        else:
            rows.append((system, line.split("\t")))
    return (head["name"], head.get("oid", ""), head["date"], head["source"]), rows


class Tables:
    """The tables that rules consult: the packs given, in order, then ours. What was read is kept."""

    def __init__(self, *packs: Pack) -> None:
        self.packs = packs
        self.asked: set[str] = set()  # short names of the value sets consulted
        self._tables: dict[str, Table | None] = {}
        self._systems: dict[str, CodeSystem | None] = {}

    def fresh(self) -> Tables:
        """The same tables, of which nothing was asked yet: one for each document."""
        other = Tables(*self.packs)
        other._tables, other._systems = self._tables, self._systems
        return other

    def table(self, name: str) -> Table | None:
        """The value set of that name (any of its usual spellings), or None when it is not loaded."""
        key = short(name)
        self.asked.add(key)
        if key not in self._tables:
            found = (pack.table(key) for pack in self.packs)
            self._tables[key] = next((t for t in found if t is not None), None) or shipped(key)
        return self._tables[key]

    def system(self, oid: str) -> CodeSystem | None:
        """The code system of that OID, or None when it is not loaded."""
        if oid not in self._systems:
            found = (pack.system(oid) for pack in self.packs)
            self._systems[oid] = next((s for s in found if s is not None), None)
        return self._systems[oid]

    def holds(self, name: str, code: str, system: str) -> bool | None:
        """True or False when the value set is loaded, None when it is not."""
        table = self.table(name)
        return None if table is None else (code, system) in table.labels

    def seen(self, code: str, system: str) -> bool:
        """Whether a value set that was asked for holds the code."""
        pair, tables = (code, system), self._tables
        return any((table := tables.get(key)) is not None and pair in table.labels for key in self.asked)

    def consulted(self) -> dict[str, str]:
        """The value sets asked for and loaded: name → date."""
        held = (self._tables.get(key) for key in sorted(self.asked))
        return {table.name: table.date for table in held if table is not None}

    def not_loaded(self) -> list[str]:
        """The value sets asked for that are not loaded."""
        return sorted(key for key in self.asked if self._tables.get(key) is None)
