"""What the HL7 datatypes ask beyond the grammar, as the French header applies it: nullFlavors, ids, codes, names…"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from norms.cda.document import XSI_TYPE, Document, Element, first, inner, nodes, qname, shown, words
from norms.cda.header import times
from norms.finding import Finding, find

Check = Callable[[Document, Element], Iterator[Finding]]

_OID_OR_UUID = re.compile(
    r"[0-2](?:\.(?:0|[1-9][0-9]*))*|[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
)
# Attributes that say nothing by themselves: they may stand beside a nullFlavor.
_SILENT = {XSI_TYPE, "classCode", "typeCode", "determinerCode", "moodCode", "nullFlavor", "partType"}
_DEFAULTS = {
    "mediaType": "text/plain", "operator": "I", "representation": "TXT", "inclusive": "true", "unit": "1",
    "integrityCheckAlgorithm": "SHA-1", "inverted": "false",
}  # fmt: skip
_OTHER = {"OTH", "NA", "UNC"}  # nullFlavors that say the value another way
_TELECOM_USE = frozenset(["H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG"])
_TELECOM_NULL = frozenset(["UNK", "NASK", "ASKU", "NAV", "MSK"])
_TELECOM_SCHEMES = frozenset(["tel", "fax", "mailto", "http", "ftp", "mllp"])
_ADDRESS_USE = frozenset(["H", "HP", "HV", "WP", "TMP"])
_URI = re.compile(r"[!-~]*")


def check(document: Document, element: Element, kind: str, *, alone: bool = False) -> Iterable[Finding]:
    """Findings of the rules of a datatype (``II``, ``CE``, ``TS``, ``PN``…) on a header element; ``alone``: it has no
    sibling of its name, so repeats none."""
    if kind != "TEL":
        for part in element.iter() if len(element) else (element,):
            null = part.get("nullFlavor")
            if null is not None and not _quiet(part, null):
                document.spoil(part)
                where = document.where(part, "nullFlavor")
                return [find("CDA-DT-01", found=null, where=where, name=shown(part.tag))]
    judge = _KINDS.get(kind)
    if judge is None:
        return ()
    found = list(judge(document, element))
    if not found and not alone and kind in _SAYING and (said := _repeated(element, _SAYING[kind])):
        found = [find("CDA-DT-04", found=said, where=document.where(element), name=shown(element.tag))]
    return found


def _quiet(element: Element, null: str) -> bool:
    """True when nothing that has a meaning stands beside the nullFlavor."""
    loud = {
        name for name, value in element.attrib.items()
        if name not in _SILENT and _DEFAULTS.get(str(name)) != value and not str(name).startswith("{")
    }  # fmt: skip
    if null in _OTHER:
        loud -= {"codeSystem", "codeSystemName", "codeSystemVersion", "extension"}
        return not loud
    return not loud and not inner(element) and not words(element)


def _id(document: Document, element: Element) -> Iterator[Finding]:
    root = element.get("root")
    if element.get("nullFlavor") is not None:
        return
    if root is None:
        yield find("CDA-HDR-03", expected="root", where=document.where(element), name=shown(element.tag))
    elif not _OID_OR_UUID.fullmatch(root):
        yield find("CDA-DT-02", found=root, where=document.where(element, "root"), name=shown(element.tag))


def _code(document: Document, element: Element) -> Iterator[Finding]:
    name, code, system = shown(element.tag), element.get("code"), element.get("codeSystem")
    if code is None and element.get("nullFlavor") is None and _null(first(element, "originalText")):
        yield find("CDA-DT-05", where=document.where(element), name=name)
    elif code is not None and system is None:
        yield find("CDA-DT-06", found=code, where=document.where(element, "code"), name=name)
    elif code is None and element.get("displayName") is not None:
        yield find("CDA-DT-07", expected="code", where=document.where(element, "displayName"), name=name)
    elif system is None and element.get("codeSystemName") is not None:
        yield find("CDA-DT-07", expected="codeSystem", where=document.where(element, "codeSystemName"), name=name)
    for translation in element.iter(_TRANSLATION) if len(element) else ():
        if translation.get("nullFlavor") is not None:
            yield find("CDA-DT-08", where=document.where(translation), name=name)


_TRANSLATION = qname("translation")


def _null(text: Element | None) -> bool:
    return text is None or text.get("nullFlavor") is not None


def _token(document: Document, element: Element) -> Iterator[Finding]:
    if element.get("code") is None and element.get("nullFlavor") is None:
        yield find("CDA-DT-05", where=document.where(element), name=shown(element.tag))


def _integer(document: Document, element: Element) -> Iterator[Finding]:
    if element.get("value") is None and element.get("nullFlavor") is None:
        yield find("CDA-DT-09", where=document.where(element), name=shown(element.tag))


def _text(document: Document, element: Element) -> Iterator[Finding]:
    if element.get("nullFlavor") is None and not inner(element) and not words(element):
        yield find("CDA-DT-03", where=document.where(element), name=shown(element.tag))


def _part(document: Document, element: Element) -> Iterator[Finding]:
    if element.get("nullFlavor") is None and not words(element):
        yield find("CDA-DT-03", where=document.where(element), name=shown(element.tag))


def _name(document: Document, element: Element) -> Iterator[Finding]:
    if element.get("nullFlavor") is not None:
        return
    bare, parts = _own_text(element), inner(element)
    if parts and bare:
        yield find("CDA-DT-10", found=bare, where=document.where(element), name=shown(element.tag))
    elif not parts and not bare:
        yield find("CDA-DT-03", where=document.where(element), name=shown(element.tag))
    for part in parts:
        marks = part.get("qualifier", "").split()
        if len(marks) != len(set(marks)):
            yield find("CDA-DT-11", found=part.get("qualifier"), where=document.where(part, "qualifier"))


def _person(document: Document, element: Element) -> Iterator[Finding]:
    yield from _name(document, element)
    for part in inner(element):
        if "LS" in part.get("qualifier", "").split():
            yield find("CDA-DT-11", found="LS", where=document.where(part, "qualifier"))


def _organization(document: Document, element: Element) -> Iterator[Finding]:
    if parts := inner(element):
        yield find("CDA-DT-10", found=shown(parts[0].tag), where=document.where(element), name=shown(element.tag))
    else:
        yield from _name(document, element)


def _address(document: Document, element: Element) -> Iterator[Finding]:
    use = element.get("use")
    if use is not None and use not in _ADDRESS_USE:
        where = document.where(element, "use")
        yield find("CDA-ADR-01", expected=" | ".join(sorted(_ADDRESS_USE)), found=use, where=where)
    if element.get("nullFlavor") is not None:
        return
    bare = _own_text(element)
    if bool(inner(element)) == bool(bare):
        yield find("CDA-ADR-02", found=bare, where=document.where(element))


def _telecom(document: Document, element: Element) -> Iterator[Finding]:
    value, null, use = element.get("value"), element.get("nullFlavor"), element.get("use")
    if (value is None) == (null is None):
        yield find("CDA-TEL-01", found=value or null or "", where=document.where(element))
    elif null is not None:
        if null not in _TELECOM_NULL or len(element.attrib) > 1:
            expected = " | ".join(sorted(_TELECOM_NULL))
            yield find("CDA-TEL-02", expected=expected, found=null, where=document.where(element, "nullFlavor"))
    else:
        scheme, _, rest = (value or "").partition(":")
        if scheme not in _TELECOM_SCHEMES or not rest:
            yield find("CDA-TEL-03", found=value, where=document.where(element, "value"))
        elif not _URI.fullmatch(value or ""):
            yield find("CDA-TEL-05", found=value, where=document.where(element, "value"))
    if use is not None and use not in _TELECOM_USE:
        where = document.where(element, "use")
        yield find("CDA-TEL-04", expected=" | ".join(sorted(_TELECOM_USE)), found=use, where=where)


def _repeated(element: Element, said: Callable[[Element], tuple[str | None, str | None]]) -> str:
    """What the element says, when an earlier sibling of the same name says the same; empty when none does."""
    mine = said(element)
    if not mine[0] or element.get("nullFlavor") is not None:
        return ""
    return mine[0] if any(said(other) == mine for other in element.itersiblings(element.tag, preceding=True)) else ""


def _own_text(element: Element) -> str:
    said = element.text or ""
    for child in nodes(element):
        said += child.tail or ""
    return " ".join(said.split())


def _attributes(*names: str) -> Callable[[Element], tuple[str | None, str | None]]:
    first, second = names
    return lambda element: (element.get(first), element.get(second))


def _used(element: Element) -> tuple[str | None, str | None]:
    return words(element), element.get("use")


def _reached(element: Element) -> tuple[str | None, str | None]:
    use = element.get("use")  # without it, repeating is not said
    return element.get("value") if use is not None else None, use


# What two siblings must not both say: the value told first.
_SAYING: Mapping[str, Callable[[Element], tuple[str | None, str | None]]] = {
    "II": _attributes("root", "extension"), "CD": _attributes("code", "codeSystem"),
    "CE": _attributes("code", "codeSystem"), "ADXP": _used, "EN": _used, "PN": _used, "ON": _used, "AD": _used,
    "TEL": _reached,
}  # fmt: skip

_KINDS: Mapping[str, Check] = {
    "II": _id, "CD": _code, "CE": _code, "CS": _token, "INT": _integer, "TS": times.point,
    "IVL_TS": times.interval, "PERIOD": times.period,
    "ST": _text, "SC": _text, "ED": _text, "ADXP": _part, "EN": _name, "PN": _person, "ON": _organization,
    "AD": _address, "TEL": _telecom,
}  # fmt: skip
