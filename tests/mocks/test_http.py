"""The spine of every HTTP service: bind, fail as asked, answer, keep the exchange before the answer leaves."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mocks.control import Registry
from mocks.http import Answer, Call, Service, common_switches
from mocks.hub import Hub
from mocks.journal import END, Exchange, Journal, Peer, Tables, Tls
from mocks.session import Sessions
from mocks.world import World

PEER = Peer("CN=c", "c", "", "CN=ca", "01", "2030-01-01T00:00:00Z", "ab" * 32, "PEM")
TLS = Tls("TLSv1.3", "TLS_AES_128_GCM_SHA256", "localhost")


async def echo(call: Call) -> Answer:
    return Answer(200, call.body.upper(), headers=[("x-seen", call.header("X-Ask"))])


async def broken(call: Call) -> Answer:
    raise RuntimeError("handler fell over")


async def told_by_body(call: Call) -> Answer:
    call.rebind(instance=call.body.decode())
    call.exchange.operation = "told"
    return Answer(200, call.session.name.encode())


ROUTES = {
    ("POST", "/echo"): echo,
    ("GET", "/echo"): echo,
    ("POST", "/broken"): broken,
    ("POST", "/told"): told_by_body,
    ("GET", "/é"): echo,
}


@dataclass
class Wire:
    """One call made in process, and what came of it."""

    service: Service
    sent: list[dict[str, Any]] = field(default_factory=list)
    kept_first: bool = False  # the exchange was in the journal when the answer began
    aborted: int = 0

    async def call(
        self,
        method: str = "POST",
        path: str = "/echo",
        parts: tuple[bytes, ...] = (b"body",),
        *,
        query: bytes = b"",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        port: int = 18441,
        peer: Peer | None = None,
        cut_off: bool = False,
        stalled: bool = False,
    ) -> Exchange:
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if cut_off:
            messages.append({"type": "http.disconnect"})
        elif not stalled:
            messages[-1]["more_body"] = False
        journal = self.service.hub.journal
        before = journal.count()

        async def receive() -> dict[str, Any]:
            return messages.pop(0) if messages else await asyncio.Event().wait()  # type: ignore[return-value]

        async def send(message: dict[str, Any]) -> None:
            self.kept_first = journal.count() == before + 1
            self.sent.append(message)

        def abort() -> None:
            self.aborted += 1

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": list(headers),
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", port),
            "extensions": {"tls": {"peer": peer, "tls": TLS if peer else None, "listener": "svc_tls", "abort": abort}},
        }
        await self.service(scope, receive, send)
        return journal.list(before=END, limit=1)[0]

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(m["body"] for m in self.sent[1:])

    def header(self, name: str) -> str:
        return dict(self.sent[0]["headers"]).get(name.encode(), b"").decode()


@pytest.fixture(scope="module")
def world() -> World:
    return World.load()


@pytest.fixture
def hub(world: World, tmp_path: Path) -> Hub:
    registry = Registry(common_switches("svc"))
    return Hub(Sessions(world, registry), Journal(), registry, tmp_path)


@pytest.fixture
def wire(hub: Hub) -> Wire:
    return Wire(Service("svc", hub, ROUTES, max_body=1000))


def run(awaitable: Awaitable[Exchange]) -> Exchange:
    return asyncio.run(awaitable)  # type: ignore[arg-type]


def test_an_exchange_is_kept_whole_and_before_the_answer(wire: Wire) -> None:
    kept = run(wire.call(parts=(b"ab", b"", b"cd"), query=b"a=1&b=%20", headers=((b"X-Ask", b"h\xe9"),), peer=PEER))
    assert wire.kept_first
    assert (wire.status, wire.body, wire.header("content-length")) == (200, b"ABCD", "4")
    assert (kept.service, kept.listener, kept.session, kept.client) == ("svc", "svc_tls", "default", "127.0.0.1:50000")
    assert (kept.method, kept.target) == ("POST", "/echo?a=1&b=%20")
    assert kept.request_headers == [("x-ask", "hé")]
    assert (kept.request_body, kept.status, kept.response_body) == (b"abcd", 200, b"ABCD")
    assert ("x-seen", "hé") in kept.response_headers
    assert ("content-length", "4") in kept.response_headers
    assert (kept.peer, kept.tls) == (PEER, TLS)
    assert kept.duration_ms > 0


def test_the_target_is_kept_as_it_came(wire: Wire) -> None:
    scope_path = "/é"
    kept = run(wire.call("GET", scope_path))
    assert wire.status == 200
    assert kept.target.encode("latin-1") == scope_path.encode()


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [("POST", "/nothing", 404, "HTTP-ROUTE-01"), ("PUT", "/echo", 405, "HTTP-ROUTE-02")],
)
def test_what_is_not_served_is_explained(wire: Wire, method: str, path: str, status: int, rule: str) -> None:
    kept = run(wire.call(method, path))
    assert wire.status == status
    assert [f.rule for f in kept.findings] == [rule]
    assert wire.header("allow") == ("GET, POST" if status == 405 else "")


def test_a_body_past_the_limit_is_read_but_not_kept(wire: Wire) -> None:
    kept = run(wire.call(parts=(b"x" * 600,) * 5000))  # 3 MB against 1000 bytes
    assert wire.status == 413
    assert len(kept.request_body) <= 1000
    assert kept.outcome == "too-large"
    assert [f.rule for f in kept.findings] == ["HTTP-BODY-01"]
    assert kept.findings[0].found == "3000000"
    assert run(wire.call(parts=(b"x" * 1000,))).status == 200


def test_a_request_that_breaks_off_is_kept_and_not_answered(wire: Wire) -> None:
    kept = run(wire.call(parts=(b"half",), cut_off=True))
    assert wire.sent == []
    assert wire.service.hub.journal.count() == 1
    assert (kept.request_body, kept.outcome, kept.status) == (b"half", "truncated", 0)
    assert [f.rule for f in kept.findings] == ["HTTP-BODY-02"]


def test_a_body_that_never_ends_is_waited_for_a_while(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content-Length counted in characters: the last bytes never come."""
    monkeypatch.setattr("mocks.http.STALLED", 0.02)
    kept = run(wire.call(parts=(b"half",), headers=((b"content-length", b"9"),), stalled=True))
    assert (wire.status, wire.header("connection")) == (408, "close")
    assert (kept.request_body, kept.outcome) == (b"half", "stalled")
    assert [(f.rule, f.expected, f.found) for f in kept.findings] == [("HTTP-BODY-03", "9", "4")]


def test_a_handler_that_falls_over_is_the_benchs_fault(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    kept = run(wire.call(path="/broken"))
    assert wire.status == 500
    assert b"fell over" not in wire.body
    assert kept.outcome == "bench-error"
    assert kept.facts["bench_error"] == "RuntimeError: handler fell over"
    assert "handler fell over" in caplog.text
    assert "Traceback" not in caplog.text


def test_outages_leave_the_handler_alone(wire: Wire, hub: Hub) -> None:
    switches = hub.sessions.default.switches
    for outage, status, text in (("503", 503, "indisponible"), ("html", 200, "indisponible")):
        switches.arm("svc.outage", outage)
        wire.sent.clear()
        kept = run(wire.call())
        assert (wire.status, kept.status, kept.outcome) == (status, status, f"outage-{outage}")
        assert text in wire.body.decode()
        assert wire.header("content-type") == "text/html; charset=utf-8"
    wire.sent.clear()
    assert run(wire.call()).outcome == ""
    assert wire.body == b"BODY"


def test_a_dropped_connection_is_kept_as_no_answer(wire: Wire, hub: Hub) -> None:
    hub.sessions.default.switches.set({"svc.outage": "drop"})
    kept = run(wire.call())
    assert wire.sent == []
    assert wire.aborted == 1
    assert (kept.status, kept.outcome, kept.response_headers, kept.response_body) == (0, "outage-drop", [], b"")


def test_a_truncated_answer_promises_more_than_it_sends(wire: Wire, hub: Hub) -> None:
    hub.sessions.default.switches.set({"svc.outage": "truncate"})
    kept = run(wire.call(parts=(b"abcdef",)))
    assert wire.header("content-length") == "6"
    assert wire.body == kept.response_body == b"ABC"
    assert wire.sent[-1]["more_body"] is True
    assert wire.aborted == 1


def test_an_outage_may_end_by_itself(wire: Wire, hub: Hub) -> None:
    session = hub.sessions.default
    statuses = []
    for _ in range(2):
        session.switches.set({"svc.outage": "503", "svc.outage_s": 600})
        for minutes in (0, 9, 10, 11):
            session.clock.offset += minutes * 60 - session.clock.offset % 3600
            wire.sent.clear()
            run(wire.call())
            statuses.append(wire.status)
        session.clock.offset += 3600 - session.clock.offset % 3600
    assert statuses == [503, 503, 200, 200] * 2


def test_latency_delays_the_answer(wire: Wire, hub: Hub) -> None:
    hub.sessions.default.switches.arm("svc.latency_ms", 30)
    assert run(wire.call()).duration_ms >= 29


def test_port_then_certificate_bind_the_call(wire: Wire, hub: Hub) -> None:
    by_port = hub.sessions.open("by port", {"port": ["18540"]})
    by_cert = hub.sessions.open("by cert", {"cert": [PEER.sha256]})
    assert run(wire.call(port=18540, peer=PEER)).session == by_port.id
    assert run(wire.call(peer=PEER)).session == by_cert.id
    assert run(wire.call()).session == "default"


def test_what_the_body_tells_binds_again_and_brings_that_sessions_outage(wire: Wire, hub: Hub) -> None:
    told = hub.sessions.open("told", {"instance": ["i-1"]})
    kept = run(wire.call(path="/told", parts=(b"i-1",)))
    assert (kept.session, wire.body) == (told.id, b"told")
    told.switches.set({"svc.outage": "503"})
    wire.sent.clear()
    kept = run(wire.call(path="/told", parts=(b"i-1",)))
    assert (kept.session, kept.outcome, kept.operation, wire.status) == (told.id, "outage-503", "told", 503)
    wire.sent.clear()
    assert run(wire.call(path="/told", parts=(b"i-2",))).status == 200


def test_a_journal_that_cannot_be_written_is_said_and_not_answered_as_if(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    hub.journal.close()
    scope = {"type": "http", "method": "POST", "path": "/echo", "headers": [], "query_string": b""}
    asyncio.run(Service("svc", hub, ROUTES)(scope, receive, send))
    assert sent[0]["status"] == 500
    assert "Cannot open or write" in caplog.text


def test_rows_of_a_service_go_with_the_exchange_and_a_refusal_undoes_the_memory(hub: Hub) -> None:
    hub.journal.own(Tables("svc", ("CREATE TABLE svc_row(session TEXT, text TEXT UNIQUE);",)))
    memory: list[bytes] = []

    async def put(call: Call) -> Answer:
        memory.append(call.body)
        call.keep(("INSERT INTO svc_row VALUES(?, ?)", (call.session.id, call.body)), undo=memory.pop)
        if call.query:
            raise RuntimeError(call.query)
        return Answer(200)

    wire = Wire(Service("svc", hub, {("POST", "/put"): put}))
    statuses = []
    for body, query in ((b"one", b""), (b"one", b""), (b"two", b"fall"), (b"three", b"")):
        wire.sent.clear()
        run(wire.call(path="/put", parts=(body,), query=query))
        statuses.append(wire.status)
    assert statuses == [200, 500, 500, 200]
    assert memory == [b"one", b"three"]
    assert [text for (text,) in hub.journal.database.run("SELECT text FROM svc_row")] == memory


def test_a_body_of_200_mb_is_refused_and_nothing_of_it_is_held(wire: Wire) -> None:
    sizes: list[int] = []

    async def receive() -> dict[str, Any]:
        sizes.append(tracemalloc.get_traced_memory()[0])
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": len(sizes) < 200}

    async def send(message: dict[str, Any]) -> None:
        wire.sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/echo", "headers": [], "query_string": b""}
    tracemalloc.start()
    try:
        asyncio.run(wire.service(scope, receive, send))
    finally:
        tracemalloc.stop()
    assert wire.status == 413
    assert max(sizes) < wire.service.max_body + 4_000_000
    assert sizes[-1] < 4_000_000
    assert wire.service.hub.journal.list()[0].request_body == b""


def test_other_scopes_are_accepted_silently(wire: Wire) -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(wire.service({"type": "lifespan"}, never, never))


def test_many_calls_at_once_keep_apart(wire: Wire, hub: Hub) -> None:
    sessions = [hub.sessions.open(str(n), {"instance": [f"i-{n}"]}) for n in range(20)]

    async def all_of_them() -> None:
        hub.sessions.default.switches.set({"svc.latency_ms": 1})
        wires = [Wire(wire.service) for _ in sessions]
        await asyncio.gather(*(w.call(path="/told", parts=(f"i-{n}".encode(),)) for n, w in enumerate(wires)))
        assert [w.body for w in wires] == [s.name.encode() for s in sessions]

    asyncio.run(all_of_them())
    for n, session in enumerate(sessions):
        assert [x.request_body for x in hub.journal.list(session=session.id)] == [f"i-{n}".encode()]


def test_common_switches_speak_both_languages() -> None:
    for switch in common_switches("svc"):
        assert switch.fr
        assert switch.en
        assert isinstance(switch.default, int | str)
