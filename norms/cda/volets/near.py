"""Section and entry templateIds that nobody knows, when they look like one that is known."""

from __future__ import annotations

from collections.abc import Container, Iterator

from norms.cda.document import Document, qname
from norms.cda.volets import sheets
from norms.cda.volets.engine import Run
from norms.finding import Finding, find


def check(document: Document, run: Run) -> Iterator[Finding]:
    """Mistyped templateIds of sections and entries, unless what they were meant to be was already said missing."""
    known = sheets.known()
    for oid, elements in document.by_template.items():
        candidates = _meant(oid, known) if oid and oid not in known else []
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


def _meant(oid: str, known: Container[str]) -> list[str]:
    """The known templateIds whose last arc has one digit less, more or other."""
    stem, _, last = oid.rpartition(".")
    found: list[str] = []
    for cut in range(len(last) + 1):
        others = [last[:cut] + last[cut + 1 :]]
        for digit in "0123456789":
            others += [last[:cut] + digit + last[cut + 1 :], last[:cut] + digit + last[cut:]]
        found += [f"{stem}.{other}" for other in others if other and f"{stem}.{other}" in known]
    return found
