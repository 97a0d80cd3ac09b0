"""Delivery status notifications: what became of a message on its way (RFC 3464; asked for by RFC 3461)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from norms.mail import write
from norms.mail.address import Address, read_ids, write_address, write_ids
from norms.mail.model import Mail
from norms.mail.parse import parse
from norms.mail.report import Group, read_report, typed
from norms.mail.words import encode, strict
from norms.texts import text

KIND: Final = "delivery-status"
ACTIONS: Final = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recipient: ``action`` of `ACTIONS`, ``status`` of RFC 3463 (``2.0.0``, ``5.2.2``…)."""

    final: str
    action: str
    status: str
    original: str = ""  # ORCPT
    diagnostic: str = ""  # "smtp; 550 5.1.1 …"
    remote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dsn:
    """A delivery notice. ``original`` is the message, or its header alone when ``headers_only``."""

    reporting: str
    outcomes: tuple[Outcome, ...]
    envid: str = ""
    arrival: datetime | None = None
    words: str = ""
    original: bytes = field(default=b"", repr=False)
    headers_only: bool = True

    @property
    def failed(self) -> bool:
        """Whether a recipient was not reached."""
        return any(one.action == "failed" for one in self.outcomes)

    @property
    def original_id(self) -> str:
        """The identifier of the message it is about, without brackets; empty when the original is not there."""
        return parse(self.original).message_id if self.original else ""


def compose(
    dsn: Dsn, *, to: str, date: datetime, message_id: str, sender: Address | None = None, subject: str = ""
) -> bytes:
    """The bytes of a delivery notice, to be sent with an empty envelope sender; raises ValueError."""
    words = dsn.words or "\n\n".join(map(_words, dsn.outcomes))
    own = [
        ("Reporting-MTA", f"dns; {strict(dsn.reporting)}"),
        ("Original-Envelope-Id", strict(dsn.envid)),
        ("Arrival-Date", write.date(dsn.arrival) if dsn.arrival else ""),
    ]
    parts = [write.text(words), write.report_part(f"message/{KIND}", [own, *map(_group, dsn.outcomes)])]
    if dsn.original:
        parts.append(write.enclosed(dsn.original, headers_only=dsn.headers_only))
    original = dsn.original_id
    head = [
        ("Date", write.date(date)),
        ("From", write_address(sender or Address(f"mailer-daemon@{dsn.reporting}", "Mail Delivery System"))),
        ("To", strict(to)),
        ("Subject", encode(subject or _subject(dsn))),
        ("Message-ID", write_ids((message_id,))),
        ("In-Reply-To", write_ids((original,)) if original else ""),
        ("References", write_ids((original,)) if original else ""),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
    ]
    return write.head(head) + write.multipart("multipart/report", parts, message_id, extra=f"; report-type={KIND}")


def read(mail: Mail) -> Dsn | None:
    """The delivery notice that a message is; None when it is none."""
    report = read_report(mail, KIND)
    if report is None:
        return None
    first = report.groups[0] if report.groups else {}
    return Dsn(
        reporting=typed(first.get("reporting-mta", "")),
        envid=first.get("original-envelope-id", ""),
        arrival=_when(first.get("arrival-date", "")),
        outcomes=tuple(_outcome(group) for group in report.groups if "action" in group or "final-recipient" in group),
        words=report.text,
        original=report.original.content if report.original is not None else b"",
        headers_only=report.original is None or report.original.type == "text/rfc822-headers",
    )


def reported_id(mail: Mail) -> str:
    """The identifier of the message that a notice is about: from the original it encloses, else from its thread."""
    found = read(mail)
    ids = [found.original_id if found else "", *mail.in_reply_to, *reversed(mail.references)]
    ids += read_ids(mail.header("x-original-message-id"))
    return next((one for one in ids if one), "")


def _group(one: Outcome) -> list[tuple[str, str]]:
    return [
        ("Original-Recipient", one.original and f"rfc822;{strict(one.original)}"),
        ("Final-Recipient", f"rfc822;{strict(one.final)}"),
        ("Action", strict(one.action)),
        ("Status", strict(one.status)),
        ("Remote-MTA", one.remote and f"dns; {strict(one.remote)}"),
        ("Diagnostic-Code", encode(one.diagnostic)),
    ]


def _outcome(group: Group) -> Outcome:
    return Outcome(
        final=typed(group.get("final-recipient", "")),
        action=group.get("action", "").strip().lower(),
        status=group.get("status", "").partition(" ")[0].strip(),
        original=typed(group.get("original-recipient", "")),
        diagnostic=group.get("diagnostic-code", ""),
        remote=typed(group.get("remote-mta", "")),
    )


def _when(value: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _subject(dsn: Dsn) -> str:
    actions = {one.action for one in dsn.outcomes}
    for action in ("failed", "delayed"):
        if action in actions:
            return text("norms.mail", f"dsn.subject_{action}", "fr")
    return text("norms.mail", "dsn.subject_delivered", "fr")


def _words(one: Outcome) -> str:
    key = one.action if one.action in ("failed", "delayed", "delivered") else "relayed"
    return text("norms.mail", f"dsn.{key}", "fr", recipient=one.final, diagnostic=one.diagnostic or one.status)
