"""What happens during a run, told as it happens. Reports are written from these events and know nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import CheckResult
from harness.words import NO_WORDS, Words


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, or goes on: which scenarios, on which software. ``suite`` is ``{version, rules}``."""

    run: str
    total: int
    software: dict[str, Any] = field(default_factory=dict)
    suite: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0  # scenarios that do not concern this product, wave or profile
    resumed: int = 0  # results kept from before


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """The nth scenario of the run begins."""

    id: str
    title: Words
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins; ``waits`` says for what, and ``timeout`` for how long at most (seconds)."""

    scenario: str
    variant: str
    step: str
    text: Words
    waits: Words = NO_WORDS
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckDone:
    """One expectation was decided."""

    scenario: str
    result: CheckResult


@dataclass(frozen=True, slots=True)
class ScenarioFinished:
    """A scenario is decided; ``kept`` True when the result comes from before a resume."""

    result: ScenarioResult
    kept: bool = False


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over: every result in order; ``stopped`` says why when it did not go to its end."""

    run: str
    results: list[ScenarioResult]
    stopped: Words = NO_WORDS
    interrupted: bool = False  # by the person, not by a fault
    folder: str = ""


Event = RunStarted | ScenarioStarted | StepStarted | CheckDone | ScenarioFinished | RunFinished
Emit = Callable[[Event], None]
