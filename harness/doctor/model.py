"""Diagnosis: one thing looked at, its state, and the fix when it is not well."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from norms.texts import Lang, text


class State(StrEnum):
    """``bad`` prevents work, ``warn`` may surprise."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Diagnosis:
    """``key`` names the texts ``<key>.<state>`` and, when not ok, ``<key>.<state>_fix``."""

    key: str
    state: State
    args: dict[str, object] = field(default_factory=dict)

    def seen(self, lang: Lang) -> str:
        """What was found."""
        return text("harness.doctor", f"{self.key}.{self.state.value}", lang, **self.args)

    def fix(self, lang: Lang) -> str:
        """What to do about it; empty when all is well."""
        if self.state is State.OK:
            return ""
        return text("harness.doctor", f"{self.key}.{self.state.value}_fix", lang, **self.args)

    def shown(self, lang: Lang) -> dict[str, Any]:
        """The JSON form."""
        return {"check": self.key, "state": self.state.value, "seen": self.seen(lang), "fix": self.fix(lang)}


def ok(key: str, **args: object) -> Diagnosis:
    """All is well."""
    return Diagnosis(key, State.OK, args)


def warn(key: str, **args: object) -> Diagnosis:
    """Works, with a surprise ahead."""
    return Diagnosis(key, State.WARN, args)


def bad(key: str, **args: object) -> Diagnosis:
    """Does not work."""
    return Diagnosis(key, State.BAD, args)
