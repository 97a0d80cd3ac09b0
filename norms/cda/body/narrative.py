"""Sections and their text: what a reader sees, and the links between it and the coded entries."""

from __future__ import annotations

from collections.abc import Iterator

from norms.cda.document import PHARM, Document, Element, each, first, qname, silent
from norms.finding import Finding, find

_MEDIA = (qname("renderMultiMedia"),)


def check(document: Document) -> Iterator[Finding]:
    """Findings on sections without title or text, and on links that lead nowhere."""
    for section in document.every("section"):
        if document.sound(section):
            yield from _section(document, section)
    yield from _references(document)
    yield from _links(document)
    yield from _unseen(document)


def _section(document: Document, section: Element) -> Iterator[Finding]:
    title, text = first(section, "title"), first(section, "text")
    if title is None and document.whole(section, "title"):
        yield find("CDA-BDY-10", where=document.where(section))
    elif title is not None and silent(title) and title.get("nullFlavor") is None and document.sound(title):
        yield find("CDA-BDY-11", where=document.where(title))
    if first(section, "component") is not None:
        return
    entries = each(section, "entry")
    if text is None:
        if document.whole(section, "text"):
            yield find("CDA-BDY-12", where=document.where(section))
    elif (
        document.sound(text)
        and silent(text)
        and not any(True for _ in text.iter(*_MEDIA))
        and (entries or text.get("nullFlavor") is None)
    ):
        yield find("CDA-BDY-13", where=document.where(text))


def _references(document: Document) -> Iterator[Finding]:
    """``reference/@value``: a link of the same document to a piece of narrative that exists."""
    for tag in (qname("reference"), f"{{{PHARM}}}reference"):
        for reference in document.by_tag.get(tag, ()):
            value = reference.get("value", "").strip()
            if not value or not document.sound(reference):
                continue
            if value.startswith("#"):
                if value[1:] not in document.ids:
                    yield find("CDA-BDY-14", found=value, where=document.where(reference, "value"))
            elif value in document.ids:
                yield find("CDA-BDY-15", expected=f"#{value}", found=value, where=document.where(reference, "value"))


def _links(document: Document) -> Iterator[Finding]:
    for link in document.every("linkHtml"):
        target = (link.get("href") or "").strip()
        if target.startswith("#"):
            if target[1:] not in document.ids:
                yield find("CDA-BDY-14", found=target, where=document.where(link, "href"))
        elif target.lower().startswith(("javascript:", "vbscript:", "data:")):
            yield find("CDA-BDY-16", found=target[:60], where=document.where(link, "href"))
        elif target.lower().startswith(("http:", "https:", "ftp:")):
            yield find("CDA-BDY-17", found=target, where=document.where(link, "href"))


def _unseen(document: Document) -> Iterator[Finding]:
    """Media that no part of the narrative shows."""
    shown = {one for seen in document.every("renderMultiMedia") for one in (seen.get("referencedObject") or "").split()}
    for media in document.every("observationMedia"):
        anchor = media.get("ID")
        if anchor not in shown and document.sound(media):
            yield find("CDA-BDY-18", found=anchor or "", where=document.where(media))
