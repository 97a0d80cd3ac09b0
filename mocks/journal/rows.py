"""An exchange as a row of the database, and back. A large body that packs well is kept packed (zlib)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from itertools import chain
from typing import Any

from mocks.journal.model import Exchange, Headers, Kind, Peer, Tls, Validation
from norms.finding import Finding, restored

COLUMNS = "id, session, service, kind, thread, started, validation, peer, findings, meta, request, response"
WITHOUT_BODIES = COLUMNS.replace("request, response", "x'' AS request, x'' AS response")

PACKED_FROM = 1_000_000  # bytes: writing ten megabytes of XML costs more than packing them
_SAMPLE = 65_536

# ASCII, so that lone surrogates from a hostile client survive; nothing we write can be circular.
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def write(exchange: Exchange, peer: int | None) -> tuple[Any, ...]:
    """The row, in the order of `COLUMNS`."""
    tls = exchange.tls
    request, response = _packed(exchange.request_body), _packed(exchange.response_body)
    packed = (request is not exchange.request_body, response is not exchange.response_body)
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
            *([packed] if any(packed) else ()),
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
        request,
        response,
    )


def read(row: Sequence[Any], peer: Peer | None) -> Exchange:
    """The exchange of a row."""
    (id_, session, service, kind, thread, started, validation, _peer, findings, meta, request, response) = row
    said = json.loads(meta)
    listener, operation, outcome, duration, client, method, target, status, tls, asked, answered, facts = said[:12]
    if said[12:]:
        request, response = (
            zlib.decompress(body) if body and one else body
            for body, one in zip((request, response), said[12], strict=True)
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


def _packed(body: bytes) -> bytes:
    """The body, packed when it is large and a sample of it shrinks to a quarter."""
    if len(body) < PACKED_FROM:
        return body
    middle = len(body) // 2
    sample = zlib.compress(body[middle : middle + _SAMPLE], 1)
    return zlib.compress(body, 1) if len(sample) < _SAMPLE // 4 else body


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
