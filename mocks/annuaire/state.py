"""What a session's Annuaire remembers: its directory, the calls of each key, the pages that may still be asked for."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field

from mocks.annuaire.directory import Directory
from norms.annuaire import Search

MAX_PAGES = 2_000
MAX_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a link leads to: what was found (ids, in order), and where the page begins."""

    search: Search
    ids: tuple[str, ...]
    start: int
    made: float


@dataclass
class AnnuaireState:
    """One per session."""

    directory: Directory = field(default_factory=Directory)
    pages: OrderedDict[str, Page] = field(default_factory=OrderedDict)
    _windows: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def called(self, key: str, now: float) -> int:
        """How many calls this key has made in the second that its first one opened, this one included."""
        start, count = self._windows.pop(key, (now, 0))
        if not 0 <= now - start < 1:
            start, count = now, 0
        self._windows[key] = start, count + 1
        if len(self._windows) > MAX_KEYS:
            self._windows.popitem(last=False)
        return count + 1

    def keep(self, page: Page) -> str:
        """The id of a page; the oldest ones are forgotten."""
        name = str(uuid.uuid4())
        self.pages[name] = page
        if len(self.pages) > MAX_PAGES:
            self.pages.popitem(last=False)
        return name
