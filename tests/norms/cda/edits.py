"""A few blind edits of any CDA, for comparing two judges."""

from __future__ import annotations

import re
from collections.abc import Callable

EDITS: dict[str, Callable[[str], str]] = {
    "none": lambda text: text,
    "no class": lambda text: re.sub(r'(<observation[^>]*) classCode="\w+"', r"\1", text, count=1),
    "no code": lambda text: re.sub(r"<code [^>]*/>", "", text, count=3),
    "unknown element": lambda text: text.replace("<title>", "<inconnu/><title>", 1),
    "twice": lambda text: re.sub(r"(<languageCode[^>]*/>)", r"\1\1", text, count=1),
    "stray text": lambda text: text.replace("<custodian>", "<custodian>x", 1),
    "bad time": lambda text: re.sub(r'value="(20\d\d)', r'value="\1-', text, count=1),
    "bad null": lambda text: re.sub(r'nullFlavor="\w+"', 'nullFlavor="NEANT"', text, count=1),
    "no type": lambda text: re.sub(r' xsi:type="\w+"', "", text, count=1),
    "other type": lambda text: re.sub(r' xsi:type="\w+"', ' xsi:type="BL"', text, count=1),
    "xml:lang": lambda text: text.replace("<title>", '<title xml:lang="fr">', 1),
}


def apply(name: str, data: bytes) -> bytes:
    """The document with that edit."""
    return EDITS[name](data.decode("utf-8")).encode()
