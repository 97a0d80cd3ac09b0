"""Writing fields and parts: folded lines, ASCII only, CRLF everywhere; same input, same bytes."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from norms.mail.words import encode, parameter, plain, strict

_WIDTH: Final = 76
_NAME: Final = re.compile(r"[!-9;-~]+")
_LONG_LINE: Final = re.compile(rb"[^\r\n]{999}")
_LINES: Final = re.compile(rb"\r\n|\r|\n")

Fields = Iterable[tuple[str, str]]


def field(name: str, value: str) -> bytes:
    """One header field, folded at blanks. ``value`` is already fit for it (`words.encode`), else ValueError."""
    if not _NAME.fullmatch(name) or not value.isascii() or plain(value) != value:
        raise ValueError(f"not a header field: {name}: {value!r}")
    lines, held = [], f"{name}:"
    for word in value.split(" "):
        if len(held) + 1 + len(word) > _WIDTH and held.strip() and held != f"{name}:" and word:
            lines.append(held)
            held = ""
        held += f" {word}"
    return "\r\n".join([*lines, held]).encode("ascii") + b"\r\n"


def head(fields: Fields) -> bytes:
    """Header fields; those whose value is empty are left out."""
    return b"".join(field(name, value) for name, value in fields if value)


def date(when: datetime) -> str:
    """A date with its offset (RFC 5322 §3.3)."""
    return format_datetime(when)


def text(words: str, subtype: str = "plain") -> bytes:
    """A text part in UTF-8: as it is when its lines are short ASCII, else quoted-printable."""
    data = _LINES.sub(b"\r\n", words.encode("utf-8"))
    plain_ascii = data.isascii() and not _LONG_LINE.search(data) and b"\x00" not in data
    if not plain_ascii:
        data = _LINES.sub(b"\r\n", binascii.b2a_qp(data, istext=True))
    encoding = "7bit" if plain_ascii else "quoted-printable"
    kind = f"text/{subtype}; charset=UTF-8"
    return head([("Content-Type", kind), ("Content-Transfer-Encoding", encoding)]) + b"\r\n" + data


def file(name: str, kind: str, data: bytes) -> bytes:
    """An attached file, in base64."""
    said = [
        ("Content-Type", kind + parameter("name", name)),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", "attachment" + parameter("filename", name)),
    ]
    return head(said) + b"\r\n" + base64(data)


def base64(data: bytes) -> bytes:
    """Base64 in lines of 76 characters."""
    coded = binascii.b2a_base64(data, newline=False)
    return b"\r\n".join(coded[at : at + _WIDTH] for at in range(0, len(coded), _WIDTH))


def enclosed(raw: bytes, *, headers_only: bool = False) -> bytes:
    """Another message as a part (``message/rfc822``), or its header alone (``text/rfc822-headers``)."""
    if headers_only:
        end = raw.find(b"\r\n\r\n")
        raw = raw[: end + 2] if end >= 0 else raw
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    encoding = "7bit" if raw.isascii() else "8bit"
    return head([("Content-Type", kind), ("Content-Transfer-Encoding", encoding)]) + b"\r\n" + raw


def multipart(kind: str, parts: Iterable[bytes], seed: str, *, extra: str = "") -> bytes:
    """Parts joined: Content-Type (``kind`` with ``extra`` parameters), a blank line, the parts.

    The boundary follows from ``seed`` and is in none of the parts.
    """
    held = list(parts)
    rank = 0
    while True:
        boundary = "=_" + sha256(f"{seed}/{kind}/{rank}".encode()).hexdigest()[:24]
        if not any(b"--" + boundary.encode() in part for part in held):
            break
        rank += 1
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in held)
    return field("Content-Type", f'{kind}{extra}; boundary="{boundary}"') + b"\r\n" + body + mark + b"--\r\n"


def report_part(kind: str, groups: Iterable[Fields]) -> bytes:
    """The machine-readable part of a receipt: groups of fields with a blank line between."""
    return head([("Content-Type", kind)]) + b"\r\n" + b"\r\n".join(head(group) for group in groups)


__all__ = [
    "base64", "date", "enclosed", "encode", "field", "file", "head", "multipart", "plain", "report_part", "strict",
    "text",
]  # fmt: skip
