"""Verdicts, and how one is reached: an expectation that does not hold raises what it found.

::

    NotPassed
    ├── Failed           the software did something else than what the requirement asks
    ├── Inconclusive     what was to be looked at never came
    │   └── Follows      … because something earlier did not hold
    ├── ToAttest         a person must look and say
    ├── Attested         a person looked and said that it holds: a verdict of his, not of the bench
    ├── NotApplicable    does not concern this software, with the reason
    └── BenchFault       the bench's own fault, never counted against the software
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.words import NO_WORDS, Words
from norms.finding import Finding


class Verdict(StrEnum):
    """The outcome of a check, a scenario or a run."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


# What weighs most decides for the whole.
WEIGHT = (
    Verdict.ERROR,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.MANUAL,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole from those of its parts; nothing looked at is inconclusive."""
    found = set(verdicts)
    return next((verdict for verdict in WEIGHT if verdict in found), Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an expectation looked at: what it wanted, what it saw, where (journal id of an exchange)."""

    expected: Words = NO_WORDS
    seen: Words = NO_WORDS
    exchange: int | None = None
    findings: tuple[dict[str, Any], ...] = ()


def kept(findings: Iterable[Finding]) -> tuple[dict[str, Any], ...]:
    """Findings as a verdict keeps them: rule, place, source, and both languages' sentences."""
    return tuple(
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "message": {"fr": finding.message("fr"), "en": finding.message("en")},
            "fix": {"fr": finding.fix("fr"), "en": finding.fix("en")},
            "source": finding.source,
            "relation": finding.relation.value,
            "line": finding.where.line,
            "path": finding.where.path,
        }
        for finding in findings
    )


def said(findings: Iterable[Finding], limit: int = 3) -> Words:
    """What findings say, one after the other; beyond the limit, how many more there are."""
    found = list(findings)
    more = f" (+{len(found) - limit})" if len(found) > limit else ""
    return Words(
        " ".join(finding.message("fr") for finding in found[:limit]) + more,
        " ".join(finding.message("en") for finding in found[:limit]) + more,
    )


def mended(findings: Iterable[Finding]) -> Words:
    """How to fix what findings say, each way once."""
    found = list(findings)
    return Words(
        " ".join(dict.fromkeys(finding.fix("fr") for finding in found)),
        " ".join(dict.fromkeys(finding.fix("en") for finding in found)),
    )


class NotPassed(Exception):
    """An expectation that does not simply hold; ``message`` tells a newcomer why."""

    verdict = Verdict.FAIL

    def __init__(self, message: Words, seen: Seen | None = None, *, fix: Words | None = None) -> None:
        super().__init__(message.en)
        self.message, self.seen, self.fix = message, seen or Seen(), fix or NO_WORDS


class Failed(NotPassed):
    """Not what the requirement asks."""


class Inconclusive(NotPassed):
    """What was to be looked at never came."""

    verdict = Verdict.INCONCLUSIVE


class Follows(Inconclusive):
    """Cannot be looked at because something earlier did not hold: a consequence, not a cause."""


class ToAttest(NotPassed):
    """A person must look and say."""

    verdict = Verdict.MANUAL


class Attested(NotPassed):
    """A person looked and said that it holds: who, when known, and when (seconds since 1970)."""

    verdict = Verdict.MANUAL

    def __init__(self, message: Words, seen: Seen | None = None, *, by: str = "", at: float = 0.0) -> None:
        super().__init__(message, seen)
        self.by, self.at = by, at


class NotApplicable(NotPassed):
    """Does not concern this software."""

    verdict = Verdict.NOT_APPLICABLE


class BenchFault(NotPassed):
    """The bench failed."""

    verdict = Verdict.ERROR


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation, decided. ``id`` is ``step/expectation``, preceded by the variant when there are several."""

    id: str
    verdict: Verdict
    text: Words  # what had to hold
    message: Words  # what was found, and why that gives this verdict
    expected: Words = NO_WORDS
    seen: Words = NO_WORDS
    exchange: int | None = None
    requirements: tuple[str, ...] = ()
    fix: Words = NO_WORDS
    findings: tuple[dict[str, Any], ...] = ()
    follows: bool = False  # a consequence of an earlier result, which says the cause
    attested: bool = False  # manual, and a person said that it holds
    attested_by: str = ""  # his name, where it is known
    attested_at: float = 0.0  # seconds since 1970

    def stored(self) -> dict[str, Any]:
        """JSON form, both languages; `CheckResult.of` reads it back."""
        return {
            "id": self.id,
            "verdict": self.verdict.value,
            "text": self.text.stored(),
            "message": self.message.stored(),
            "expected": self.expected.stored(),
            "seen": self.seen.stored(),
            "exchange": self.exchange,
            "requirements": list(self.requirements),
            "fix": self.fix.stored(),
            "findings": list(self.findings),
            "follows": self.follows,
            "attested": self.attested,
            "attested_by": self.attested_by,
            "attested_at": self.attested_at,
        }

    @classmethod
    def of(cls, raw: dict[str, Any]) -> CheckResult:
        """The result that `stored` wrote."""
        return cls(
            raw["id"],
            Verdict(raw["verdict"]),
            Words.of(raw["text"]),
            Words.of(raw["message"]),
            Words.of(raw["expected"]),
            Words.of(raw["seen"]),
            raw["exchange"],
            tuple(raw["requirements"]),
            Words.of(raw["fix"]),
            tuple(raw["findings"]),
            raw["follows"],
            raw.get("attested", False),
            raw.get("attested_by", ""),
            raw.get("attested_at", 0.0),
        )
