"""The console report: what is going on while it goes on, then the verdicts and why. Plain lines when not a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from harness.report.explain import causes, concluded, lines, seconds, standing, t, tally
from harness.scenario.events import Event, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, StepStarted
from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import Verdict
from norms.texts import Lang

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.MANUAL: "cyan",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.ERROR: "bold magenta",
}
MARKS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.MANUAL: "…",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.ERROR: "!",
}


class ConsoleReport:
    """Writes to one console (stderr of the command). ``quiet`` keeps the verdicts and leaves the progress out."""

    def __init__(self, console: Console, lang: Lang, *, quiet: bool = False) -> None:
        self.console, self.lang, self.quiet = console, lang, quiet
        self._live: Any = None
        self._head = ""

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self._started(event)
        elif isinstance(event, ScenarioStarted):
            self._head = f"[{event.number}/{event.total}] {event.id} {event.title.get(self.lang)}"
            self._progress(self._head)
        elif isinstance(event, StepStarted):
            waits = t("waits", self.lang, what=event.waits.get(self.lang), seconds=f"{event.timeout:g}")
            place = "/".join(part for part in (event.variant, event.step) if part)
            self._progress(f"{self._head} · {place}: {waits}")
        elif isinstance(event, ScenarioFinished):
            self._finished(event.result, kept=event.kept)
        elif isinstance(event, RunFinished):
            self._over(event)

    def _started(self, event: RunStarted) -> None:
        name = " ".join(str(event.software.get(key, "")) for key in ("name", "version")).strip() or "—"
        self._print(Text(t("run", self.lang, run=event.run, n=event.total, software=name)))
        if event.left_out:
            self._print(Text(t("left_out", self.lang, n=event.left_out), style="dim"))
        if event.resumed:
            self._print(Text(t("resumed", self.lang, n=event.resumed), style="dim"))

    def _progress(self, line: str) -> None:
        if self.quiet:
            return
        if not self.console.is_terminal:
            if line == self._head:  # one line per scenario is enough for a log
                self._print(Text(line, style="dim"))
            return
        if self._live is None:
            self._live = self.console.status("", spinner="dots")
            self._live.start()
        self._live.update(Text(line, style="dim"))

    def _finished(self, result: ScenarioResult, *, kept: bool) -> None:
        self._quiet_down()
        line = Text.assemble(
            (f"{MARKS[result.verdict]} {result.id} ", STYLES[result.verdict]),
            result.title.get(self.lang),
            (f" — {concluded(result, self.lang)}", STYLES[result.verdict]),
            (t("kept", self.lang) if kept else f" ({seconds(result.duration_s, self.lang)})", "dim"),
        )
        self._print(line)
        if result.reason and not result.checks:
            self._print(Text(f"      {result.reason.get(self.lang)}", style="dim"))
        if result.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            return
        checks, following = causes(result)
        for check in checks:
            said = f" — {standing(check, self.lang)}" if check.attested else ""
            self._print(Text(f"    {MARKS[check.verdict]} {check.id}{said}", style=STYLES[check.verdict]))
            for label, value in lines(check, self.lang):
                self._print(
                    Text.assemble("      ", (t("labelled", self.lang, label=label, text=""), "dim"), value.strip())
                )

        if following:
            self._print(Text(f"    {t('following', self.lang, n=following)}", style="dim"))

    def _over(self, event: RunFinished) -> None:
        self._quiet_down()
        if event.stopped:
            self._print(Text(event.stopped.get(self.lang), style="bold yellow"))
        summary = Text()
        for value, word, n in tally(event.results, self.lang):
            summary.append(f"{t('labelled', self.lang, label=word, text=n)}   ", STYLES[value])
        self._print(summary if summary else Text(t("nothing", self.lang)))
        self._print(Text(t("rehearsal", self.lang), style="dim"))
        if event.folder:
            self._print(Text(t("folder", self.lang, folder=event.folder), style="dim"))

    def hush(self) -> None:
        """Stop the live line: a person is about to be asked something."""
        self._quiet_down()

    def _quiet_down(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)
