"""Looking for an INS in any bytes, through what wraps them: archives, compression, encodings, escapes, PDF streams.

What cannot be opened (encrypted or unknown method, too large once opened) is reported as such, never passed over:
« not found » is only said of bytes that were all looked at.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import html
import quopri
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote_to_bytes

from harness.scenario.paper import Unreadable, pdf_text

MAX_DEPTH = 12
MAX_BYTES = 64_000_000  # opened in all, for one search

INS_OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")

_GAPS = b" \t\r\n\f\v.-\xc2\xa0"  # people write a matricule in groups (the last two: no-break space)
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]{16,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]+)*")
_HEXA = re.compile(rb"[0-9A-Fa-f]{26,}")
_QUOTED = re.compile(rb"=(?:[0-9A-F]{2}|\r?\n)")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_PDF = b"%PDF-1."
_JSON_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|([nrt/\"\\]))")
_JSON_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_MAGICS = (b"PK\x03\x04", b"\x1f\x8b\x08", _PDF, b"<?xml")
_ZIP_METHODS = frozenset((0, 8, 9, 12, 14, 93, 95, 96, 97, 98, 99))


@dataclass(frozen=True, slots=True)
class Needle:
    """Something looked for: a matricule (its 13 first characters, grouped or not) or an OID."""

    name: str
    oid: bool = False

    def find(self, data: bytes) -> int:
        """Where it stands, -1 when it does not. In grouped digits, the place is that of the first character or so."""
        wanted = self.name.encode()
        if self.oid:
            found = re.search(rb"(?<![\d.])" + re.escape(wanted) + rb"(?!\.?\d)", data) if wanted in data else None
            return found.start() if found else -1
        if (place := data.find(wanted)) >= 0:
            return place
        plain = data.translate(None, _GAPS).upper()
        if wanted not in plain:
            return -1
        grouped = rb"[\s.\-\xc2\xa0]*".join(re.escape(bytes([letter])) for letter in wanted)
        found = re.search(grouped, data, re.I)
        return found.start() if found else 0


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a needle was found: the wrappings from the outside in, and a few bytes around it."""

    needle: str
    path: tuple[str, ...]
    excerpt: str


@dataclass
class Search:
    """What a search found; ``unopened`` names what could not be looked into."""

    hits: list[Hit] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)


def needles(matricules: Iterable[str], oids: Iterable[str] = ()) -> list[Needle]:
    """What to look for; matricules may carry their key and spaces."""
    cores = (re.sub(r"\s", "", matricule)[:13].upper() for matricule in matricules)
    return [Needle(core) for core in cores if core] + [Needle(oid, oid=True) for oid in oids]


def search(data: bytes, wanted: Iterable[Needle]) -> Search:
    """Every needle in the data and in whatever the data wraps; each is reported once, at the first place found."""
    looking = _Looking(wanted)
    looking.look(data, ())
    return looking.result


class _Looking:
    def __init__(self, wanted: Iterable[Needle]) -> None:
        self.wanted, self.result = list(wanted), Search()
        self.left, self.known = MAX_BYTES, set[int]()

    def look(self, data: bytes, path: tuple[str, ...]) -> None:
        self._match(data, path)
        if not self.wanted or hash(data) in self.known:
            return
        self.known.add(hash(data))
        if len(path) >= MAX_DEPTH:
            self._unopened(path, "too deep")
            return
        # Encodings are ASCII: in binary data, only the stretches of text are worth decoding.
        text = b"\x01".join(_TEXT.findall(data))
        for unwrap in _BINARY_LAYERS:
            self._each(unwrap(self, data, path), path)
        for unwrap in _TEXT_LAYERS:
            self._each(unwrap(self, text, path), path)

    def _each(self, found: Iterable[tuple[str, bytes]], path: tuple[str, ...]) -> None:
        for name, inner in found:
            self.left -= len(inner)
            if self.left < 0:
                self._unopened((*path, name), "too large")
                return
            self.look(inner, (*path, name))

    def _match(self, data: bytes, path: tuple[str, ...]) -> None:
        for needle in list(self.wanted):
            place = needle.find(data)
            if place >= 0:
                around = data[max(0, place - 30) : place + 50]
                self.result.hits.append(Hit(needle.name, path, around.decode("utf-8", "replace")))
                self.wanted.remove(needle)

    def _unopened(self, path: tuple[str, ...], why: str) -> None:
        self.result.unopened.append(f"{' > '.join(path) or '.'} ({why})")

    # -- what may wrap: each yields (name, bytes inside) -----------------------------------------------------------

    def zipped(self, data: bytes, path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """Entries by their local headers, wherever they stand: archives inside MIME parts, truncated, streamed."""
        start = data.find(b"PK\x03\x04")
        while start >= 0 and start + 30 <= len(data):
            version, flags, method, size, names, extra = struct.unpack("<4xHHH8xI4xHH", data[start : start + 30])
            begin = start + 30 + names + extra
            name = "zip:" + data[start + 30 : start + 30 + names].decode("utf-8", "replace")
            packed = data[begin:]
            if version & 0xFF > 63 or method not in _ZIP_METHODS:
                pass  # four letters that happen to be these
            elif flags & 1:
                self._unopened((*path, name), "encrypted")
            elif method == 0:  # stored: read raw already, but its own wrappings begin here
                yield name, packed[: size or len(packed)]
            elif method == 8:
                yield name, self._inflate(packed, -15)
            elif method == 12:
                yield name, self._limited(partial(bz2.BZ2Decompressor().decompress, packed))
            else:
                self._unopened((*path, name), f"method {method}")
            start = data.find(b"PK\x03\x04", start + 4)

    def gzipped(self, data: bytes, _path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        start = data.find(b"\x1f\x8b\x08")
        while start >= 0:
            yield "gzip", self._inflate(data[start:], 31)
            start = data.find(b"\x1f\x8b\x08", start + 3)

    def deflated(self, data: bytes, path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """zlib streams wherever they begin (those of a PDF too), and the text of a PDF as a reader sees it."""
        for found in _ZLIB.finditer(data):
            if inner := self._inflate(data[found.start() :], 15):
                yield "zlib", inner
        if _PDF in data:
            try:
                yield "pdf text", pdf_text(data[data.index(_PDF) :]).encode()
            except Unreadable:
                self._unopened((*path, "pdf"), "unreadable")

    def base64(self, data: bytes, path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """Every run that may be base64, at its four alignments, since letters may stand right before it."""
        for run in _BASE64.finditer(data):
            letters = re.sub(rb"\s", b"", run[0]).replace(b"-", b"+").replace(b"_", b"/")
            for shift in range(4):
                part = letters[shift:]
                part = part[: len(part) - 1] if len(part) % 4 == 1 else part
                try:
                    inner = base64.b64decode(part + b"=" * (-len(part) % 4))
                except binascii.Error:
                    continue
                self._match(inner, (*path, "base64"))
                if _readable(inner):
                    yield "base64", inner

    def hexadecimal(self, data: bytes, _path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        for run in _HEXA.finditer(data):
            for shift in (0, 1):
                digits = run[0][shift:].decode()
                yield "hex", bytes.fromhex(digits[: len(digits) // 2 * 2])

    def escaped(self, data: bytes, _path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """Character references, JSON and percent escapes, quoted-printable."""
        if b"&#" in data:
            yield "xml", html.unescape(data.decode("latin-1")).encode("latin-1", "replace")
        if b"\\" in data:
            yield "json", _JSON_ESCAPE.sub(_unescaped, data)
        if b"%" in data:
            yield "percent", unquote_to_bytes(data)
        if _QUOTED.search(data):
            yield "quoted-printable", quopri.decodestring(data)

    def wide(self, data: bytes, _path: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """Two or four bytes per letter, in either order: what remains without the zeros, its text only."""
        if data.count(b"\0") >= 8:
            yield "utf-16", b"\x01".join(_TEXT.findall(data.replace(b"\0", b"")))

    def _inflate(self, packed: bytes, window: int) -> bytes:
        machine = zlib.decompressobj(window)
        return self._limited(lambda limit: machine.decompress(packed, limit))

    def _limited(self, open_: Callable[[int], bytes]) -> bytes:
        try:
            return open_(max(1, self.left + 1))
        except (zlib.error, OSError, ValueError, EOFError):
            return b""


_BINARY_LAYERS = (_Looking.zipped, _Looking.gzipped, _Looking.deflated, _Looking.wide)
_TEXT_LAYERS = (_Looking.base64, _Looking.escaped, _Looking.hexadecimal)


def _readable(data: bytes) -> bool:
    """Whether decoded bytes are worth opening further: a known wrapping, or a stretch of text, rather than noise."""
    return (
        any(magic in data for magic in _MAGICS)
        or _ZLIB.match(data) is not None
        or _TEXT.search(data) is not None
        or (data.count(b"\0") >= 8 and _TEXT.search(data.replace(b"\0", b"")) is not None)
        or data.count(b"\0") * 4 >= len(data) > 0
    )


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return chr(int(found[1], 16)).encode("utf-8", "replace")
    return _JSON_PLAIN.get(found[2], found[2])
