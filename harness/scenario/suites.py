"""Suites: names under which several scenarios are asked for at once, those of official test families among them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from harness.words import Words


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: its name, what it plays in both languages, the ids of its scenarios."""

    name: str
    about: Words
    scenarios: tuple[str, ...]


@cache
def suites() -> Mapping[str, Suite]:
    """Every suite by name, in capitals."""
    raw = tomllib.loads(files("scenarios").joinpath("suites.toml").read_text(encoding="utf-8"))
    return {name: Suite(name, Words(row["fr"], row["en"]), tuple(row["scenarios"])) for name, row in raw.items()}


def expanded(word: str) -> tuple[str, ...]:
    """The ids that a word asks for: those of the suite of that name, else itself (an id, or its beginning)."""
    suite = suites().get(word.upper())
    return suite.scenarios if suite else (word,)


def ids(asked: Iterable[str]) -> list[str]:
    """The words asked for, suites replaced by the ids of their scenarios."""
    return [id for word in asked for id in expanded(word)]
