"""The one way XML from outside is parsed: no DTD, no entity, no network, bounded depth.

Raises `BadXml` with line and column; never resolves anything outside the bytes given.
"""

from __future__ import annotations

import re

from lxml import etree


class BadXml(ValueError):
    """The bytes are not XML we accept: ``reason`` is ``syntax`` or ``dtd``; line and column are 1-based."""

    def __init__(self, reason: str, detail: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{detail} (line {line}, column {column})" if line else detail)
        self.reason, self.detail, self.line, self.column = reason, detail, line, column


# The document type declaration may only stand before the root element, after comments and instructions.
# Atomic groups: one comment never runs into the next, however many there are.
_PROLOG_DTD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?>(?><\?.*?\?>|<!--.*?-->)\s*)*<!DOCTYPE", re.S)
_PLACE = re.compile(
    r"(?:, (?:use|try) XML_PARSE_HUGE(?: option)?)?\s*(?:, line \d+, column \d+)*$"
)  # told apart, or no help
_LONG_TEXT = 10_000_000  # bytes: what libxml2 reads in one text unless told otherwise


def parse(data: bytes) -> etree._Element:
    """The root element of an XML document given as bytes, comments and processing instructions kept.

    Raises BadXml: ``dtd`` when a document type declaration is present (whatever it holds), ``syntax`` otherwise.
    """
    if _PROLOG_DTD.match(data):
        raise BadXml("dtd", "document type declaration", data[: data.index(b"<!DOCTYPE")].count(b"\n") + 1, 1)
    # A PDF of more than 7 MB in base64 is one text of more than 10 MB; without a DTD size is all that grows.
    huge = len(data) > _LONG_TEXT
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        said = _PLACE.sub("", error.msg or "not well-formed")
        raise BadXml("syntax", said, line, column) from None
    if root is None:
        raise BadXml("syntax", "no root element", 1, 1)
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # an encoding whose bytes the test above cannot read (UTF-16…)
        raise BadXml("dtd", "document type declaration", 1, 1)
    return root
