"""Where a metadata stands: a path that names the object, then the metadata."""

from __future__ import annotations

from lxml import etree

from norms.finding import Where
from norms.soap.names import local
from norms.soap.tree import place
from norms.xds.names import rim

_HOLDERS = (rim("RegistryPackage"), rim("ExtrinsicObject"), rim("Association"))


def at(element: etree._Element, name: str = "") -> Where:
    """The place of an element, as seen from the object that holds it."""
    holder = element
    while holder.tag not in _HOLDERS and (above := holder.getparent()) is not None:
        holder = above
    found = place(element)
    if holder.tag not in _HOLDERS:
        return found
    owner = f"{local(str(holder.tag))}[{holder.get('id', '')}]"
    return Where(found.line, found.column, f"{owner}/{name}" if name else owner, found.xpath, found.excerpt)
