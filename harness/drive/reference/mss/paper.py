"""Documents as they travel by mail: a CDA, what its header says, the same document as PDF."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from norms.cda.document import Element, first, words
from norms.mail.names import pdf_name
from norms.xds.derive import entry_of, header_of
from norms.xds.model import DocumentEntry
from norms.xml import parse


@dataclass(frozen=True, slots=True)
class Paper:
    """One CDA: its bytes, its metadata, the PDF that it carries (empty when there is none)."""

    data: bytes
    root: Element
    entry: DocumentEntry
    pdf: bytes

    @property
    def code(self) -> str:
        """The code of the document."""
        node = first(self.root, "code")
        return node.get("code", "") if node is not None else ""

    @property
    def label(self) -> str:
        """The words of its code."""
        node = first(self.root, "code")
        return (node.get("displayName") or self.entry.title) if node is not None else self.entry.title

    @property
    def replaces(self) -> str:
        """The uniqueId of the version that it replaces; empty when it is the first."""
        return header_of(self.root).replaces

    def pdf_name(self, birth_name: str, given: str) -> str:
        """How its PDF is called beside the archive (ECO.2.1.6)."""
        return pdf_name(self.entry.service_start or self.entry.creation_time, self.label, birth_name, given)


def paper(data: bytes, id: str = "Document01") -> Paper:
    """A CDA taken apart; raises norms.xml.BadXml."""
    root = parse(data)
    body = first(root, "component/nonXMLBody/text")
    held = base64.b64decode(words(body)) if body is not None and body.get("mediaType") == "application/pdf" else b""
    return Paper(data, root, entry_of(root, id), held)
