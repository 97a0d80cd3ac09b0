"""A run as JSON: where it stands, what waits for a person, its report so far."""

from __future__ import annotations

from typing import Any

from harness.guide.desk import Desk
from harness.guide.model import Prompt, Value
from harness.report import json as report
from harness.runs.manager import Runs
from harness.scenario.events import RunFinished, RunStarted
from harness.scenario.result import totals
from harness.scenario.store import Store
from harness.words import Words
from mocks.journal.shown import iso
from norms.texts import Lang


def summary(runs: Runs, store: Store, lang: Lang) -> dict[str, Any]:
    """One run in a list."""
    kept, results = store.asked(), store.results()
    return {
        "id": store.run,
        "state": runs.state(store),
        "why": Words.of(kept.get("why")).get(lang),
        "started": iso(kept["started"]) if "started" in kept else "",
        "finished": iso(kept["finished"]) if "finished" in kept else "",
        "software": kept.get("software", {}),
        "asked": kept.get("asked", {}),
        "scenarios": kept.get("scenarios", []),
        "done": len(results),
        "totals": totals(results),
    }


def whole(runs: Runs, store: Store, lang: Lang) -> dict[str, Any]:
    """One run with its report so far, the step under way, and the prompt that waits for a person."""
    kept, live, desk = store.asked(), runs.live(store.run), runs.desk(store.run)
    told = RunStarted(store.run, len(kept.get("scenarios", [])), kept.get("software", {}), kept.get("suite", {}))
    now: dict[str, Any] | None = None
    if live and live.scenario:
        step = live.step
        now = {
            "scenario": live.scenario.id,
            "number": live.scenario.number,
            "total": live.scenario.total,
            "variant": step.variant if step else "",
            "step": step.step if step else "",
            "text": step.text.get(lang) if step else "",
            "checks": [{"id": c.id, "verdict": c.verdict.value, "text": c.text.get(lang)} for c in live.checks],
        }
    return {
        **summary(runs, store, lang),
        "session": kept.get("bench", ""),
        "endpoints": kept.get("endpoints", {}),
        "now": now,
        "guide": asked_of(desk, lang) if desk else None,
        "report": report.document(RunFinished(store.run, store.results(), folder=str(store.folder)), told, lang),
    }


def asked_of(desk: Desk, lang: Lang) -> dict[str, Any] | None:
    """The prompt that waits for a person, in one language; None when nothing does."""
    prompt = desk.waiting
    return prompt_json(prompt, lang) | {"given": _given(desk)} if prompt else None


def _given(desk: Desk) -> dict[str, Any]:
    given = desk.given
    return {
        "marks": [iso(moment) for moment in given.marks],
        "clicks": given.clicks,
        "notes": list(given.notes),
        "files": list(given.files),
    }


def prompt_json(prompt: Prompt, lang: Lang) -> dict[str, Any]:
    """A prompt in one language."""
    place, sheet = prompt.place, prompt.sheet
    return {
        "seq": prompt.seq,
        "kind": prompt.kind,
        "scenario": place.scenario,
        "title": place.title.get(lang),
        "variant": place.variant,
        "step": place.step,
        "number": place.number,
        "total": place.total,
        "text": place.text.get(lang),
        "gestures": [each.get(lang) for each in sheet.gestures],
        "observe": sheet.observe.get(lang),
        "values": _rows(sheet.values, lang),
        "hands": sheet.hands,
        "wants": sheet.wants,
        "question": prompt.question.get(lang),
        "compare": _rows(prompt.compare, lang),
        "watches": [each.get(lang) for each in place.watches],
        "proofs": [{"number": proof.number, "keeps": list(proof.keeps)} for proof in place.proofs],
    }


def _rows(values: tuple[Value, ...], lang: Lang) -> list[dict[str, str]]:
    return [{"label": row.label.get(lang), "value": row.value.get(lang)} for row in values]
