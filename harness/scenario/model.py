"""A scenario as it runs: what the YAML says, checked, without YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.words import NO_WORDS, Words

StepType = Literal["instruction", "transaction", "validation", "evidence", "information"]
Kind = Literal["exchange", "absence", "answer", "check", "attest"]
KINDS: tuple[Kind, ...] = ("exchange", "absence", "answer", "check", "attest")
GENERAL = "Général"  # the REM profile that concerns everyone


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement id, where it was read and how sure that is (published, faq, third_party, draft, ours)."""

    id: str
    source: str
    confidence: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence, numbered as the REM numbers its preuves, and what goes in."""

    number: str
    keeps: tuple[str, ...]
    text: Words = NO_WORDS
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Do:
    """An action of the software, its body, and whether it must accept (True), refuse (False) or either (None).

    ``optional``: when the software does not offer it, the step is left out.
    """

    action: str
    body: Mapping[str, Any] = field(default_factory=dict)
    ok: bool | None = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """Something that must hold after a step; ``spec`` is the YAML table of its kind."""

    id: str
    kind: Kind
    spec: Mapping[str, Any]
    text: Words
    fix: Words = NO_WORDS
    requirements: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """Changes to the world (kind, id, fields), faults (switch, value or ``{next, times}``), the session's clock.

    ``clock``: seconds ahead of the wall clock, None to leave it; what the bench issued lives by it. ``incoming``:
    messages that the bench sends into mailboxes (`mocks.mssante.incoming.Order`, and the name ``as`` of what was sent).
    """

    world: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    faults: Mapping[str, Any] = field(default_factory=dict)
    clock: float | None = None
    incoming: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step, in Gazelle's words."""

    id: str
    type: StepType
    text: Words
    do: Do | None = None
    save: Mapping[str, str] = field(default_factory=dict)
    expect: tuple[Expect, ...] = ()
    evidence: tuple[Proof, ...] = ()
    setting: Setting = field(default_factory=Setting)
    only: tuple[str, ...] = ()
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Variant:
    """The same steps with other values; the id is empty when the scenario has no variants.

    ``when``: reference -> matcher; when one does not hold, the variant does not concern this software.
    """

    id: str = ""
    text: Words = NO_WORDS
    values: Mapping[str, Any] = field(default_factory=dict)
    when: Mapping[str, Any] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One conformance scenario."""

    id: str
    title: Words
    requirements: tuple[Requirement, ...]
    products: tuple[str, ...]
    waves: tuple[int, ...]
    steps: tuple[Step, ...]
    variants: tuple[Variant, ...] = (Variant(),)
    goal: Words = NO_WORDS
    before: Words = NO_WORDS
    limits: Words = NO_WORDS
    profiles: tuple[str, ...] = (GENERAL,)
    needs: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    setting: Setting = field(default_factory=Setting)
    timeout: float = 60.0
    file: Path | None = None

    @property
    def domain(self) -> str:
        """The id without its number: ``H.INS``; one JUnit suite each."""
        return self.id.rpartition(".")[0]

    def steps_of(self, variant: Variant) -> list[Step]:
        """The steps that this variant runs."""
        return [step for step in self.steps if concerns(step.only, variant)]


def concerns(only: tuple[str, ...], variant: Variant) -> bool:
    """Whether a step, an expectation or a proof concerns a variant."""
    return not only or variant.id in only
