"""A connection that never became a request: why, and its entry in the journal."""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from mocks.journal.model import Exchange, Kind, Peer, Tls
from mocks.listener.peer import peer_of, refused_of
from mocks.listener.watch import Attempt
from norms.finding import Finding, find
from norms.tls.handshake import Diagnosis, Failure, Refused, diagnose
from norms.tls.names import ALERTS


@dataclass(frozen=True)
class Refusal:
    """One refused connection. ``code`` is one word (expired, no-certificate…), ``finding`` explains it."""

    code: str
    finding: Finding
    listener: str
    port: int
    client: str
    started: float
    duration_ms: float = 0.0
    peer: Peer | None = None  # the certificate that was refused, when one was seen
    tls: Tls | None = None  # what the client offered
    facts: dict[str, str] = field(default_factory=dict)
    kind: Kind = Kind.HANDSHAKE


def journal_entry(refusal: Refusal, service: str, session: str = "default") -> Exchange:
    """The journal's entry of a refusal."""
    return Exchange(
        session,
        service,
        refusal.started,
        refusal.kind,
        listener=refusal.listener,
        operation="handshake" if refusal.kind is Kind.HANDSHAKE else "",
        outcome=refusal.code,
        duration_ms=refusal.duration_ms,
        client=refusal.client,
        peer=refusal.peer,
        tls=refusal.tls,
        findings=[refusal.finding],
        facts=dict(refusal.facts),
    )


def explain(
    attempt: Attempt, error: Exception | None, listener: str, port: int, server_names: Sequence[str]
) -> Refusal | None:
    """The refusal behind an error of the handshake; None for a connection that said nothing (a port probe).

    Without an error: the handshake ended well and the client left without a request.
    """
    if error is not None and attempt.hello is None and not attempt.opening:
        return None
    peer, certificate = _certificate(attempt.leaf)
    is_tls = isinstance(error, ssl.SSLError)
    failure = Failure(
        reason=(error.reason or "UNKNOWN") if isinstance(error, ssl.SSLError) else "",
        detail=_words(error) if is_tls else "",
        verify_code=int(getattr(error, "verify_code", 0) or 0),
        alert=attempt.alert,
        opening=attempt.opening,
        hello=attempt.hello,
        certificate=certificate,
        server_names=server_names,
        timed_out=not is_tls and "taking longer" in str(error),
        completed=error is None,
    )
    diagnosis = diagnose(failure)
    return Refusal(
        diagnosis.code,
        diagnosis.finding,
        listener,
        port,
        attempt.client,
        attempt.started,
        (time.time() - attempt.started) * 1000,
        peer,
        Tls(attempt.hello.newest, "", attempt.hello.server_name) if attempt.hello else None,
        _facts(failure, diagnosis),
    )


def unreadable(rule: str, code: str, found: str, listener: str, port: int, client: str) -> Refusal:
    """What arrived is not HTTP, or too much of it."""
    kind = Kind.HANDSHAKE if code == "tls-on-http" else Kind.EXCHANGE
    return Refusal(code, find(rule, found=found), listener, port, client, time.time(), kind=kind)


def _certificate(der: bytes) -> tuple[Peer | None, Refused]:
    try:
        return (peer_of(der), refused_of(der)) if der else (None, Refused())
    except ValueError:
        return None, Refused(subject="?")


def _words(error: Exception | None) -> str:
    """OpenSSL's words without its prefix and the place in CPython's source."""
    text = str(getattr(error, "verify_message", "") or error)
    return text.split("] ", 1)[-1].split(" (_ssl", 1)[0]


def _facts(failure: Failure, diagnosis: Diagnosis) -> dict[str, str]:
    facts = {
        "detail": failure.detail,
        "alert": ALERTS.get(failure.alert, str(failure.alert)) if failure.alert else "",
        "subject": failure.certificate.subject,
        "issuer": failure.certificate.issuer,
        "rule": diagnosis.finding.rule,
    }
    return {key: value for key, value in facts.items() if value}
