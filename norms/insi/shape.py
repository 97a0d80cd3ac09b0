"""Reading a sequence of child elements: what may stand where, once.

The published schema is a set of ``xs:sequence``; this is its check, element by element, so that each finding names its
place. ``Shape(namespace, "Id!", "Temps!", "Emetteur")``: ``!`` is required, ``*`` may repeat.
"""

from __future__ import annotations

from lxml import etree

from norms.finding import Finding, find
from norms.soap.names import local
from norms.soap.tree import elements, place

ENOUGH = 30  # findings; a hostile message could hold a hundred thousand


class Shape:
    """The children that an element of one type has, in order."""

    def __init__(self, namespace: str, *children: str) -> None:
        names = [child.rstrip("!*") for child in children]
        self.namespace = namespace
        self._rank = {f"{{{namespace}}}{name}": (rank, name) for rank, name in enumerate(names)}
        self._required = tuple(name for child, name in zip(children, names, strict=True) if "!" in child)
        self._many = frozenset(name for child, name in zip(children, names, strict=True) if "*" in child)
        self._order = ", ".join(names)

    def read(self, parent: etree._Element, findings: list[Finding]) -> dict[str, etree._Element]:
        """The first child of each name. Adds INSI-XSD-01 (unknown), -02 (order), -03 (missing), -04 (repeated)."""
        found: dict[str, etree._Element] = {}
        last = 0
        for child in elements(parent):
            if len(findings) > ENOUGH:
                break
            known = self._rank.get(child.tag)
            if known is None:
                findings.append(find("INSI-XSD-01", expected=self._order, found=child.tag, where=place(child)))
                continue
            rank, name = known
            if rank < last:
                findings.append(find("INSI-XSD-02", expected=self._order, found=name, where=place(child)))
            else:
                last = rank
            if name not in found:
                found[name] = child
            elif name not in self._many:
                findings.append(find("INSI-XSD-04", found=name, where=place(child)))
        for name in self._required:
            if name not in found:
                where = place(parent, name)
                findings.append(find("INSI-XSD-03", expected=name, found=local(parent.tag), where=where))
        return found
