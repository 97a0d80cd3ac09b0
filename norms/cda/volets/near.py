"""Section and entry templateIds that nobody knows, when they look like one that is known."""

from __future__ import annotations

from collections.abc import Iterator

from norms.cda.document import Document, qname
from norms.cda.volets import sheets
from norms.cda.volets.engine import Run
from norms.finding import Finding, find


def check(document: Document, run: Run) -> Iterator[Finding]:
    """Mistyped templateIds of sections and entries, unless what they were meant to be was already said missing."""
    known = sheets.known()
    for oid, elements in document.by_template.items():
        candidates = sheets.meant(oid) if oid and oid not in known else []
        for element in elements if candidates else ():
            if element is document.root or run.missing_from(oid.rpartition(".")[0], element):
                continue
            meant = candidates[0]
            template = next(t for t in element.iterchildren(qname("templateId")) if t.get("root") == oid)
            if document.sound(template):
                yield find(
                    "CDA-TPL-09", expected=meant, found=oid, where=document.where(template, "root"),
                    template=sheets.name(meant) or meant,
                )  # fmt: skip
