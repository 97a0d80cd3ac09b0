"""The JSON report: what a program reads of a run (schema 1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.scenario.events import Event, RunFinished, RunStarted
from harness.scenario.result import ScenarioResult, totals
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import NO_WORDS, Words
from norms.texts import Lang

SCHEMA = 1


class BadReport(ValueError):
    """A file that is no JSON report of a run."""


class JsonReport:
    """Writes the file when the run ends; ``document`` holds it from then on."""

    def __init__(self, path: Path | None, lang: Lang) -> None:
        self.path, self.lang = path, lang
        self.document: dict[str, Any] = {}
        self._started: RunStarted | None = None

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, RunFinished):
            self.document = document(event, self._started, self.lang)
            if self.path:
                write(self.path, json.dumps(self.document, ensure_ascii=False, indent=2) + "\n")


def read(path: Path) -> tuple[str, list[ScenarioResult]]:
    """The run's id and the verdicts that a report holds, in its order, of scenarios and checks. Raises BadReport."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
        if raw["schema"] != SCHEMA:
            raise BadReport(f"schema {raw['schema']}")
        return str(raw["run"]), [_verdicts(each) for each in raw["scenarios"]]
    except (OSError, ValueError, RecursionError, LookupError, TypeError) as error:
        raise BadReport(str(error)) from None


def _verdicts(raw: dict[str, Any]) -> ScenarioResult:
    checks = [CheckResult(str(c["id"]), Verdict(c["verdict"]), NO_WORDS, NO_WORDS) for c in raw["checks"]]
    return ScenarioResult(str(raw["id"]), Words(raw["title"], raw["title"]), Verdict(raw["verdict"]), checks=checks)


def document(finished: RunFinished, started: RunStarted | None, lang: Lang) -> dict[str, Any]:
    """The whole report as plain values."""
    return {
        "schema": SCHEMA,
        "run": finished.run,
        "suite": dict(started.suite) if started else {},
        "software": dict(started.software) if started else {},
        "stopped": finished.stopped.get(lang),
        "scenarios": [_scenario(result, lang) for result in finished.results],
        "totals": totals(finished.results),
    }


def _scenario(result: ScenarioResult, lang: Lang) -> dict[str, Any]:
    return {
        "id": result.id,
        "title": result.title.get(lang),
        "verdict": result.verdict.value,
        "started": datetime.fromtimestamp(result.started, UTC).isoformat(timespec="milliseconds"),
        "duration_s": round(result.duration_s, 3),
        "reason": result.reason.get(lang),
        "requirements": result.requirements,
        "checks": [_check(check, lang) for check in result.checks],
        "evidence": [
            {"proof": row["proof"], "step": step.id, "variant": step.variant, "exchanges": step.exchanges}
            for step in result.steps
            for row in step.evidence
        ],
    }


def _check(check: CheckResult, lang: Lang) -> dict[str, Any]:
    return {
        "id": check.id,
        "verdict": check.verdict.value,
        "text": check.text.get(lang),
        "message": check.message.get(lang),
        "expected": check.expected.get(lang),
        "seen": check.seen.get(lang),
        "exchange": check.exchange,
        "requirements": list(check.requirements),
        "fix": check.fix.get(lang),
        "follows": check.follows,
        "attested": check.attested,
        "attested_by": check.attested_by,
        "attested_at": check.attested_at,
        "findings": [
            {**finding, "message": finding["message"][lang], "fix": finding["fix"][lang]} for finding in check.findings
        ],
    }


def write(path: Path, text: str) -> None:
    """Write a report, folders made on the way, never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
