"""Stage of the CDA validator (see norms.cda)."""

from __future__ import annotations

from collections.abc import Iterable

from norms.cda.document import Document
from norms.finding import Finding


def check(document: Document) -> Iterable[Finding]:
    """Findings of this stage."""
    return ()
