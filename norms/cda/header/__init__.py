"""Stage 3: the header (CI-SIS, Volet Structuration minimale), and what its official profile forgets to look at."""

from __future__ import annotations

from norms.cda.document import Document
from norms.cda.header import actors, identity, sheet, times, versions, walk
from norms.finding import Finding


def check(document: Document) -> list[Finding]:
    """What is wrong in the header. A wrong typeId is a finding like another: it switches nothing off."""
    findings = walk.check(document, sheet.document())
    for part in (versions, identity, actors, times):
        findings += part.check(document)
    return findings
