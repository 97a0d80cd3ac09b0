"""Which known word an unknown one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def alike(word: str, known: Iterable[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    """The `count` known words that look most like this one, the nearest first; none below `cutoff` (0 to 1)."""
    from difflib import get_close_matches  # loaded for the first fault: most documents have none

    return get_close_matches(word, list(known), count, cutoff)
