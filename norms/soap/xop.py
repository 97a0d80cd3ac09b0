"""XOP: binary content that an element holds in base64, or names by ``xop:Include`` in a part of the package.

XML-binary Optimized Packaging (W3C, 2005) §3.2; RFC 2392: the address is ``cid:`` and the Content-ID, percent-encoded,
compared with regard to case.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

from lxml import etree

from norms.finding import Finding, find
from norms.soap.mtom import Part
from norms.soap.tree import elements, place, value

XOP: Final = "http://www.w3.org/2004/08/xop/include"
INCLUDE: Final = f"{{{XOP}}}Include"


class BadInclude(ValueError):
    """The content of an element cannot be had: ``finding`` (SOAP-XOP-*) says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def content(element: etree._Element, parts: Mapping[str, Part]) -> tuple[Part, bool]:
    """What an element of type base64Binary holds, and whether it came by a part; raises BadInclude."""
    inside = elements(element)
    if not inside:
        text = "".join((element.text or "").split())
        try:
            return Part("", "", base64.b64decode(text, validate=True)), False
        except (ValueError, binascii.Error):
            raise BadInclude(find("SOAP-XOP-05", found=text[:40], where=place(element))) from None
    include = inside[0]
    if include.tag != INCLUDE or len(inside) > 1 or value(element):
        found = ", ".join(etree.QName(child).localname for child in inside)
        raise BadInclude(find("SOAP-XOP-03", expected="xop:Include", found=found, where=place(element)))
    href = include.get("href", "")
    if not href.startswith("cid:") or len(href) == 4:
        raise BadInclude(find("SOAP-XOP-02", expected="cid:…", found=href or "—", where=place(include)))
    wanted = unquote(href[4:])
    part = parts.get(wanted) or parts.get(href[4:])
    if part is None:
        near = next((held for held in parts if held.lower() == wanted.lower()), "")
        held = near or ", ".join(parts) or "—"
        rule = "SOAP-XOP-06" if near else "SOAP-XOP-01"
        raise BadInclude(find(rule, expected=wanted, found=held, where=place(include)))
    return part, True


def include(content_id: str) -> str:
    """The ``xop:Include`` element that names a part."""
    return f'<xop:Include xmlns:xop="{XOP}" href="cid:{quote(content_id, safe="@")}"/>'
