"""Stage 4: what each volet (document model) demands; chosen by templateId root and extension."""

from __future__ import annotations

from collections.abc import Iterable

from norms.cda.document import Document
from norms.finding import Finding


def identify(document: Document) -> tuple[str, str, str]:
    """(name, templateId root, version) of the document's volet; empty strings when unknown."""
    return "", "", ""


def check(document: Document) -> Iterable[Finding]:
    """Findings of this stage."""
    return ()
