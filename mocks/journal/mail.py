"""A mail dialogue as layers: SMTP or IMAP → message → parts → IHE_XDM.ZIP → METADATA.XML, CDA."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mocks.journal.model import Exchange, Kind

if TYPE_CHECKING:
    from mocks.journal.content import Content, Layer

OTHERS = ("SMTP", "IMAP", "DNS")  # methods that are no HTTP
MAIL = 30_000_000  # bytes of a message past which it is only shown
PARTS, FILES = 30, 40  # shown of one message, of one archive
_LITERAL = re.compile(rb"\{\d+\+?\}\r\n")


def spoken(exchange: Exchange) -> bool:
    """Whether the exchange is one of a mail service."""
    return exchange.method in ("SMTP", "IMAP") or (exchange.kind is Kind.EVENT and bool(exchange.request_body))


def is_message(exchange: Exchange) -> bool:
    """Whether the request body is a message, and nothing else."""
    sent = exchange.method == "SMTP" and exchange.operation == "submit"
    return sent or (exchange.service == "mssante" and exchange.kind is Kind.EVENT)


def dialogue(exchange: Exchange, content: Content) -> list[Layer]:
    """The layers of a mail exchange: what was said with the message in it, what was answered."""
    from mocks.journal.content import Content, Layer

    body, kind = exchange.request_body, exchange.method.lower() or "mime"
    said: list[Layer] = []
    text = ""
    if exchange.method == "IMAP":
        head, _, rest = body.partition(b"\r\n")
        text = head.decode("utf-8", "replace")
        if exchange.operation == "append" and _LITERAL.search(head + b"\r\n"):
            said = message(content, rest, "", 6)
    elif exchange.operation in ("login", "refused", "starttls", "noted"):
        text = body.decode("utf-8", "replace")
    else:
        said = message(content, body, "", 6)
    name = f"{exchange.operation} {exchange.target}".strip()
    found = [Layer.of(kind, name, text=text, inner=said)] if exchange.method else said
    if exchange.response_body:
        status = str(exchange.status or exchange.outcome)
        found.append(Layer.of("response", status, inner=Content().read(exchange.response_body, "text/plain")))
    return found


def message(content: Content, raw: bytes, name: str, depth: int) -> list[Layer]:
    """A message: its fields as facts, its parts inside."""
    from mocks.journal.content import Layer
    from norms.mail.parse import parse  # most journals are read without it

    if not raw or len(raw) > MAIL or not content.room():
        return []
    mail = parse(raw)
    facts = [(field.name, mail.root.header(field.name)) for field in mail.root.fields[:60]]
    inner: list[Layer] = []
    for part in mail.leaves[:PARTS]:
        inside = content.read(part.content, _typed(part.type, part.params), part.filename or part.type, depth - 1)
        inner += inside
    return [Layer.of("mime", name or mail.subject, facts, inner=inner)]


def _typed(kind: str, parameters: dict[str, str]) -> str:
    charset = parameters.get("charset", "")
    return f"{kind}; charset={charset}" if charset else kind


def archive(content: Content, data: bytes, name: str, depth: int) -> Layer | None:
    """A ZIP archive: its files as facts, metadata and documents inside; None when it cannot be opened safely."""
    from mocks.journal.content import Layer
    from norms.xdm.model import BadArchive
    from norms.xdm.package import unpack

    try:
        files, _ = unpack(data)
    except BadArchive as bad:
        return Layer.of("zip", name, [("size", len(data)), ("refused", bad.finding.rule)])
    inner: list[Layer] = []
    for file in files[:FILES]:
        for layer in content.read(file.data, "", file.path, depth - 1):
            inner.append(replace(layer, kind=_kind(file.path, layer)))
    xdm = any(file.path.upper().endswith("METADATA.XML") for file in files)
    return Layer.of("xdm" if xdm else "zip", name, [(file.path, len(file.data)) for file in files], inner=inner)


def _kind(path: str, layer: Layer) -> str:
    if layer.kind != "xml":
        return layer.kind
    if path.upper().endswith("METADATA.XML"):
        return "metadata"
    return "cda" if "<ClinicalDocument" in layer.text[:2000] else "xml"
