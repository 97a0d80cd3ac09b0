"""Reading a SOAP 1.2 envelope: one parse, header blocks in any order, one element in the body.

SOAP Version 1.2 Part 1 (Second Edition), §5 (message construct) and §5.4.8 (mustUnderstand).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
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
    """A message as read: ``blocks`` are the header blocks by name (Clark notation), ``body`` the body's one element."""

    root: etree._Element
    blocks: Mapping[str, Sequence[etree._Element]]
    body: etree._Element

    def header(self, tag: str) -> etree._Element | None:
        """The first header block of that name."""
        found = self.blocks.get(tag)
        return found[0] if found else None

    def count(self, tag: str) -> int:
        """How many header blocks have that name."""
        return len(self.blocks.get(tag, ()))


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
    parts = elements(root)
    header = parts[0] if parts and parts[0].tag == _HEADER else None
    rest = parts[1:] if header is not None else parts
    if len(rest) != 1 or rest[0].tag != _BODY:
        seen = ", ".join(local(part.tag) for part in parts)
        raise BadEnvelope(find("SOAP-ENV-03", expected="Header?, Body", found=seen, where=place(root)))
    content = elements(rest[0])
    if len(content) != 1:
        raise BadEnvelope(find("SOAP-ENV-04", expected="1", found=len(content), where=place(rest[0])))
    blocks: dict[str, list[etree._Element]] = {}
    for block in elements(header) if header is not None else ():
        blocks.setdefault(block.tag, []).append(block)
    return Envelope(root, blocks, content[0])


def not_understood(envelope: Envelope, known: Container[str]) -> Finding | None:
    """SOAP-HDR-01 for the first header block that must be understood and is not ``known`` (fault MustUnderstand)."""
    found = (
        find("SOAP-HDR-01", found=tag, where=place(block), namespace=namespace(tag))
        for tag, blocks in envelope.blocks.items()
        if tag not in known
        for block in blocks
        if block.get(_MUST_UNDERSTAND) in ("1", "true") and block.get(_ROLE, "") in _OURS
    )
    return next(found, None)
