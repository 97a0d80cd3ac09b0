"""Non-delivery messages of Mon espace santé to a professional. The real senders, subjects and bodies are not published:
the words are ours and say so (simulated); only the four causes, and the size limit, are known (Cnam, éléments
d'information à destination des éditeurs MSSanté, V1.3, §6). ``not-activated`` is supposed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from norms.mail import dsn, write
from norms.mail.address import PATIENTS, Address, write_address, write_ids
from norms.mail.parse import parse
from norms.mail.words import encode
from norms.texts import text

CAUSES: Final = ("closed", "unknown", "invalid", "not-activated", "size")
LIMIT: Final = 25_000_000  # bytes of a message to a patient, all parts together
SENDER: Final = Address(f"ne-pas-repondre@{PATIENTS}", "Mon espace santé (simulé)")
SIMULATED: Final = "X-Segur-Simulated"
_STATUS: Final = {
    "closed": "5.2.1", "unknown": "5.1.1", "invalid": "5.1.3", "not-activated": "5.2.1", "size": "5.3.4",
}  # fmt: skip


def compose(
    cause: str, *, original: bytes, recipient: str, date: datetime, message_id: str, report: bool | None = None
) -> bytes:
    """The message sent back when a patient's mailbox did not take ``original``.

    ``report``: as a multipart/report, else as plain text (None: a report for ``size``, which the operator's own server
    says, plain text for the others). Both are attached to the thread of the original. Raises KeyError, ValueError.
    """
    status = _STATUS[cause]
    mail = parse(original)
    words = text("norms.mail", f"bounce.{cause}", "fr", recipient=recipient, subject=mail.subject)
    words += "\n\n" + text("norms.mail", "bounce.simulated", "fr")
    to = mail.sender.address
    if report if report is not None else cause == "size":
        outcome = dsn.Outcome(final=recipient, action="failed", status=status, diagnostic=f"smtp; 550 {status} {cause}")
        notice = dsn.Dsn(reporting=PATIENTS, outcomes=(outcome,), words=words, original=original)
        sender = Address(f"mailer-daemon@{PATIENTS}", "Mail Delivery System")
        subject = "Undelivered Mail Returned to Sender"
        raw = dsn.compose(notice, to=to, date=date, message_id=message_id, sender=sender, subject=subject)
        return write.field(SIMULATED, "yes") + raw
    thread = [mail.message_id] if mail.message_id else []
    head = [
        (SIMULATED, "yes"),
        ("Date", write.date(date)),
        ("From", write_address(SENDER)),
        ("To", to),
        ("Subject", encode(text("norms.mail", "bounce.subject", "fr"))),
        ("Message-ID", write_ids((message_id,))),
        ("In-Reply-To", write_ids(thread)),
        ("References", write_ids(thread)),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
    ]
    return write.head(head) + write.text(words) + b"\r\n"
