"""Running one scenario on one bench through one drive: its variants in turn, and the traffic as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.client import BenchError
from harness.drive import READING, Drive, NotOffered, Request
from harness.scenario.checkpoint import Point, Progress
from harness.scenario.events import Emit
from harness.scenario.model import Scenario, Step
from harness.scenario.result import ScenarioResult
from harness.scenario.traffic import Traffic
from harness.scenario.variant import VariantRun
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import words
from mocks.session import DEFAULT

_P = "harness.scenario"
VALIDATION_TIMEOUT = 40.0
PAGE = 500  # exchanges asked for at once


@dataclass
class Bench:
    """The bench as a run sees it: a client (`BenchClient`), the run's session, and what tells a restart."""

    client: Any
    session: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    keep: bool = False  # whether the session stays open when the run is left


@dataclass
class Settings:
    """How patient to be: ``settle`` seconds for a software that cannot say when it is done, ``scale`` on timeouts."""

    settle: float = 2.0
    scale: float = 1.0
    software: Mapping[str, Any] = field(default_factory=dict)  # ${sut…}


class Runner:
    """Runs scenarios one after the other on one bench, through one drive. BenchError passes through."""

    def __init__(
        self,
        bench: Bench,
        drive: Drive,
        settings: Settings,
        emit: Emit,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        progress: Progress | None = None,
    ) -> None:
        self.bench, self.drive, self.settings, self.emit = bench, drive, settings, emit
        self.clock, self.sleep, self.progress = clock, sleep, progress
        self.can_settle = True
        self.quiet = False  # whether the software said that it has nothing left to send
        self.traffic: list[Traffic] = []  # of the scenario under way
        self.seeded: dict[str, dict[str, Any]] = {}  # the session's world as each variant finds it
        # A handshake refused on a shared port is the default session's.
        self.sessions = tuple(dict.fromkeys((bench.session, DEFAULT)))
        newest = bench.client.exchanges(self.sessions, limit=1, bodies=False)
        self.read = max((row["id"] for row in newest), default=0)  # where the journal was read up to

    def run(self, scenario: Scenario) -> ScenarioResult:
        """The result of one scenario; raises BenchError when the bench fails it, the result being lost."""
        point = self.progress.find(scenario.id) if self.progress else None
        result = point.result if point else ScenarioResult.about(scenario)
        result.started, self.traffic = result.started or self.clock(), point.traffic if point else []
        done, left_out = (point.done, point.left_out) if point else (list[str](), list[str]())
        for variant in scenario.variants:
            if variant.id not in done:
                one = VariantRun(self, scenario, variant, result, Point("", result, [], done, left_out=left_out))
                one.go(point if point and point.variant == variant.id else None)
        self._sane(result)
        result.duration_s = self.clock() - result.started
        result.conclude(left_out)
        if self.progress:
            self.progress.forget(scenario.id)
        return result

    def _sane(self, result: ScenarioResult) -> None:
        """A verdict of a bench that failed or restarted meanwhile is worth nothing: `error`, never the software's."""
        if (now := self.bench.client.status().get("pid", self.bench.pid)) != self.bench.pid:
            message = words(_P, "run.restarted", before=self.bench.pid, now=now)
        elif broken := [entry.id for entry in self.traffic if entry.failed]:
            message = words(_P, "run.bench_error", ids=", ".join(map(str, broken)))
        else:
            return
        result.checks.append(CheckResult("bench", Verdict.ERROR, words(_P, "run.bench_text"), message))

    # -- traffic -------------------------------------------------------------------------------------------------

    def fetch(self) -> list[Traffic]:
        """What the journal has of the session since the last look, slow validations waited for."""
        found: list[Traffic] = []
        more = True
        while more:
            rows = self.bench.client.exchanges(self.sessions, after=self.read, bodies=True, limit=PAGE)
            ours = [row for row in rows if row["session"] == self.bench.session or row["kind"] == "handshake"]
            found += [Traffic(self._validated(row)) for row in ours]
            self.read = max((row["id"] for row in rows), default=self.read)
            more = len(rows) == PAGE
        self.traffic += found
        return found

    def _validated(self, row: dict[str, Any]) -> dict[str, Any]:
        deadline = self.clock() + VALIDATION_TIMEOUT * self.settings.scale
        while row.get("validation") == "pending":
            if self.clock() > deadline:
                raise BenchError(f"the validation of exchange {row['id']} takes too long")
            self.sleep(0.1)
            row = self.bench.client.exchange(row["id"])
        return row

    def stirred(self, step: Step) -> None:
        """A step begins: only one that reads leaves as quiet a software that says when it has nothing left to send."""
        reads = step.do is None or step.do.action in READING
        self.quiet = self.quiet and reads and self.can_settle and not self.drive.by_person

    def settle(self, timeout: float) -> None:
        """Until the software has nothing left to send: it says so, else a fixed wait."""
        if self.can_settle:
            try:
                self.drive.act(Request("settle", {}, timeout))
                self.quiet = not self.drive.by_person
                return
            except NotOffered:
                self.can_settle = False
        self.sleep(self.settings.settle * self.settings.scale)
