"""What some bytes hold, as layers: told by the bytes themselves first, by the media type where these do not say."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lxml import etree

from mocks.journal import mail, tokens
from norms.soap.names import SOAP11, SOAP12, WSA, local
from norms.xml import BadXml, parse

READ = 1_000_000  # bytes of a content past which it is only shown, not taken apart
SHOWN = 20_000  # characters of text of one layer
FACT = 2_000  # characters of one value
DEPTH, LAYERS = 6, 60  # how deep, and how many in all, contents inside contents are looked for

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{32,}={0,2}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FORM = re.compile(r"[\w.%+~*-]+=[^\s<>]*")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its kind (a key of the texts ``layer.*``), what it is called, facts, text, and what is inside."""

    kind: str
    name: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    text: str = ""
    inner: tuple[Layer, ...] = ()

    @classmethod
    def of(
        cls,
        kind: str,
        name: str = "",
        facts: Iterable[tuple[str, object]] = (),
        text: str = "",
        inner: Iterable[Layer] = (),
    ) -> Layer:
        """A layer whose words are made printable and bounded."""
        kept = tuple((printable(key, 200), printable(str(value), FACT)) for key, value in list(facts)[:200])
        return cls(kind, printable(name, 300), kept, printable(text, SHOWN), tuple(inner))


def printable(words: str, limit: int) -> str:
    """At most ``limit`` characters, whatever could move a terminal's cursor or fool the eye written as ``\\x1b``."""
    cut = f"{words[:limit]}… (+{len(words) - limit})" if len(words) > limit else words
    return _UNPRINTABLE.sub(lambda m: f"\\x{ord(m[0]):02x}", cut.replace("\r\n", "\n"))


class Content:
    """Reads contents and what is inside them; one per message, so that the number of layers is bounded."""

    def __init__(self) -> None:
        self._left = LAYERS

    def room(self) -> bool:
        """Whether more layers may be made."""
        return self._left > 0

    def read(self, data: bytes, media_type: str = "", name: str = "", depth: int = DEPTH) -> list[Layer]:
        """The layers of a body; none when it is empty."""
        if not data or self._left <= 0:
            return []
        self._left -= 1
        kind = media_type.partition(";")[0].strip().lower()
        head = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
        if kind == "message/rfc822" and depth:
            return mail.message(self, data, name, depth)
        if data.startswith(b"PK\x03\x04") and depth and (layer := mail.archive(self, data, name, depth)):
            return [layer]
        if len(data) <= READ:
            if head.startswith(b"<") and kind != "text/html" and (layer := self._xml(data, name, depth)):
                return [layer]
            if head[:1] in (b"{", b"[") and (layer := self._json(data, name, depth)):
                return [layer]
            if layer := certificate(data, name):
                return [layer]
        text = _text(data, media_type)
        if text is None:
            return [Layer.of("bytes", name, [("size", len(data)), ("type", kind)], _dump(data[:512]))]
        if len(data) <= READ and (kind == "application/x-www-form-urlencoded" or (not kind and _FORM.fullmatch(text))):
            fields = parse_qsl(text, keep_blank_values=True, errors="replace")
            if fields:
                return [Layer.of("form", name, fields, inner=self.tokens("field", [v for _, v in fields]))]
        return [Layer.of("text", name, text=text, inner=self.tokens(name, [text[:READ]]))]

    def tokens(self, name: str, values: Iterable[str]) -> list[Layer]:
        """A layer for each JSON Web Token in these values."""
        found = []
        for value in values:
            for match in tokens.JWT.finditer(value):
                read = tokens.parts(match[0])
                if read and self._left > 0:
                    self._left -= 1
                    header, claims = read
                    found.append(Layer.of("jwt", name, _pairs(header), _shown(claims) if claims is not None else ""))
        return found

    def _json(self, data: bytes, name: str, depth: int) -> Layer | None:
        try:
            value = json.loads(data)
            text = _shown(value)
        except (ValueError, RecursionError):
            return None
        return Layer.of("json", name, text=text, inner=self.tokens(name, [text]))

    def _xml(self, data: bytes, name: str, depth: int) -> Layer | None:
        try:
            root = parse(data)
        except BadXml as error:
            text = _text(data, "") or _dump(data[:512])
            return Layer.of("text", name, [("XML", error)], text)
        inner = self._wrapped(root, depth) if depth else []
        etree.indent(root, " ")
        if root.tag in (f"{{{SOAP12}}}Envelope", f"{{{SOAP11}}}Envelope"):
            return _soap(root, name, inner)
        return Layer.of("xml", name or local(root.tag), text=_written(root), inner=inner)

    def _wrapped(self, root: etree._Element, depth: int) -> list[Layer]:
        """What text nodes carry in base64 (XML, certificates, tokens); long base64 is shortened in the tree."""
        found: list[Layer] = []
        for element in root.iter(etree.Element):
            text = element.text or ""
            if len(text) < 32:
                continue
            name = local(element.tag)
            if not _BASE64.fullmatch(text.rstrip()):
                found += self.tokens(name, [text])
                continue
            data = _unwrapped(text)
            inside = self.read(data, "", name, depth - 1) if data else []
            found += [layer for layer in inside if layer.kind not in ("bytes", "text")]
            if len(text) > 200:
                element.text = f"{''.join(text[:40].split())}… ({len(text)})"
        return found


def certificate(der: bytes, name: str = "") -> Layer | None:
    """The layer of an X.509 certificate (DER), None when the bytes are none."""
    if der[:2] not in (b"\x30\x82", b"\x30\x81"):
        return None
    from cryptography import x509  # slow to import, and most journals are read without it

    try:
        read = x509.load_der_x509_certificate(der)
        facts = [
            ("subject", read.subject.rfc4514_string()),
            ("issuer", read.issuer.rfc4514_string()),
            ("serial", f"{read.serial_number:x}"),
            ("notBefore", read.not_valid_before_utc.isoformat()),
            ("notAfter", read.not_valid_after_utc.isoformat()),
        ]
    except ValueError:
        return None
    return Layer.of("certificate", name, facts)


def _soap(root: etree._Element, name: str, inner: Sequence[Layer]) -> Layer:
    space = root.tag[: root.tag.index("}") + 1]
    header, body = root.find(f"{space}Header"), root.find(f"{space}Body")
    for part in (header, body):
        if part is not None:
            etree.indent(part, " ")  # as if it stood alone
    facts = [("version", "1.2" if SOAP12 in space else "1.1")]
    for word in ("Action", "MessageID", "To", "RelatesTo"):
        facts += [(word, found)] if header is not None and (found := header.findtext(f"{{{WSA}}}{word}")) else []
    first = next(body.iterchildren(etree.Element), None) if body is not None else None
    if first is not None:
        facts.append(("Body", local(first.tag)))
        if local(first.tag) == "Fault":
            words = ("Value", "faultcode", "Text", "faultstring")
            facts += [("Fault", (x.text or "").strip()) for x in first.iter(etree.Element) if local(x.tag) in words]
    above = [Layer.of("xml", "Header", text=_written(header))] if header is not None else []
    return Layer.of("soap", name, facts, _written(body if body is not None else root), [*above, *inner])


def _written(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def _unwrapped(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


def _text(data: bytes, media_type: str) -> str | None:
    """The bytes as text, None when they are rather not."""
    charset = re.search(r"charset=\"?([\w-]+)", media_type, re.I)
    for encoding in (charset[1] if charset else "utf-8", "utf-8"):
        try:
            text = data.decode(encoding)
        except (LookupError, ValueError):  # an unknown charset, or not in it
            continue
        return None if "\x00" in text else text
    text = data.decode("latin-1")
    odd = len(_UNPRINTABLE.findall(text[:2000]))
    return None if odd > len(text[:2000]) // 50 else text


def _dump(data: bytes) -> str:
    rows = (data[at : at + 16] for at in range(0, len(data), 16))
    return "\n".join(
        f"{n * 16:04x}  {row.hex(' '):<47}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in row)}"
        for n, row in enumerate(rows)
    )


def _pairs(values: dict[str, Any]) -> list[tuple[str, object]]:
    return [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in values.items()]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
