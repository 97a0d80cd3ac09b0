"""From what the user asks to a run: bench found or started, session opened, software driven, and all of it closed.

The commands, the console and users' own tests start runs here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import version
from harness.client import BenchClient, BenchError
from harness.drive import Drive
from harness.drive.guided import Person, guided
from harness.drive.open import binding, drive
from harness.drive.sut import REFERENCE, Sut, read
from harness.home import RUN_SESSION, Home, alive
from harness.ports import PortTaken
from harness.scenario.checkpoint import Progress
from harness.scenario.choose import why_not
from harness.scenario.events import Emit, RunFinished
from harness.scenario.loader import Library
from harness.scenario.model import Scenario
from harness.scenario.run import execute
from harness.scenario.runner import Bench, Runner, Settings
from harness.scenario.store import Store
from mocks.addresses import BASE_PORT
from mocks.session import DEFAULT
from norms.texts import Lang

PORT_TRIES = 20
BUILT_IN = "reference"


@dataclass(frozen=True)
class Asked:
    """What a run is asked to do; JSON both ways, so that it can be resumed with nothing but its id."""

    sut: str = BUILT_IN  # path of a sut.toml, or `BUILT_IN`
    ids: tuple[str, ...] = ()
    own: tuple[str, ...] = ()  # the user's own scenario files and folders
    product: str = ""
    wave: int = 0
    profiles: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        """JSON form; `Asked.of` reads it back."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Asked:
        """What `stored` wrote."""
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
        return cls(**values)

    def software(self) -> Sut:
        """The software under test; raises BadSut."""
        return REFERENCE if self.sut == BUILT_IN else read(Path(self.sut))


def concerned(asked: Asked, sut: Sut, library: Library) -> tuple[list[Scenario], int, list[str]]:
    """The scenarios to run, how many were left out as not concerning the software, and asked words that match none.

    A scenario asked for by its whole id is run whatever the product; a software without product is concerned by all.
    """
    picked, unmatched = library.pick(asked.ids)
    exact = {word.upper() for word in asked.ids}
    about = {
        "product": asked.product or sut.sut.product,
        "wave": asked.wave or sut.sut.wave,
        "profiles": (*sut.sut.profiles, *asked.profiles),
    }
    kept = [s for s in picked if s.id in exact or not why_not(s, **about)]  # type: ignore[arg-type]
    return kept, len(picked) - len(kept), unmatched


@contextmanager
def bench_of(home: Home, lang: Lang = "fr") -> Iterator[BenchClient]:
    """A client of the bench that runs on this home; when none does, one is started here and stopped afterwards."""
    if running := alive(home):
        client = BenchClient(running["console"], lang=lang)
        try:
            yield client
        finally:
            client.close()
        return
    from harness import bench

    for attempt in range(PORT_TRIES):
        try:
            starting = bench.started(bench.Options(home, BASE_PORT + 1000 * attempt))
            with starting as own:
                client = BenchClient(own.status()["console"], lang=lang)
                try:
                    yield client
                finally:
                    client.close()
            return
        except PortTaken:
            if attempt == PORT_TRIES - 1:
                raise


@contextmanager
def session_of(client: BenchClient, sut: Sut, name: str, again: str = "") -> Iterator[Bench]:
    """The run's session: ports of its own for the reference software, the software's binding, else the default one.

    ``again``: the session that a run left to be resumed, taken up when the bench still has it; the software's
    addresses stay the same. `Bench.keep` set meanwhile leaves it open.
    """
    status = client.status()
    wanted = binding(sut, status)
    if not wanted and not own_ports(sut):
        client.reset_session(DEFAULT)
        yield Bench(client, DEFAULT, status["endpoints"], status["pid"])
        return
    opened = _left(client, again) or client.open_session(name, wanted, own_ports=own_ports(sut))
    bench = Bench(client, opened["id"], opened["endpoints"], status["pid"])
    try:
        yield bench
    finally:
        if not bench.keep:
            with suppress(BenchError):  # it may have gone with the bench
                client.close_session(opened["id"])


def own_ports(sut: Sut) -> bool:
    """Whether the run's session has listeners of its own."""
    return sut.bind.own_ports or sut.drive.kind == "reference"


def driven(sut: Sut, client: BenchClient, bench: Bench, defects: Iterable[str], lang: Lang) -> Drive:
    """The drive of a software, not yet opened, for the session of a run; raises DriveError."""
    people = professionals(client, bench)
    return drive(sut, client.status(), bench.endpoints, professionals=people, defects=defects, lang=lang)


def professionals(client: BenchClient, bench: Bench) -> list[dict[str, Any]]:
    """Those of the session's world, the main one first."""
    people = client.world(bench.session, "professionals")
    people.sort(key=lambda row: "main" not in row.get("tags", ()))
    return people


def _left(client: BenchClient, session: str) -> dict[str, Any] | None:
    if not session or session == DEFAULT:
        return None
    with suppress(BenchError):
        return client.session(session)
    return None


def launch(
    asked: Asked,
    scenarios: Sequence[Scenario],
    client: BenchClient,
    store: Store,
    emit: Emit,
    *,
    lang: Lang,
    left_out: int = 0,
    person: Person | None = None,
) -> RunFinished:
    """Run the scenarios on a bench. Raises BadSut, DriveError when the software cannot be reached, BenchError.

    With a person, what the software's drive does not offer is his, and the run can be left at any step.
    """
    sut = asked.software()
    with session_of(client, sut, f"{RUN_SESSION}{store.run}", store.asked().get("left", "")) as bench:
        software = driven(sut, client, bench, asked.defects, lang)
        if person:
            people = professionals(client, bench)
            software = guided(software, person, store.folder, client, bench.session, people, bench.endpoints)
        said = software.open()
        try:
            about = {**sut.shown(), "name": sut.sut.name or said.name, "version": sut.sut.version or said.version}
            about["product"] = asked.product or sut.sut.product
            if asked.defects:
                about["defects"] = list(asked.defects)
            left = bench.session if software.by_person else ""  # said at once: a kill leaves the session too
            endpoints = dict(bench.endpoints)
            store.note(
                software=about, suite=suite(), bench=bench.session, endpoints=endpoints, left=left, pid=os.getpid()
            )
            settings = Settings(sut.timing.settle, sut.timing.scale, about)
            progress = Progress(store.folder) if software.by_person else None
            runner = Runner(bench, software, settings, emit, progress=progress)
            told = {"software": about, "suite": suite(), "left_out": left_out}
            finished = execute(scenarios, runner, store, emit, about=told)
            bench.keep = finished.interrupted and software.by_person
            if not bench.keep:
                store.note(left="")
            return finished
        finally:
            software.close()


def suite() -> dict[str, str]:
    """What the verdicts rest on: the version of the harness, and a digest of the catalogue of rules."""
    from norms import rules

    lines = sorted(f"{r.id} {r.severity} {r.relation} {r.source}" for r in rules.catalogue())
    return {"version": version(), "rules": hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]}
