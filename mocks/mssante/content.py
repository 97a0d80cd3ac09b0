"""What a mailbox keeps of a message beside its bytes: read once, at arrival."""

from __future__ import annotations

from dataclasses import dataclass
from email.header import decode_header
from email.utils import mktime_tz, parsedate_tz

from mocks.mssante.imap.envelope import addresses, envelope
from mocks.mssante.imap.structure import HEADER, Fields, fields, header_end

_SHOWN = 2_000  # characters of a value in a list


@dataclass(frozen=True, slots=True)
class Content:
    """A message: decoded words for lists, ENVELOPE as IMAP sends it, header (blank line included), all bytes."""

    subject: str
    sender: str
    recipients: str
    message_id: str
    sent: float | None  # Date field, seconds since 1970
    envelope: bytes
    header: bytes
    raw: bytes

    @classmethod
    def of(cls, raw: bytes) -> Content:
        """Read a message; whatever the bytes, nothing is raised."""
        header = raw[: min(header_end(raw), HEADER)]
        found = fields(header)
        return cls(
            words(first(found, "subject")),
            people(first(found, "from")),
            ", ".join(filter(None, (people(first(found, name)) for name in ("to", "cc", "bcc"))))[:_SHOWN],
            first(found, "message-id").decode("utf-8", "replace")[:_SHOWN],
            seconds(first(found, "date")),
            envelope(found),
            header,
            raw,
        )


def first(found: Fields, name: str) -> bytes:
    """The first field of that name, empty when absent."""
    return next((value for key, value in found if key == name), b"")


def words(value: bytes) -> str:
    """A field's text, encoded words read (RFC 2047); what cannot be read is shown as it is."""
    text = value.decode("utf-8", "replace")[:_SHOWN]
    if "=?" not in text:
        return text
    try:
        return "".join(
            part.decode(charset or "ascii", "replace") if isinstance(part, bytes) else part
            for part, charset in decode_header(text)
        )
    except (LookupError, ValueError):
        return text


def people(value: bytes) -> str:
    """The addresses of a field, with their names: ``Nom <x@y>, …``."""
    shown = []
    for name, local, host in addresses(value):
        spec = b"@".join(part for part in (local, host) if part).decode("utf-8", "replace")
        shown.append(f"{words(name)} <{spec}>" if name else spec)
    return ", ".join(filter(None, shown))[:_SHOWN]


def seconds(value: bytes) -> float | None:
    """Seconds since 1970 of a date-time (RFC 5322 §3.3), None when it is none."""
    try:
        read = parsedate_tz(value.decode("ascii", "replace"))
        return float(mktime_tz(read)) if read else None
    except (ValueError, OverflowError, TypeError):
        return None
