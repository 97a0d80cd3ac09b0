"""SEARCH: keys (RFC 3501 §6.4.4) compiled into tests on a message, the cheap ones first."""

from __future__ import annotations

import base64
import codecs
import contextlib
import quopri
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mocks.mssante.boxes import Boxes, Message
from mocks.mssante.content import Content, first, words
from mocks.mssante.imap.grammar import BadCommand, Ranges, Words, expand
from mocks.mssante.imap.structure import Part, fields, structure

DEPTH, KEYS = 50, 500
TEXT = 5_000_000  # bytes of one part that are searched
DAY = 86_400

_FLAGGED = {
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "SEEN": "\\Seen",
    "RECENT": "\\Recent",
}
_CHARSETS = ("utf", "us-ascii", "ascii", "iso-", "iso8859", "latin", "windows-", "cp")
_FIELDS = {"BCC", "CC", "FROM", "SUBJECT", "TO"}


@dataclass(slots=True)
class Candidate:
    """One message looked at; what is not needed is not read."""

    number: int
    message: Message
    flags: frozenset[str]  # \\Recent included
    boxes: Boxes
    _light: Content | None = None

    def content(self) -> Content:
        """Header and words, without the body."""
        self._light = self._light or self.boxes.content(self.message.content, body=False)
        return self._light

    def raw(self) -> bytes:
        """All bytes."""
        return self.boxes.content(self.message.content).raw


class Test(NamedTuple):
    """A test and its cost: 0 flags and numbers, 1 header, 2 body."""

    cost: int
    holds: Callable[[Candidate], bool]


def read(words_: Words) -> tuple[str, Callable[[int, int], Test]]:
    """CHARSET and keys; the keys become a test once the highest number and UID are known.

    Raises BadCommand; LookupError with the charset's name when it is unknown.
    """
    charset = "us-ascii"
    if words_.take(b"CHARSET "):
        charset = words_.astring().decode("ascii", "replace")
        try:
            codecs.lookup(charset)
        except ValueError:
            raise LookupError(charset) from None
        words_.space()
    reader = _Reader(words_, "utf-8" if charset.lower() == "us-ascii" else charset)
    found = reader.keys()
    words_.end()
    return charset, lambda number, uid: _all(one(number, uid) for one in found)


Made = Callable[[int, int], Test]


class _Reader:
    def __init__(self, given: Words, charset: str) -> None:
        self.words, self.charset, self.depth, self.count = given, charset, 0, 0

    def keys(self) -> list[Made]:
        found = [self.key()]
        while self.words.take(b" "):
            found.append(self.key())
        return found

    def key(self) -> Made:
        given = self.words
        self.count += 1
        if self.count > KEYS or self.depth > DEPTH:
            raise BadCommand("search too long")
        following = given.peek()
        if following == b"(":
            self.depth += 1
            given.expect(b"(")
            inner = self.keys()
            given.expect(b")")
            self.depth -= 1
            return lambda number, uid: _all(one(number, uid) for one in inner)
        if following.isdigit() or following == b"*":
            ranges = given.sequence()
            return lambda number, _uid: Test(0, _within(ranges, number, lambda c: c.number))
        return self._named(given.atom().decode("ascii"))

    def _named(self, word: str) -> Made:
        given = self.words
        if word in ("NOT", "OR", "UID"):
            given.space()
        if word == "UID":
            ranges = given.sequence()
            return lambda _number, uid: Test(0, _within(ranges, uid, lambda c: c.message.uid))
        if word in ("NOT", "OR"):
            self.depth += 1
            one = self.key()
            if word == "OR":
                given.space()
                other = self.key()
            self.depth -= 1
            if word == "OR":
                return lambda number, uid: _either(one(number, uid), other(number, uid))
            return lambda number, uid: _not(one(number, uid))
        test = self._simple(word)
        return lambda _number, _uid: test

    def _simple(self, word: str) -> Test:
        negative = word.startswith("UN") and word[2:] in _FLAGGED | {"KEYWORD": ""} and word != "UNRECENT"
        plain = word[2:] if negative else word
        if plain in _FLAGGED:
            return self._flag(_FLAGGED[plain], negative)
        if plain == "KEYWORD":
            self.words.space()
            return self._flag(self.words.flag(), negative)
        if word == "ALL":
            return Test(0, lambda _c: True)
        if word == "NEW":
            return Test(0, lambda c: "\\Recent" in c.flags and "\\Seen" not in c.flags)
        if word == "OLD":
            return Test(0, lambda c: "\\Recent" not in c.flags)
        return self._with_argument(word)

    @staticmethod
    def _flag(flag: str, negative: bool) -> Test:
        folded = flag.lower()
        if flag.startswith("\\"):
            return Test(0, lambda c: (flag in c.flags) is not negative)
        return Test(0, lambda c: any(f.lower() == folded for f in c.flags) is not negative)

    def _with_argument(self, word: str) -> Test:
        given = self.words
        known = {"LARGER", "SMALLER", "BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE", "HEADER", "BODY"}
        if word not in known | {"TEXT"} | _FIELDS:
            raise BadCommand(f"nothing to search is called {word!r}")
        given.space()
        if word in ("LARGER", "SMALLER"):
            size = given.number()
            return Test(0, lambda c: c.message.size > size if word == "LARGER" else c.message.size < size)
        if word.endswith(("BEFORE", "ON", "SINCE")):
            return _dated(word.removeprefix("SENT"), given.date(), sent=word.startswith("SENT"))
        if word in _FIELDS:
            return self._header(word.lower())
        if word == "HEADER":
            name = given.astring().decode("ascii", "replace").lower()
            given.space()
            return self._header(name)
        wanted = self._text()
        whole = word == "TEXT"
        return Test(2, lambda c: (whole and wanted in _head(c.content()).casefold()) or _in_body(c.raw(), wanted))

    def _header(self, name: str) -> Test:
        wanted = self._text()
        if name == "subject":
            return Test(1, lambda c: wanted in c.content().subject.casefold())
        return Test(1, lambda c: any(wanted in v for v in _values(c.content(), name)))

    def _text(self) -> str:
        try:
            return self.words.astring().decode(self.charset).casefold()
        except UnicodeDecodeError:
            raise BadCommand(f"words in {self.charset} expected") from None


def _all(tests: Iterable[Test]) -> Test:
    ordered = sorted(tests, key=lambda test: test.cost)
    if len(ordered) == 1:
        return ordered[0]
    return Test(max(t.cost for t in ordered), lambda c: all(test.holds(c) for test in ordered))


def _either(one: Test, other: Test) -> Test:
    low, high = sorted((one, other), key=lambda test: test.cost)
    return Test(high.cost, lambda c: low.holds(c) or high.holds(c))


def _not(test: Test) -> Test:
    return Test(test.cost, lambda c: not test.holds(c))


def _within(ranges: Ranges, highest: int, of: Callable[[Candidate], int]) -> Callable[[Candidate], bool]:
    pairs = expand(ranges, highest)
    return lambda c: any(low <= of(c) <= high for low, high in pairs)


def _dated(word: str, day: int, *, sent: bool) -> Test:
    def holds(c: Candidate) -> bool:
        moment = _sent_day(c.content()) if sent else c.message.date
        if moment is None:
            return False
        return moment < day if word == "BEFORE" else moment >= day if word == "SINCE" else day <= moment < day + DAY

    return Test(1 if sent else 0, holds)


def _sent_day(content: Content) -> float | None:
    """The Date field's own day, whatever its time zone (§6.4.4: disregarding time and timezone)."""
    if content.sent is None:
        return None
    value = first(fields(content.header), "date").decode("ascii", "replace")
    zone = re.search(r"([+-])(\d\d)(\d\d)\b", value)
    shift = (int(zone[2]) * 60 + int(zone[3])) * 60 * (-1 if zone[1] == "-" else 1) if zone else 0
    return content.sent + shift


def _values(content: Content, name: str) -> list[str]:
    return [words(value).casefold() for key, value in fields(content.header) if key == name]


def _head(content: Content) -> str:
    return "\n".join(f"{key}: {words(value)}" for key, value in fields(content.header))


def _in_body(raw: bytes, wanted: str) -> bool:
    return any(wanted in decoded(raw, part).casefold() for part in structure(raw).walk() if _is_text(part))


def _is_text(part: Part) -> bool:
    return part.type == "text" and not part.children


def decoded(raw: bytes, part: Part) -> str:
    """The text of a text part, transfer encoding and charset undone as far as they can be."""
    data = raw[part.body : min(part.end, part.body + TEXT)]
    encoding = part.get("content-transfer-encoding").strip().lower()
    if encoding == b"base64":
        data = unbase64(data)
    elif encoding == b"quoted-printable":
        data = quopri.decodestring(data)
    charset = part.parameters.get("charset", "utf-8").lower()
    if charset.startswith(_CHARSETS):  # some of Python's other codecs take a time that grows as the square
        with contextlib.suppress(LookupError, ValueError):
            return data.decode(charset, "replace")
    return data.decode("latin-1")


def unbase64(data: bytes) -> bytes:
    """Base64 decoded as far as it is sound."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))
