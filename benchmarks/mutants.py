"""Single edits of a CDA document, seeded: what a validator is tried on."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

HL7 = "{urn:hl7-org:v3}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
Edit = Callable[["random.Random", list[etree._Element]], str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A document with one edit: ``kind`` names the edit, ``place`` where and what."""

    kind: str
    place: str
    data: bytes


def mutants(data: bytes, count: int, seed: int) -> Iterator[Mutant]:
    """`count` mutants of a document, the kinds in turn; the same seed gives the same mutants."""
    chance = random.Random(seed)
    kinds = list(EDITS)
    made = tries = 0
    while made < count and tries < 20 * count:
        kind = kinds[(made + tries) % len(kinds)]
        tries += 1
        tree = etree.fromstring(data, etree.XMLParser(huge_tree=True)).getroottree()
        place = EDITS[kind](chance, list(tree.getroot().iter(f"{HL7}*")))
        if place:
            made += 1
            yield Mutant(kind, place, etree.tostring(tree, encoding="UTF-8", xml_declaration=True))


def _path(element: etree._Element) -> str:
    steps = [etree.QName(e).localname for e in (element, *element.iterancestors())]
    return "/".join(reversed(steps[:4])) + f" line {element.sourceline}"


def _pick(chance: random.Random, elements: list[etree._Element], wanted: Callable[[etree._Element], object]):
    fit = [e for e in elements if wanted(e)]
    return chance.choice(fit) if fit else None


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if element.tail and element.getprevious() is not None:
        element.getprevious().tail = (element.getprevious().tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _with(attribute: str) -> Callable[[etree._Element], object]:
    return lambda element: element.get(attribute) is not None


def _edit(
    wanted: Callable[[etree._Element], object], do: Callable[[random.Random, etree._Element], str | None]
) -> Edit:
    def edit(chance: random.Random, elements: list[etree._Element]) -> str:
        element = _pick(chance, elements, wanted)
        if element is None:
            return ""
        place = _path(element)
        said = do(chance, element)
        return "" if said is None else f"{place} {said}".strip()

    return edit


def _attribute(value: Callable[[str], str | None]) -> Callable[[random.Random, etree._Element], str]:
    def do(chance: random.Random, element: etree._Element) -> str:
        name = chance.choice(sorted(element.attrib))
        new = value(element.get(name, ""))
        if new is None:
            del element.attrib[name]
        else:
            element.set(name, new)
        return f"@{name}"

    return do


def _set(name: str, value: Callable[[str], str]) -> Callable[[random.Random, etree._Element], str]:
    def do(_: random.Random, element: etree._Element) -> str:
        element.set(name, value(element.get(name, "")))
        return f"@{name}={element.get(name)}"

    return do


def _drop(name: str) -> Callable[[random.Random, etree._Element], str]:
    def do(_: random.Random, element: etree._Element) -> str:
        return f"@{name}={element.attrib.pop(name)}"

    return do


def _delete(_: random.Random, element: etree._Element) -> str:
    _remove(element)
    return "removed"


def _repeat(_: random.Random, element: etree._Element) -> str:
    element.addnext(copy.deepcopy(element))
    return "repeated"


def _swap(_: random.Random, element: etree._Element) -> str | None:
    after = element.getnext()
    if after is None or after.tag == element.tag or not isinstance(after.tag, str):
        return None
    after.addnext(element)
    return f"after {etree.QName(after).localname}"


def _rename(_: random.Random, element: etree._Element) -> str:
    element.tag = f"{HL7}{etree.QName(element).localname}X"
    return "renamed"


def _stray_text(_: random.Random, element: etree._Element) -> str:
    element.text = "texte" + (element.text or "")
    return "text"


def _empty(_: random.Random, element: etree._Element) -> str:
    element.text = None
    for child in list(element):
        element.remove(child)
    return "emptied"


def _local(*names: str) -> Callable[[etree._Element], object]:
    return lambda element: etree.QName(element).localname in names


def _dated(element: etree._Element) -> bool:
    return str(element.get("value", ""))[:2] in ("19", "20") and etree.QName(element).localname in _TIMES


_TIMES = ("effectiveTime", "time", "low", "high", "birthTime")


def _inner(element: etree._Element) -> bool:
    return element.getparent() is not None


EDITS: dict[str, Edit] = {
    "delete element": _edit(_inner, _delete),
    "delete attribute": _edit(lambda e: e.attrib and _inner(e), _attribute(lambda _: None)),
    "delete templateId": _edit(_local("templateId"), _delete),
    "change templateId": _edit(_local("templateId"), _set("root", lambda root: root + ".9")),
    "delete code": _edit(_with("code"), _drop("code")),
    "wrong code": _edit(_with("code"), _set("code", lambda code: "ZZ" + code)),
    "wrong codeSystem": _edit(_with("codeSystem"), _set("codeSystem", lambda oid: oid + ".9")),
    "wrong time": _edit(_dated, _set("value", lambda value: value[:4] + "99" + value[6:])),
    "bad value": _edit(lambda e: e.attrib and _inner(e), _attribute(lambda value: value + " !")),
    "empty value": _edit(lambda e: e.attrib and _inner(e), _attribute(lambda _: "")),
    "emptied element": _edit(_local("title", "name", "given", "family", "text"), _empty),
    "repeat element": _edit(_inner, _repeat),
    "swap elements": _edit(_inner, _swap),
    "rename element": _edit(_inner, _rename),
    "stray text": _edit(_inner, _stray_text),
    "unknown attribute": _edit(_inner, _set("inconnu", lambda _: "x")),
    "nullFlavor": _edit(_inner, _set("nullFlavor", lambda _: "UNK")),
    "delete xsi:type": _edit(_with(XSI_TYPE), _drop(XSI_TYPE)),
    "change xsi:type": _edit(_with(XSI_TYPE), _set(XSI_TYPE, lambda _: "BL")),
    "change class": _edit(_with("classCode"), _set("classCode", lambda _: "ZZZ")),
    "change mood": _edit(_with("moodCode"), _set("moodCode", lambda mood: "INT" if mood == "EVN" else "EVN")),
    "change typeCode": _edit(_with("typeCode"), _set("typeCode", lambda code: "REFR" if code != "REFR" else "COMP")),
    "dangling reference": _edit(lambda e: str(e.get("value", "")).startswith("#"), _set("value", lambda v: v + "x")),
}
