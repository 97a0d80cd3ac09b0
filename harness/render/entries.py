"""Coded entries beside their text: what each says, its codes, and the words it points at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.render.html import Child, Node, h
from harness.render.narrative import anchor
from norms.cda.document import XSI_TYPE, Document, Element, each, first, qname, shown, words
from norms.cda.volets import sheets
from norms.cda.volets.lines import NAMES
from norms.texts import Lang

_STATEMENTS = frozenset(
    qname(tag)
    for tag in (
        "act", "observation", "observationMedia", "organizer", "procedure", "encounter", "supply", "regionOfInterest",
        "substanceAdministration",
    )
)  # fmt: skip
_BETWEEN = frozenset(qname(tag) for tag in ("entry", "entryRelationship", "component"))
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?\d*(?:\.\d+)?([+-]\d{4})?\Z")


def entries(document: Document, section: Element) -> list[Node]:
    """One block per entry of the section."""
    return [
        _statement(document, statement)
        for entry in section.iterchildren(qname("entry"))
        for statement in entry.iterchildren(*_STATEMENTS)
    ]


def _statement(document: Document, element: Element) -> Node:
    rows: list[Child] = []
    for name in ("code", "value", "interpretationCode", "routeCode", "targetSiteCode", "methodCode"):
        for child in each(element, name):
            if child.get("nullFlavor") != "NA":
                rows.append(h("div", h("b", f"{name} "), coded(child), _link(child)))
    for name in ("effectiveTime", "doseQuantity", "statusCode"):
        for child in each(element, name):
            if said := _plain(child):
                rows.append(h("div", h("b", f"{name} "), said))
    for product in _products(element):
        rows.append(h("div", h("b", "product "), product))
    inner = [
        _statement(document, statement)
        for between in element.iterchildren(*_BETWEEN)
        for statement in between.iterchildren(*_STATEMENTS)
    ]
    title = [h("span", _name(document, element), class_="template"), _link(element)]
    return h("details", h("summary", title), rows, inner, class_="entry", open="")


def _name(document: Document, element: Element) -> str:
    known = [sheets.name(root) for root, _ in document.templates(element)]
    french = [name for name in known if name.startswith("FR-")]
    name = (french or [name for name in known if name] or [shown(element.tag)])[-1]
    return name.removeprefix("FR-").replace("-", " ")


def _link(element: Element) -> Child:
    """A link to the words in the narrative."""
    for path in ("text/reference", "originalText/reference"):
        reference = first(element, path)
        if reference is not None and (value := reference.get("value", "")).startswith("#") and value[1:]:
            return [" ", h("a", "↪", href=f"#{anchor(value[1:])}")]
    return None


def coded(element: Element) -> Child:
    """A coded or measured value: label, then code and system."""
    if element.get("nullFlavor"):
        return f"[{element.get('nullFlavor')}]"
    code, system = element.get("code"), element.get("codeSystem", "")
    if code:
        label = element.get("displayName") or ""
        name = element.get("codeSystemName") or NAMES.get(system) or system
        return [label, " ", h("code", f"{code} · {name}" if name else code)]
    return _plain(element)


def _plain(element: Element) -> str:
    kind = (element.get(XSI_TYPE) or "").rpartition(":")[2]
    if element.get("value") is not None:
        value = element.get("value", "")
        unit = element.get("unit")
        if unit and unit != "1":
            return f"{value} {unit}"
        return time(value) if kind == "TS" or (not kind and shown(element.tag) != "value") else value
    if element.get("code"):
        return element.get("code", "")
    if element.get("representation") == "B64":
        return f"[{element.get('mediaType', '')}, {len(''.join(words(element).split())) * 3 // 4000} kB]"
    bounds = [(shown(child.tag), _plain(child)) for child in element if isinstance(child.tag, str)]
    said = [
        f"{name} {value}" for name, value in bounds if value and name in ("low", "high", "period", "width", "center")
    ]
    return ", ".join(said) or words(element)


def time(value: str, lang: Lang = "en") -> str:
    """``20260914093000+0200`` → 2026-09-14 09:30 +02:00, 14/09/2026 in French; what is no time stays as it is."""
    hit = _TIME.match(value)
    if not hit:
        return value
    year, month, date, hour, minute, offset = hit.groups()
    parts = [part for part in (year, month, date) if part]
    day = "/".join(reversed(parts)) if lang == "fr" else "-".join(parts)
    clock = f" {hour}:{minute or '00'}" if hour else ""
    return day + clock + (f" {offset[:3]}:{offset[3:]}" if offset else "")


def _products(element: Element) -> Iterator[Child]:
    for path in (
        "consumable/manufacturedProduct/manufacturedMaterial",
        "product/manufacturedProduct/manufacturedMaterial",
    ):
        for material in each(element, path):
            code = first(material, "code")
            yield [words(first(material, "name")), " ", coded(code) if code is not None else ""]
    for device in each(element, "participant/participantRole/playingDevice/code"):
        yield coded(device)
