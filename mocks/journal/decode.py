"""An exchange as layers for a person: TLS, HTTP, SOAP, XML, JSON, forms, tokens, certificates, what base64 wraps.

Computed when read, never stored. Whatever the bytes are, nothing is raised; what comes back is bounded and printable.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qsl

from mocks.journal import mail
from mocks.journal.content import Content, Layer
from mocks.journal.model import Exchange, Headers, Kind

__all__ = ["Layer", "layers"]


def layers(exchange: Exchange) -> list[Layer]:
    """The layers of an exchange, outermost first: ``tls``, ``request``, ``response``; contents are inside them."""
    found = []
    if exchange.tls or exchange.peer:
        found.append(_tls(exchange))
    if mail.spoken(exchange):
        return found + mail.dialogue(exchange, Content())
    if exchange.kind is Kind.EXCHANGE and (exchange.method or exchange.request_body):
        name = f"{exchange.method} {exchange.target}".strip()
        inner = Content()
        _, _, query = exchange.target.partition("?")
        inside = [*inner.tokens("query", [value for _, value in parse_qsl(query, errors="replace")])]
        inside += inner.tokens("header", [value for _, value in exchange.request_headers])
        inside += inner.read(exchange.request_body, _content_type(exchange.request_headers))
        found.append(Layer.of("request", name, exchange.request_headers, inner=inside))
    if exchange.status or exchange.response_body:
        inside = Content().read(exchange.response_body, _content_type(exchange.response_headers))
        found.append(Layer.of("response", _status(exchange.status), exchange.response_headers, inner=inside))
    return found


def _tls(exchange: Exchange) -> Layer:
    tls, peer = exchange.tls, exchange.peer
    facts = [("version", tls.version), ("cipher", tls.cipher), ("SNI", tls.sni)] if tls else []
    if peer:
        facts += [("subject", peer.subject), ("issuer", peer.issuer), ("serial", peer.serial)]
        facts += [("notAfter", peer.not_after), ("SHA-256", peer.sha256)]
    return Layer.of("tls", exchange.listener, [(name, value) for name, value in facts if value])


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status or "")


def _content_type(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")
