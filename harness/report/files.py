"""The reports that a command is asked for, by file, and reports made again from a run that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.report import Writer, to_all
from harness.report.evidence import EvidencePack
from harness.report.html import HtmlReport
from harness.report.json import JsonReport
from harness.report.junit import JunitReport
from harness.report.markdown import MarkdownReport
from harness.scenario.events import RunFinished, RunStarted
from harness.scenario.store import Store
from norms.texts import Lang


def writers(
    lang: Lang,
    html: Path | None = None,
    json: Path | None = None,
    junit: Path | None = None,
    markdown: Path | None = None,
    evidence: Path | None = None,
    *,
    allow_manual: bool = False,
) -> list[Writer]:
    """One writer per file asked for."""
    chosen: list[Writer] = []
    if html:
        chosen.append(HtmlReport(html, lang))
    if json:
        chosen.append(JsonReport(json, lang))
    if junit:
        chosen.append(JunitReport(junit, lang, allow_manual=allow_manual))
    if markdown:
        chosen.append(MarkdownReport(markdown, lang))
    if evidence:
        chosen.append(EvidencePack(evidence, lang))
    return chosen


def replay(store: Store, chosen: Sequence[Writer]) -> None:
    """Give the writers the beginning and the end of a run that is kept."""
    asked, results = store.asked(), store.results()
    emit = to_all(chosen)
    emit(RunStarted(store.run, len(results), asked.get("software", {}), asked.get("suite", {})))
    emit(RunFinished(store.run, results, folder=str(store.folder)))
