"""Stage 4: what each volet (document model) demands; chosen by templateId root and extension.

The tables are `data/` (see `norms.cda.volets.sheets` for their form): one sheet per section and entry template, one
per volet. The builder (`norms.cda.build`) reads the same sheets, so what is built is what is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from norms.cda.document import Document, Element
from norms.cda.volets import identify as _identify
from norms.cda.volets import paths, sheets
from norms.cda.volets.engine import Owner, Run
from norms.cda.volets.identify import identify
from norms.cda.volets.lines import Line
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
        (sheet.order, Owner(sheet.name or oid, oid), elements)
        for oid, elements in document.by_template.items()
        if (sheet := sheets.sheet(oid)) is not None
    ]
    yield from _judged(run, claims, 0)
    if (found := _identify.claimed(document)) is not None:
        model, template = found
        yield from _added(document, run, model.file(template.get("extension", "")), Owner(model.name, model.oid))
    yield from _added(document, run, "anywhere", Owner("CI-SIS"))
    yield from _judged(run, claims, 1)
    yield from _judged(run, claims, 2)
    yield from _near(document, run)


_Claim = tuple[tuple[tuple[Line, ...], ...], Owner, list[Element]]


def _judged(run: Run, claims: Sequence[_Claim], turn: int) -> Iterator[Finding]:
    for order, who, elements in claims:
        if lines := order[turn]:
            for element in elements:
                yield from run.lines(lines, element, who)


def _added(document: Document, run: Run, file: str, who: Owner) -> Iterator[Finding]:
    for place, lines in sheets.additions(file):
        for element in _places(document, place):
            yield from run.lines(lines, element, who)


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
