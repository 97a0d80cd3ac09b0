"""Exchanges as reports and evidence show them: secrets masked, XML laid out, length bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from harness.scenario.traffic import Traffic
from mocks.journal.model import Exchange, Headers
from mocks.journal.redact import redact
from norms.xml import BadXml, parse

LIMIT = 20_000  # characters of one body


@dataclass(frozen=True)
class Shown:
    """One exchange, ready to be read or filed."""

    id: int
    time: str
    service: str
    operation: str
    outcome: str
    status: int
    kind: str
    request: str
    response: str
    request_bytes: bytes
    response_bytes: bytes
    findings: list[dict[str, Any]]


def shown(traffic: Traffic) -> Shown:
    """The exchange without its secrets."""
    raw = traffic.raw
    kept = redact(
        Exchange(
            session=raw["session"],
            service=raw["service"],
            started=traffic.started,
            method=raw["method"],
            target=raw["target"],
            request_headers=_headers(raw.get("request_headers", [])),
            request_body=raw.get("request_body", b""),
            status=raw["status"],
            response_headers=_headers(raw.get("response_headers", [])),
            response_body=raw.get("response_body", b""),
        )
    )
    return Shown(
        traffic.id,
        datetime.fromtimestamp(traffic.started, UTC).astimezone().strftime("%H:%M:%S"),
        raw["listener"] or raw["service"],
        raw["operation"] or raw["kind"],
        raw["outcome"],
        raw["status"],
        raw["kind"],
        message(f"{kept.method} {kept.target}".strip(), kept.request_headers, kept.request_body),
        message(f"HTTP {kept.status}" if kept.status else "", kept.response_headers, kept.response_body),
        kept.request_body,
        kept.response_body,
        raw["findings"],
    )


def message(first: str, headers: Headers, body: bytes) -> str:
    """Start line, headers and body as text; empty when there was none of them."""
    head = "\n".join([first, *(f"{name}: {value}" for name, value in headers)]).strip()
    return f"{head}\n\n{laid_out(body)}".strip()


def laid_out(body: bytes) -> str:
    """XML indented, other text as it is, bytes that are no text counted; cut at `LIMIT`."""
    try:
        text = etree.tostring(parse(body), pretty_print=True, encoding="unicode")
    except BadXml:
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return f"({len(body)} bytes)"
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}\n… ({len(text)})"


def _headers(rows: list[list[str]]) -> Headers:
    return [(str(name), str(value)) for name, value in rows]
