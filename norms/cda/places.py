"""Line and column of any element of a parsed document: the parser keeps neither the column nor the start of a tag."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from typing import cast
from xml.parsers import expat

from lxml import etree

_EXCERPT = 160


class Places:
    """Where each start tag stands in the bytes; read once, when the first finding needs it.

    ``elements``: all those of the file, in document order.
    """

    def __init__(self, data: bytes, elements: Sequence[etree._Element]) -> None:
        self._data = data
        self._lines = [0, *accumulate(map(len, data.splitlines(keepends=True)))]
        self._encoding = elements[0].getroottree().docinfo.encoding or "UTF-8"
        self._rank = dict(zip(elements, range(len(elements)), strict=True))
        # What is parsed without fault holds no other "<"; an encoding of other bytes gives another count.
        starts = [tag.start() for tag in _START.finditer(data) if tag[1] is not None]
        self._starts = starts if len(starts) == len(elements) else _starts(data)

    def of(self, element: etree._Element, attribute: str = "") -> tuple[int | None, int | None, str]:
        """1-based line and column of the element's start tag (or of an attribute in it), and the tag, shortened."""
        rank = self._rank.get(element)
        if rank is None or rank >= len(self._starts):
            return cast(int | None, element.sourceline), None, ""
        start = self._starts[rank]
        tag = self._tag(start)
        at = start
        if attribute and (hit := re.search(rb"\s" + re.escape(attribute.encode()) + rb"\s*=", tag)):
            at += hit.start() + 1
        line = bisect_right(self._lines, at)
        column = len(self._data[self._lines[line - 1] : at].decode(self._encoding, "replace")) + 1
        shown = " ".join(self._whole(start, tag).decode(self._encoding, "replace").split())
        return line, column, shown if len(shown) <= _EXCERPT else shown[: _EXCERPT - 1] + "…"

    def _whole(self, start: int, tag: bytes) -> bytes:
        """The element, when it holds a short text and nothing else; else its start tag."""
        after = _CLOSED.match(self._data, start + len(tag))
        return tag + after.group() if after and not tag.endswith(b"/>") else tag

    def _tag(self, start: int) -> bytes:
        end = _TAG.match(self._data, start)
        return end.group() if end else self._data[start : start + _EXCERPT]


_START = re.compile(rb"<(?:([^/!?])|!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>)", re.S)
_CLOSED = re.compile(rb"[^<]{0,80}</[^>]{1,60}>")
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


def _starts(data: bytes) -> list[int]:
    """Byte offset of each start tag, in document order, as a parser tells it."""
    starts: list[int] = []
    parser = expat.ParserCreate()
    parser.ordered_attributes = True  # a list is made faster than a dict, and neither is read
    append = starts.append
    parser.StartElementHandler = lambda _name, _attributes: append(parser.CurrentByteIndex)
    with suppress(expat.ExpatError):  # lxml read it: an encoding that this one lacks; what was reached keeps its place
        parser.Parse(data, True)
    return starts
