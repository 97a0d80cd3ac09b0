"""Words of header fields: encoded words (RFC 2047), parameters (RFC 2045 §5.1, RFC 2231). Reading never raises."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote_to_bytes

_ENCODED: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN: Final = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+")
_PARAMETER: Final = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;"]*))', re.S)
_PIECE: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)")
_ROOM: Final = 45  # bytes of one encoded word: 60 characters of base64, 75 in all


class BadText(ValueError):
    """A text that may not stand in a header field: it would begin another line."""


def decode(text: str) -> tuple[str, bool]:
    """A text with its encoded words decoded, and whether all of them were sound."""
    if "=?" not in text:
        return text, True
    out: list[str] = []
    sound, at = True, 0
    pending: list[tuple[str, bytes]] = []  # neighbours of one charset: some writers cut a character in two
    joined = _BETWEEN.sub(r"\1", text)
    for match in _ENCODED.finditer(joined):
        if match.start() > at:
            sound = _flush(pending, out) and sound
            out.append(joined[at : match.start()])
        charset = match[1].partition("*")[0].lower()
        try:
            data = _bytes(match[2], match[3])
        except (binascii.Error, ValueError):
            sound = False
            data = match[0].encode("utf-8", "replace")
        if pending and pending[-1][0] != charset:
            sound = _flush(pending, out) and sound
        pending.append((charset, data))
        at = match.end()
    sound = _flush(pending, out) and sound
    out.append(joined[at:])
    whole = "".join(out)
    return whole, sound and "=?" not in _ENCODED.sub("", joined)


def _bytes(form: str, text: str) -> bytes:
    if form in "bB":
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    return binascii.a2b_qp(text.encode("latin-1", "replace"), header=True)


def _flush(pending: list[tuple[str, bytes]], out: list[str]) -> bool:
    if not pending:
        return True
    text, sound = charset_text(b"".join(data for _, data in pending), pending[0][0])
    pending.clear()
    out.append(text)
    return sound


def charset_text(data: bytes, charset: str) -> tuple[str, bool]:
    """Bytes as text, and whether the charset is known and the bytes are of it (else UTF-8, then Latin-1, are tried)."""
    try:
        if codecs.lookup(charset or "us-ascii").name in _NOT_TEXT:
            raise LookupError(charset)
        return data.decode(charset or "us-ascii"), True
    except (LookupError, ValueError):
        try:
            return data.decode("utf-8"), False
        except UnicodeDecodeError:
            return data.decode("latin-1"), False


_NOT_TEXT: Final = frozenset({"base64", "bz2", "hex", "quopri", "rot13", "uu", "zlib"})


def plain(text: str) -> str:
    """A text on one line: control characters and line breaks become one blank, so that none can begin a field."""
    return _CONTROL.sub(" ", text)


def strict(text: str) -> str:
    """An address, an identifier, a code: printable ASCII without a blank. Raises BadText."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise BadText(f"not printable ASCII without blank: {text!r}")
    return text


def encode(text: str, *, whole: bool = False) -> str:
    """A text for a header field: as it is when ASCII, else with its first to last accented words encoded (UTF-8).

    ``whole``: encode all of it, which a display name holding both accents and quotes needs (RFC 2047 §5, rule 3).
    """
    text = plain(text)
    if whole:
        return " ".join(_encoded(text))
    if text.isascii() and "=?" not in text and text == text.strip(" "):
        return text
    parts = text.split(" ")
    odd = [n for n, part in enumerate(parts) if not part.isascii() or "=?" in part]
    if not odd or "" in parts:
        return " ".join(_encoded(text))
    first, last = odd[0], odd[-1]
    middle = " ".join(parts[first : last + 1])
    return " ".join([*parts[:first], *_encoded(middle), *parts[last + 1 :]])


def _encoded(text: str) -> Iterator[str]:
    held = b""
    for char in text:
        more = char.encode("utf-8", "replace")
        if len(held) + len(more) > _ROOM:
            yield _word(held)
            held = b""
        held += more
    if held:
        yield _word(held)


def _word(data: bytes) -> str:
    return f"=?UTF-8?B?{base64.b64encode(data).decode()}?="


def parameters(text: str) -> tuple[str, dict[str, str], bool]:
    """``value; name=…``: the value in lower case, parameters by lower-case name, and whether all is well formed.

    Continuations and charsets of RFC 2231 are read; an encoded word in quotes is decoded too, but is not well formed.
    """
    value, _, rest = text[:20_000].partition(";")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    sound = True
    for name, quoted, bare in _PARAMETER.findall(";" + rest):
        said = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip()
        match = _PIECE.fullmatch(name.lower())
        if match is None:
            sound = False
            continue
        pieces.setdefault(match[1], []).append((int(match[2] or 0), bool(match[3]), said))
    held: dict[str, str] = {}
    for name, several in pieces.items():
        held[name], good = _joined(sorted(several, key=lambda one: one[0]))
        sound = sound and good
    return value.strip().lower(), held, sound


def _joined(several: list[tuple[int, bool, str]]) -> tuple[str, bool]:
    if not any(extended for _, extended, _ in several):
        whole = "".join(text for _, _, text in several)
        text, sound = decode(whole)
        return text, sound and text == whole
    charset, data = "utf-8", b""
    for rank, (_, extended, text) in enumerate(several):
        if extended and rank == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    return charset_text(data, charset or "us-ascii")


def parameter(name: str, value: str) -> str:
    """``; name=value``, quoted where it must be, as RFC 2231 says where it is not ASCII, cut where it is long."""
    value = plain(value)
    if value.isascii() and len(value) <= 60:
        if _TOKEN.fullmatch(value):
            return f"; {name}={value}"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'; {name}="{escaped}"'
    coded = quote(value, safe="")
    if len(coded) <= 55:
        return f"; {name}*=UTF-8''{coded}"
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,18}", coded)
    pieces[0] = f"UTF-8''{pieces[0]}"
    return "".join(f"; {name}*{rank}*={piece}" for rank, piece in enumerate(pieces))
