"""What is looked at in a message before it is accepted: its sender, its form as SMTP carries it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate

from mocks.lines import Conversation
from mocks.mssante.login import Identity
from mocks.mssante.post import HOST
from norms.finding import Finding, find
from norms.mail.address import read_addresses, read_ids
from norms.mail.words import decode
from norms.smtp import Mail

LINE = 998  # characters of a line, CR LF apart
_HEADER = 262_144  # bytes of a header looked at
_FOLD = re.compile(rb"\r\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Head:
    """What is read of a message's header, as text."""

    fields: dict[str, str]  # the first of each name, in lower case

    @property
    def senders(self) -> list[str]:
        """Addresses of From, in lower case."""
        return [one.address.lower() for one in read_addresses(self.fields.get("from", ""))]

    def facts(self) -> dict[str, str]:
        """For the journal."""
        said = {
            "message_id": next(iter(read_ids(self.fields.get("message-id", ""))), ""),
            "subject": decode(self.fields.get("subject", ""))[0][:500],
            "from": ", ".join(self.senders)[:500],
            "return_receipt_to": self.fields.get("return-receipt-to", "")[:200],
            "disposition_notification_to": self.fields.get("disposition-notification-to", "")[:200],
        }
        return {name: value for name, value in said.items() if value}


def head(raw: bytes) -> Head:
    """The header of a message; whatever the bytes, nothing is raised."""
    end = raw.find(b"\r\n\r\n", 0, _HEADER)
    block = raw[: end if end >= 0 else _HEADER]
    fields: dict[str, str] = {}
    for line in _FOLD.sub(b" ", block).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("utf-8", "replace"))
    return Head(fields)


def sender(read: Head, envelope: Mail, identity: Identity) -> Iterator[Finding]:
    """Whether From is the mailbox that was opened; errors here refuse the message in ``mssante.sender`` strict."""
    found = read.senders
    if not found:
        yield find("SMTP-DATA-05")
    elif any(address != identity.mailbox.id for address in found):
        yield find("SMTP-FROM-02", expected=identity.mailbox.id, found=", ".join(found))
    if not envelope.address and "multipart/report" not in read.fields.get("content-type", "").lower():
        yield find("SMTP-FROM-03")


def form(raw: bytes, envelope: Mail) -> Iterator[Finding]:
    """What SMTP asks of a message's bytes; none of it refuses."""
    if envelope.body != "8BITMIME" and not raw.isascii():
        yield find("SMTP-DATA-03")
    if (longest := max(map(len, raw.split(b"\r\n")))) > LINE:
        yield find("SMTP-DATA-04", found=longest + 2)
    if 0 < envelope.size < len(raw):
        yield find("SMTP-DATA-06", expected=envelope.size, found=len(raw))


def trace(conversation: Conversation, greeted: str, envelope: Mail) -> bytes:
    """The two trace fields that a delivery adds (RFC 5321 §4.4)."""
    tls = f" ({conversation.tls.version} {conversation.tls.cipher})" if conversation.tls else ""
    host = re.sub(r"[^\w.:\[\]-]", "?", greeted, flags=re.ASCII)[:200] or "unknown"
    lines = (
        f"Return-Path: <{envelope.address}>",
        f"Received: from {host} ([{conversation.client.rpartition(':')[0]}])",
        f" by {HOST} with ESMTPSA id {conversation.id}{tls};",
        f" {formatdate(time.time())}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode("ascii", "replace")
