"""A request of the journal sent again, and what comes back compared with what came then."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from harness.client import BenchClient, BenchError
from harness.home import Home, alive
from mocks.journal import END, Exchange, Kind

if TYPE_CHECKING:
    from mocks.journal import Reader
    from norms.finding import Finding

_NOT_RESENT = {"host", "content-length", "connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect"}


class CannotReplay(Exception):
    """``reason``: ``kind`` (no request in this entry), ``no_bench``, ``no_cert``, ``bad_cert``, ``bad_url``."""

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, str(detail)


@dataclass(frozen=True)
class Plan:
    """What is sent where, with which certificate."""

    exchange: Exchange
    url: httpx.URL
    context: ssl.SSLContext


@dataclass(frozen=True)
class Replayed:
    """What came back: ``outcome`` and ``number`` are the journal's, empty and 0 when another server answered."""

    before: Exchange
    url: str
    status: int = 0
    outcome: str = ""
    body: bytes = b""
    duration_ms: float = 0.0
    number: int = 0
    error: str = ""
    findings: Sequence[Finding] = ()

    @property
    def method(self) -> str:
        """The method of the request."""
        return self.before.method

    @property
    def same(self) -> bool:
        """Same status, and same outcome where this bench judged both."""
        return self.status == self.before.status and (not self.number or self.outcome == self.before.outcome)

    def compared(self) -> list[tuple[str, str, str]]:
        """What is compared: key, then, now."""
        before = self.before
        return [
            ("entry", str(before.id), str(self.number or "—")),
            ("status", str(before.status or "—"), str(self.status or "—")),
            ("outcome", before.outcome or "—", self.outcome or "—"),
            ("bytes", str(len(before.response_body)), str(len(self.body))),
            ("duration", f"{before.duration_ms:.1f} ms", f"{self.duration_ms:.1f} ms"),
        ]

    def shown(self) -> dict[str, Any]:
        """JSON form."""
        before = self.before
        return {
            "exchange": before.id,
            "url": self.url,
            "same": self.same,
            "then": {"status": before.status, "outcome": before.outcome, "bytes": len(before.response_body)},
            "now": {"status": self.status, "outcome": self.outcome, "bytes": len(self.body), "exchange": self.number},
            "same_body": self.body == before.response_body,
            "error": self.error,
        }


def plan(
    exchange: Exchange,
    home: Home,
    *,
    to: str = "",
    cert: Path | None = None,
    key: Path | None = None,
    ca: Path | None = None,
) -> Plan:
    """Where to send it and with what: by default the bench of this home and the test certificate that was shown then.

    Raises CannotReplay.
    """
    if exchange.kind is not Kind.EXCHANGE or not exchange.method:
        raise CannotReplay("kind")
    status = alive(home)
    base = to or _address(exchange, status)
    try:
        url = httpx.URL(base)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(base)
        if not to or url.raw_path in (b"", b"/"):
            url = url.copy_with(raw_path=exchange.target.encode("latin-1", "replace"))
    except (ValueError, httpx.InvalidURL):
        raise CannotReplay("bad_url", base) from None
    if cert is None and exchange.peer and url.scheme == "https":
        cert, key = _shown_then(exchange.peer.sha256, status)
        if cert is None and not to:
            raise CannotReplay("no_cert", exchange.peer.subject)
    test_ca = home.pki / "ca.pem"
    try:
        context = ssl.create_default_context(cafile=ca or (test_ca if test_ca.is_file() else None))
        if cert:
            context.load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as error:
        raise CannotReplay("bad_cert", error) from None
    return Plan(exchange, url, context)


def send(planned: Plan, reader: Reader, *, timeout: float = 30.0) -> Replayed:
    """Send it once, nothing followed or retried, and read what the journal says of it."""
    exchange = planned.exchange
    newest = reader.list(before=END, limit=1, bodies=False)
    last = newest[0].id if newest else 0
    headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in exchange.request_headers
        if name.lower() not in _NOT_RESENT
    ]
    status, body, error = 0, b"", ""
    began = time.perf_counter()
    try:
        with httpx.Client(verify=planned.context, timeout=timeout, trust_env=False) as client:
            answer = client.request(exchange.method, planned.url, content=exchange.request_body, headers=headers)
        status, body = answer.status_code, answer.content
    except (httpx.HTTPError, httpx.InvalidURL) as failed:
        error = str(failed) or type(failed).__name__
    spent = (time.perf_counter() - began) * 1000
    kept = _kept(reader, last, exchange)
    return Replayed(
        exchange,
        str(planned.url),
        status,
        kept.outcome if kept else "",
        body,
        spent,
        kept.id if kept else 0,
        error,
        kept.findings if kept and kept.kind is Kind.HANDSHAKE else (),
    )


def _address(exchange: Exchange, status: dict[str, Any] | None) -> str:
    """The listener's address on the running bench: the session's own where it has one."""
    if status is None:
        raise CannotReplay("no_bench")
    endpoints: dict[str, str] = status["endpoints"]
    client = BenchClient(status["console"])
    try:
        endpoints = client.session(exchange.session)["endpoints"]
    except BenchError:  # closed meanwhile
        pass
    finally:
        client.close()
    if exchange.listener not in endpoints:
        raise CannotReplay("no_bench", exchange.listener)
    return endpoints[exchange.listener]


def _shown_then(sha256: str, status: dict[str, Any] | None) -> tuple[Path | None, Path | None]:
    for held in (status or {}).get("credentials", {}).values():
        if held.get("sha256") == sha256:
            return Path(held["cert"]), Path(held["key"])
    return None, None


def _kept(reader: Reader, last: int, exchange: Exchange) -> Exchange | None:
    """The entry that this bench made of it, if it was this bench; a refused handshake is written a moment later."""
    for _ in range(10):
        after = reader.list(after=last, limit=50, bodies=False)
        for entry in reversed(after):
            if entry.kind is Kind.HANDSHAKE or (entry.method, entry.target) == (exchange.method, exchange.target):
                return entry
        time.sleep(0.02)
    return None
