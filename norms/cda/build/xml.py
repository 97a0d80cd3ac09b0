"""Small helpers that write CDA elements: names, attributes, datatypes."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime

from lxml import etree

from norms.cda.build.model import Address, Code, Ident
from norms.cda.document import HL7, XSI, Element, qname

_NAMESPACES: dict[str, str] = {None: HL7}  # type: ignore[dict-item]
Child = Element | str | None | Iterable["Child"]


def E(tag: str, *children: Child, **attributes: str | None) -> Element:  # noqa: N802 - reads as markup
    """An HL7 element (``lab:statusCode``: of that extension); attribute ``xsi_type`` is xsi:type, None is left out."""
    element = etree.Element(qname(tag), nsmap=_NAMESPACES)
    for name, value in attributes.items():
        if value is not None:
            element.set(f"{{{XSI}}}type" if name == "xsi_type" else name.rstrip("_"), value)
    add(element, children)
    return element


def add(element: Element, children: Child) -> None:
    """Append children: elements (a copy of one that stands elsewhere), text, None (nothing) or sequences of them."""
    if children is None:
        return
    if isinstance(children, str):
        if len(element):
            element[-1].tail = (element[-1].tail or "") + children
        else:
            element.text = (element.text or "") + children
    elif isinstance(children, etree._Element):
        element.append(children if children.getparent() is None else deepcopy(children))
    else:
        for child in children:
            add(element, child)


def stamp(time: datetime) -> str:
    """``AAAAMMJJhhmmss±zzzz``; raises ValueError on a time without offset."""
    if time.utcoffset() is None:
        raise ValueError("a document's times carry their offset")
    return time.strftime("%Y%m%d%H%M%S%z")


def when(time: datetime | str | None) -> dict[str, str]:
    """The attribute of a TS: value, or nullFlavor UNK. A string is written as it is (``2019``, ``20260301``)."""
    if not time:
        return {"nullFlavor": "UNK"}
    return {"value": time if isinstance(time, str) else stamp(time)}


def moment(tag: str, time: datetime | str | None) -> Element:
    """A TS."""
    return E(tag, **when(time))


def span(
    low: datetime | str | None, high: datetime | str | None = None, tag: str = "effectiveTime", *, typed: bool = False,
) -> Element:  # fmt: skip
    """An IVL_TS; without a high bound when it is None."""
    kind = "IVL_TS" if typed else None
    return E(tag, E("low", **when(low)), E("high", **when(high)) if high else None, xsi_type=kind)


def ident(id: Ident | None, tag: str = "id") -> Element | None:
    """An II."""
    return None if id is None else E(tag, root=id.root, extension=id.extension or None)


def coded(tag: str, code: Code | None, *, kind: str | None = None, null: str = "UNK") -> Element:
    """A CD or CE; a null one when the code is None, a mere text (null NI) when it has no code."""
    if code is None:
        return E(tag, nullFlavor=null, xsi_type=kind)
    original = E("originalText", E("reference", value=code.original)) if code.original else None
    if not code.code:
        return E(tag, original, nullFlavor=null, xsi_type=kind)
    qualifiers = [
        E("qualifier", coded("name", name), coded("value", value) if value else None) for name, value in code.qualifiers
    ]
    return E(
        tag, original, qualifiers, [coded("translation", t) for t in code.translations], xsi_type=kind,
        code=code.code, codeSystem=code.system, codeSystemName=_SYSTEMS.get(code.system),
        displayName=code.display or None,
    )  # fmt: skip


_SYSTEMS = {
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.6.3": "CIM-10",
    "2.16.840.1.113883.6.73": "ATC",
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "1.2.250.1.213.1.1.4.322": "TA_ASIP",
    "1.2.250.1.213.1.1.4.12": "TA_ASIP",
    "1.2.250.1.213.2.3.1": "CIS",
    "1.2.250.1.215.300.1": "CCAM",
    "1.2.840.10008.2.16.4": "DCM",
    "2.16.840.1.113883.5.4": "HL7:ActCode",
}


def quantity(tag: str, value: str, unit: str = "", *, kind: str | None = None) -> Element:
    """A PQ; without unit when it counts something."""
    return E(tag, xsi_type=kind, value=value, unit=unit or None)


def address(place: Address | None, use: str | None = None) -> Element:
    """An AD in its fine-grained parts; nullFlavor UNK when unknown."""
    if place is None or not (place.street or place.city):
        return E("addr", nullFlavor="UNK")
    number, _, street = place.street.partition(" ")
    if not number[:1].isdigit():
        number, street = "", place.street
    parts = (("houseNumber", number), ("streetName", street), ("postalCode", place.postal_code), ("city", place.city))
    return E("addr", [E(tag, text) for tag, text in parts if text], use=use)


def telecoms(phone: str = "", mail: str = "", use: str | None = None) -> list[Element]:
    """The telecom elements of a party; one null when nothing is known."""
    found = [E("telecom", value=f"tel:{phone}", use=use)] if phone else []
    if mail:
        found.append(E("telecom", value=f"mailto:{mail}", use=use))
    return found or [E("telecom", nullFlavor="UNK")]


def reference(anchor: str) -> Element:
    """``<text><reference value="#anchor"/></text>``."""
    return E("text", E("reference", value=f"#{anchor}"))
