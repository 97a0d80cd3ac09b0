"""What a matrix showed, cell by cell, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.drive.reference.defects import Defect, catalogue
from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import Verdict

FAILING = (Verdict.FAIL, Verdict.INCONCLUSIVE)
NONE = ""  # the column without defect
ANSWER = "answer"  # whether the software accepted or refused, as it must


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario (or one of its variants) with one defect, or with none.

    ``held`` and ``tripped`` are ids of automatic checks, ``step/expectation``: those that passed, those that did not.
    What cannot be looked at because something earlier failed is neither. ``reached``: the defects whose place in the
    code was gone through.
    """

    defect: str
    scenario: str
    variant: str = ""
    auth: str = ""
    held: tuple[str, ...] = ()
    tripped: tuple[str, ...] = ()
    fails: bool = False
    reached: tuple[str, ...] = ()

    @classmethod
    def about(cls, result: ScenarioResult, defect: str, variant: str, auth: str, reached: Iterable[str]) -> Cell:
        """The cell that a result fills."""

        def ids(*verdicts: Verdict) -> tuple[str, ...]:
            return tuple(dict.fromkeys(_plain(c.id) for c in result.checks if c.verdict in verdicts and not c.follows))

        fails = any(check.verdict in FAILING for check in result.checks)
        held, tripped = ids(Verdict.PASS), ids(*FAILING)
        return cls(defect, result.id, variant, auth, held, tripped, fails, tuple(sorted(reached)))

    @property
    def key(self) -> tuple[str, str, str]:
        """Which cell this is."""
        return self.defect, self.scenario, self.variant

    def stored(self) -> dict[str, Any]:
        """JSON form; `Cell.of` reads it back."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Cell:
        """The cell that `stored` wrote."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in raw.items()}
        return cls(**values)


def _plain(check: str) -> str:
    """``variant/step/expectation`` and ``step/expectation`` are one check."""
    return "/".join(check.split("/")[-2:])


@dataclass(frozen=True)
class Proof:
    """A whole matrix. ``scenarios`` and ``defects`` are what was asked for; a cell that is absent needed no run."""

    scenarios: tuple[str, ...]
    defects: tuple[str, ...]
    cells: tuple[Cell, ...]
    known: Mapping[str, Defect] = field(default_factory=catalogue)

    def of(self, domain: str) -> Proof:
        """The part of one domain."""
        kept = tuple(s for s in self.scenarios if domain_of(s) == domain)
        concerned = tuple(d for d in self.defects if set(self.known[d].scenarios) & set(kept))
        cells = tuple(c for c in self.cells if c.scenario in kept and (c.defect in concerned or not c.defect))
        return Proof(kept, concerned, cells, self.known)

    @property
    def domains(self) -> list[str]:
        """Those of the scenarios."""
        return list(dict.fromkeys(map(domain_of, self.scenarios)))

    @property
    def checks(self) -> dict[str, list[str]]:
        """Scenario → its automatic checks: what passes without any defect."""
        found: dict[str, dict[str, None]] = {scenario: {} for scenario in self.scenarios}
        for cell in self.cells:
            if not cell.defect:
                found[cell.scenario].update(dict.fromkeys(cell.held))
        return {scenario: list(checks) for scenario, checks in found.items()}

    @property
    def killers(self) -> dict[tuple[str, str], list[str]]:
        """Scenario and check → the defects that trip it."""
        found: dict[tuple[str, str], dict[str, None]] = {}
        for cell in self.cells:
            for check in cell.tripped if cell.defect else ():
                found.setdefault((cell.scenario, check), {})[cell.defect] = None
        return {check: list(defects) for check, defects in found.items()}

    def failed(self, defect: str) -> list[str]:
        """The scenarios that fail with that defect."""
        return list(dict.fromkeys(c.scenario for c in self.cells if c.defect == defect and c.fails))

    @property
    def sound(self) -> list[str]:
        """What fails without any defect, as ``scenario check``: must be empty."""
        return [f"{c.scenario} {check}" for c in self.cells if not c.defect for check in c.tripped]

    @property
    def missed(self) -> dict[str, list[str]]:
        """Defects that do not fail a scenario that they name."""
        found = {
            name: [s for s in self.known[name].scenarios if s in self.scenarios and s not in self.failed(name)]
            for name in self.defects
        }
        return {name: rows for name, rows in found.items() if rows}

    @property
    def strayed(self) -> dict[str, list[str]]:
        """Defects that fail a scenario that they do not name."""
        found = {name: [s for s in self.failed(name) if s not in self.known[name].scenarios] for name in self.defects}
        return {name: rows for name, rows in found.items() if rows}

    @property
    def untripped(self) -> list[str]:
        """Automatic checks that no defect trips, as ``scenario check``.

        `ANSWER` is the runner's own check, the same code for every step: one defect proves it for its domain.
        """
        killers = self.killers
        answers = {domain_of(scenario) for scenario, check in killers if _generic(check)}
        return [
            f"{scenario} {check}"
            for scenario, checks in self.checks.items()
            for check in checks
            if (scenario, check) not in killers and not (_generic(check) and domain_of(scenario) in answers)
        ]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with the matrix."""
        return not (self.sound or self.missed or self.strayed or self.untripped)


def _generic(check: str) -> bool:
    return check.endswith(f"/{ANSWER}")


def domain_of(scenario: str) -> str:
    """The id without its number."""
    return scenario.rpartition(".")[0]
