"""Which document this is: its templates, its id, its place in a chain of versions, its main act."""

from __future__ import annotations

import re
from collections.abc import Iterator

from norms.cda.document import Document, Element, each, first
from norms.finding import Finding, find

FRANCE = "2.16.840.1.113883.2.8.2.1"
CISIS = "1.2.250.1.213.1.1.1.1"
LEVEL_1 = "1.3.6.1.4.1.19376.1.2.20"

_LANGUAGE = re.compile(r"[a-z]{2}-[A-Z]{2}")


def check(document: Document) -> Iterator[Finding]:
    """Findings on what identifies the document."""
    yield from _templates(document)
    yield from _identity(document)
    yield from _chain(document)
    yield from _main_act(document)


def _templates(document: Document) -> Iterator[Finding]:
    root = document.root
    roots = [template.get("root", "") for template in each(root, "templateId")]
    for wanted in (FRANCE, CISIS):
        if wanted not in roots and document.whole(root, "templateId"):
            yield find("CDA-HDR-06", expected=wanted, where=document.where(root))
    if first(root, "component/nonXMLBody") is not None:
        if LEVEL_1 not in roots:
            yield find("CDA-HDR-07", expected=LEVEL_1, where=document.where(root))
        elif sorted(roots) != sorted([FRANCE, CISIS, LEVEL_1]) and {FRANCE, CISIS} <= set(roots):
            extra = [each(root, "templateId")[at] for at, r in enumerate(roots) if r not in (FRANCE, CISIS, LEVEL_1)]
            place = document.where(extra[0] if extra else root, "root" if extra else "")
            yield find("CDA-HDR-08", found=", ".join(roots), where=place)


def _identity(document: Document) -> Iterator[Finding]:
    language = first(document.root, "languageCode")
    code = language.get("code", "fr-FR") if language is not None and document.sound(language) else "fr-FR"
    if language is not None and not _LANGUAGE.search(code):
        yield find("CDA-HDR-09", found=code, where=document.where(language, "code"))
    own = first(document.root, "id")
    if own is not None and own.get("extension") is not None and document.sound(own):
        yield find("CDA-HDR-10", found=own.get("extension"), where=document.where(own, "extension"))
    for copied in each(document.root, "copyTime"):
        yield find("CDA-HDR-11", where=document.where(copied))


def _chain(document: Document) -> Iterator[Finding]:
    root = document.root
    version, own = first(root, "versionNumber"), first(root, "id")
    replaced = each(root, "relatedDocument/parentDocument/id")
    number = _number(version)
    if version is not None and number is not None and document.sound(version):
        if number < 1:
            yield find("CDA-HDR-12", found=number, where=document.where(version, "value"))
        elif number > 1 and not replaced and document.whole(root, "relatedDocument"):
            yield find("CDA-HDR-13", found=number, where=document.where(version, "value"))
        elif number == 1 and replaced:
            yield find("CDA-HDR-14", found=number, where=document.where(version, "value"))
    for parent in replaced:
        if own is not None and _same(parent, own):
            yield find("CDA-HDR-15", found=parent.get("root"), where=document.where(parent))
    before = _number(first(root, "relatedDocument/parentDocument/versionNumber"))
    if number is not None and before is not None and before >= number:
        place = document.where(each(root, "relatedDocument/parentDocument/versionNumber")[0], "value")
        yield find("CDA-HDR-16", expected=number - 1, found=before, where=place)


def _main_act(document: Document) -> Iterator[Finding]:
    acts = each(document.root, "documentationOf")
    event = first(acts[0], "serviceEvent") if acts else None
    if event is None:
        return
    for name, rule in (("performer", "CDA-HDR-17"), ("effectiveTime", "CDA-HDR-18")):
        if first(event, name) is None and document.whole(event, name):
            yield find(rule, expected=name, where=document.where(event))


def _number(element: Element | None) -> int | None:
    value = element.get("value", "") if element is not None else ""
    return int(value) if re.fullmatch(r"\s*[+-]?[0-9]+\s*", value) else None


def _same(one: Element, other: Element) -> bool:
    return (one.get("root"), one.get("extension")) == (other.get("root"), other.get("extension"))
