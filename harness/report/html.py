"""The HTML report: one file that opens without network, prints well, and explains each verdict to a newcomer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.report.exchanges import Shown, shown
from harness.report.explain import concluded, lines, standing, t, tally
from harness.report.json import write
from harness.scenario.events import Event, RunFinished, RunStarted
from harness.scenario.result import ScenarioResult, StepRecord
from harness.scenario.store import Store
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import Words
from norms.texts import Lang

QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)


class HtmlReport:
    """Writes the file when the run ends, however it ends."""

    def __init__(self, path: Path, lang: Lang) -> None:
        self.path, self.lang = path, lang
        self._started: RunStarted | None = None

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, RunFinished):
            write(self.path, document(event, self._started, self.lang))


def document(finished: RunFinished, started: RunStarted | None, lang: Lang) -> str:
    """The whole page. Exchanges come from the run's folder, secrets masked."""
    software = dict(started.software) if started else {}
    store = Store(Path(finished.folder)) if finished.folder else None
    return (
        _templates()
        .get_template("report.html")
        .render(
            t=lambda key, **args: t(key, lang, **args),
            lang=lang,
            concluded=lambda result: concluded(result, lang),
            standing=lambda check: standing(check, lang),
            run=finished.run,
            date=_date(min((r.started for r in finished.results if r.started), default=0.0)),
            software=" ".join(str(software.get(k, "")) for k in ("name", "version")).strip() or "—",
            product=software.get("product", ""),
            suite=dict(started.suite) if started else {},
            stopped=finished.stopped.get(lang),
            totals=[(value.value, word, n) for value, word, n in tally(finished.results, lang)],
            count=len(finished.results),
            todo=[
                (result, first)
                for result in finished.results
                if result.verdict not in QUIET and (first := _first(result)) and not first.attested
            ],
            scenarios=[_scenario(result, store, lang) for result in finished.results],
            w=lambda words: words.get(lang) if isinstance(words, Words) else words,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _scenario(result: ScenarioResult, store: Store | None, lang: Lang) -> dict[str, Any]:
    exchanges = {entry.id: shown(entry) for entry in store.traffic(result.id)} if store else {}
    return {
        "result": result,
        "title": result.title.get(lang),
        "goal": result.goal.get(lang),
        "limits": result.limits.get(lang),
        "reason": result.reason.get(lang),
        "started": _date(result.started),
        "bad": [_check(c, exchanges, lang) for c in result.checks if c.verdict not in QUIET],
        "good": [_check(c, exchanges, lang) for c in result.checks if c.verdict in QUIET],
        "steps": [_step(step, exchanges, lang) for step in result.steps],
        "proofs": sorted({row["proof"] for step in result.steps for row in step.evidence}),
        "requirements": [
            {**row, "confidence": t(f"confidence.{row['confidence']}", lang)} for row in result.requirements
        ],
    }


def _check(check: CheckResult, exchanges: dict[int, Shown], lang: Lang) -> dict[str, Any]:
    return {
        "check": check,
        "text": check.text.get(lang),
        "message": check.message.get(lang),
        "lines": lines(check, lang),
        "exchange": exchanges.get(check.exchange or 0),
        "findings": [{**f, "message": f["message"][lang], "fix": f["fix"][lang]} for f in check.findings],
    }


def _step(step: StepRecord, exchanges: dict[int, Shown], lang: Lang) -> dict[str, Any]:
    return {
        "step": step,
        "text": step.text.get(lang),
        "told": list(_told(step.reply)),
        "exchanges": [exchanges[number] for number in step.exchanges if number in exchanges],
    }


def _told(reply: dict[str, Any] | None) -> Iterable[str]:
    """What the software showed its user."""
    for row in (reply or {}).get("shown", ()):
        if isinstance(row, dict) and (words := row.get("text") or row.get("value")):
            yield f"{row.get('field')} : {words}" if row.get("field") else str(words)


def _first(result: ScenarioResult) -> CheckResult | None:
    same = [c for c in result.checks if c.verdict is result.verdict]
    return min(same, key=lambda check: check.attested, default=None)


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S") if seconds else "—"
