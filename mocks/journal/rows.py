"""An exchange as a row of the database, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

from mocks.journal.model import Exchange, Headers, Kind, Peer, Tls, Validation
from norms.finding import Finding, restored

COLUMNS = "id, session, service, kind, thread, started, validation, peer, findings, meta, request, response"
WITHOUT_BODIES = COLUMNS.replace("request, response", "x'' AS request, x'' AS response")

# ASCII, so that lone surrogates from a hostile client survive; nothing we write can be circular.
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def write(exchange: Exchange, peer: int | None) -> tuple[Any, ...]:
    """The row, in the order of `COLUMNS`."""
    tls = exchange.tls
    meta = _dumps(
        (
            exchange.listener,
            exchange.operation,
            exchange.outcome,
            round(exchange.duration_ms, 3),
            exchange.client,
            exchange.method,
            exchange.target,
            exchange.status,
            (tls.version, tls.cipher, tls.sni) if tls else None,
            [*chain.from_iterable(exchange.request_headers)],  # name, value, name, value: quicker than pairs
            [*chain.from_iterable(exchange.response_headers)],
            exchange.facts,
        )
    )
    return (
        exchange.id,
        exchange.session,
        exchange.service,
        exchange.kind.value,
        exchange.thread,
        exchange.started,
        exchange.validation.value,
        peer,
        findings_text(exchange.findings),
        meta,
        exchange.request_body,
        exchange.response_body,
    )


def read(row: Sequence[Any], peer: Peer | None) -> Exchange:
    """The exchange of a row."""
    (id_, session, service, kind, thread, started, validation, _peer, findings, meta, request, response) = row
    (listener, operation, outcome, duration, client, method, target, status, tls, asked, answered, facts) = json.loads(
        meta
    )
    return Exchange(
        session=session,
        service=service,
        started=started,
        kind=Kind(kind),
        id=id_,
        listener=listener,
        operation=operation,
        outcome=outcome,
        thread=thread,
        duration_ms=duration,
        client=client,
        method=method,
        target=target,
        request_headers=_pairs(asked),
        request_body=bytes(request),
        status=status,
        response_headers=_pairs(answered),
        response_body=bytes(response),
        peer=peer,
        tls=Tls(*tls) if tls else None,
        findings=[restored(f) for f in json.loads(findings)] if findings else [],
        facts=facts,
        validation=Validation(validation),
    )


def _pairs(flat: Sequence[str]) -> Headers:
    return list(zip(flat[::2], flat[1::2], strict=True))


def findings_text(findings: Sequence[Finding]) -> str | None:
    """Findings as stored; None when there are none."""
    return _dumps([f.stored() for f in findings]) if findings else None


def peer_text(peer: Peer) -> str:
    """A peer certificate as stored."""
    return _dumps([getattr(peer, name) for name in Peer.__slots__])


def read_peer(stored: str) -> Peer:
    """The peer certificate that `peer_text` wrote."""
    return Peer(*json.loads(stored))
