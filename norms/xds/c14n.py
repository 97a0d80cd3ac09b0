"""Inclusive Canonical XML 1.0 of a part of a document, with the namespaces and ``xml:`` attributes it inherits.

W3C, Canonical XML 1.0, §2.4: a subset is written with what its ancestors declare. lxml forgets that when it is given
an element rather than a tree, so the element is first rooted in a copy that declares it all.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from lxml import etree

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
WITH_COMMENTS: Final = f"{C14N}#WithComments"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"


def whole(root: etree._Element, *, comments: bool = True) -> bytes:
    """The canonical form of a document: its root, and the comments and instructions around it."""
    return etree.tostring(root.getroottree(), method="c14n", with_comments=comments)


def part(element: etree._Element, *, comments: bool) -> bytes:
    """The canonical form of one element of a document."""
    if element.getparent() is None:
        return etree.tostring(_alone(element), method="c14n", with_comments=comments)
    copy = etree.Element(element.tag, nsmap=element.nsmap)  # type: ignore[arg-type]
    for above in (element, *element.iterancestors()):
        for name, value in above.attrib.items():
            if above is element or (str(name).startswith(_XML) and name not in copy.attrib):
                copy.set(name, value)
    copy.text = element.text
    copy.extend(deepcopy(child) for child in element)
    return etree.tostring(copy, method="c14n", with_comments=comments)


def _alone(root: etree._Element) -> etree._Element:
    copy = deepcopy(root)
    copy.tail = None
    return copy
