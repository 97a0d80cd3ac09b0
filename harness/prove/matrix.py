"""Running the matrix. Each worker has one session of the bench and one reference software, whose defects it switches.

First each variant of each scenario runs without defect, and the software tells which defects' places in its code were
gone through. Where the place of a defect is never reached, that defect changes nothing: only the variants that reach it
run with it. A defect is tried on every scenario of the domains of those that it names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import NamedTuple

from harness.client import BenchClient, BenchError
from harness.drive.open import Reference
from harness.drive.reference.defects import catalogue
from harness.drive.sut import REFERENCE
from harness.home import RUN_SESSION
from harness.prove.kept import Kept
from harness.prove.proof import NONE, Cell, Proof, domain_of
from harness.scenario.launch import driven, session_of
from harness.scenario.model import Scenario
from harness.scenario.runner import Runner, Settings
from harness.scenario.verdict import Verdict

AUTHS = (REFERENCE.auth.insi, "tlsm")  # the second for the variants that do not concern the first


class Job(NamedTuple):
    """A cell to fill: variants of one scenario with one defect, or with none. ``name`` is the cell's variant."""

    defect: str
    scenario: Scenario
    name: str
    auths: tuple[str, ...]


@dataclass
class Seat:
    """One worker's place: a session and a running software per way to authenticate, started when first needed."""

    client: BenchClient
    number: int
    stack: ExitStack
    made: dict[str, tuple[Runner, Reference]] = field(default_factory=dict)

    def fill(self, job: Job) -> Cell:
        """Run a job with the first way to authenticate that concerns it; raises BenchError."""
        for auth in job.auths:
            runner, software = self.made.get(auth) or self._make(auth)
            software.switch([job.defect] if job.defect else [])
            result = runner.run(job.scenario)
            if broken := next((c for c in result.checks if c.verdict is Verdict.ERROR), None):
                raise BenchError(f"{job.scenario.id} {job.defect or '—'}: {broken.message.en}")
            if any(c.verdict is not Verdict.NOT_APPLICABLE for c in result.checks):
                break
        return Cell.about(result, job.defect, job.name, auth, software.reached())

    def _make(self, auth: str) -> tuple[Runner, Reference]:
        sut = replace(REFERENCE, auth=replace(REFERENCE.auth, insi=auth))
        bench = self.stack.enter_context(session_of(self.client, sut, f"{RUN_SESSION}prove {self.number} {auth}"))
        software = driven(sut, self.client, bench, (), "en")
        assert isinstance(software, Reference)
        software.open()
        self.stack.callback(software.close)
        settings = Settings(sut.timing.settle, sut.timing.scale, sut.shown())
        self.made[auth] = Runner(bench, software, settings, lambda _: None), software
        return self.made[auth]


def prove(
    client: BenchClient,
    scenarios: Sequence[Scenario],
    kept: Kept,
    *,
    names: Sequence[str] = (),
    workers: int = 2,
    progress: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> Proof:
    """The reference software without defect, then with each that concerns the scenarios (or those named).

    ``progress``: cells filled, cells in all, the last one. Raises BenchError, DriveError; what is filled stays in
    ``kept``.
    """
    honest = [
        Job(NONE, replace(scenario, variants=(variant,)), variant.id, AUTHS)
        for scenario in scenarios
        for variant in scenario.variants
    ]
    defects = tuple(names or concerned(scenarios))
    with _seats(client, workers) as fill:
        columns = fill(honest, kept, progress)
        tried = [job for name in defects for job in _reaching(name, scenarios, columns)]
        cells = fill(tried, kept, progress)
    return Proof(tuple(s.id for s in scenarios), defects, (*columns, *cells))


def concerned(scenarios: Sequence[Scenario]) -> list[str]:
    """The defects that name one of these scenarios."""
    ids = {scenario.id for scenario in scenarios}
    return [name for name, defect in catalogue().items() if ids & set(defect.scenarios)]


def _reaching(name: str, scenarios: Sequence[Scenario], honest: Iterable[Cell]) -> Iterator[Job]:
    """What to run with a defect: the variants that go through its place, by way to authenticate."""
    domains = {domain_of(scenario) for scenario in catalogue()[name].scenarios}
    reached = {(cell.scenario, cell.variant): cell.auth for cell in honest if name in cell.reached}
    for scenario in scenarios:
        if scenario.domain not in domains:
            continue
        for auth in AUTHS:
            variants = tuple(v for v in scenario.variants if reached.get((scenario.id, v.id)) == auth)
            if variants:
                yield Job(name, replace(scenario, variants=variants), auth, (auth,))


def _felt_by_all(scenario: Scenario) -> bool:
    """Whether it switches something of the IGC: its lists are the same for every session, so nothing runs beside."""
    settings = [scenario.setting, *(v.setting for v in scenario.variants), *(s.setting for s in scenario.steps)]
    return any(name.startswith("igc.") for setting in settings for name in setting.faults)


@contextmanager
def _seats(client: BenchClient, workers: int) -> Iterator[Callable[..., list[Cell]]]:
    """A function that fills jobs in parallel; sessions and software stay open from one call to the next."""
    with ExitStack() as stack:
        seats = [Seat(client, n, stack) for n in range(workers)]

        def fill(jobs: Sequence[Job], kept: Kept, progress: Callable[[int, int, str], None]) -> list[Cell]:
            left: SimpleQueue[Job] = SimpleQueue()
            keys = [(job.defect, job.scenario.id, job.name) for job in jobs]
            missing = [job for job, key in zip(jobs, keys, strict=True) if key not in kept.cells]
            stop = threading.Event()

            def work(seat: Seat) -> None:
                try:
                    while not stop.is_set():
                        job = left.get_nowait()
                        kept.add(seat.fill(job))
                        done = sum(key in kept.cells for key in keys)
                        progress(done, len(jobs), f"{job.scenario.id} {job.defect}".strip())
                except Empty:
                    return
                except BaseException:
                    stop.set()
                    raise

            alone = [job for job in missing if _felt_by_all(job.scenario)]
            beside = [job for job in missing if not _felt_by_all(job.scenario)]
            for batch, working in ((beside, seats), (alone, seats[:1])):
                for job in batch:
                    left.put(job)
                with ThreadPoolExecutor(workers) as pool:
                    ending = [pool.submit(work, seat) for seat in working[: len(batch)]]
                    try:
                        for each in ending:
                            each.result()
                    finally:
                        stop.set()
                stop.clear()
            return [kept.cells[key] for key in keys]

        yield fill
