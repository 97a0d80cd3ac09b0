"""`Runs`: what runs now, what ran before, and the threads in between."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.client import BenchClient, BenchError
from harness.drive import DriveError, Left
from harness.drive.open import Status, binding
from harness.drive.reference.defects import Defects, UnknownDefect
from harness.drive.sut import BadSut, Sut
from harness.guide.desk import Desk
from harness.home import Home
from harness.scenario.events import CheckDone, Event, RunFinished, RunStarted, ScenarioStarted, StepStarted
from harness.scenario.launch import Asked, concerned, launch, own_ports
from harness.scenario.loader import Library, library
from harness.scenario.model import Scenario
from harness.scenario.store import FINISHED, RUNNING, STOPPED, NoRun, Store
from harness.scenario.verdict import CheckResult
from harness.words import NO_WORDS, Words, words
from norms.texts import Lang

log = logging.getLogger("segur.runs")
_P = "harness.runs"
CANCELLED = "cancelled"
PATIENCE = 5.0  # seconds given to a run's thread when the bench stops


class BadRun(ValueError):
    """The run cannot begin or go on; ``busy``: not now, because of another one."""

    def __init__(self, message: Words, *, busy: bool = False) -> None:
        super().__init__(message.en)
        self.message, self.busy = message, busy


@dataclass
class Live:
    """A run under way, as its thread tells it."""

    store: Store
    shared: bool  # on the bench's default session, which one run at a time may use
    desk: Desk | None = None
    total: int = 0
    scenario: ScenarioStarted | None = None
    step: StepStarted | None = None
    checks: list[CheckResult] = field(default_factory=list)  # of the scenario under way
    leaving: bool = False
    cancelled: bool = False
    thread: threading.Thread | None = None

    def on(self, event: Event) -> None:
        """Take one event; raises Left when somebody wants the run to stop."""
        if self.leaving and not isinstance(event, RunFinished):
            raise Left
        if isinstance(event, RunStarted):
            self.total = event.total
        elif isinstance(event, ScenarioStarted):
            self.scenario, self.step, self.checks = event, None, []
        elif isinstance(event, StepStarted):
            self.step = event
        elif isinstance(event, CheckDone):
            self.checks.append(event.result)

    # -- the person of this run, at the console: `harness.drive.guided.Person` and `harness.guide.desk.Front`

    def sit(self, desk: Desk, client: Any, session: str) -> Live:
        """The pages of the console answer at this desk."""
        self.desk = desk
        return self

    def serve(self, desk: Desk) -> None:
        """Wait until a page, or the API, answers."""
        if self.leaving:
            raise Left
        desk.wait()

    def leave(self) -> None:
        """Ask the thread to stop: at once when it waits for a person, else after the step's current action."""
        self.leaving = True
        if self.desk:
            self.desk.leave()


class Runs:
    """Every run kept in the home folder, and those under way in this process."""

    def __init__(self, home: Home, status: Callable[[], Status]) -> None:
        self._home, self._status = home, status
        self._live: dict[str, Live] = {}
        self._lock = threading.Lock()
        self._stopped = False

    @cached_property
    def library(self) -> Library:
        """Our scenarios."""
        return library()

    # -- reading -------------------------------------------------------------------------------------------------

    def all(self) -> list[Store]:
        """Every run, the newest first."""
        return [Store(path.parent) for path in sorted(self._home.runs.glob("*/run.json"), reverse=True)]

    def store(self, run: str) -> Store:
        """That run; raises NoRun."""
        for store in self.all():
            if store.run == run:
                return store
        raise NoRun(run)

    def live(self, run: str) -> Live | None:
        """That run when it is under way here."""
        return self._live.get(run)

    def desk(self, run: str) -> Desk | None:
        """Where the person of that run answers, when it is under way here."""
        live = self._live.get(run)
        return live.desk if live else None

    def state(self, store: Store) -> str:
        """asking (a person must act), running, elsewhere (in another process), finished, stopped, cancelled."""
        if live := self._live.get(store.run):
            return "asking" if live.desk and live.desk.waiting else "running"
        asked = store.asked()
        kept = str(asked.get("state", STOPPED))
        if kept != RUNNING:
            return kept
        return "elsewhere" if _alive(int(asked.get("pid", 0))) else STOPPED

    # -- acting --------------------------------------------------------------------------------------------------

    def start(self, asked: Asked, lang: Lang, *, guide: bool | None = None) -> str:
        """Begin a run and say its id; ``guide``: a person does what the software does not offer. Raises BadRun."""
        sut, scenarios, left_out = self._prepared(asked)
        about = {"asked": asked.stored(), "scenarios": [s.id for s in scenarios], "guide": guide}
        with self._lock:
            live = self._seat(sut, lambda: Store.new(self._home.runs, about))
        self._begin(live, asked, sut, scenarios, left_out, lang, guide)
        return live.store.run

    def resume(self, run: str, lang: Lang) -> None:
        """Go on with a run that was left or interrupted; raises NoRun, BadRun."""
        store = self.store(run)
        kept = store.asked()
        asked = Asked.of(kept["asked"])
        sut, scenarios, left_out = self._prepared(asked)
        with self._lock:
            if self.state(store) != STOPPED:
                raise BadRun(words(_P, "not_left", run=run), busy=True)
            live = self._seat(sut, lambda: store)
        self._begin(live, asked, sut, scenarios, left_out, lang, kept.get("guide"))

    def leave(self, run: str) -> None:
        """Leave a run, to go on later; nothing when it is not under way. Raises NoRun."""
        self.store(run)
        if live := self._live.get(run):
            live.leave()

    def cancel(self, run: str) -> None:
        """End a run for good; what it has is kept. Raises NoRun."""
        store = self.store(run)
        if live := self._live.get(run):
            live.cancelled = True
            live.leave()
        elif self.state(store) == STOPPED:
            self._give_up(store)

    def stop(self) -> None:
        """Leave every run: the bench stops."""
        self._stopped = True
        lives = list(self._live.values())
        for live in lives:
            live.leave()
        for live in lives:
            if live.thread:
                live.thread.join(PATIENCE)

    # -- one run ---------------------------------------------------------------------------------------------------

    def _prepared(self, asked: Asked) -> tuple[Sut, list[Scenario], int]:
        try:
            sut = asked.software()
            Defects(asked.defects)
        except BadSut as error:
            raise BadRun(error.message) from None
        except UnknownDefect as error:
            raise BadRun(words(_P, "no_defect", name=error.name, near=", ".join(error.near))) from None
        if asked.defects and sut.drive.kind != "reference":
            raise BadRun(words(_P, "defects"))
        scenarios, left_out, unmatched = concerned(asked, sut, self._with(asked))
        if unmatched:
            raise BadRun(words(_P, "no_scenario", names=", ".join(unmatched)))
        if not scenarios:
            raise BadRun(words(_P, "none_concerned", n=left_out))
        return sut, scenarios, left_out

    def _with(self, asked: Asked) -> Library:
        return library([Path(path) for path in asked.own]) if asked.own else self.library

    def _seat(self, sut: Sut, store: Callable[[], Store]) -> Live:
        """A place for one more run; raises BadRun when the default session is taken."""
        try:
            shared = not binding(sut, self._status()) and not own_ports(sut)
        except BadSut as error:
            raise BadRun(error.message) from None
        if self._stopped:
            raise BadRun(words(_P, "stopping"), busy=True)
        if shared and (other := next((live for live in self._live.values() if live.shared), None)):
            raise BadRun(words(_P, "shared", run=other.store.run), busy=True)
        live = Live(store(), shared)
        self._live[live.store.run] = live
        return live

    def _begin(
        self,
        live: Live,
        asked: Asked,
        sut: Sut,
        scenarios: list[Scenario],
        left_out: int,
        lang: Lang,
        guide: bool | None,
    ) -> None:
        live.store.note(state=RUNNING, why=NO_WORDS.stored(), pid=os.getpid())
        person = live if guide or sut.drive.kind == "guided" else None
        args = (live, asked, scenarios, left_out, lang, person)
        live.thread = threading.Thread(target=self._work, args=args, name=f"segur-run-{live.store.run}", daemon=True)
        live.thread.start()

    def _work(
        self, live: Live, asked: Asked, scenarios: list[Scenario], left_out: int, lang: Lang, person: Live | None
    ) -> None:
        store, why = live.store, NO_WORDS
        client = BenchClient(str(self._status()["console"]), lang=lang)
        try:
            launch(asked, scenarios, client, store, live.on, lang=lang, left_out=left_out, person=person)
        except Left:
            pass  # before the first scenario
        except (BadSut, DriveError) as error:
            why = error.message
        except BenchError as error:
            why = words(_P, "bench", why=str(error))
        except Exception as error:  # ours: one line for the reader, the details in the log
            log.exception("run %s", store.run)
            why = words(_P, "crash", why=f"{type(error).__name__}: {error}")
        finally:
            if store.asked().get("state") != FINISHED:
                store.note(state=STOPPED, why=why.stored())
            if live.cancelled:
                self._give_up(store, client)
            client.close()
            self._live.pop(store.run, None)

    def _give_up(self, store: Store, client: BenchClient | None = None) -> None:
        """Nothing of that run goes on: its session, kept open to be resumed, is closed."""
        if session := str(store.asked().get("left", "")):
            mine = client or BenchClient(str(self._status()["console"]))
            try:
                mine.close_session(session)
            except BenchError:
                log.info("session %s of run %s was gone", session, store.run)
            finally:
                if client is None:
                    mine.close()
        store.note(state=CANCELLED, left="")


def _alive(pid: int) -> bool:
    """Whether another process of that number lives; where that cannot be asked safely, as if it did."""
    if not pid or pid == os.getpid():
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
