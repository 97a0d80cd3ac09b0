"""A message as the tree of its MIME parts, by offsets into its bytes (RFC 5322, RFC 2045, RFC 2046).

One pass over the delimiter lines, nothing copied and no recursion: a message of 25 MB or one nested a thousand times
costs what its delimiters cost. Past `DEPTH` levels, `PARTS` parts or `DELIMITERS` lines the rest is one opaque part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DEPTH, PARTS, DELIMITERS = 60, 2_000, 50_000
HEADER = 256_000  # bytes of header fields read of one part

Fields = list[tuple[str, bytes]]

_NAME = re.compile(rb"[!-9;-~]+")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_DELIMITER = re.compile(rb"\n--([^\r\n]*)")
_COMMENT = re.compile(rb"\((?:[^()\\]|\\.)*\)")
_PARAMETER = re.compile(rb";\s*([^\s=;]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^\s;\"]*))")


@dataclass(slots=True)
class Part:
    """One part: header ``raw[start:body]`` (blank line included), body ``raw[body:end]``."""

    start: int
    body: int = 0
    end: int = 0
    fields: Fields = field(default_factory=list)
    type: str = "text"
    subtype: str = "plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)
    depth: int = 0

    @property
    def is_multipart(self) -> bool:
        """Whether its body is other parts."""
        return self.type == "multipart" and bool(self.children)

    @property
    def is_message(self) -> bool:
        """Whether its body is a message, which is then its only child."""
        return self.type == "message" and bool(self.children)

    def get(self, name: str) -> bytes:
        """The first field of that name, unfolded, empty when absent."""
        return next((value for key, value in self.fields if key == name), b"")

    def walk(self) -> Iterator[Part]:
        """This part and all within it, in order."""
        left = [self]
        while left:
            part = left.pop()
            yield part
            left.extend(reversed(part.children))


def header_end(raw: bytes, start: int = 0, end: int | None = None) -> int:
    """Where the body begins: after the first blank line, at the end when there is none."""
    stop = len(raw) if end is None else end
    for blank in (b"\r\n", b"\n"):
        if raw.startswith(blank, start):  # no field at all
            return min(start + len(blank), stop)
    near = min(stop, start + HEADER)
    found = [at + len(blank) for blank in (b"\n\r\n", b"\n\n") if (at := raw.find(blank, start, near)) >= 0]
    return min(found, default=stop)


def fields(header: bytes) -> Fields:
    """Header fields in order, names in lower case, values unfolded."""
    found = []
    for line in _FOLD.sub(b"", header[:HEADER]).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and _NAME.fullmatch(name := name.rstrip(b" \t")):
            found.append((name.decode("ascii").lower(), value.strip(b" \t\r")))
    return found


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """A structured field (Content-Type, Content-Disposition): its first word in lower case, its parameters."""
    value = _COMMENT.sub(b" ", value[:20_000])
    word = value.partition(b";")[0].strip().decode("latin-1").lower()
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        given = re.sub(rb"\\(.)", rb"\1", match[2]) if match[2] is not None else match[3]
        found.setdefault(match[1].decode("latin-1").lower(), given.decode("latin-1"))
    return word, found


def structure(raw: bytes) -> Part:
    """The tree of a whole message."""
    return _Reader(raw).read()


class _Reader:
    """Reads delimiters in order; ``open`` is the path of parts from the message down to the one being read."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.open, self.count = raw, list[Part](), 0
        self.levels: dict[bytes, int] = {}  # boundary -> place in ``open`` of its multipart, the innermost one

    def read(self) -> Part:
        raw = self.raw
        root = self._begin(0)
        for seen, match in enumerate(_DELIMITER.finditer(raw)):
            if seen >= DELIMITERS:
                break
            word = match[1].rstrip(b" \t")
            level, closes = self.levels.get(word), False
            if level is None and word.endswith(b"--"):
                level, closes = self.levels.get(word[:-2]), True
            if level is None or match.start() + 1 < self.open[level].body:
                continue
            at = match.start()
            if raw[at - 1 : at] == b"\r":
                at -= 1  # the line end before a delimiter belongs to it
            self._close(level + 1, at)
            if closes:
                self._shut(level)
            elif self.count < PARTS:
                line_end = raw.find(b"\n", match.end())
                self._begin(len(raw) if line_end < 0 else line_end + 1, self.open[level])
        self._close(0, len(raw))
        return root

    def _begin(self, start: int, parent: Part | None = None) -> Part:
        raw = self.raw
        part = Part(start, depth=parent.depth + 1 if parent else 0)
        self.count += 1
        following = _DELIMITER.search(raw, start - 1, start + HEADER) if parent else None
        cut = following.start() + 1 if following and self._known(following[1]) else None
        part.body = header_end(raw, start, cut)  # a header may end at a delimiter
        part.fields = fields(raw[start : part.body])
        self._typed(part, parent)
        if parent:
            parent.children.append(part)
        self.open.append(part)
        if part.depth >= DEPTH:
            if part.type in ("multipart", "message"):
                part.type, part.subtype = "application", "octet-stream"
        elif part.type == "multipart" and (boundary := part.parameters.get("boundary", "")):
            self.levels[boundary.encode("latin-1").rstrip(b" \t")] = len(self.open) - 1
        elif (part.type, part.subtype) == ("message", "rfc822") and self.count < PARTS:
            self._begin(part.body, part)
        return part

    def _known(self, word: bytes) -> bool:
        word = word.rstrip(b" \t")
        return word in self.levels or word.removesuffix(b"--") in self.levels

    @staticmethod
    def _typed(part: Part, parent: Part | None) -> None:
        given = part.get("content-type")
        if not given:
            if parent and (parent.type, parent.subtype) == ("multipart", "digest"):
                part.type, part.subtype = "message", "rfc822"
            return
        word, part.parameters = parameters(given)
        kind, slash, subtype = word.partition("/")
        if slash and kind.strip() and subtype.strip():
            part.type, part.subtype = kind.strip(), subtype.strip()

    def _close(self, level: int, at: int) -> None:
        """Every open part from that level down ends here."""
        for part in self.open[level:]:
            part.end = max(at, part.body)
            part.body = min(part.body, part.end)
        gone = len(self.open)
        del self.open[level:]
        if self.levels and gone > level:
            self.levels = {word: place for word, place in self.levels.items() if place < level}

    def _shut(self, level: int) -> None:
        """A closed multipart takes no more parts: what follows is its epilogue."""
        self.levels = {word: place for word, place in self.levels.items() if place != level}
