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
        if not oid or oid in known or not (meant := _meant(oid, known)):
            continue
        for element in elements:
            if element is document.root or run.known_missing(meant, element):
                continue
            template = next(t for t in element.iterchildren(qname("templateId")) if t.get("root") == oid)
            if document.sound(template):
                yield find(
                    "CDA-TPL-09", expected=meant, found=oid, where=document.where(template, "root"),
                    template=sheets.name(meant) or meant,
                )  # fmt: skip


def _meant(oid: str, known: Container[str]) -> str:
    """The known templateId whose last arc has one digit less, more or other."""
    stem, _, last = oid.rpartition(".")
    for cut in range(len(last) + 1):
        if last[:cut] + last[cut + 1 :] and f"{stem}.{last[:cut] + last[cut + 1 :]}" in known:
            return f"{stem}.{last[:cut] + last[cut + 1 :]}"
    for cut in range(len(last) + 1):
        for digit in "0123456789":
            for other in (last[:cut] + digit + last[cut + 1 :], last[:cut] + digit + last[cut:]):
                if f"{stem}.{other}" in known:
                    return f"{stem}.{other}"
    return ""
