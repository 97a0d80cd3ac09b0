"""Two runs side by side: what broke, what was mended, what changed its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import WEIGHT, Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """One scenario whose verdict or failing checks differ; a verdict is None where the run does not hold it."""

    id: str
    before: Verdict | None
    after: Verdict | None
    broke: tuple[str, ...] = ()  # ids of checks that did not fail before
    mended: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether this change is a regression."""
        if self.after is None:
            return False
        bad = WEIGHT.index(self.after) < WEIGHT.index(Verdict.PASS)
        return bad and (self.before is None or self.before is not self.after or bool(self.broke))


def compare(before: Sequence[ScenarioResult], after: Sequence[ScenarioResult]) -> list[Change]:
    """The changes from one run to another, in the order of the second, then what it no longer holds."""
    old, new = {r.id: r for r in before}, {r.id: r for r in after}
    changes = []
    for name in [*new, *(n for n in old if n not in new)]:
        was, now = old.get(name), new.get(name)
        had, has = _failing(was), _failing(now)
        change = Change(
            name,
            was.verdict if was else None,
            now.verdict if now else None,
            tuple(sorted(has - had)),
            tuple(sorted(had - has)),
        )
        if change.before is not change.after or change.broke or change.mended:
            changes.append(change)
    return changes


def _failing(result: ScenarioResult | None) -> set[str]:
    if result is None:
        return set()
    return {c.id for c in result.checks if c.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.MANUAL)}
