"""Reading a world file: YAML into plain text values with the place of each, and nothing clever.

Every scalar stays text (a COG ``01004``, a date, a matricule never become numbers). Aliases, several documents,
repeated keys, deep nesting and huge files are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mocks.world.errors import WorldError

LIMIT_BYTES = 20_000_000
LIMIT_DEPTH = 12

At = tuple[str | int, ...]  # the way to a value: keys and list positions
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass
class Source:
    """A file's values (`data`: tables, lists, text) and the 1-based line and column of each path."""

    file: str
    data: Any = ""
    places: dict[At, tuple[int, int]] = field(default_factory=dict)

    def error(self, at: At, key: str, words: dict[str, object]) -> WorldError:
        """An error at that path, or at the nearest enclosing one that has a place."""
        while at and at not in self.places:
            at = at[:-1]
        line, column = self.places.get(at, (1, 1))
        return WorldError(key, words, file=self.file, line=line, column=column)


def read(path: Path) -> Source:
    """The values of a YAML file; raises WorldError."""
    name = str(path)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise WorldError("file.large", {"limit": LIMIT_BYTES}, file=name)
        raw = path.read_bytes()
    except OSError as error:
        raise WorldError("file.unreadable", {"detail": error.strerror or str(error)}, file=name) from None
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Source:
    """The values of YAML given as bytes; `name` is what errors call the file. Raises WorldError."""
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise WorldError("file.encoding", file=name, line=line, column=1) from None
    builder = _Builder(Source(name))
    try:
        for event in yaml.parse(words, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        detail = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise WorldError("file.syntax", {"detail": detail}, file=name, line=line, column=column) from None
    return builder.source


@dataclass
class _Open:
    """A table or list being filled; `key` is the table's key that waits for its value."""

    value: Any
    at: At
    key: str | None = None


class _Builder:
    """Folds the parser's events into values. The stack is ours, so depth is bounded and nothing recurses."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._stack: list[_Open] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of the YAML parser; raises WorldError on what is not accepted here."""
        place = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refused(place, "file.alias")
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refused(place, "file.documents")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, place)

    def _node(self, event: Any, place: tuple[int, int]) -> None:
        top = self._stack[-1] if self._stack else None
        if top and isinstance(top.value, dict) and top.key is None:
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refused(place, "file.key")
            if event.value in top.value:
                raise self._refused(place, "file.duplicate", name=event.value)
            top.key = event.value
            self.source.places[(*top.at, top.key)] = place
            return
        if isinstance(event, yaml.ScalarEvent):
            self._put(event.value, place)
            return
        if len(self._stack) >= LIMIT_DEPTH:
            raise self._refused(place, "file.deep", limit=LIMIT_DEPTH)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Open(value, self._put(value, place)))

    def _put(self, value: Any, place: tuple[int, int]) -> At:
        """Store a value where it belongs; its path."""
        if not self._stack:
            self.source.data = value
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            at: At = (*top.at, len(top.value))
            top.value.append(value)
            self.source.places[at] = place
            return at
        key, top.key = top.key or "", None
        top.value[key] = value
        return (*top.at, key)

    def _refused(self, place: tuple[int, int], key: str, **words: object) -> WorldError:
        return WorldError(key, words, file=self.source.file, line=place[0], column=place[1])
