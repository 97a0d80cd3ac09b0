"""Texts compared without regard for case or accents, where no norm says how (INS names: `norms.ins.lexical`)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(20_000)
def bare(words: str) -> str:
    """The text without accents, in lower case."""
    return "".join(c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c)).lower()
