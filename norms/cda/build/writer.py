"""From a header and a body to bytes."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from lxml import etree

from norms.cda.build.header import header
from norms.cda.build.ids import Ids
from norms.cda.build.model import Header, Level1, Section
from norms.cda.build.sections import section
from norms.cda.build.xml import E, add
from norms.cda.document import HL7, PREFIXES, XSI, Element, qname

_INLINE = frozenset(
    qname(tag) for tag in ("paragraph", "td", "th", "item", "caption", "content", "footnote", "title", "originalText")
)


def element(spec: Header, body: Sequence[Section] | Level1) -> Element:
    """The ClinicalDocument element."""
    namespaces: dict[str, str] = {"xsi": XSI, **{p: uri for p, uri in PREFIXES.items() if p not in ("ds", "xsl")}}
    namespaces[None] = HL7  # type: ignore[index]
    root = etree.Element(qname("ClinicalDocument"), nsmap=namespaces)
    add(root, header(spec))
    if isinstance(body, Level1):
        data = base64.b64encode(body.data).decode("ascii")
        content = E("nonXMLBody", E("text", data, mediaType=body.media_type, representation="B64"))
    else:
        ids = Ids(f"{spec.id.root}:sections")
        content = E("structuredBody", [E("component", section(part, ids)) for part in body])
    root.append(E("component", content))
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xsi"])
    _indent(root, "\n")
    return root


def document(spec: Header, body: Sequence[Section] | Level1) -> bytes:
    """The document, UTF-8 without BOM, one element per line, narrative text untouched."""
    return serialised(element(spec, body))


def serialised(root: Element) -> bytes:
    """The bytes of a document element."""
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + data + b"\n"


def _indent(node: Element, margin: str) -> None:
    """Put each element on its own line, except inside narrative text, where white space shows."""
    if node.tag in _INLINE or not len(node):
        return
    inner = margin + "  "
    node.text = inner
    for child in node:
        _indent(child, inner)
        child.tail = inner
    node[-1].tail = margin
