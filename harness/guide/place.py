"""Where a scenario stands, for the person who goes through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.guide.model import Place, Proof
from harness.scenario import checks
from harness.scenario.model import Expect, Scenario, Step, Variant, concerns
from harness.scenario.select import counted


def placed(scenario: Scenario, variant: Variant, step: Step | None = None) -> Place:
    """The place of a step, or of the start of a variant without one."""
    steps = scenario.steps_of(variant)
    about = Place(
        scenario.id,
        scenario.title,
        variant.id,
        variant.text,
        scenario.goal,
        scenario.before,
        total=len(steps),
        services=tuple(dict.fromkeys(_services(steps))),
    )
    if step is None:
        return about
    expected = [expect for expect in step.expect if concerns(expect.only, variant)]
    return replace(
        about,
        step=step.id,
        type=step.type,
        text=step.text,
        number=steps.index(step) + 1,
        watches=tuple(expect.text for expect in expected if _by_bench(expect)),
        asks=tuple(expect.text for expect in expected if not _by_bench(expect)),
        calls=any(_calls(expect) for expect in expected),
        proofs=tuple(Proof(p.number, p.keeps, p.text) for p in step.evidence if concerns(p.only, variant)),
        refusal=bool(step.do and step.do.ok is False),
    )


def _by_bench(expect: Expect) -> bool:
    """Whether the wire is enough; a check that takes values of earlier steps takes them from what was shown."""
    if expect.kind == "check":
        return not checks.named(expect.spec["name"]).eye and "${" not in str(expect.spec.get("with", ""))
    return expect.kind in ("exchange", "absence")


def _calls(expect: Expect) -> bool:
    """Whether at least one exchange must come; a count that depends on a value is not known here."""
    fixed = not isinstance(expect.spec.get("count"), str)
    return expect.kind == "exchange" and fixed and counted(expect.spec)[0] > 0


def _services(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        for expect in step.expect:
            if expect.kind in ("exchange", "absence") and "service" in expect.spec:
                yield str(expect.spec["service"])
