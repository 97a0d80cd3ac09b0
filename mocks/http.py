"""The spine of every HTTP service: read once, bind the session, apply faults, answer, journal, then send.

A service is a `Service` with routes ``(method, path) -> handler`` (``/branch/*``: every path under it); a handler takes
a `Call` and returns an `Answer`.
Whatever happens (unknown path, body too large, a handler's crash) the exchange is kept before the answer leaves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mocks.control import Switch
from mocks.hub import Hub
from mocks.journal import Exchange, Headers, JournalError, Peer, Statement
from mocks.session import Session
from norms.finding import Finding, find

log = logging.getLogger("segur.http")
Scope = dict[str, Any]
MEGABYTE = 1_000_000
STALLED = 60.0  # seconds without a byte of a body that is due


@dataclass(slots=True)
class Answer:
    """What goes back. ``drop`` closes the connection without answering; ``cut`` sends only that many body bytes."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Headers = field(default_factory=list)
    drop: bool = False
    cut: int | None = None

    def sent_headers(self) -> Headers:
        """The header lines as they are sent; Content-Length is the whole body's even when it is cut."""
        return [("content-type", self.content_type), ("content-length", str(len(self.body))), *self.headers]


@dataclass(slots=True)
class Call:
    """A request as a handler sees it; ``exchange`` is what the journal will keep of it."""

    hub: Hub
    exchange: Exchange
    session: Session
    facts: dict[str, str]  # what the session was bound by
    method: str
    path: str
    query: str
    body: bytes
    peer: Peer | None
    kept: list[Statement] = field(default_factory=list)  # see `keep`
    undo: list[Callable[[], None]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """A request header, empty when absent."""
        wanted = name.lower()
        return next((value for key, value in self.exchange.request_headers if key == wanted), "")

    def note(self, *findings: Finding) -> None:
        """Keep findings with the exchange."""
        self.exchange.findings.extend(findings)

    def keep(self, *statements: Statement, undo: Callable[[], None] | None = None) -> None:
        """Keep the service's own rows in the same transaction as the exchange (see `Journal.record`).

        ``undo``: puts the state in memory back, called when the transaction is refused or the handler falls
        over (the caller is answered 500).
        """
        self.kept.extend(statements)
        if undo is not None:
            self.undo.append(undo)

    def revoke(self) -> None:
        """Nothing of what `keep` was given is kept."""
        for undo in reversed(self.undo):
            undo()
        self.kept.clear()
        self.undo.clear()

    def rebind(self, **facts: str) -> None:
        """Bind again once the body told more (``instance``, ``client_id``…)."""
        self.facts.update({k: v for k, v in facts.items() if v})
        self.session = self.hub.sessions.bind(self.facts)
        self.exchange.session = self.session.id

    def switch(self, word: str) -> Any:
        """The value of this service's switch for this call (an armed value is used up)."""
        return self.session.switches.take(f"{self.exchange.service}.{word}")


Handler = Callable[[Call], Awaitable[Answer]]


def common_switches(service: str) -> tuple[Switch, ...]:
    """The switches that each HTTP service has."""
    return (
        Switch(
            f"{service}.latency_ms",
            "int",
            0,
            "Retard ajouté à chaque réponse, en millisecondes",
            "Delay added to each answer, in milliseconds",
        ),
        Switch(
            f"{service}.outage",
            "choice",
            "none",
            "Panne de transport : 503, page HTML d'erreur, connexion coupée, réponse tronquée",
            "Transport outage: 503, HTML error page, dropped connection, truncated answer",
            choices=("none", "503", "html", "drop", "truncate"),
        ),
        Switch(
            f"{service}.outage_s",
            "int",
            0,
            "Durée de la panne, en secondes à partir du premier appel qui la subit ; 0 : jusqu'à ce qu'on la lève",
            "Length of the outage, in seconds from the first call that meets it; 0: until it is lifted",
        ),
    )


HTML_ERROR = (
    b"<html><head><title>Service indisponible</title></head><body><h1>Erreur</h1>"
    b"<p>Le service demand\xc3\xa9 est momentan\xc3\xa9ment indisponible.</p></body></html>"
)


class Service:
    """An ASGI application over routes; one instance serves every listener of the service."""

    def __init__(
        self, name: str, hub: Hub, routes: Mapping[tuple[str, str], Handler], *, max_body: int = 2 * MEGABYTE
    ) -> None:
        self.name, self.hub, self.routes, self.max_body = name, hub, routes, max_body

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one HTTP request; other scopes (lifespan) are accepted silently."""
        if scope["type"] != "http":
            return
        clock = time.perf_counter()
        call, complete = await self._read(scope, receive)
        answer = await self._answer(call) if complete else Answer(drop=True)
        delay = float(call.session.switches.take(f"{self.name}.latency_ms"))
        exchange = call.exchange
        if not answer.drop:
            exchange.status = answer.status
            exchange.response_headers = answer.sent_headers()
            exchange.response_body = answer.body[: answer.cut]
        exchange.duration_ms = (time.perf_counter() - clock) * 1000 + delay
        try:
            self.hub.journal.record(exchange, call.kept)
        except JournalError as error:  # what cannot be kept is not answered as if it were
            log.error("%s", error)
            call.revoke()
            answer = Answer(500, b"the bench cannot write its journal")
        if delay:  # after the exchange was kept: what is accepted is so at once, only its answer is slow
            await asyncio.sleep(delay / 1000)
        if complete:
            await _send(scope, send, answer)

    async def _read(self, scope: Scope, receive: Any) -> tuple[Call, bool]:
        tls_facts = scope.get("extensions", {}).get("tls", {})
        peer: Peer | None = tls_facts.get("peer")
        client, server = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
        headers = [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in scope["headers"]]
        facts = {"port": str(server[1]), "cert": peer.sha256 if peer else ""}
        session = self.hub.sessions.bind(facts)
        query = scope.get("query_string", b"").decode("latin-1")
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        exchange = Exchange(
            session=session.id,
            service=self.name,
            started=time.time(),
            listener=tls_facts.get("listener", ""),
            client=f"{client[0]}:{client[1]}",
            method=scope["method"],
            target=path + (f"?{query}" if query else ""),
            request_headers=headers,
            peer=peer,
            tls=tls_facts.get("tls"),
        )
        call = Call(self.hub, exchange, session, facts, scope["method"], scope["path"], query, b"", peer)
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            try:
                async with asyncio.timeout(STALLED):
                    message = await receive()
            except TimeoutError:
                length = call.header("content-length") or "—"
                call.note(find("HTTP-BODY-03", expected=length, found=size, seconds=f"{STALLED:g}"))
                exchange.request_body = b"".join(parts)
                exchange.outcome = "stalled"
                return call, True
            if message["type"] == "http.disconnect":
                call.note(find("HTTP-BODY-02", found=f"{size}"))
                exchange.request_body = b"".join(parts)
                exchange.outcome = "truncated"
                return call, False
            size += len(message.get("body", b""))
            if size <= self.max_body:
                parts.append(message.get("body", b""))
            else:  # read on to answer properly, but hold nothing
                parts.clear()
            more = message.get("more_body", False)
        call.body = exchange.request_body = b"".join(parts)
        if size > self.max_body:
            call.note(find("HTTP-BODY-01", expected=f"{self.max_body}", found=f"{size}"))
            exchange.outcome = "too-large"
        return call, True

    async def _answer(self, call: Call) -> Answer:
        if call.exchange.outcome == "too-large":
            return Answer(413, b"request entity too large")
        if call.exchange.outcome == "stalled":
            return Answer(408, b"the rest of the request never came", headers=[("connection", "close")])
        session = call.session
        outage = self._outage(session)
        if failure := _failure(call, outage):
            return failure
        answer = await self._handled(call)
        if call.session is not session:  # the body said whose call it is: that session's outage is the one that counts
            outage = self._outage(call.session)
            if failure := _failure(call, outage):
                return failure
        if outage == "truncate":
            answer.cut = len(answer.body) // 2
        return answer

    def _outage(self, session: Session) -> object:
        """The outage of this call; one whose length is over is lifted."""
        name, now = f"{self.name}.outage", session.clock.now()
        outage = session.switches.take(name)
        length = int(session.switches.peek(f"{name}_s"))
        if outage == "none" or length <= 0:
            session.drop(name)
        elif now - session.state(name, lambda: now) >= length:
            session.switches.values.pop(name, None)
            session.drop(name)
            return "none"
        return outage

    async def _handled(self, call: Call) -> Answer:
        handler = self.routes.get((call.method, call.path)) or self._under(call)
        if handler is None:
            return self._no_route(call)
        try:
            return await handler(call)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            log.error("%s %s: %s", call.method, call.path, said, exc_info=log.isEnabledFor(logging.DEBUG))
            call.exchange.outcome = "bench-error"
            call.exchange.facts["bench_error"] = said
            call.revoke()
            return Answer(500, b"internal error of the bench")

    def _under(self, call: Call) -> Handler | None:
        """The handler of a whole branch: a route ``/branch/*``."""
        return next(
            (
                handler
                for (method, path), handler in self.routes.items()
                if path.endswith("/*") and method == call.method and call.path.startswith(path[:-1])
            ),
            None,
        )

    def _no_route(self, call: Call) -> Answer:
        allowed = ", ".join(sorted(method for method, path in self.routes if path == call.path))
        if allowed:
            call.note(find("HTTP-ROUTE-02", expected=allowed, found=call.method))
            return Answer(405, headers=[("allow", allowed)])
        call.note(find("HTTP-ROUTE-01", expected=", ".join(sorted({p for _, p in self.routes})), found=call.path))
        return Answer(404)


def _failure(call: Call, outage: object) -> Answer | None:
    """The answer of a service that is down in this way; None when it is up."""
    if outage not in ("503", "html", "drop"):
        return None
    call.exchange.outcome = f"outage-{outage}"
    return Answer(200 if outage == "html" else 503, HTML_ERROR, "text/html; charset=utf-8", drop=outage == "drop")


async def _send(scope: Scope, send: Any, answer: Answer) -> None:
    if answer.drop:
        if abort := scope.get("extensions", {}).get("tls", {}).get("abort"):
            abort()
        return
    head = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.sent_headers()]
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    if answer.cut is None:
        await send({"type": "http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.body", "body": answer.body[: answer.cut], "more_body": True})
    if abort := scope.get("extensions", {}).get("tls", {}).get("abort"):
        abort()
