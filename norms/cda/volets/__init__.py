"""Stage 4: what each volet (document model) demands; chosen by templateId root and extension.

The tables are `data/` (see `norms.cda.volets.sheets` for their form): one sheet per section and entry template, one
per volet. The builder (`norms.cda.build`) reads the same sheets, so what is built is what is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from norms.cda.document import Document, Element
from norms.cda.volets import identify as _identify
from norms.cda.volets import paths, sheets
from norms.cda.volets.engine import Owner, Run
from norms.cda.volets.identify import identify
from norms.cda.volets.near import check as _near
from norms.finding import Finding

__all__ = ["check", "identify", "sheets"]


def check(document: Document) -> Iterable[Finding]:
    """Findings of this stage: the document's volet first, then each template that it uses."""
    return list(_check(document))


def _check(document: Document) -> Iterator[Finding]:
    yield from _identify.check(document)
    run = Run(document)
    claims = [
        (sheet, element)
        for oid, elements in document.by_template.items()
        if (sheet := sheets.sheet(oid)) is not None
        for element in elements
    ]
    for sheet, element in claims:
        yield from run.sheet(sheet, element, (line for line in sheet.lines if line.kind == "with"))
    if (found := _identify.claimed(document)) is not None:
        model, template = found
        yield from _added(document, run, model.file(template.get("extension", "")), Owner(model.name, model.oid))
    yield from _added(document, run, "anywhere", Owner("CI-SIS"))
    for sheet, element in claims:
        yield from run.sheet(sheet, element, (line for line in sheet.lines if line.kind not in ("with", "usually")))
    for sheet, element in claims:
        yield from run.sheet(sheet, element, (line for line in sheet.lines if line.kind == "usually"))
    yield from _near(document, run)


def _added(document: Document, run: Run, file: str, who: Owner) -> Iterator[Finding]:
    for place, lines in sheets.additions(file):
        for element in _places(document, place):
            for line in lines:
                yield from run.line(line, element, who)


def _places(document: Document, place: str) -> list[Element]:
    if place.startswith("#") and "/" not in place and " " not in place:
        return document.by_template.get(place[1:], [])
    if place.startswith("/"):
        return paths.select(f"self::{place[1:]}", document.root)
    names, templates = paths.needs(place)
    if not (document.by_tag.keys() >= names and document.by_template.keys() >= templates):
        return []
    if anchors := paths.anchors(place):
        bearers = dict.fromkeys(e for oid in anchors for e in document.by_template.get(oid, ()))
        return [found for bearer in bearers for found in paths.select(f"self::{place}", bearer)]
    return paths.select(f".//{place}", document.root)
