"""Reading a world file: YAML into plain text values with the place of each, and nothing clever.

Every scalar stays text (a COG ``01004``, a date, a matricule never become numbers). Aliases, several documents,
repeated keys, deep nesting and huge files are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mocks.world.errors import WorldError

LIMIT_BYTES = 20_000_000
LIMIT_DEPTH = 12

Path_ = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass
class Source:
    """A file's values (`data`: tables, lists, text) and the 1-based line and column of each path."""

    file: str
    data: Any
    places: dict[Path_, tuple[int, int]]

    def error(self, path: Path_, key: str, **args: object) -> WorldError:
        """An error at that path, or at the nearest enclosing one that has a place."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return WorldError(key, file=self.file, line=line, column=column, **args)


def read(path: Path) -> Source:
    """The values of a YAML file; raises WorldError."""
    name = str(path)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise WorldError("file.large", file=name, limit=LIMIT_BYTES)
        raw = path.read_bytes()
    except OSError as error:
        raise WorldError("file.unreadable", file=name, detail=error.strerror or str(error)) from None
    return parse(raw, name)


def parse(raw: bytes, name: str) -> Source:
    """The values of YAML given as bytes; `name` is what errors call the file. Raises WorldError."""
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise WorldError("file.encoding", file=name, line=line, column=1) from None
    try:
        return _build(words, name)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        detail = error.problem or error.context or ""
        raise WorldError("file.syntax", file=name, line=line, column=column, detail=detail) from None
    except yaml.YAMLError as error:
        raise WorldError("file.syntax", file=name, line=1, column=1, detail=str(error).splitlines()[0]) from None


def _build(words: str, name: str) -> Source:
    """Fold the parser's events into values; a stack of open tables and lists, so depth is ours to bound."""
    source = Source(name, {}, {})
    stack: list[tuple[Any, Path_]] = []  # open containers
    keys: list[str | None] = []  # per container: the key waiting for its value
    documents = 0
    for event in yaml.parse(words, Loader=_LOADER):
        here = {"file": name, "line": event.start_mark.line + 1, "column": event.start_mark.column + 1}
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise WorldError("file.alias", **here)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise WorldError("file.documents", **here)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            keys.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        if stack and isinstance(stack[-1][0], dict) and keys[-1] is None:
            if not isinstance(event, yaml.ScalarEvent):
                raise WorldError("file.key", **here)
            if event.value in stack[-1][0]:
                raise WorldError("file.duplicate", **here, name=event.value)
            keys[-1] = event.value
            source.places[(*stack[-1][1], event.value)] = (here["line"], here["column"])
            continue
        value: Any = (
            event.value
            if isinstance(event, yaml.ScalarEvent)
            else {}
            if isinstance(event, yaml.MappingStartEvent)
            else []
        )
        path: Path_ = ()
        if not stack:
            source.data = value
        elif isinstance(stack[-1][0], dict):
            holder, at = stack[-1]
            path = (*at, keys[-1] or "")
            holder[keys[-1]] = value
            keys[-1] = None
        else:
            holder, at = stack[-1]
            path = (*at, len(holder))
            holder.append(value)
            source.places[path] = (here["line"], here["column"])
        if isinstance(event, yaml.CollectionStartEvent):
            if len(stack) >= LIMIT_DEPTH:
                raise WorldError("file.deep", **here, limit=LIMIT_DEPTH)
            stack.append((value, path))
            keys.append(None)
    return source
