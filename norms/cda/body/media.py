"""Files that a document carries, as its body or in entries: base64, declared type, PDF/A level."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from norms.cda.document import Document, Element, first, shown
from norms.finding import Finding, Severity, find

BODY_TYPES = ("application/pdf", "text/plain")

_PART = re.compile(rb"pdfaid:part(?:>|\s*=\s*[\"'])\s*(\d)")
_CONFORMANCE = re.compile(rb"pdfaid:conformance(?:>|\s*=\s*[\"'])\s*([ABUabu])")
# What the first bytes of a file say it is.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"), (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"), (b"PK\x03\x04", "application/zip"),
    (b"{\\rtf", "text/rtf"), (b"\xd0\xcf\x11\xe0", "application/msword"),
)  # fmt: skip
_KNOWN = frozenset(kind for _, kind in _MAGIC)


class NotBase64(ValueError):
    """The text is not base64."""


def decode(text: str) -> bytes:
    """The bytes of a base64 text, white space ignored; raises NotBase64."""
    try:
        return binascii.a2b_base64(text.encode("ascii").translate(None, b" \t\r\n"), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise NotBase64(str(error)) from None


def kind_of(data: bytes) -> str:
    """The media type that the first bytes betray; ``text/plain`` for UTF-8 text, ``""`` when nothing is known."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    try:
        data[:4096].decode("utf-8", "strict" if len(data) <= 4096 else "ignore")
    except UnicodeDecodeError:
        return ""
    return "" if b"\x00" in data[:4096] else "text/plain"


def pdfa_level(data: bytes) -> str:
    """The PDF/A level that a PDF claims in its metadata (``1B``, ``2B``, ``1A``…), ``""`` when it claims none."""
    if b"pdfaid:part" not in data:
        return ""
    part, conformance = _PART.search(data), _CONFORMANCE.search(data)
    return (part[1] + (conformance[1] if conformance else b"")).decode().upper() if part else ""


def check(document: Document) -> Iterator[Finding]:
    """Findings on the unstructured body and on media embedded in entries."""
    body = first(document.root, "component/nonXMLBody/text")
    if body is not None and document.sound(body):
        declared = body.get("mediaType", "text/plain")
        if declared not in BODY_TYPES:
            where = document.where(body, "mediaType" if body.get("mediaType") else "")
            yield find("CDA-BDY-01", expected=" | ".join(BODY_TYPES), found=declared, where=where)
        else:
            yield from _file(document, body, declared)
    for value in document.every("value"):
        declared = value.get("mediaType", "")
        if (value.get("representation") == "B64" or declared in _KNOWN) and document.sound(value):
            yield from _file(document, value, declared)


def _file(document: Document, element: Element, declared: str) -> Iterator[Finding]:
    name, text = shown(element.tag), element.text or ""
    if first(element, "reference") is not None:
        yield find("CDA-BDY-08", found=first(element, "reference").get("value", ""), where=document.where(element))  # type: ignore[union-attr]
        return
    if not text.strip():
        yield find("CDA-BDY-02", where=document.where(element), name=name)
        return
    if element.get("representation") != "B64":
        if declared != "text/plain":
            yield find("CDA-BDY-03", found=element.get("representation", ""), where=document.where(element), name=name)
        return
    try:
        data = decode(text)
    except NotBase64:
        yield find("CDA-BDY-04", found=text.strip()[:40], where=document.where(element), name=name)
        return
    actual = kind_of(data)
    if actual != declared and (declared in _KNOWN or declared == "text/plain"):
        found = actual or data[:8].hex(" ")
        severity = None if name == "text" else Severity.WARNING  # published examples mistake one image type for another
        yield find("CDA-BDY-05", expected=declared, found=found, where=document.where(element), severity=severity)
    elif actual == "application/pdf":
        yield from _pdf(document, element, data)


def _pdf(document: Document, element: Element, data: bytes) -> Iterator[Finding]:
    if b"%%EOF" not in data[-2048:]:
        yield find("CDA-BDY-06", where=document.where(element))
        return
    if b"/Encrypt" in data[-4096:]:
        yield find("CDA-BDY-07", where=document.where(element))
    level = pdfa_level(data)
    if not level.startswith("1"):
        found = f"PDF/A-{level}" if level else ""
        yield find("CDA-BDY-09", found=found, where=document.where(element), severity=document.pdfa)
