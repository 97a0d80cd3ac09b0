"""YAML read with the place of each value, and without surprises.

A code stays what was typed: ``00`` and ``1975-12-31`` are text, ``no`` is text; only plain decimal numbers, true,
false and null become something else. Anchors, aliases, tags, several documents and repeated keys are refused, and so
is what is too large or too deep: the parser's events are folded without recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.scenario.problems import BadScenario, Problem
from harness.words import Words, words

LIMIT_BYTES = 1_000_000
LIMIT_DEPTH = 30

Steps = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_COLON = re.compile(r":\s[^\"'{}\[\],]*:(?:\s|$)")  # an unquoted text with a colon in it
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]+", re.ASCII)


@dataclass
class Document:
    """A file's plain values, and where each stands: ``places[path]`` is the value's, ``keys[path]`` its key's."""

    file: str
    data: Any
    places: dict[Steps, tuple[int, int]]
    keys: dict[Steps, tuple[int, int]]

    def problem(self, path: Steps, code: str, /, *, at_key: bool = False, **args: object) -> Problem:
        """A problem at that path, or at the nearest enclosing one that has a place."""
        place = self.keys.get(path) if at_key else None
        while place is None:
            place = self.places.get(path, None if path else (1, 1))
            path = path[:-1]
        return Problem(self.file, *place, code, words("harness.scenario", f"problem.{code}", **args))


def read(path: Path, name: str = "") -> Document:
    """The values of a YAML file; raises BadScenario."""
    name = name or str(path)
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise _bad(name, "large", limit=LIMIT_BYTES)
        return parse(path.read_bytes(), name)
    except OSError as error:
        raise _bad(name, "unreadable", detail=error.strerror or str(error)) from None


def parse(raw: bytes, name: str) -> Document:
    """The values of YAML given as bytes; ``name`` is what problems call the file. Raises BadScenario."""
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(name, "encoding", raw[: error.start].count(b"\n") + 1) from None
    try:
        return _Fold(name).all(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        detail = getattr(error, "problem", None) or getattr(error, "context", None) or str(error).splitlines()[0]
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _bad(name, "syntax", line, column, detail=detail, hint=_hint(source, line)) from None


def _hint(source: str, line: int) -> Words:
    """What was probably meant where YAML stops: at that line, or at the one before, whose end it may be."""
    lines = source.splitlines()[max(0, line - 2) : line]
    if any("\t" in text[: len(text) - len(text.lstrip())] for text in lines):
        return words("harness.scenario", "problem.syntax_tab")
    if lines and _COLON.search(lines[-1]):
        return words("harness.scenario", "problem.syntax_colon")
    return words("harness.scenario", "problem.syntax_look")


class _Fold:
    """Folds the events of one file into values; the open containers are a stack of our own."""

    def __init__(self, name: str) -> None:
        self.document = Document(name, None, {}, {})
        self.open: list[tuple[Any, Steps]] = []
        self.waiting: list[str | None] = []  # per open container: the key whose value comes next
        self.documents = 0

    def all(self, source: str) -> Document:
        for event in yaml.parse(source, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                self._refuse_if(self.documents > 1, event, "documents")
            elif isinstance(event, yaml.CollectionEndEvent):
                self.open.pop()
                self.waiting.pop()
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
        return self.document

    def _node(self, event: Any) -> None:
        self._refuse_if(isinstance(event, yaml.AliasEvent) or event.anchor is not None, event, "alias")
        self._refuse_if(event.tag not in (None, "!"), event, "tag")
        if self.open and isinstance(self.open[-1][0], dict) and self.waiting[-1] is None:
            self._key(event)
            return
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event.value) if event.style in (None, "") else event.value
        path = self._place(value)
        self.document.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.CollectionStartEvent):
            self._refuse_if(len(self.open) >= LIMIT_DEPTH, event, "deep", limit=LIMIT_DEPTH)
            self.open.append((value, path))
            self.waiting.append(None)

    def _key(self, event: Any) -> None:
        self._refuse_if(not isinstance(event, yaml.ScalarEvent), event, "key")
        holder, at = self.open[-1]
        self._refuse_if(event.value in holder, event, "twice", name=event.value)
        self.waiting[-1] = event.value
        self.document.keys[(*at, event.value)] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _place(self, value: Any) -> Steps:
        if not self.open:
            self.document.data = value
            return ()
        holder, at = self.open[-1]
        if isinstance(holder, dict):
            key = self.waiting[-1] or ""
            holder[key], self.waiting[-1] = value, None
            return (*at, key)
        holder.append(value)
        return (*at, len(holder) - 1)

    def _refuse_if(self, refused: bool, event: Any, code: str, **args: object) -> None:
        if refused:
            mark = event.start_mark
            raise _bad(self.document.file, code, mark.line + 1, mark.column + 1, **args)


def _scalar(raw: str) -> Any:
    if raw in _WORDS:
        return _WORDS[raw]
    if _WHOLE.fullmatch(raw):
        return int(raw)
    return float(raw) if _DECIMAL.fullmatch(raw) else raw


def _bad(file: str, code: str, line: int = 1, column: int = 1, /, **args: object) -> BadScenario:
    return BadScenario([Problem(file, line, column, code, words("harness.scenario", f"problem.{code}", **args))])
