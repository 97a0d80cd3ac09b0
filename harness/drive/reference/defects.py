"""Defects that the reference software can have on purpose, each at one place of the code (`Defects.on`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

FILES = ("defects.toml", "defects_mss.toml")


class UnknownDefect(ValueError):
    """A name that is not in the catalogue; says the near ones."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, catalogue(), n=3) or sorted(catalogue())
        super().__init__(f"no defect {name!r}; near: {', '.join(near)}")
        self.name, self.near = name, near


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect: what it breaks, in both languages, and the scenarios that must fail with it."""

    name: str
    breaks_fr: str
    breaks_en: str
    scenarios: tuple[str, ...]


@cache
def catalogue() -> Mapping[str, Defect]:
    """Every defect, in the order of its files (that of the scenarios)."""
    rows = [tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8")) for name in FILES]
    return {
        name: Defect(name, row["breaks_fr"], row["breaks_en"], tuple(row["scenarios"]))
        for raw in rows
        for name, row in raw.items()
    }


class Defects:
    """The defects switched on in one running software; raises UnknownDefect.

    ``reached``: those whose place in the code was gone through since they were switched. A defect whose place is not
    reached changes nothing, whether on or off.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: frozenset[str] = frozenset()
        self.reached: set[str] = set()
        self.switch(names)

    def switch(self, names: Iterable[str]) -> None:
        """These on, the others off; raises UnknownDefect, leaving all as they were."""
        wanted = frozenset(names)
        for name in sorted(wanted):
            if name not in catalogue():
                raise UnknownDefect(name)
        self.names = wanted
        self.reached.clear()

    def on(self, name: str) -> bool:
        """Whether that defect is on; a name outside the catalogue is a fault of the code (KeyError)."""
        if name not in catalogue():
            raise KeyError(name)
        self.reached.add(name)
        return name in self.names
