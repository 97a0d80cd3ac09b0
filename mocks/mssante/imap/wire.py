"""What is sent: strings, names, dates and flags in the forms of RFC 3501 §4 and §9; modified UTF-7 (§5.1.3)."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterable

_ATOM = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")
_SHIFT = re.compile(r"&([^-&]*)-?|[^\x20-\x7e]")
_BEYOND = re.compile(r"[^\x20-\x7e]+|&")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def string(value: bytes) -> bytes:
    """A quoted string, a literal where that cannot carry the bytes."""
    if len(value) <= 1000 and _QUOTABLE.fullmatch(value):
        return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(value)


def literal(value: bytes) -> bytes:
    """A literal (§4.3)."""
    return b"{%d}\r\n%b" % (len(value), value)


def nstring(value: bytes | None) -> bytes:
    """A string, NIL for None."""
    return b"NIL" if value is None else string(value)


def astring(value: bytes) -> bytes:
    """An atom when it can be one, else a string."""
    return value if _ATOM.fullmatch(value) and value.upper() != b"NIL" else string(value)


def name(folder: str) -> bytes:
    """A folder's name as it is sent."""
    return astring(to_utf7(folder))


def flags(words: Iterable[str]) -> bytes:
    """A list of flags in brackets."""
    return b"(" + " ".join(words).encode("ascii", "replace") + b")"


def date_time(seconds: float) -> bytes:
    """INTERNALDATE, in UTC."""
    t = time.gmtime(seconds)
    return b'"%02d-%b-%04d %02d:%02d:%02d +0000"' % (
        t.tm_mday,
        MONTHS[t.tm_mon - 1].encode(),
        t.tm_year,
        t.tm_hour,
        t.tm_min,
        t.tm_sec,
    )


def ranges(uids: Iterable[int]) -> bytes:
    """Numbers in rising order as a set: ``1:3,7``."""
    found: list[list[int]] = []
    for uid in uids:
        if found and uid == found[-1][1] + 1:
            found[-1][1] = uid
        else:
            found.append([uid, uid])
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in found)


def to_utf7(text: str) -> bytes:
    """A name in modified UTF-7."""

    def shifted(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        coded = base64.b64encode(match[0].encode("utf-16-be", "surrogatepass")).rstrip(b"=").decode()
        return f"&{coded.replace('/', ',')}-"

    return _BEYOND.sub(shifted, text).encode("ascii")


def from_utf7(data: bytes) -> str:
    """The name behind modified UTF-7; raises ValueError. UTF-8 as it is (many clients send it) is taken too."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return data.decode("utf-8")

    def read(match: re.Match[str]) -> str:
        if match[1] is None:
            raise ValueError(f"control character in {text!r}")
        if not match[1]:
            return "&"
        coded = match[1].replace(",", "/")
        return base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode("utf-16-be")

    return _SHIFT.sub(read, text)
