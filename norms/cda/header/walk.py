"""The header held against the sheet: how many of each element, their attributes, their codes, their datatypes."""

from __future__ import annotations

from collections.abc import Iterator

from norms.cda import coded
from norms.cda.document import Document, Element, first, nodes, shown
from norms.cda.header import datatypes
from norms.cda.header.sheet import Block, Spec
from norms.finding import Finding, Severity, find


def check(document: Document, block: Block) -> list[Finding]:
    """Findings on the children of the root that the block speaks of, and on all below."""
    walk = _Walk(document)
    walk.children(document.root, block)
    return walk.findings


class _Walk:
    """One pass over the header, depth first."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def children(self, parent: Element, block: Block) -> None:
        """The children of an element: how many of each, then each."""
        held: dict[str, list[Element]] = {}
        by_tag, sound = block.by_tag, self.document.sound
        for child in nodes(parent):
            if child.tag in by_tag:
                held.setdefault(child.tag, []).append(child)
        for spec in block.required:
            if spec.tag not in held:
                self._count(parent, spec, [])
        for tag, every in held.items():
            for spec in by_tag[tag]:
                found = every
                if spec.root:
                    found = [child for child in every if child.get("root") == spec.root]
                elif spec.having:
                    found = [child for child in every if first(child, spec.having) is not None]
                if not spec.low <= len(found) <= spec.high:
                    self._count(parent, spec, found)
                for child in found:
                    if sound(child):
                        self._element(child, spec, alone=len(every) == 1)

    def _count(self, parent: Element, spec: Spec, found: list[Element]) -> None:
        document = self.document
        if len(found) > spec.high:
            extra = found[spec.high]
            if document.sound(extra):
                where, held = document.where(extra), shown(parent.tag)
                said = find(
                    "CDA-HDR-02", expected=spec.high, found=len(found), where=where, name=spec.name, parent=held
                )
                self.findings.append(said)
                document.spoil(extra)
        elif document.whole(parent, spec.name):
            document.misshape(parent, spec.name)
            name = f"{spec.name}/{spec.having}" if spec.having else spec.name
            name = f"{name} (root {spec.root})" if spec.root else name
            where, held = document.where(parent), shown(parent.tag)
            self.findings.append(find("CDA-HDR-01", expected=name, found=len(found) or "", where=where, parent=held))

    def _element(self, element: Element, spec: Spec, *, alone: bool) -> None:
        document = self.document
        null = element.get("nullFlavor")
        if null is not None and spec.valued:
            where = document.where(element, "nullFlavor")
            self.findings.append(find("CDA-HDR-04", found=null, where=where, name=spec.name))
            document.spoil(element)
            return
        found: list[Finding] = []
        if null is None and (spec.present or spec.fixed):
            found += self._attributes(element, spec)
        if spec.kind and not found:
            found += datatypes.check(document, element, spec.kind, alone=alone)
        if spec.coded and not found and null is None:
            for bound in spec.coded:
                found += coded.check(document, element, bound.table, bound.attribute, firm=bound.firm)
        if found:
            self.findings += found
            if not spec.children.specs and any(f.severity is not Severity.INFO for f in found):
                document.spoil(element)
        if spec.children.specs:
            self.children(element, spec.children)

    def _attributes(self, element: Element, spec: Spec) -> Iterator[Finding]:
        where = self.document.where
        for name in spec.present:
            if element.get(name) is None:
                yield find("CDA-HDR-03", expected=name, where=where(element), name=spec.name)
        for name, values in spec.fixed.items():
            value = element.get(name)
            if value not in values:
                place = where(element, name if value is not None else "")
                said = {"name": spec.name, "attribute": name}
                yield find("CDA-HDR-05", expected=" | ".join(values), found=value or "", where=place, **said)  # type: ignore[arg-type]
