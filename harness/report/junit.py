"""The JUnit report: one suite per domain, one test case per scenario, the explanation inside the failure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET  # writes only

from harness.report.explain import t, told, verdict
from harness.report.json import write
from harness.scenario.events import Event, RunFinished
from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import Verdict
from norms.texts import Lang

# What XML 1.0 cannot hold, should a software answer with it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JunitReport:
    """Writes the file when the run ends. ``allow_manual``: what waits for a person is skipped, not failed."""

    def __init__(self, path: Path, lang: Lang, *, allow_manual: bool = False) -> None:
        self.path, self.lang, self.allow_manual = path, lang, allow_manual

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunFinished):
            write(self.path, document(event.results, self.lang, allow_manual=self.allow_manual))


def document(results: list[ScenarioResult], lang: Lang, *, allow_manual: bool = False) -> str:
    """The whole report."""
    suites = ET.Element("testsuites", name="segur-harness")
    for domain, rows in groupby(sorted(results, key=lambda r: r.id), key=lambda r: r.domain):
        _suite(suites, domain, list(rows), lang, allow_manual)
    for name in ("tests", "failures", "errors", "skipped"):
        suites.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    suites.set("time", f"{sum(r.duration_s for r in results):.3f}")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _suite(suites: ET.Element, domain: str, results: list[ScenarioResult], lang: Lang, allow_manual: bool) -> None:
    suite = ET.SubElement(suites, "testsuite", name=domain)
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=domain,
            name=_clean(f"{result.id} {result.title.get(lang)}"),
            time=f"{result.duration_s:.3f}",
        )
        if kind := _kind(result, allow_manual):
            node = ET.SubElement(case, kind, message=_clean(_headline(result, lang)))
            if kind != "skipped":
                node.set("type", result.verdict.value)
                node.text = _clean(_explanation(result, lang))
        passed = [f"{c.id}: {c.message.get(lang)}" for c in result.checks if c.verdict is Verdict.PASS or c.attested]
        if passed:
            ET.SubElement(case, "system-out").text = _clean("\n".join(passed))
    kinds = [_kind(result, allow_manual) for result in results]
    suite.set("tests", str(len(results)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(kinds.count(kind)))
    suite.set("time", f"{sum(r.duration_s for r in results):.3f}")
    began = min(r.started for r in results)
    suite.set("timestamp", datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"))


def _kind(result: ScenarioResult, allow_manual: bool) -> str:
    """The node of a test case; none when it passed, or when a person attested all that waited for him."""
    value = result.verdict
    if value is Verdict.MANUAL and not result.pending:
        return ""
    if value is Verdict.ERROR:
        return "error"
    if value in (Verdict.FAIL, Verdict.INCONCLUSIVE) or (value is Verdict.MANUAL and not allow_manual):
        return "failure"
    return "skipped" if value in (Verdict.MANUAL, Verdict.NOT_APPLICABLE) else ""


def _headline(result: ScenarioResult, lang: Lang) -> str:
    first = next((c for c in result.checks if c.verdict is result.verdict), None)
    why = first.message.get(lang) if first else result.reason.get(lang)
    return t("headline", lang, verdict=verdict(result.verdict, lang), why=why)


def _explanation(result: ScenarioResult, lang: Lang) -> str:
    rows = [(r["id"], t(f"confidence.{r['confidence']}", lang), r["source"]) for r in result.requirements]
    requirements = "\n".join(f"{number} ({confidence}) {source}" for number, confidence, source in rows)
    return f"{told(result, lang)}\n\n{t('label.requirement', lang)}\n{requirements}"


def _clean(words: str) -> str:
    return _FORBIDDEN.sub("\ufffd", words)
