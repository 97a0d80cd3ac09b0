"""What the pages of runs show: plain rows made from a run's folder and from what is under way. No HTML here."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.report.explain import standing, verdict
from harness.runs import Runs
from harness.scenario.result import ScenarioResult, StepRecord, totals
from harness.scenario.store import Store
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import Words
from norms.texts import Lang, text

_P = "harness.console"
REPORTS = {  # file offered -> argument of `harness.report.files.writers`, media type
    "rapport.html": ("html", "text/html; charset=utf-8"),
    "resultats.json": ("json", "application/json"),
    "junit.xml": ("junit", "application/xml"),
    "resume.md": ("markdown", "text/markdown; charset=utf-8"),
    "preuves.zip": ("evidence", "application/zip"),
}


def moment(seconds: float) -> str:
    """Local date and time."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%d/%m/%Y %H:%M:%S") if seconds else "—"


def badge(value: str, lang: Lang, *, attested: bool = False) -> dict[str, str]:
    """A verdict as a coloured word."""
    if value == Verdict.MANUAL and attested:
        return {"class": "attested", "text": text(_P, "run.attested", lang)}
    return {"class": value, "text": verdict(Verdict(value), lang)}


def counts(results: list[ScenarioResult], lang: Lang) -> list[dict[str, Any]]:
    """How many scenarios per verdict, those that are none left out."""
    found = totals(results)
    attested = sum(result.verdict is Verdict.MANUAL and not result.pending for result in results)
    found[Verdict.MANUAL.value] -= attested
    told = [{"n": n, **badge(name, lang)} for name, n in found.items() if n]
    return told + ([{"n": attested, **badge(Verdict.MANUAL, lang, attested=True)}] if attested else [])


def row(runs: Runs, store: Store, lang: Lang) -> dict[str, Any]:
    """One run in the list, or at the head of its page."""
    kept, results = store.asked(), store.results()
    software, asked = kept.get("software", {}), kept.get("asked", {})
    name = " ".join(str(software.get(key, "")) for key in ("name", "version")).strip() or asked.get("sut", "—")
    return {
        "id": store.run,
        "state": runs.state(store),
        "started": moment(float(kept.get("started", 0))),
        "software": name,
        "product": software.get("product", ""),
        "defects": asked.get("defects", []),
        "sut": asked.get("sut", ""),
        "total": len(kept.get("scenarios", [])),
        "done": len(results),
        "counts": counts(results, lang),
        "why": Words.of(kept.get("why")).get(lang),
        "session": kept.get("bench", ""),
        "endpoints": kept.get("endpoints", {}),
    }


def now(runs: Runs, run: str, lang: Lang) -> dict[str, Any] | None:
    """The step under way; None when nothing is."""
    live = runs.live(run)
    if live is None or live.scenario is None:
        return None
    step = live.step
    return {
        "id": live.scenario.id,
        "title": live.scenario.title.get(lang),
        "number": live.scenario.number,
        "variant": step.variant if step else "",
        "text": step.text.get(lang) if step else "",
        "waits": step.waits.get(lang) if step else "",
        "checks": [check(each, lang) for each in live.checks[-8:]],
    }


def scenario(result: ScenarioResult, lang: Lang) -> dict[str, Any]:
    """One scenario decided, with everything that was looked at; what did not pass comes first."""
    good = (Verdict.PASS, Verdict.NOT_APPLICABLE)
    bad = [each for each in result.checks if each.verdict not in good and not each.attested]
    return {
        "id": result.id,
        "title": result.title.get(lang),
        "badge": badge(result.verdict.value, lang, attested=not result.pending),
        "open": result.verdict not in good and not (result.verdict is Verdict.MANUAL and not result.pending),
        "duration": f"{result.duration_s:.1f}",
        "reason": result.reason.get(lang),
        "bad": [check(each, lang) for each in sorted(bad, key=lambda each: each.follows)],
        "attested": [check(each, lang) for each in result.checks if each.attested],
        "good": [check(each, lang) for each in result.checks if each.verdict in good],
        "given": [given for step in result.steps if (given := _given(step, lang))],
        "proofs": sorted({entry["proof"] for step in result.steps for entry in step.evidence}),
    }


def check(result: CheckResult, lang: Lang) -> dict[str, Any]:
    """One expectation decided."""
    return {
        "id": result.id,
        "badge": badge(result.verdict.value, lang, attested=result.attested) | {"text": standing(result, lang)},
        "text": result.text.get(lang).strip(),
        "message": result.message.get(lang).strip() if result.verdict is not Verdict.PASS else "",
        "seen": result.message.get(lang).strip(),
        "fix": result.fix.get(lang).strip() if result.verdict not in (Verdict.PASS, Verdict.MANUAL) else "",
        "follows": result.follows,
        "exchange": result.exchange,
        "requirements": result.requirements,
        "findings": [{"rule": f["rule"], "message": f["message"][lang]} for f in result.findings],
    }


def _given(step: StepRecord, lang: Lang) -> dict[str, Any] | None:
    person = step.person
    if not person:
        return None
    return {
        "step": step.text.get(lang).strip(),
        "marks": [clock(each) for each in person.get("marks", ())],
        "clicks": person.get("clicks", 0),
        "notes": person.get("notes", ()),
        "files": person.get("files", ()),
    }


def clock(seconds: float) -> str:
    """Local time of day."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S")


def report(store: Store, name: str, lang: Lang) -> bytes:
    """One of `REPORTS`, made from what the run keeps."""
    from harness.report.files import replay, writers  # here: it would weigh on each start of the bench

    with tempfile.TemporaryDirectory(prefix="segur-") as folder:
        path = Path(folder) / name
        replay(store, writers(lang, **{REPORTS[name][0]: path}))  # type: ignore[arg-type]
        return path.read_bytes()
