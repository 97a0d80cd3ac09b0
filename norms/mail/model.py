"""A message that was read: fields, parts, and the readings that rules share. Nothing here raises."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Final

from norms.finding import Finding, Where, find
from norms.mail.address import Address, read_addresses, read_ids
from norms.mail.words import charset_text, decode, parameters

_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/=\r\n\t ]")
_SUBJECT: Final = 4_000  # characters of a subject that are looked at
_ENCODINGS: Final = ("", "7bit", "8bit", "binary", "base64", "quoted-printable")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: name as written, value unfolded, line of the message; ``eight_bit``: it is not all ASCII."""

    name: str
    value: str
    line: int
    eight_bit: bool = False


@dataclass(eq=False)
class Part:
    """A part of a message, or the message itself (``path`` empty). ``body`` is as sent; ``line`` is its first line."""

    fields: tuple[Field, ...]
    body: bytes | memoryview = field(repr=False)
    line: int
    path: str
    body_line: int = 1
    parts: tuple[Part, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, list[Field]]:
        held: dict[str, list[Field]] = {}
        for one in self.fields:
            held.setdefault(one.name.lower(), []).append(one)
        return held

    def field(self, name: str) -> Field | None:
        """The first field of that name."""
        found = self._by_name.get(name.lower())
        return found[0] if found else None

    def all(self, name: str) -> list[Field]:
        """The fields of that name."""
        return self._by_name.get(name.lower(), [])

    def header(self, name: str) -> str:
        """The value of the first field of that name, encoded words decoded; empty when there is none."""
        found = self.field(name)
        return decode(found.value)[0] if found else ""

    @cached_property
    def _content_type(self) -> tuple[str, dict[str, str], bool]:
        found = self.field("content-type")
        kind, said, sound = parameters(found.value) if found else ("text/plain", {}, True)
        return kind if kind.count("/") == 1 else "text/plain", said, sound

    @cached_property
    def _disposed(self) -> tuple[str, dict[str, str], bool]:
        found = self.field("content-disposition")
        return parameters(found.value) if found else ("", {}, True)

    @property
    def type(self) -> str:
        """The media type, in lower case."""
        return self._content_type[0]

    @property
    def params(self) -> dict[str, str]:
        """The parameters of Content-Type."""
        return self._content_type[1]

    @property
    def disposition(self) -> str:
        """``attachment``, ``inline`` or empty."""
        return self._disposed[0]

    @property
    def sound_parameters(self) -> bool:
        """Whether the parameters of Content-Type and Content-Disposition are written as they must be."""
        return self._content_type[2] and self._disposed[2]

    @property
    def filename(self) -> str:
        """The name of the file, from Content-Disposition, else from Content-Type; empty when none is given."""
        return self._disposed[1].get("filename") or self.params.get("name", "")

    @property
    def encoding(self) -> str:
        """The transfer encoding, in lower case."""
        found = self.field("content-transfer-encoding")
        return found.value.strip().lower() if found else ""

    @cached_property
    def content(self) -> bytes:
        """The bytes that the part carries, as far as they can be decoded."""
        data = bytes(self.body)
        if self.encoding == "base64":
            try:
                return binascii.a2b_base64(data)
            except binascii.Error:
                kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
                return binascii.a2b_base64(kept[: len(kept) - (len(kept) % 4 == 1)] + b"==")
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(data)
        return data

    @property
    def text(self) -> str:
        """The content as text, in its charset as far as that can be read."""
        return charset_text(self.content, self.params.get("charset", "us-ascii"))[0]

    @cached_property
    def message(self) -> Mail:
        """The message enclosed in a ``message/rfc822`` part."""
        from norms.mail.parse import parse

        return parse(self.content)

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the message."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def where(self, name: str = "") -> Where:
        """The place of a field, else of the part."""
        found = self.field(name) if name else None
        path = "/".join(one for one in (f"part[{self.path}]" if self.path else "", name) if one)
        if found is None:
            return Where(self.line, None, path)
        return Where(found.line, 1, path, "", f"{found.name}: {found.value}"[:160])


@dataclass(eq=False)
class Mail:
    """A message read: its tree, and readings that rules share. ``raw`` is as received."""

    raw: bytes = field(repr=False)
    root: Part
    form: tuple[Finding, ...] = ()

    def header(self, name: str) -> str:
        """The value of the first field of that name, decoded."""
        return self.root.header(name)

    def where(self, name: str = "") -> Where:
        """The place of a field of the message."""
        return self.root.where(name)

    def addresses(self, name: str) -> list[Address]:
        """The addresses of every field of that name."""
        return [one for held in self.root.all(name) for one in read_addresses(held.value)]

    @property
    def subject(self) -> str:
        """The subject, decoded, white space squeezed."""
        return " ".join(self.header("subject")[:_SUBJECT].split())

    @cached_property
    def sender(self) -> Address:
        """The first address of From; empty when there is none."""
        return next(iter(self.addresses("from")), Address(""))

    @cached_property
    def recipients(self) -> list[Address]:
        """The addresses of To and Cc."""
        return [*self.addresses("to"), *self.addresses("cc"), *self.addresses("bcc")]

    @property
    def message_id(self) -> str:
        """The identifier of the message without its brackets, which some old writers forget; empty when absent."""
        said = self.header("message-id").strip()
        return next(iter(read_ids(said)), "") or (said if " " not in said else "")

    @property
    def in_reply_to(self) -> list[str]:
        """The identifiers that it answers."""
        return read_ids(self.header("in-reply-to"))

    @property
    def references(self) -> list[str]:
        """The identifiers of its thread."""
        return read_ids(self.header("references"))

    @property
    def date(self) -> datetime | None:
        """When it says it was written; None when that cannot be read."""
        try:
            when = parsedate_to_datetime(self.header("date")[:200])
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)

    @cached_property
    def leaves(self) -> list[Part]:
        """The parts that hold something themselves."""
        return [part for part in self.root.walk() if not part.parts]

    @cached_property
    def texts(self) -> list[Part]:
        """The parts that are the body: text that is not an attached file."""
        return [
            part for part in self.leaves
            if part.type in ("text/plain", "text/html") and part.disposition != "attachment" and not part.filename
        ]  # fmt: skip

    @cached_property
    def attachments(self) -> list[Part]:
        """The attached files."""
        return [part for part in self.leaves if part not in self.texts and len(part.body)]

    @cached_property
    def archives(self) -> list[Part]:
        """The attached ZIP archives."""
        return [part for part in self.attachments if part.content.startswith(b"PK\x03\x04") or is_zip_name(part)]

    @cached_property
    def pdfs(self) -> list[Part]:
        """The attached PDF files."""
        return [part for part in self.attachments if part.type == "application/pdf" or _named(part, ".pdf")]

    @property
    def is_report(self) -> bool:
        """Whether it is a receipt or a delivery notice."""
        return self.root.type == "multipart/report"

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """What is wrong with the form, the contents included."""
        return (*self.form, *(finding for part in self.leaves for finding in _contents(part)))


def is_zip_name(part: Part) -> bool:
    """Whether a part says that it is a ZIP archive."""
    return part.type in ("application/zip", "application/x-zip-compressed") or _named(part, ".zip")


def _named(part: Part, suffix: str) -> bool:
    return part.filename.lower().endswith(suffix)


def _contents(part: Part) -> Iterator[Finding]:
    """What is wrong with the encoding of a part that holds something."""
    if part.encoding not in _ENCODINGS:
        yield find("MAIL-FORM-13", found=part.encoding, where=part.where("content-transfer-encoding"))
    if part.encoding != "base64":
        return
    data = bytes(part.body)
    bad = _NOT_BASE64.search(data)
    if bad is None:
        try:
            binascii.a2b_base64(data.translate(None, b" \t\r\n"), strict_mode=True)
            return
        except binascii.Error:
            pass
    line = part.body_line + data.count(b"\n", 0, bad.start() if bad else len(data.rstrip()))
    name = part.filename or part.type
    found = repr(bad[0])[2:-1] if bad else data.rstrip()[-8:].decode("ascii", "replace")
    yield find("MAIL-FORM-06", found=found, where=Where(line, None, f"part[{part.path}]"), name=name)
