"""The person at a terminal, or a script that types for him: one line per thing done.

On a terminal what reaches the bench shows as it comes; otherwise with each answer. The end of the input is a pause: the
run can go on later, nothing is taken as done.
"""

from __future__ import annotations

import contextlib
import getpass
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from harness.drive import Left
from harness.guide import keep
from harness.guide.desk import Desk, Refused
from harness.guide.model import Answer, Prompt, Proof, Value
from harness.guide.watch import Watch
from harness.report.console import MARKS, STYLES
from harness.scenario.events import CheckDone, Event
from harness.scenario.verdict import Verdict
from harness.words import Words
from norms.texts import Lang, text

_P = "harness.guide"
LOOK = 0.5  # seconds between two looks at what reached the bench
WORDS = ("m", "c", "n", "f", "d", "v", "r", "x", "y", "o", "s", "p", "?")


def account() -> str:
    """Whose account this is on the machine: who attests; empty where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class Terminal:
    """Writes to ``screen`` (stderr of the command), reads lines from ``lines``. ``hush`` stops other live output."""

    def __init__(
        self,
        lang: Lang,
        screen: Console | None = None,
        lines: IO[str] | None = None,
        hush: Callable[[], None] = lambda: None,
    ) -> None:
        self.lang, self.hush = lang, hush
        self.screen = screen or Console(file=sys.stderr, highlight=False)
        self.lines = lines or sys.stdin
        self._watch: Watch | None = None
        self._lock = threading.Lock()
        self._told: list[str] = []  # of the step
        self._begun = ""  # scenario and variant whose heading was shown
        self._step = ""
        self._warned = 0  # the prompt on which the person was told that nothing came

    def sit(self, desk: Desk, client: Any, session: str) -> Terminal:
        """Begin to look at what reaches the bench."""
        self._watch = Watch(client, session, self.lang, desk.began)
        return self

    def serve(self, desk: Desk) -> None:
        """Show the prompt, take lines until it is answered."""
        prompt = desk.prompt
        assert prompt is not None
        self.hush()
        if prompt.place.key != self._step:
            self._step, self._told = prompt.place.key, []
        self._show(prompt, desk)
        with self._looking():
            while not desk.answered:
                self._take(self._line(), prompt, desk)
        self._news()

    def on(self, event: Event) -> None:
        """What the bench concludes of each step, as it concludes."""
        if not isinstance(event, CheckDone):
            return
        check = event.result
        if check.attested and check.id.endswith("/answer"):
            return  # what he just said
        style = STYLES[check.verdict]
        self._say(f"  {MARKS[check.verdict]} {check.text.get(self.lang).strip()}", style)
        if check.verdict not in (Verdict.PASS, Verdict.MANUAL):
            self._say(f"      {check.message.get(self.lang)}")

    # -- lines -----------------------------------------------------------------------------------------------------

    def _line(self, ask: str = "") -> str:
        if self.screen.is_terminal:
            self.screen.print(Text(f"{ask or self._t('terminal.ask')} ", style="bold"), end="")
            self.screen.file.flush()
        line = self.lines.readline()
        if not line:
            raise Left
        return line.strip()

    def _take(self, line: str, prompt: Prompt, desk: Desk) -> None:
        word, _, rest = line.partition(" ")
        word, rest = word.lower(), rest.strip()
        try:
            if prompt.kind == "question" and word in ("o", "y", "n", "s"):
                did = {"o": "yes", "y": "yes", "n": "no", "s": "skip"}[word]
                note = rest or (self._line(self._t("terminal.saw")) if did == "no" else "")
                desk.answer(Answer(did, note, account()))  # type: ignore[arg-type]
            elif word in ("p", "pause", "q"):
                raise Left
            elif word == "" and prompt.kind != "question":
                self._done(prompt, desk)
            elif word == "x" and prompt.kind != "question":
                desk.answer(Answer("not_applicable", rest or self._line(self._t("terminal.reason"))))
            elif word == "r" and prompt.kind == "step":
                desk.answer(Answer("refused", rest or self._line(self._t("terminal.refused"))))
            else:
                self._give(word, rest, prompt, desk)
        except (Refused, keep.BadFile) as error:
            self._say(error.message.get(self.lang), "yellow")

    def _done(self, prompt: Prompt, desk: Desk) -> None:
        """Done; said twice when the software had to call and nothing came."""
        self._news()
        if prompt.place.calls and not self._told and prompt.seq != self._warned:
            self._warned = prompt.seq
            self._say(self._t("terminal.silent"), "yellow")
        else:
            desk.answer(Answer("done"))

    def _give(self, word: str, rest: str, prompt: Prompt, desk: Desk) -> None:
        """What is given besides the answer: marks, clicks, notes, files; or a look at what the bench saw."""
        if word == "m":
            desk.mark()
            self._say(self._t("terminal.marked"))
        elif word == "c":
            count = int(rest) if re.fullmatch(r"-?\d{1,3}", rest) else 1
            self._say(self._t("terminal.clicks", n=desk.click(count)))
        elif word == "n":
            desk.note(rest or self._line(self._t("terminal.note")))
            self._say(self._t("terminal.noted"))
        elif word == "f":
            proof, path = self._proof(rest, prompt)
            kept = desk.file(proof, path.name, keep.read(path))
            self._say(self._t("terminal.kept", name=kept["name"], proof=proof or "—"))
        elif word == "d":
            path = _path(rest or self._line(self._t("terminal.path")))
            kept = desk.made(path.name, keep.read(path))
            self._say(self._t("terminal.made", name=kept["name"]))
        elif word == "v":
            self._news()
            for line in self._told or [self._t("seen.none")]:
                self._say(f"  {line}", "cyan")
        elif word == "?":
            self._show(prompt, desk)
        else:
            self._say(self._t("terminal.unknown", word=word or "↵"), "yellow")
            self._keys(prompt)

    def _proof(self, rest: str, prompt: Prompt) -> tuple[str, Path]:
        """``f 1 path``, ``f NUMBER path``, or ``f path``: the step's only proof, none when there are several."""
        numbers = [proof.number for proof in prompt.place.proofs]
        first, _, path = rest.partition(" ")
        if first.isdigit() and 0 < int(first) <= len(numbers) and path.strip():
            return numbers[int(first) - 1], _path(path)
        if first in numbers and path.strip():
            return first, _path(path)
        return numbers[0] if len(numbers) == 1 else "", _path(rest or self._line(self._t("terminal.path")))

    # -- what is shown ---------------------------------------------------------------------------------------------

    def _show(self, prompt: Prompt, desk: Desk) -> None:
        if prompt.kind == "question":
            self._question(prompt, desk)
        else:
            self._heading(prompt)
            self._sheet(prompt)
        self._keys(prompt)

    def _heading(self, prompt: Prompt) -> None:
        place = prompt.place
        begun = f"{place.scenario}/{place.variant}"
        if begun != self._begun:
            self._begun = begun
            variant = f" · {place.variant_text.get(self.lang)}" if place.variant_text else ""
            self.screen.print()
            self.screen.print(Rule(f"{place.scenario} · {place.title.get(self.lang)}", style="bold"))
            for key, words in (("goal", place.goal), ("before", place.before)):
                if words:
                    self._labelled(self._t(f"terminal.{key}"), words.get(self.lang))
            if variant:
                self._labelled(self._t("terminal.variant"), variant.removeprefix(" · "))
        self.screen.print()
        if prompt.kind == "step":
            head = self._t("terminal.step", n=place.number, total=place.total, scenario=place.scenario)
            self.screen.print(Text.assemble((f"{head}  ", "bold cyan"), (place.text.get(self.lang).strip(), "bold")))
            if place.refusal:
                self._say(self._t("terminal.refusal"), "yellow")

    def _sheet(self, prompt: Prompt) -> None:
        for number, gesture in enumerate(prompt.sheet.gestures, 1):
            self.screen.print(Text(f"  {number}. {gesture.get(self.lang)}"), soft_wrap=True)
        self._values(prompt.sheet.values)
        if prompt.sheet.observe:
            self._labelled(self._t("terminal.observe"), prompt.sheet.observe.get(self.lang))
        self._listed("watches", prompt.place.watches)
        self._listed("asks", prompt.place.asks)
        for number, proof in enumerate(prompt.place.proofs, 1):
            self._labelled(self._t("terminal.proof", n=number), f"{proof.number} : {self._wanted(proof)}")

    def _wanted(self, proof: Proof) -> str:
        """What the person must join to a proof, and what the bench takes by itself."""
        mine = [self._t(f"keeps.{kind}") for kind in proof.keeps if kind in ("capture", "document")]
        own = [self._t(f"keeps.{kind}") for kind in proof.keeps if kind in ("exchanges", "answer")]
        found = [self._t("keeps.join", what=", ".join(mine))] if mine else []
        found += [self._t("keeps.taken", what=", ".join(own))] if own else []
        return " ; ".join(found)

    def _question(self, prompt: Prompt, desk: Desk) -> None:
        self.screen.print()
        self.screen.print(
            Text.assemble(
                (f"{self._t('terminal.question')}  ", "bold magenta"), (prompt.question.get(self.lang), "bold")
            )
        )
        self._values(prompt.compare)
        if desk.given.clicks:
            self._labelled(self._t("label.clicks"), str(desk.given.clicks))

    def _values(self, values: tuple[Value, ...]) -> None:
        if not values:
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(style="bold", overflow="fold")
        for row in values:
            grid.add_row(f"     {row.label.get(self.lang)}", row.value.get(self.lang))
        self.screen.print(grid)

    def _listed(self, key: str, found: tuple[Words, ...]) -> None:
        for number, words in enumerate(found):
            self._labelled(self._t(f"terminal.{key}") if not number else "", words.get(self.lang).strip())

    def _labelled(self, label: str, words: str) -> None:
        self.screen.print(Text.assemble((f"  {label} " if label else "    ", "dim"), words), soft_wrap=True)

    def _keys(self, prompt: Prompt) -> None:
        self._say(self._t(f"terminal.keys_{prompt.kind}"), "dim")
        if prompt.kind == "step":
            self._say(self._t("terminal.keys_made" if prompt.sheet.wants else "terminal.keys_more"), "dim")

    def _say(self, line: str, style: str = "") -> None:
        self.screen.print(Text(line, style=style), soft_wrap=True)

    def _t(self, key: str, /, **args: object) -> str:
        return text(_P, key, self.lang, **args)

    # -- the bench ---------------------------------------------------------------------------------------------------

    def _news(self) -> bool:
        """Say what came since; whether something did."""
        with self._lock:
            news = self._watch.news() if self._watch else []
            self._told += news
            for line in news:
                self._say(f"  ← {line}", "cyan")
            return bool(news)

    @contextlib.contextmanager
    def _looking(self) -> Any:
        """On a terminal: look from time to time while the person reads and acts."""
        if not self.screen.is_terminal:
            yield
            return
        over = threading.Event()

        def look() -> None:
            while not over.wait(LOOK):
                self._news()

        thread = threading.Thread(target=look, name="segur-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _path(given: str) -> Path:
    """A path as typed or dropped onto the window: quotes off, ``~`` and escaped spaces read."""
    plain = given.strip().strip("\"'")
    if sys.platform != "win32":
        plain = plain.replace("\\ ", " ")
    return Path(plain).expanduser()
