"""What a run leaves: the record of each step, the result of each scenario, both JSON both ways."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from harness.scenario.model import Scenario
from harness.scenario.verdict import CheckResult, Verdict, overall
from harness.words import NO_WORDS, Words


@dataclass(slots=True)
class StepRecord:
    """One step as it went: what was asked of the software, what it answered, which exchanges came (journal ids)."""

    id: str
    variant: str
    type: str
    text: Words
    started: float
    duration_s: float = 0.0
    action: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    reply: dict[str, Any] | None = None
    exchanges: list[int] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)  # {proof, keeps}
    checks: list[str] = field(default_factory=list)  # ids of its checks
    person: dict[str, Any] = field(default_factory=dict)  # marks, clicks, notes, files that a person gave

    def stored(self) -> dict[str, Any]:
        """JSON form; `StepRecord.of` reads it back."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return {**row, "text": self.text.stored(), "duration_s": round(self.duration_s, 3)}

    @classmethod
    def of(cls, raw: dict[str, Any]) -> StepRecord:
        """The record that `stored` wrote."""
        return cls(**{**raw, "text": Words.of(raw["text"])})


@dataclass(slots=True)
class ScenarioResult:
    """One scenario, decided. ``reason`` says why when it was not run to its end."""

    id: str
    title: Words
    verdict: Verdict
    started: float = 0.0  # seconds since 1970
    duration_s: float = 0.0
    requirements: list[dict[str, str]] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    goal: Words = NO_WORDS
    limits: Words = NO_WORDS
    reason: Words = NO_WORDS

    @property
    def domain(self) -> str:
        """The id without its number."""
        return self.id.rpartition(".")[0]

    @classmethod
    def about(cls, scenario: Scenario, verdict: Verdict = Verdict.INCONCLUSIVE) -> ScenarioResult:
        """A result with nothing in it yet."""
        requirements = [
            {"id": r.id, "source": r.source, "confidence": r.confidence, "rule": r.rule} for r in scenario.requirements
        ]
        return cls(
            scenario.id,
            scenario.title,
            verdict,
            requirements=requirements,
            goal=scenario.goal,
            limits=scenario.limits,
        )

    @property
    def pending(self) -> bool:
        """Whether something still waits for a person's word."""
        return any(check.verdict is Verdict.MANUAL and not check.attested for check in self.checks)

    def conclude(self, left_out: Collection[str] = ()) -> None:
        """The verdict from those of the checks.

        What went well in a variant that a person then declared not applicable (``left_out``) proves nothing.
        """
        self.verdict = overall(check.verdict for check in self.checks if not _set_aside(check, left_out))

    def stored(self) -> dict[str, Any]:
        """JSON form, both languages; `ScenarioResult.of` reads it back."""
        return {
            "schema": 1,
            "id": self.id,
            "title": self.title.stored(),
            "verdict": self.verdict.value,
            "started": self.started,
            "duration_s": round(self.duration_s, 3),
            "requirements": self.requirements,
            "goal": self.goal.stored(),
            "limits": self.limits.stored(),
            "reason": self.reason.stored(),
            "checks": [check.stored() for check in self.checks],
            "steps": [step.stored() for step in self.steps],
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> ScenarioResult:
        """The result that `stored` wrote."""
        return cls(
            raw["id"],
            Words.of(raw["title"]),
            Verdict(raw["verdict"]),
            raw["started"],
            raw["duration_s"],
            raw["requirements"],
            [CheckResult.of(each) for each in raw["checks"]],
            [StepRecord.of(each) for each in raw["steps"]],
            Words.of(raw["goal"]),
            Words.of(raw["limits"]),
            Words.of(raw["reason"]),
        )


def _set_aside(check: CheckResult, left_out: Collection[str]) -> bool:
    here = any(not variant or check.id.startswith(f"{variant}/") for variant in left_out)
    return here and check.verdict in (Verdict.PASS, Verdict.MANUAL)


def totals(results: list[ScenarioResult]) -> dict[str, int]:
    """How many scenarios per verdict, every verdict named."""
    return {verdict.value: sum(result.verdict is verdict for result in results) for verdict in Verdict}
