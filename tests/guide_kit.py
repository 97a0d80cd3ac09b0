"""A scripted person: he clicks in the reference software when told to, then types a line or presses a button.

The reference software runs in the test's process, which is quicker; it calls the bench through its ports, as the
software of the guided run, and nothing tells the bench that a program does the clicking.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.bench import Bench
from harness.client import BenchClient
from harness.drive import Reply, reply
from harness.drive.guided.terminal import Terminal
from harness.drive.open import settings
from harness.drive.reference.app import perform
from harness.drive.reference.config import read
from harness.drive.reference.software import Software
from harness.drive.sut import parse
from harness.guide.desk import Desk
from harness.guide.model import Prompt
from harness.home import Home
from harness.scenario.events import Event, RunFinished
from harness.scenario.launch import Asked, launch
from harness.scenario.loader import library
from harness.scenario.store import Store

SUT = """\
schema = 1
[sut]
name = "Logiciel cliqué"
product = "LGC"
wave = 2
[drive]
kind = "guided"
[bind]
own_ports = true
[auth]
insi = "ps"
[timing]
settle = 0
"""
TRAITS = {
    "birth_name": "PINSON",
    "given_names": "LEONIE MARGUERITE",
    "first_given_name": "LEONIE",
    "sex": "F",
    "birth_date": "1985-05-12",
    "birth_place": "55039",
    "used_name": "MESANGE",
}


class Clicked:
    """The reference software, acted on by its own API as a person acts on a screen."""

    def __init__(self, bench: Bench, client: BenchClient) -> None:
        self._bench, self._client = bench, client
        self._software: Software | None = None
        self.endpoints: Mapping[str, str] = {}
        self.defects: tuple[str, ...] = ()
        self.patient = ""

    def begin(self, endpoints: Mapping[str, str]) -> None:
        """A clean state, on those addresses."""
        self.endpoints = endpoints
        if self._software is not None:
            self.do("reset")

    def do(self, action: str, **body: Any) -> Reply:
        """One gesture on the screen; the first one starts the software."""
        if self._software is None:
            people = self._client.world("default", "professionals")
            people.sort(key=lambda row: "main" not in row["tags"])
            config = settings(parse(SUT), self._bench.status(), self.endpoints, people, self.defects, "fr")
            self._software = Software(read(config))
        said = reply(perform(self._software, action, body), action)
        self.patient = str(said.result.get("patient", self.patient))
        return said

    def close(self) -> None:
        """Stop it."""
        if self._software is not None:
            self._software.close()


Gesture = Callable[[Clicked, Prompt], None]


class Fingers(io.StringIO):
    """Standard input of the scripted person: does the gesture of the step, then types the next line of the script.

    ``lines``: step (``start``, a step's id, ``?`` for any question) -> lines typed there, in order.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        software: Clicked,
        gestures: Mapping[str, Gesture],
        lines: Mapping[str, list[str]],
    ) -> None:
        super().__init__()
        self.desk, self.software, self.gestures = desk, software, gestures
        self.lines = {step: list(each) for step, each in lines.items()}
        self.done: set[int] = set()
        self.ended = False

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        prompt = self.desk().prompt
        assert prompt is not None
        step = prompt.place.step or "start"
        if prompt.kind != "question" and prompt.seq not in self.done:
            self.done.add(prompt.seq)
            if gesture := self.gestures.get(step):
                gesture(self.software, prompt)
        script = self.lines.get(f"?{step}") if prompt.kind == "question" else self.lines.get(step)
        line = script.pop(0) if script else "o" if prompt.kind == "question" else ""
        return "" if line == "<end>" else f"{line}\n"


class Seat(Terminal):
    """A terminal that remembers its desk."""

    desk: Desk

    def sit(self, desk: Desk, client: Any, session: str) -> Seat:
        self.desk = desk
        super().sit(desk, client, session)
        return self


class Sitting:
    """One sitting of a guided run at the terminal, on a bench that is alive."""

    def __init__(
        self, bench: Bench, client: BenchClient, folder: Path, ids: tuple[str, ...], own: tuple[str, ...] = ()
    ) -> None:
        self.client, self.home = client, Home.at(folder / "home")
        (folder / "sut.toml").write_text(SUT, encoding="utf-8")
        self.asked = Asked(str(folder / "sut.toml"), ids, own)
        self.scenarios, unmatched = library([Path(p) for p in own]).pick(ids)
        assert not unmatched
        about = {"asked": self.asked.stored(), "scenarios": list(ids)}
        self.store = Store.new(self.home.runs, about)
        self.software = Clicked(bench, client)
        self.events: list[Event] = []
        self.output = io.StringIO()

    def run(self, gestures: Mapping[str, Gesture], lines: Mapping[str, list[str]] | None = None) -> RunFinished:
        """Sit down, go through the run until its end or until the script leaves it."""
        screen = Console(file=self.output, highlight=False, width=120)
        seat = Seat("fr", screen)
        seat.lines = Fingers(lambda: seat.desk, self.software, {"start": self._open, **gestures}, lines or {})

        def emit(event: Event) -> None:
            self.events.append(event)
            seat.on(event)

        return launch(self.asked, self.scenarios, self.client, self.store, emit, lang="fr", person=seat)

    def _open(self, software: Clicked, prompt: Prompt) -> None:
        software.begin(self.store.asked()["endpoints"])

    @property
    def text(self) -> str:
        """Everything shown so far, on one line."""
        return " ".join(self.output.getvalue().split())


@contextmanager
def sitting(
    bench: Bench, client: BenchClient, folder: Path, ids: tuple[str, ...], own: tuple[str, ...] = ()
) -> Iterator[Sitting]:
    """A sitting whose software is stopped at the end."""
    one = Sitting(bench, client, folder, ids, own)
    try:
        yield one
    finally:
        one.software.close()


def act(action: str, **body: Any) -> Gesture:
    """A gesture on the current record."""

    def gesture(software: Clicked, prompt: Prompt) -> None:
        filled = {k: software.patient if v == "current" else v for k, v in body.items()}
        software.do(action, **filled)

    return gesture


LOGIN = act("login", professional="dr-romarin", mode="card")
CREATE = act("patient.create", traits=TRAITS)
GET = act("patient.get", patient="current")
SEARCH = act("ins.search", patient="current", by="traits", accept=True)
FIRST: dict[str, Gesture] = {"login": LOGIN, "create": CREATE, "before": GET, "search": SEARCH, "after": GET}
