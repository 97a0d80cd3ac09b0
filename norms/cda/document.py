"""A CDA document being read: the tree, where things stand in the bytes, and indexes that rules share.

Paths name HL7 elements without prefix and the extensions with theirs (`PREFIXES`): ``recordTarget/patientRole/id``,
``sdtc:deceasedInd``. Everything is computed once, and only when a rule asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, cached_property, lru_cache
from operator import itemgetter
from typing import cast

from lxml import etree

from norms.cda.places import Places
from norms.codes import Tables
from norms.finding import Severity, Where

Element = etree._Element

HL7 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
LAB = "urn:oid:1.3.6.1.4.1.19376.1.3.2"
PHARM = "urn:ihe:pharm:medication"
DICOM = "urn:dicom-org:ps3-20"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DS = "http://www.w3.org/2000/09/xmldsig#"
XSL = "http://www.w3.org/1999/XSL/Transform"
PREFIXES: Mapping[str, str] = {"sdtc": SDTC, "lab": LAB, "pharm": PHARM, "ps3-20": DICOM, "ds": DS, "xsl": XSL}
XSI_TYPE = f"{{{XSI}}}type"
_SHOWN = {uri: prefix for prefix, uri in PREFIXES.items()}


@cache
def qname(step: str) -> str:
    """``id`` → ``{urn:hl7-org:v3}id``, ``sdtc:deceasedInd`` → its own namespace."""
    prefix, _, local = step.rpartition(":")
    return f"{{{PREFIXES[prefix] if prefix else HL7}}}{local}"


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(qname(step) for step in path.split("/"))


@lru_cache(4096)
def shown(tag: str) -> str:
    """A qualified name as a reader writes it: ``{urn:hl7-org:v3}id`` → ``id``."""
    uri, _, local = tag.rpartition("}")
    uri = uri[1:]
    return local if uri in (HL7, "") else f"{_SHOWN.get(uri, uri)}:{local}"


nodes: Callable[[Element], list[Element]] = itemgetter(slice(None))
"""What an element holds (comments and instructions too), as a list: made faster than an iterator of lxml."""


def each(start: Element, path: str) -> list[Element]:
    """The elements at `path` below `start`, in document order."""
    found: list[Element] = [start]
    for tag in _steps(path):
        found = [child for element in found for child in nodes(element) if child.tag == tag]
    return found


def first(start: Element, path: str) -> Element | None:
    """The first element at `path` below `start`, or None."""
    found = each(start, path)
    return found[0] if found else None


def inner(element: Element) -> list[Element]:
    """The children that are elements: neither comments nor instructions."""
    return [child for child in nodes(element) if isinstance(child.tag, str)]


def words(element: Element | None) -> str:
    """All the text of an element, white space squeezed; empty for None."""
    if element is None:
        return ""
    said = cast(str, _TEXT(element)) if len(element) else element.text or ""
    return " ".join(said.split())


_TEXT = etree.XPath("string()", regexp=False, smart_strings=False)


def silent(element: Element) -> bool:
    """True when an element holds no text but white space."""
    return not words(element)


Known = Callable[[str, str, str, str], str]
"""The INS (15 characters) that the reader knows for a birth name, first given name, sex (M, F) and birth date
(AAAAMMJJ); empty when none."""


class Document:
    """One file holding a ClinicalDocument.

    ``data`` the bytes, ``outer`` the file's root, ``root`` the ClinicalDocument (they differ when an XSLT style sheet
    or an enveloping signature wraps it), ``wrapper`` ``""``, ``"xsl"`` or ``"signature"``. ``tables`` the value sets
    that rules consult, ``today`` the reader's date and time (None: nothing is judged against it), ``pdfa`` how much a
    PDF weighs that does not claim PDF/A-1, ``known`` whose INS the reader knows.
    """

    def __init__(
        self,
        data: bytes,
        root: Element,
        *,
        outer: Element | None = None,
        wrapper: str = "",
        tables: Tables | None = None,
        today: datetime | None = None,
        pdfa: Severity = Severity.WARNING,
        known: Known | None = None,
    ) -> None:
        self.data, self.root, self.wrapper = data, root, wrapper
        self.outer = root if outer is None else outer
        self.tables = tables if tables is not None else Tables()
        self.today = today
        self.pdfa = pdfa
        self.known = known
        self._faulty: set[Element] = set()  # with all that they hold
        self._misshapen: dict[Element, set[str]] = {}
        self._ranks: dict[Element, str] = {}

    # -- indexes ---------------------------------------------------------------------------------------------------

    @cached_property
    def elements(self) -> list[Element]:
        """Every element of the ClinicalDocument, in document order."""
        return list(self.root.iter(etree.Element))

    @cached_property
    def by_tag(self) -> Mapping[str, list[Element]]:
        """Qualified name → elements, in document order."""
        index: dict[str, list[Element]] = {}
        for element in self.elements:
            index.setdefault(element.tag, []).append(element)
        return index

    def every(self, step: str) -> list[Element]:
        """Every element of that name (``section``, ``sdtc:raceCode``), wherever it stands."""
        return self.by_tag.get(qname(step), [])

    @cached_property
    def by_template(self) -> Mapping[str, list[Element]]:
        """templateId root → elements that claim it (whatever the extension), in document order."""
        index: dict[str, list[Element]] = {}
        for template in self.every("templateId"):
            owner = template.getparent()
            if owner is not None:
                owners = index.setdefault(template.get("root", ""), [])
                if not owners or owners[-1] is not owner:
                    owners.append(owner)
        return index

    def templates(self, element: Element) -> list[tuple[str, str]]:
        """(root, extension) of each templateId of an element; an absent extension is ``""``."""
        return [(t.get("root", ""), t.get("extension", "")) for t in each(element, "templateId")]

    @cached_property
    def ids(self) -> Mapping[str, list[Element]]:
        """Narrative anchor (``@ID``) → elements that bear it."""
        index: dict[str, list[Element]] = {}
        found = cast(list[Element], _WITH_ID(self.root))
        for element in found:
            index.setdefault(element.get("ID", ""), []).append(element)
        return index

    @cached_property
    def codes(self) -> list[tuple[Element, str, str]]:
        """Every element that gives a code of a code system: (element, code, OID), in document order."""
        found = cast(list[Element], _CODED(self.root))
        return [(element, element.get("code", ""), element.get("codeSystem", "")) for element in found]

    # -- one cause, one finding ------------------------------------------------------------------------------------

    def spoil(self, element: Element) -> None:
        """Say that a finding already covers this element: later stages leave it and all it holds alone."""
        self._faulty.update(element.iter(etree.Element))

    def misshape(self, element: Element, child: str) -> None:
        """Say that a finding already covers the absence of this child (``id``, ``sdtc:deceasedInd``) here."""
        self._misshapen.setdefault(element, set()).add(child)

    def sound(self, element: Element) -> bool:
        """True when no finding yet covers the element or one that holds it."""
        return element not in self._faulty

    def whole(self, element: Element, child: str = "") -> bool:
        """True when the absence of this child (of any child) may be said: the element is sound, nothing said it yet."""
        covered = self._misshapen.get(element)
        return (not covered or bool(child and child not in covered)) and self.sound(element)

    # -- places ----------------------------------------------------------------------------------------------------

    def where(self, element: Element, attribute: str = "") -> Where:
        """The place of an element, or of one of its attributes, for a finding."""
        line, column, excerpt = self._places.of(element, attribute)
        at = f"/@{attribute}" if attribute else ""
        chain = self._chain(element)
        return Where(line, column, self._path(element, chain) + at, _xpath(chain) + at, excerpt)

    def path(self, element: Element) -> str:
        """The path a person reads, from the document's root; a section goes by its code and title."""
        return self._path(element, self._chain(element))

    def xpath(self, element: Element) -> str:
        """An XPath from the file's root, HL7 elements prefixed ``hl7:``, the others as in `PREFIXES`."""
        return _xpath(self._chain(element))

    @cached_property
    def _places(self) -> Places:
        whole = self.elements if self.outer is self.root else list(self.outer.iter(etree.Element))
        return Places(self.data, whole)

    def _chain(self, element: Element) -> list[tuple[Element, str]]:
        """The element and those above it, each with its rank among its like."""
        ranks = self._ranks
        chain = [element, *element.iterancestors()]
        for node in chain:
            if node not in ranks:
                ranks[node] = _rank(node)
        return [(node, ranks[node]) for node in chain]

    def _path(self, element: Element, chain: list[tuple[Element, str]]) -> str:
        if element is self.root:
            return "ClinicalDocument"
        steps: list[str] = []
        for node, rank in chain:
            if node is self.root:
                break
            if node.tag == _SECTION and node is not element:
                steps.append(_section_name(node))
                break
            steps.append(shown(node.tag) + rank)
        return "/".join(reversed(steps))


_SECTION = qname("section")
_WITH_ID = etree.XPath("descendant::*[@ID != '']", regexp=False)
_CODED = etree.XPath("descendant::*[@code and @codeSystem]", regexp=False)


def _section_name(section: Element) -> str:
    code = section.find(qname("code"))
    title = words(section.find(qname("title")))
    parts = (code.get("code", "") if code is not None else "", f"«{title}»" if title else "")
    label = " ".join(part for part in parts if part)
    return f"section[{label}]" if label else "section" + _rank(section)


def _xpath(chain: list[tuple[Element, str]]) -> str:
    names = ((shown(node.tag), rank) for node, rank in reversed(chain))
    return "/" + "/".join(name + rank if ":" in name else f"hl7:{name}{rank}" for name, rank in names)


def _rank(element: Element) -> str:
    before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
    alone = before == 0 and next(element.itersiblings(element.tag), None) is None
    return "" if alone else f"[{before + 1}]"


def attributes(elements: Iterable[Element], name: str) -> list[str]:
    """The values that these elements give an attribute, absent ones left out."""
    return [value for element in elements if (value := element.get(name)) is not None]
