"""MTOM packages: a SOAP message and its binary parts in one ``multipart/related`` body, taken apart and put together.

SOAP MTOM (W3C, 2005) §3, XOP 1.0 §4.1, RFC 2387 (``type``, ``start``, ``start-info``), RFC 2046 §5.1 (boundaries),
RFC 2392 (``cid:``). The splitter takes bytes as they come; a part that arrives in one piece is a view into it, never
a copy.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from norms.finding import Finding, Where, find
from norms.soap.media import parameters
from norms.soap.names import MEDIA_TYPE

XOP_TYPE: Final = "application/xop+xml"
RELATED: Final = "multipart/related"
MAX_PART: Final = 64_000_000
MAX_PARTS: Final = 200
_MAX_HEAD: Final = 8_192
_BOUNDARY: Final = re.compile(r"[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]", re.ASCII)
_FIELD: Final = re.compile(r"([!-9;-~]+):[ \t]*(.*?)[ \t]*", re.S)
_AS_IS: Final = ("", "binary", "8bit", "7bit")


class BadPackage(ValueError):
    """The bytes are no MTOM package: ``finding`` (SOAP-MIME-*) says why and in which part."""

    def __init__(self, rule: str, *, expected: object = "", found: object = "", part: int = 0) -> None:
        super().__init__(rule)
        where = Where(path=f"part[{part}]") if part else Where()
        self.finding: Finding = find(rule, expected=expected, found=found if found != "" else "—", where=where)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. ``id`` is its Content-ID without angle brackets; ``body`` may be a view into what was fed."""

    id: str
    type: str
    body: bytes | memoryview = field(repr=False)

    @property
    def data(self) -> bytes:
        """The content as bytes (a copy when it is a view)."""
        return self.body if isinstance(self.body, bytes) else bytes(self.body)


@dataclass(frozen=True, slots=True)
class Package:
    """A message taken apart: the XML part, and the others by Content-ID. ``action`` is that of Content-Type."""

    root: Part
    parts: Mapping[str, Part]
    action: str = ""
    charset: str = ""  # that the root part announces


def is_related(content_type: str) -> bool:
    """Whether a Content-Type announces a multipart/related body."""
    return content_type.partition(";")[0].strip().lower() == RELATED


def split(content_type: str, body: bytes, *, max_part: int = MAX_PART) -> Package:
    """A whole package taken apart; raises BadPackage."""
    splitter = Splitter(content_type, max_part=max_part)
    splitter.feed(body)
    return splitter.close()


class Splitter:
    """Takes a package apart as its bytes come: `feed` each piece, then `close` gives the package.

    Both raise BadPackage as soon as the trouble is known. A part over ``max_part`` bytes is refused before it is whole
    and let go of: no more than that is ever held of it.
    """

    def __init__(self, content_type: str, *, max_part: int = MAX_PART, max_parts: int = MAX_PARTS) -> None:
        kind, said = parameters(content_type)
        if kind != RELATED:
            raise BadPackage("SOAP-MIME-01", expected=RELATED, found=content_type)
        boundary = said.get("boundary", "")
        if not _BOUNDARY.fullmatch(boundary):
            raise BadPackage("SOAP-MIME-02", found=boundary)
        for rule, name, wanted in (("SOAP-MIME-03", "type", XOP_TYPE), ("SOAP-MIME-05", "start-info", MEDIA_TYPE)):
            if said.get(name, "").partition(";")[0].strip().lower() != wanted:
                raise BadPackage(rule, expected=wanted, found=said.get(name, ""))
        self._start, self._action = said.get("start", ""), said.get("action", "")
        self._mark = b"\r\n--" + boundary.encode("ascii")
        self._max_part, self._max_parts = max_part, max_parts
        self._parts: list[Part] = []
        self._types: list[tuple[str, str]] = []  # ``type`` and ``charset`` of each part
        self._first = b""  # how the body begins
        self._held: list[memoryview] = []  # what came since the last delimiter
        self._size = 0
        self._tail = b"\r\n"  # the last bytes seen, where a delimiter may have begun; the first needs no line break
        self._begun = self._done = False

    def feed(self, data: bytes) -> None:
        """The next bytes of the body."""
        if self._done or not data:
            return
        self._first = self._first or data[:80]
        view, mark, reach, at = memoryview(data), self._mark, len(self._mark) - 1, 0
        crossing = (self._tail + data[:reach]).find(mark)
        if 0 <= crossing < len(self._tail):  # it began in what came before
            before = len(self._tail) - crossing
            self._end(drop=before)
            at = len(mark) - before
        while not self._done and (found := data.find(mark, at)) >= 0:
            self._hold(view[at:found])
            self._end()
            at = found + len(mark)
        if not self._done:
            self._hold(view[at:])
            self._tail = data[max(at, len(data) - reach) :] if at else (self._tail + data[-reach:])[-reach:]

    def close(self) -> Package:
        """The package, once everything was fed."""
        if not self._begun:
            shown = self._first.decode("ascii", "replace").partition("\n")[0].strip()
            raise BadPackage("SOAP-MIME-15", expected=self._mark[2:].decode(), found=shown)
        if not self._done and b"".join(piece[:2] for piece in self._held[:2])[:2] != b"--":
            raise BadPackage("SOAP-MIME-07", expected=self._mark[2:].decode() + "--", found=len(self._parts))
        if not self._parts:
            raise BadPackage("SOAP-MIME-04", expected=self._start, found="")
        root = self._root()
        return Package(
            root,
            {part.id: part for part in self._parts if part is not root},
            self._action,
            self._types[self._parts.index(root)][1],
        )

    def _hold(self, piece: memoryview) -> None:
        if not self._begun or not len(piece):
            return  # the preamble is for mail readers
        self._held.append(piece)
        self._size += len(piece)
        if self._size > self._max_part + _MAX_HEAD:
            self._held.clear()
            raise BadPackage("SOAP-MIME-11", expected=self._max_part, found=self._size, part=len(self._parts) + 1)

    def _end(self, drop: int = 0) -> None:
        """A delimiter follows what is held (``drop`` bytes of which are its beginning): that was a part."""
        held, self._held, self._size = self._held, [], 0
        begun, self._begun = self._begun, True
        if not begun:
            return
        raw = held[0] if len(held) == 1 else memoryview(b"".join(held))
        if drop:
            raw = raw[:-drop]
        if bytes(raw[:2]) == b"--":  # the delimiter before was the closing one; what follows it is for mail readers
            self._done = True
            return
        if len(self._parts) == self._max_parts:
            raise BadPackage("SOAP-MIME-14", expected=self._max_parts)
        self._parts.append(self._part(raw, len(self._parts) + 1))

    def _part(self, raw: memoryview, number: int) -> Part:
        head, content = _headers(raw, number)
        kind, said = parameters(head.get("content-type", ""))
        inner = said.get("type", "").partition(";")[0].strip().lower() if kind == XOP_TYPE else ""
        self._types.append((inner, said.get("charset", "")))
        held_id = head.get("content-id", "")
        if not (held_id.startswith("<") and held_id.endswith(">") and len(held_id) > 2):
            raise BadPackage("SOAP-MIME-09", expected="<…>", found=held_id, part=number)
        if any(part.id == held_id[1:-1] for part in self._parts):
            raise BadPackage("SOAP-MIME-10", found=held_id, part=number)
        if len(content) > self._max_part:
            raise BadPackage("SOAP-MIME-11", expected=self._max_part, found=len(content), part=number)
        body = _decoded(content, head.get("content-transfer-encoding", ""), number)
        return Part(held_id[1:-1], kind, body)

    def _root(self) -> Part:
        """The part that ``start`` names, the first one without ``start``; the only one of the XOP media type."""
        wanted = self._start.removeprefix("<").removesuffix(">")
        at = next((n for n, part in enumerate(self._parts) if part.id == wanted or not self._start), -1)
        if at < 0:
            near = [part.id for part in self._parts if part.id.lower() == wanted.lower()]
            raise BadPackage("SOAP-MIME-04", expected=self._start, found=near[0] if near else self._parts[0].id)
        if self._start and not (self._start.startswith("<") and self._start.endswith(">")):
            raise BadPackage("SOAP-MIME-04", expected=f"<{wanted}>", found=self._start)
        root = self._parts[at]
        if root.type != XOP_TYPE or self._types[at][0] != MEDIA_TYPE:
            said = f'{root.type}; type="{self._types[at][0]}"'
            raise BadPackage("SOAP-MIME-06", expected=f'{XOP_TYPE}; type="{MEDIA_TYPE}"', found=said, part=at + 1)
        if [part.type for part in self._parts].count(XOP_TYPE) > 1:
            raise BadPackage("SOAP-MIME-13", expected=root.id, found=sum(p.type == XOP_TYPE for p in self._parts))
        return root


def _headers(raw: memoryview, number: int) -> tuple[dict[str, str], memoryview]:
    """The fields of a part, names in lower case, and its content; ``raw`` begins at the end of the delimiter."""
    head = bytes(raw[:_MAX_HEAD])
    end = head.find(b"\r\n\r\n")
    line, _, lines = head[: max(end, 0)].decode("utf-8", "replace").partition("\r\n")
    if end < 0 or line.strip(" \t"):
        raise BadPackage("SOAP-MIME-08", found=head[:60].decode("utf-8", "replace"), part=number)
    fields: dict[str, str] = {}
    for entry in re.split(r"\r\n(?![ \t])", lines) if lines else ():
        match = _FIELD.fullmatch(entry)
        if not match or match[1].lower() in fields:
            raise BadPackage("SOAP-MIME-08", found=entry, part=number)
        fields[match[1].lower()] = " ".join(match[2].split())
    return fields, raw[end + 4 :]


def _decoded(content: memoryview, encoding: str, number: int) -> bytes | memoryview:
    if encoding.lower() in _AS_IS:
        return content
    if encoding.lower() == "base64":
        try:
            return base64.b64decode(b"".join(bytes(content).split()), validate=True)
        except binascii.Error:
            pass
    raise BadPackage("SOAP-MIME-12", expected="binary", found=encoding, part=number)


def join(root: bytes, parts: Iterable[Part] = (), action: str = "", *, boundary: str = "") -> tuple[str, bytes]:
    """Content-Type and body of a package around a SOAP message already written. The root part comes first."""
    mark = boundary or f"uuid:{uuid.uuid4()}"
    root_id = "root.message@segur.test"
    said = f'; action="{action}"' if action else ""
    pieces: list[bytes | memoryview] = [
        f'--{mark}\r\nContent-Type: {XOP_TYPE}; charset=UTF-8; type="{MEDIA_TYPE}"{said}\r\n'
        f"Content-Transfer-Encoding: binary\r\nContent-ID: <{root_id}>\r\n\r\n".encode(),
        root,
    ]
    for part in parts:
        pieces += [
            f"\r\n--{mark}\r\nContent-Type: {part.type}\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: <{part.id}>\r\n\r\n".encode(),
            part.body,
        ]
    pieces.append(f"\r\n--{mark}--\r\n".encode())
    kind = f'{RELATED}; type="{XOP_TYPE}"; boundary="{mark}"; start="<{root_id}>"; start-info="{MEDIA_TYPE}"{said}'
    return kind, b"".join(pieces)
