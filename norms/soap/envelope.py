"""Reading a SOAP 1.2 envelope: one parse, header blocks in any order, one element in the body.

SOAP Version 1.2 Part 1 (Second Edition), §5 (message construct) and §5.4.8 (mustUnderstand).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from lxml import etree

from norms.finding import Finding, Where, find
from norms.soap.names import SOAP11, SOAP12, local, namespace
from norms.soap.tree import elements, place
from norms.xml import BadXml, parse

_ENVELOPE, _HEADER, _BODY = (f"{{{SOAP12}}}{name}" for name in ("Envelope", "Header", "Body"))
_MUST_UNDERSTAND, _ROLE = f"{{{SOAP12}}}mustUnderstand", f"{{{SOAP12}}}role"
_OURS = ("", f"{SOAP12}/role/next", f"{SOAP12}/role/ultimateReceiver")  # roles that the receiver plays


class BadEnvelope(ValueError):
    """The bytes are no SOAP 1.2 message: ``finding`` says why, ``code`` is the SOAP fault code to answer with."""

    def __init__(self, finding: Finding, code: str = "Sender") -> None:
        super().__init__(finding.rule)
        self.finding, self.code = finding, code


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as read: ``headers`` are the header blocks in document order, ``body`` the one element of the body."""

    root: etree._Element
    headers: tuple[etree._Element, ...]
    body: etree._Element

    def header(self, tag: str) -> etree._Element | None:
        """The first header block of that name (Clark notation)."""
        return next((block for block in self.headers if block.tag == tag), None)

    def count(self, tag: str) -> int:
        """How many header blocks have that name."""
        return sum(block.tag == tag for block in self.headers)


def read(data: bytes) -> Envelope:
    """The envelope in these bytes; raises BadEnvelope with rule SOAP-XML-* or SOAP-ENV-*."""
    try:
        root = parse(data)
    except BadXml as bad:
        where = Where(line=bad.line or None, column=bad.column or None)
        rule = "SOAP-XML-02" if bad.reason == "dtd" else "SOAP-XML-01"
        raise BadEnvelope(find(rule, found=bad.detail, where=where)) from None
    if root.tag != _ENVELOPE:
        if root.tag == f"{{{SOAP11}}}Envelope":
            raise BadEnvelope(find("SOAP-ENV-02", expected=SOAP12, found=SOAP11, where=place(root)), "VersionMismatch")
        other_version = local(root.tag) == "Envelope"
        raise BadEnvelope(
            find("SOAP-ENV-01", expected=_ENVELOPE, found=root.tag, where=place(root)),
            "VersionMismatch" if other_version else "Sender",
        )
    parts = list(elements(root))
    header = parts[0] if parts and parts[0].tag == _HEADER else None
    rest = parts[1:] if header is not None else parts
    if len(rest) != 1 or rest[0].tag != _BODY:
        seen = ", ".join(local(part.tag) for part in parts)
        raise BadEnvelope(find("SOAP-ENV-03", expected="Header?, Body", found=seen, where=place(root)))
    content = list(elements(rest[0]))
    if len(content) != 1:
        raise BadEnvelope(find("SOAP-ENV-04", expected="1", found=len(content), where=place(rest[0])))
    return Envelope(root, tuple(elements(header)) if header is not None else (), content[0])


def not_understood(envelope: Envelope, known: Container[str]) -> list[Finding]:
    """SOAP-HDR-01 for each header block that must be understood and that is not ``known`` (fault MustUnderstand)."""
    return [
        find("SOAP-HDR-01", found=block.tag, where=place(block), namespace=namespace(block.tag))
        for block in envelope.headers
        if block.tag not in known and block.get(_MUST_UNDERSTAND) in ("1", "true") and block.get(_ROLE, "") in _OURS
    ]
