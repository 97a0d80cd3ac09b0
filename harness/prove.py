"""Proof of the checks: the matrix scenario × defect. Each defect must fail what it names and nothing else, and every
automatic check must be tripped by some defect; a check that nothing trips proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from harness.client import BenchClient, BenchError
from harness.drive.reference.defects import catalogue
from harness.scenario.launch import Asked, launch
from harness.scenario.model import Scenario
from harness.scenario.result import ScenarioResult
from harness.scenario.store import Store
from harness.scenario.verdict import Verdict
from norms.texts import Lang, text

FAILING = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR)
NONE = ""  # the column without defect


@dataclass(frozen=True)
class Proof:
    """What a whole matrix showed. Keys: defect → scenario → ids of the checks that did not hold."""

    scenarios: tuple[str, ...]
    checks: Mapping[str, tuple[str, ...]]  # scenario → its automatic checks, variants apart
    failed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def sound(self) -> dict[str, tuple[str, ...]]:
        """What fails without any defect: must be empty."""
        return dict(self.failed.get(NONE, {}))

    @property
    def missed(self) -> dict[str, list[str]]:
        """Defects that do not fail a scenario that they name."""
        rows = {name: [s for s in d.scenarios if s in self.scenarios] for name, d in catalogue().items()}
        found = {
            name: [s for s in wanted if s not in self.failed[name]]
            for name, wanted in rows.items()
            if name in self.failed
        }
        return {name: names for name, names in found.items() if names}

    @property
    def strayed(self) -> dict[str, list[str]]:
        """Defects that fail a scenario that they do not name."""
        found = {
            name: [s for s in rows if s not in catalogue()[name].scenarios]
            for name, rows in self.failed.items()
            if name
        }
        return {name: names for name, names in found.items() if names}

    @property
    def untripped(self) -> list[str]:
        """Automatic checks that no defect trips, as ``scenario check``."""
        tripped = {(s, c) for name, rows in self.failed.items() if name for s, checks in rows.items() for c in checks}
        return [f"{s} {c}" for s in self.scenarios for c in self.checks[s] if (s, c) not in tripped]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with the matrix."""
        return not (self.sound or self.missed or self.strayed or self.untripped)


def prove(
    client: BenchClient,
    scenarios: Sequence[Scenario],
    runs: Path,
    *,
    names: Sequence[str] = (),
    workers: int = 2,
    progress: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Run the reference software without defect, then with each (or those named); ``runs`` keeps the runs' folders."""

    def column(defect: str) -> tuple[str, list[ScenarioResult]]:
        asked = Asked("reference", defects=(defect,) if defect else ())
        store = Store.new(runs, {"asked": asked.stored(), "scenarios": [s.id for s in scenarios]})
        done = launch(asked, scenarios, client, store, lambda _: None, lang="en").results
        progress(defect)
        return defect, done

    found = dict([column(NONE)])
    if broken := next((r for r in found[NONE] if r.verdict is Verdict.ERROR), None):
        raise BenchError(f"{broken.id}: {broken.reason.en}")
    with ThreadPoolExecutor(workers) as pool:
        found |= dict(pool.map(column, names or _concerned(scenarios)))
    failed = {
        defect: {r.id: bad for r in results if (bad := _bad(r)) or r.verdict in FAILING}
        for defect, results in found.items()
    }
    return Proof(tuple(s.id for s in scenarios), {r.id: _automatic(r) for r in found[NONE]}, failed)


def _concerned(scenarios: Sequence[Scenario]) -> list[str]:
    """The defects that name one of these scenarios."""
    ids = {s.id for s in scenarios}
    return [name for name, defect in catalogue().items() if ids & set(defect.scenarios)]


def _bad(result: ScenarioResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(c.id) for c in result.checks if c.verdict in FAILING))


def _automatic(result: ScenarioResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(c.id) for c in result.checks if c.verdict is Verdict.PASS))


def _plain(check: str) -> str:
    """``variant/step/expectation`` and ``step/expectation`` are one check."""
    return "/".join(check.split("/")[-2:])


def page(proof: Proof, lang: Lang) -> str:
    """The matrix as a Markdown page."""

    def t(key: str, **args: object) -> str:
        return text("harness.report", f"prove.{key}", lang, **args)

    lines = [f"# {t('title')}", "", t("lead"), "", f"| {t('defect')} | {t('breaks')} | {t('trips')} |", "|---|---|---|"]
    for name, defect in catalogue().items():
        if name not in proof.failed:
            continue
        breaks = defect.breaks_fr if lang == "fr" else defect.breaks_en
        trips = "; ".join(f"{s}: {', '.join(f'`{c}`' for c in cs)}" for s, cs in proof.failed[name].items())
        lines.append(f"| `{name}` | {breaks} | {trips or '—'} |")
    total = sum(len(checks) for checks in proof.checks.values())
    tripped = total - len(proof.untripped)
    lines += [
        "",
        t("count", defects=len(proof.failed) - 1, scenarios=len(proof.scenarios), tripped=tripped, total=total),
    ]
    for key in ("sound", "missed", "strayed", "untripped"):
        wrong = getattr(proof, key)
        if wrong:
            rows = wrong if isinstance(wrong, list) else [f"{k or '—'}: {', '.join(v)}" for k, v in wrong.items()]
            lines += ["", f"## {t(key)}", "", *(f"- {row}" for row in rows)]
    return "\n".join(lines) + "\n"
