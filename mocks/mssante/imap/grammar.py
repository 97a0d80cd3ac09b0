"""A command as its words (RFC 3501 §9): read left to right from bytes in which literals stand where they were sent."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable
from typing import TypeVar

from mocks.mssante.imap.wire import MONTHS, from_utf7

_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]+")
_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_ASTRING = re.compile(rb"[^\x00-\x20\x7f(){%*\"\\]+")  # resp-specials allowed; 8 bit: tolerated in names
_PATTERN = re.compile(rb"[^\x00-\x20\x7f(){\"\\]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r\n")
_NUMBER = re.compile(rb"\d{1,10}")
_SET = re.compile(rb"(?:\*|\d{1,10})(?::(?:\*|\d{1,10}))?(?:,(?:\*|\d{1,10})(?::(?:\*|\d{1,10}))?)*")
_FLAG = re.compile(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_DATE = re.compile(rb'"?(\d{1,2})-([A-Za-z]{3})-(\d{4})"?')
_DATE_TIME = re.compile(rb'"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_SYSTEM = {word.lower(): word for word in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
FLAGS, FLAG = 60, 100  # flags of one command, characters of one

T = TypeVar("T")
Ranges = tuple[tuple[int, int], ...]  # 0 stands for *


class BadCommand(ValueError):
    """The command cannot be done as it is said; the message says why, ``rule`` which finding that is."""

    rule = "IMAP-CMD-01"


class UnknownVerb(BadCommand):
    """No verb of this service, or one that it does not offer now."""

    rule = "IMAP-CMD-02"


class WrongState(BadCommand):
    """A verb said before login, after it, or with no folder selected (RFC 3501 §3)."""

    rule = "IMAP-CMD-05"


class Words:
    """What is left of a command; every method takes one thing off its head or raises BadCommand."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> bool:
        """Whether anything remains."""
        return self.at < len(self.data)

    def end(self) -> None:
        """Nothing may remain."""
        if self.left:
            raise BadCommand(f"nothing expected at {self._near()}")

    def space(self) -> None:
        """Exactly one space."""
        self.expect(b" ")

    def expect(self, word: bytes) -> None:
        """These very bytes."""
        if not self.take(word):
            raise BadCommand(f"{word.decode()!r} expected at {self._near()}")

    def take(self, word: bytes) -> bool:
        """These bytes when they come next (any case)."""
        found = self.data[self.at : self.at + len(word)]
        if found.upper() != word.upper():
            return False
        self.at += len(word)
        return True

    def peek(self) -> bytes:
        """The next byte, empty at the end."""
        return self.data[self.at : self.at + 1]

    def tag(self) -> bytes:
        """A command's tag."""
        return self._match(_TAG, "a tag")[0]

    def atom(self) -> bytes:
        """An atom, in upper case."""
        return self._match(_ATOM, "a word")[0].upper()

    def number(self) -> int:
        """A number of 32 bits."""
        found = int(self._match(_NUMBER, "a number")[0])
        if found > 0xFFFFFFFF:
            raise BadCommand("a number of 32 bits expected")
        return found

    def string(self) -> bytes:
        """A quoted string or a literal."""
        if self.peek() == b"{":
            size = int(self._match(_LITERAL, "a literal")[1])
            found = self.data[self.at : self.at + size]
            if len(found) < size:
                raise BadCommand("literal cut short")
            self.at += size
            return found
        quoted = self._match(_QUOTED, "a string")[1]
        return re.sub(rb"\\(.)", rb"\1", quoted) if b"\\" in quoted else quoted

    def astring(self) -> bytes:
        """An atom or a string."""
        return self.string() if self.peek() in (b'"', b"{") else self._match(_ASTRING, "a word or a string")[0]

    def folder(self) -> str:
        """A folder's name."""
        return _named(self.astring())

    def pattern(self) -> str:
        """A name with wildcards (LIST)."""
        given = self.string() if self.peek() in (b'"', b"{") else self._match(_PATTERN, "a name or a pattern")[0]
        return _named(given)

    def sequence(self) -> Ranges:
        """A set of numbers; * is 0."""
        found = self._match(_SET, "a set of messages")[0]
        ranges = []
        for one in found.split(b","):
            low, colon, high = one.partition(b":")
            first = 0 if low == b"*" else int(low)
            last = first if not colon else 0 if high == b"*" else int(high)
            if (first == 0 and low != b"*") or (last == 0 and colon and high != b"*") or max(first, last) > 0xFFFFFFFF:
                raise BadCommand("numbers of messages begin at 1")
            ranges.append((first, last))
        return tuple(ranges)

    def flag(self) -> str:
        """A flag; system flags in their usual case."""
        found = self._match(_FLAG, "a flag")[0].decode("ascii")
        if found.startswith("\\") and found.lower() not in _SYSTEM:
            raise BadCommand(f"no flag {found}")
        if len(found) > FLAG:
            raise BadCommand("flag too long")
        return _SYSTEM.get(found.lower(), found)

    def flags(self) -> tuple[str, ...]:
        """Flags in brackets, none at all allowed."""
        return self.brackets(self.flag, empty=True, limit=FLAGS)

    def brackets(self, one: Callable[[], T], *, empty: bool = False, limit: int = 1000) -> tuple[T, ...]:
        """A list in brackets of things that ``one`` reads."""
        self.expect(b"(")
        found: list[T] = []
        if empty and self.take(b")"):
            return ()
        while True:
            found.append(one())
            if len(found) > limit:
                raise BadCommand(f"more than {limit} items")
            if self.take(b")"):
                return tuple(found)
            self.space()

    def date(self) -> int:
        """A day (SEARCH), as the time at which it begins in UTC."""
        match = self._match(_DATE, "a date such as 1-Feb-2027")
        return _day(match[1], match[2], match[3])

    def date_time(self) -> float:
        """A date-time (APPEND), seconds since 1970."""
        match = self._match(_DATE_TIME, 'a date such as "01-Feb-2027 10:00:00 +0100"')
        hours, minutes, seconds = int(match[4]), int(match[5]), int(match[6])
        if hours > 23 or minutes > 59 or seconds > 60:
            raise BadCommand("no such time")
        offset = (int(match[8]) * 60 + int(match[9])) * 60
        moment = _day(match[1], match[2], match[3]) + hours * 3600 + minutes * 60 + seconds
        return float(moment - offset if match[7] == b"+" else moment + offset)

    def _match(self, pattern: re.Pattern[bytes], wanted: str) -> re.Match[bytes]:
        match = pattern.match(self.data, self.at)
        if match is None:
            raise BadCommand(f"{wanted} expected at {self._near()}")
        self.at = match.end()
        return match

    def _near(self) -> str:
        found = self.data[self.at : self.at + 20].decode("ascii", "replace")
        return repr(found) if found else "the end"


def _named(given: bytes) -> str:
    try:
        return from_utf7(given)
    except ValueError:
        raise BadCommand("a name in modified UTF-7 expected") from None


def _day(day: bytes, month: bytes, year: bytes) -> int:
    try:
        number = MONTHS.index(month.decode().capitalize()) + 1
    except ValueError:
        raise BadCommand(f"no month {month.decode()!r}") from None
    moment = (int(year), number, int(day), 0, 0, 0)
    if not 1 <= int(day) <= 31 or int(year) < 1:
        raise BadCommand("no such day")
    return timegm(moment)


def expand(ranges: Ranges, highest: int) -> list[tuple[int, int]]:
    """Ranges with * resolved, each low first."""
    pairs = ((low or highest, high or highest) for low, high in ranges)
    return [(min(pair), max(pair)) for pair in pairs]
