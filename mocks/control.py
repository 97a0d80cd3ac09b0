"""Switches and faults that a session sets on the services, and the session's clock.

A service declares its switches once (`Switch`, listed in its ``switches.py``); a session holds the values
(`Switches`). A switch stays until changed; ``once`` values are used up one call at a time, first armed first used.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal


class BadSwitch(ValueError):
    """A switch that no service declares, or a value that it does not take."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One declared switch. ``name`` is ``<service>.<word>``; ``kind`` says which values it takes."""

    name: str
    kind: Literal["bool", "choice", "int", "float", "text"]
    default: bool | int | float | str
    fr: str
    en: str
    choices: tuple[str, ...] = ()
    provisional: bool = False

    def accept(self, value: object) -> bool | int | float | str:
        """The value as this switch keeps it; raises BadSwitch naming what it takes."""
        if self.kind == "bool" and isinstance(value, bool):
            return value
        if self.kind == "int" and isinstance(value, int) and not isinstance(value, bool):
            return value
        if self.kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if self.kind == "text" and isinstance(value, str):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        takes = "|".join(self.choices) if self.kind == "choice" else self.kind
        raise BadSwitch(f"{self.name} takes {takes}, not {value!r}")


class Registry:
    """Every switch of every service on the bench."""

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        self._all: dict[str, Switch] = {}
        self.add(switches)

    def add(self, switches: Iterable[Switch]) -> None:
        """Declare more switches."""
        self._all.update({s.name: s for s in switches})

    def get(self, name: str) -> Switch:
        """The switch of that name; raises BadSwitch listing near names."""
        try:
            return self._all[name]
        except KeyError:
            raise BadSwitch(f"no switch {name!r}; known: {', '.join(sorted(self._all))}") from None

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._all.values())


@dataclass
class Switches:
    """The values of one session."""

    registry: Registry
    values: dict[str, bool | int | float | str] = field(default_factory=dict)
    once: dict[str, deque[bool | int | float | str]] = field(default_factory=lambda: defaultdict(deque))

    def set(self, values: Mapping[str, object]) -> None:
        """Set several switches, all or none; raises BadSwitch."""
        accepted = {name: self.registry.get(name).accept(value) for name, value in values.items()}
        self.values.update(accepted)

    def arm(self, name: str, value: object, times: int = 1) -> None:
        """Use ``value`` for the next ``times`` calls that ask for this switch; raises BadSwitch."""
        self.once[name].extend([self.registry.get(name).accept(value)] * times)

    def clear(self) -> None:
        """Back to the defaults."""
        self.values.clear()
        self.once.clear()

    def take(self, name: str) -> bool | int | float | str:
        """The value for this call; an armed one is used up."""
        queue = self.once.get(name)
        if queue:
            return queue.popleft()
        return self.peek(name)

    def peek(self, name: str) -> bool | int | float | str:
        """The lasting value, nothing used up."""
        value = self.values.get(name)
        return self.registry.get(name).default if value is None else value


@dataclass(slots=True)
class Clock:
    """A session's clock: the wall clock plus an offset in seconds. Only what the bench issues follows the offset."""

    offset: float = 0.0

    def now(self) -> float:
        """Seconds since 1970, offset included."""
        return time.time() + self.offset
