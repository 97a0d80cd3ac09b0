"""A bench and a software in memory: scenarios run without network, process or clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from harness.client import BenchError
from harness.drive import Attestation, Drive, NotOffered, Reply, Request, Software, reply
from harness.scenario import form, sense
from harness.scenario.events import Event
from harness.scenario.loader import build
from harness.scenario.model import Scenario
from harness.scenario.result import ScenarioResult
from harness.scenario.runner import Bench, Runner, Settings
from harness.scenario.traffic import Traffic
from harness.scenario.verdict import CheckResult
from harness.scenario.yamlread import parse
from harness.words import Words
from mocks.world import World

START = 1_790_000_000.0


def known() -> sense.Known:
    """What scenarios may name."""
    return sense.Known.here()


def entry(number: int = 1, *, at: float = START, **facts: Any) -> dict[str, Any]:
    """A journal entry as `BenchClient` gives it; what is not given is that of a WS_INS2 answered 00."""
    row: dict[str, Any] = {
        "id": number,
        "kind": "exchange",
        "session": "s",
        "service": "insi",
        "listener": "insi_ps",
        "operation": "WS_INS2",
        "outcome": "00",
        "thread": "",
        "started": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_ms": 5.0,
        "client": "127.0.0.1:5",
        "method": "POST",
        "target": "/lps",
        "status": 200,
        "request_headers": [["content-type", "application/soap+xml"]],
        "response_headers": [],
        "request_body": b"",
        "response_body": b"",
        "peer": None,
        "tls": None,
        "findings": [],
        "facts": {},
        "validation": "none",
    }
    return row | facts


def traffic(number: int = 1, **facts: Any) -> Traffic:
    """The same, as expectations see it."""
    return Traffic(entry(number, **facts))


class FakeBench:
    """What the runner calls of a bench; ``fail`` makes the next call raise BenchError."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.seen: list[tuple[Any, ...]] = []
        self.pid, self.fail = 7, ""
        self._world = World.load().fork()

    def add(self, **facts: Any) -> dict[str, Any]:
        """The software called: one more journal entry."""
        row = entry(len(self.rows) + 1, **facts)
        self.rows.append(row)
        return row

    def _call(self, *what: Any) -> None:
        if self.fail:
            raise BenchError(self.fail, unreachable=True)
        self.seen.append(what)

    def status(self) -> dict[str, Any]:
        self._call("status")
        return {"pid": self.pid}

    def reset_session(self, session: str) -> None:
        self._call("reset", session)
        self._world.reset()

    def world(self, session: str, kind: str) -> list[dict[str, Any]]:
        self._call("world", kind)
        rows: list[dict[str, Any]] = [asdict(item) for item in getattr(self._world, kind).values()]
        return rows

    def patch_world(self, session: str, kind: str, item: str, changes: Mapping[str, Any]) -> None:
        self._call("patch", kind, item, dict(changes))
        self._world.patch(kind, item, changes)

    def set_switches(self, session: str, values: Mapping[str, Any]) -> None:
        self._call("switch", dict(values))

    def arm(self, session: str, name: str, value: Any, times: int = 1) -> None:
        self._call("arm", name, value, times)

    def exchanges(
        self,
        session: str | Sequence[str],
        after: int = 0,
        service: str = "",
        kind: str = "",
        *,
        bodies: bool = True,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        self._call("exchanges")
        among = [session] if isinstance(session, str) else session
        wanted = [r for r in self.rows if r["id"] > after and r["session"] in among and kind in ("", r["kind"])]
        return wanted[:limit]

    def exchange(self, number: int) -> dict[str, Any]:
        return next(row for row in self.rows if row["id"] == number)


Action = Callable[[Mapping[str, Any]], Any]


class FakeSoftware(Drive):
    """Actions as functions of their body, answering JSON; those that are not given are not offered."""

    kind = "fake"

    def __init__(self, **actions: Action) -> None:
        self.actions = {name.replace("_", "."): function for name, function in actions.items()}
        self.asked: list[Request] = []
        self.says: Attestation | None = None

    def open(self) -> Software:
        return Software("fake", "1", frozenset(self.actions))

    def act(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.action not in self.actions:
            raise NotOffered(request.action)
        answer = self.actions[request.action](request.body)
        return reply({"ok": True, "result": {}} if answer is None else answer, request.action)

    def attest(self, question: Words, title: str) -> Attestation | None:
        return self.says

    def close(self) -> None:
        pass


def scenario(text: str) -> Scenario:
    """A scenario from YAML, checked as any other."""
    document = parse(text.encode(), "test.yaml")
    wrong = form.problems(document) or sense.problems(document, known())
    assert not wrong, "\n".join(problem.shown("en") for problem in wrong)
    return build(document.data)


HEAD = """\
id: T.INS.01
title: {fr: essai, en: trial}
requirements: [{id: INS/va1.52, source: test, confidence: ours}]
products: [LGC]
waves: [1]
"""


def steps(text: str) -> Scenario:
    """A scenario with only its steps (and variants, values…) given."""
    return scenario(HEAD + text)


class Play:
    """One run of one scenario on fakes."""

    def __init__(self, software: FakeSoftware, bench: FakeBench | None = None) -> None:
        self.software, self.bench = software, bench or FakeBench()
        self.events: list[Event] = []
        self.now = START
        self.slept: list[float] = []

    def runner(self) -> Runner:
        """A runner on these fakes."""
        about = {"auth": {"insi": "ps"}, "login": "card", "wave": 2}
        return Runner(
            Bench(self.bench, "s", {"insi_ps": "https://x/lps"}, self.bench.pid),
            self.software,
            Settings(settle=0.5, software=about),
            self.events.append,
            clock=lambda: self.now,
            sleep=self.slept.append,
        )

    def run(self, wanted: Scenario) -> ScenarioResult:
        """The result of that scenario."""
        return self.runner().run(wanted)

    def check(self, wanted: Scenario, name: str) -> CheckResult:
        """One check of the result."""
        result = self.run(wanted)
        found = {check.id: check for check in result.checks}
        assert name in found, sorted(found)
        return found[name]
