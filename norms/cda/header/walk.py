"""The header held against the sheet: how many of each element, their attributes, their codes, their datatypes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from norms.cda import coded
from norms.cda.document import Document, Element, inner, qname, shown
from norms.cda.header import datatypes
from norms.cda.header.sheet import Spec
from norms.finding import Finding, Severity, find


def children(document: Document, parent: Element, specs: Sequence[Spec]) -> Iterator[Finding]:
    """Findings on the children of an element, and on all below that the specs speak of."""
    held: dict[str, list[Element]] = {}
    for child in inner(parent):
        held.setdefault(child.tag, []).append(child)
    for spec in specs:
        found = held.get(spec.tag, [])
        if spec.root:
            found = [child for child in found if child.get("root") == spec.root]
        elif spec.having:
            found = [child for child in found if child.find(qname(spec.having)) is not None]
        if not found and not spec.low:
            continue
        yield from _count(document, parent, spec, found)
        for child in found:
            if document.sound(child):
                yield from _element(document, child, spec)


def _count(document: Document, parent: Element, spec: Spec, found: list[Element]) -> Iterator[Finding]:
    if len(found) < spec.low:
        if document.whole(parent, spec.name):
            document.misshape(parent, spec.name)
            name = f"{spec.name}/{spec.having}" if spec.having else spec.name
            name = f"{name} (root {spec.root})" if spec.root else name
            yield find(
                "CDA-HDR-01", expected=name, found=str(len(found)) if found else "",
                where=document.where(parent), parent=shown(parent.tag),
            )  # fmt: skip
    elif len(found) > spec.high:
        extra = found[spec.high]
        if document.sound(extra):
            yield find(
                "CDA-HDR-02", expected=spec.high, found=len(found),
                where=document.where(extra), name=spec.name, parent=shown(parent.tag),
            )  # fmt: skip
            document.spoil(extra)


def _element(document: Document, element: Element, spec: Spec) -> Iterator[Finding]:
    null = element.get("nullFlavor")
    if null is not None and spec.valued:
        yield find("CDA-HDR-04", found=null, where=document.where(element, "nullFlavor"), name=spec.name)
        document.spoil(element)
        return
    findings = list(_attributes(document, element, spec, null))
    if not findings and spec.kind:
        findings = list(datatypes.check(document, element, spec.kind))
    if not findings and null is None:
        for bound in spec.coded:
            findings += coded.check(document, element, bound.table, bound.attribute, firm=bound.firm)
    yield from findings
    if not spec.children and any(f.severity is not Severity.INFO for f in findings):
        document.spoil(element)
    if spec.children:
        yield from children(document, element, spec.children)


def _attributes(document: Document, element: Element, spec: Spec, null: str | None) -> Iterator[Finding]:
    for name in spec.present:
        if element.get(name) is None and null is None:
            yield find("CDA-HDR-03", expected=name, where=document.where(element), name=spec.name)
    for name, values in spec.fixed.items():
        value = element.get(name)
        if value not in values and null is None:
            expected = " | ".join(values)
            where = document.where(element, name if value is not None else "")
            yield find("CDA-HDR-05", expected=expected, found=value or "", where=where, name=spec.name, attribute=name)
