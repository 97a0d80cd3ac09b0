"""The public JSON form of an exchange: control API, `segur journal --json`, exports."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from mocks.journal.model import Exchange
from norms.texts import Lang


def exchange_json(exchange: Exchange, lang: Lang, *, bodies: bool) -> dict[str, Any]:
    """JSON-ready; with ``bodies`` headers and bodies too, bodies in base64; findings in one language."""
    peer, tls = exchange.peer, exchange.tls
    row: dict[str, Any] = {
        "id": exchange.id,
        "kind": exchange.kind.value,
        "session": exchange.session,
        "service": exchange.service,
        "listener": exchange.listener,
        "operation": exchange.operation,
        "outcome": exchange.outcome,
        "thread": exchange.thread,
        "started": iso(exchange.started),
        "duration_ms": round(exchange.duration_ms, 3),
        "client": exchange.client,
        "method": exchange.method,
        "target": exchange.target,
        "status": exchange.status,
        "peer": peer and {name: getattr(peer, name) for name in peer.__slots__},
        "tls": tls and {name: getattr(tls, name) for name in tls.__slots__},
        "findings": [found.shown(lang) for found in exchange.findings],
        "facts": exchange.facts,
        "validation": exchange.validation.value,
    }
    if bodies:
        row["request_headers"] = exchange.request_headers
        row["response_headers"] = exchange.response_headers
        row["request_body"] = base64.b64encode(exchange.request_body).decode()
        row["response_body"] = base64.b64encode(exchange.response_body).decode()
    return row


def iso(seconds: float) -> str:
    """A wall-clock time as ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
