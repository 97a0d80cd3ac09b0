"""Composing an MSSanté message: headers, text, IHE_XDM archive, the same documents as PDF (ECO.2.1.x, 2.2.x, 2.4.x).

Same draft, same bytes. Nothing the caller gives can begin a header field of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from norms.mail import write
from norms.mail.address import Address, write_address, write_ids
from norms.mail.words import encode, strict
from norms.xdm.model import NAME


@dataclass(frozen=True, slots=True)
class File:
    """An attached file: its name (any characters), its bytes, its media type."""

    name: str
    data: bytes
    type: str = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be written. Identifiers are without brackets; what is empty is not written.

    ``date`` has an offset. ``archive``: the bytes of IHE_XDM.zip. ``nil``, ``codes``, ``ins``, ``end``: the X-MSS
    headers (NIL, CODECDA, INS ``O`` or ``N``, MES ``FIN``). ``ask_mdn``: the address to which a read receipt is to be
    sent; ``ask_dsn_header``: the older Return-Receipt-To (a delivery notice is asked in the SMTP envelope).
    """

    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    date: datetime
    message_id: str
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    html: str = ""
    archive: bytes = b""
    archive_name: str = NAME
    files: tuple[File, ...] = ()
    nil: str = ""
    codes: tuple[str, ...] = ()
    ins: str = ""
    end: bool = False
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    ask_mdn: str = ""
    ask_dsn_header: str = ""
    extra: tuple[tuple[str, str], ...] = ()


def compose(draft: Draft) -> bytes:
    """The bytes of a message; raises ValueError when an address, an identifier or a code may not stand in a header."""
    parts = [_body(draft)]
    if draft.archive:
        parts.append(write.file(draft.archive_name, "application/zip", draft.archive))
    parts += [write.file(one.name, one.type, one.data) for one in draft.files]
    content = parts[0] if len(parts) == 1 else write.multipart("multipart/mixed", parts, draft.message_id)
    return write.head(_fields(draft)) + content + (b"" if content.endswith(b"\r\n") else b"\r\n")


def reply(draft: Draft, message_id: str, references: tuple[str, ...] = ()) -> Draft:
    """The draft as an answer to a message: In-Reply-To, and References with those that it had (RFC 5322 §3.6.4)."""
    from dataclasses import replace

    return replace(draft, in_reply_to=message_id, references=(*(r for r in references if r != message_id), message_id))


def _body(draft: Draft) -> bytes:
    plain = write.text(draft.text)
    if not draft.html:
        return plain
    return write.multipart("multipart/alternative", [plain, write.text(draft.html, "html")], draft.message_id)


def _fields(draft: Draft) -> list[tuple[str, str]]:
    return [
        ("Date", write.date(draft.date)),
        ("From", write_address(draft.sender)),
        ("Reply-To", _list(draft.reply_to)),
        ("To", _list(draft.to)),
        ("Cc", _list(draft.cc)),
        ("Subject", encode(draft.subject)),
        ("Message-ID", write_ids((draft.message_id,))),
        ("In-Reply-To", write_ids((draft.in_reply_to,)) if draft.in_reply_to else ""),
        ("References", write_ids(draft.references)),
        ("X-MSS-NIL", strict(draft.nil)),
        ("X-MSS-CODECDA", ",".join(map(strict, draft.codes))),
        ("X-MSS-INS", strict(draft.ins)),
        ("X-MSS-MES", "FIN" if draft.end else ""),
        ("Disposition-Notification-To", strict(draft.ask_mdn)),
        ("Return-Receipt-To", strict(draft.ask_dsn_header)),
        *((name, encode(value)) for name, value in draft.extra),
        ("MIME-Version", "1.0"),
    ]


def _list(addresses: tuple[Address, ...]) -> str:
    return ", ".join(map(write_address, addresses))
