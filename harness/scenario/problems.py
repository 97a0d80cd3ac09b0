"""What is wrong in a scenario file: where exactly, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from harness.words import Words, words
from norms.texts import Lang


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. Line and column are 1-based; ``code`` is stable, for scripts."""

    file: str
    line: int
    column: int
    code: str
    message: Words

    def shown(self, lang: Lang) -> str:
        """``file:line:column: message``."""
        return f"{self.file}:{self.line}:{self.column}: {self.message.get(lang)}"

    def stored(self, lang: Lang) -> dict[str, Any]:
        """JSON form."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message.get(lang),
        }


class BadScenario(ValueError):
    """A file that cannot be used: carries its problems."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.shown("en") for problem in self.problems))


def near(found: str, known: Iterable[str]) -> Words:
    """« ; vouliez-vous dire … ? », or the known words when few, or nothing."""
    names = sorted(known)
    close = get_close_matches(found, names, n=1, cutoff=0.55)
    if close:
        return words("harness.scenario", "problem.near", name=close[0])
    if 0 < len(names) <= 12:
        return words("harness.scenario", "problem.known", names=", ".join(names))
    return Words()
