"""The Markdown summary: what a pull request shows of a run."""

from __future__ import annotations

from pathlib import Path

from harness.report.console import MARKS
from harness.report.explain import concluded, standing, t, tally
from harness.report.json import write
from harness.scenario.events import Event, RunFinished
from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import Verdict
from norms.texts import Lang


class MarkdownReport:
    """Writes the file when the run ends."""

    def __init__(self, path: Path, lang: Lang) -> None:
        self.path, self.lang = path, lang

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunFinished):
            write(self.path, document(event.results, self.lang))


def document(results: list[ScenarioResult], lang: Lang) -> str:
    """A headline, a table, and the reason of each verdict that is not a pass."""
    head = " · ".join(f"**{n}** {word}" for _, word, n in tally(results, lang))
    table = [f"| | {t('html.scenario', lang)} | {t('html.what', lang)} | s |", "|---|---|---|---|"]
    table += [
        f"| {MARKS[r.verdict]} {concluded(r, lang)} | `{r.id}` | {_cell(r.title.get(lang))} | {r.duration_s:.1f} |"
        for r in results
    ]
    reasons = []
    for result in results:
        for check in result.checks:
            if check.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                continue
            fix = f" → {_cell(check.fix.get(lang))}" if check.fix else ""
            said = f"{standing(check, lang)}. " if check.attested else ""
            reasons.append(f"- `{result.id}` `{check.id}` : {said}{_cell(check.message.get(lang))}{fix}")
    return "\n".join([f"### segur: {head}", "", *table, "", *reasons, "", f"<sub>{t('rehearsal', lang)}</sub>", ""])


def _cell(words: str) -> str:
    """One line that neither ends a table cell nor starts markup."""
    return " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
