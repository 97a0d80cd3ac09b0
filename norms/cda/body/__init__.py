"""Stage 6: the body, beyond its grammar: the files it carries, its sections, the links of text and entries."""

from __future__ import annotations

from norms.cda.body import media, narrative
from norms.cda.document import Document
from norms.finding import Finding


def check(document: Document) -> list[Finding]:
    """What is wrong in the body."""
    return [*media.check(document), *narrative.check(document)]
