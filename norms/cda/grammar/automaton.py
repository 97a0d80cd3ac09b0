"""Content models as automata: the children a type takes, in order, compiled to one dictionary look-up per child.

CDA's models are deterministic (XML Schema demands it), so each place in a model is a state and a child's name alone
says which state comes next.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

OTHER = "*"  # stands for any one element of a foreign namespace


@dataclass(slots=True)
class State:
    """A place in a content model: ``next`` child name → (state, key of the child's type); ``final`` when it may end."""

    final: bool = False
    next: dict[str, tuple[State, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    empty: bool  # may match nothing
    first: list[int]
    last: list[int]


_TOKEN = re.compile(r"[()|?*+]|[^\s()|?*+]+")


def compile_model(model: str, read: Callable[[str], tuple[str, str]]) -> State:
    """The first state of a model (``a:A (b:B | c:C)* …``); `read` turns ``a:A`` into (qualified name, type key)."""
    return _Compiler(_TOKEN.findall(model), read).start


class _Compiler:
    def __init__(self, tokens: list[str], read: Callable[[str], tuple[str, str]]) -> None:
        self._tokens, self._read, self._at = tokens, read, 0
        self._places: list[tuple[str, str]] = []
        self._follow: list[set[int]] = []
        whole = self._choice()
        states = [State() for _ in self._places]
        for state, follow in zip(states, self._follow, strict=True):
            self._link(state, follow, states)
        for place in whole.last:
            states[place].final = True
        self.start = State(final=whole.empty)
        self._link(self.start, set(whole.first), states)

    def _link(self, state: State, follow: set[int], states: list[State]) -> None:
        for place in sorted(follow):
            name, kind = self._places[place]
            state.next[name] = (states[place], kind)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _choice(self) -> _Part:
        part = self._sequence()
        while self._peek() == "|":
            self._at += 1
            other = self._sequence()
            part = _Part(part.empty or other.empty, part.first + other.first, part.last + other.last)
        return part

    def _sequence(self) -> _Part:
        part = _Part(True, [], [])
        while self._peek() not in ("", "|", ")"):
            item = self._item()
            for place in part.last:
                self._follow[place] |= set(item.first)
            part = _Part(
                part.empty and item.empty,
                part.first + item.first if part.empty else part.first,
                part.last + item.last if item.empty else item.last,
            )
        return part

    def _item(self) -> _Part:
        item = self._peek()
        self._at += 1
        if item == "(":
            part = self._choice()
            self._at += 1
        else:
            self._places.append(self._read(item))
            self._follow.append(set())
            place = len(self._places) - 1
            part = _Part(False, [place], [place])
        times = self._peek()
        if times in ("?", "*", "+"):
            self._at += 1
            if times != "?":
                for place in part.last:
                    self._follow[place] |= set(part.first)
            part = _Part(part.empty or times != "+", part.first, part.last)
        return part
