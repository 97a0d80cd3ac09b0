"""Small readings of an XML tree that every SOAP and SAML rule needs."""

from __future__ import annotations

from typing import cast

from lxml import etree

from norms.finding import Where
from norms.soap.names import local


def value(element: etree._Element) -> str:
    """The text of an element, outer white space off; comments are skipped over, so that none can hide a part of it."""
    if len(element) == 0:
        return (element.text or "").strip()
    return "".join(
        [element.text or "", *(child.tail or "" for child in element.iterchildren() if not isinstance(child.tag, str))]
    ).strip()


def elements(parent: etree._Element) -> list[etree._Element]:
    """The child elements, without comments and processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def place(element: etree._Element, missing: str = "") -> Where:
    """Where an element stands; ``missing`` adds the name of a child that should be there."""
    names = [local(str(node.tag)) for node in (*reversed(list(element.iterancestors())), element)]
    if names and names[0] == "Envelope":
        del names[0]
    xpath = element.getroottree().getpath(element)
    if missing:
        names.append(missing)
    line = cast("int | None", element.sourceline)
    return Where(line=line, path="/".join(names), xpath=xpath, excerpt=_excerpt(element))


def _excerpt(element: etree._Element, limit: int = 120) -> str:
    name = local(str(element.tag))
    if len(element):
        return f"<{name}>…"
    shown = value(element)
    return f"<{name}>{shown if len(shown) <= limit else shown[:limit] + '…'}</{name}>"
