"""Message disposition notifications: what a recipient's software did with a message (RFC 8098), as the CI-SIS uses it.

Two generations of the guide "transmission d'un document CDA par courriel MSS" are met: up to 1.1.2 the diagnosis is
glued to Disposition and the original's attachments are repeated; since 1.1.3 a field ``Error`` holds it and the
complete original is the third part. Both are read; either is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from norms.mail import write
from norms.mail.address import Address, read_ids, write_address, write_ids
from norms.mail.model import Mail
from norms.mail.parse import parse
from norms.mail.report import read_report, typed
from norms.mail.words import encode, strict
from norms.texts import text

MANUAL: Final = "manual-action/MDN-sent-manually"
AUTOMATIC: Final = "automatic-action/MDN-sent-automatically"
CODES: Final = ("900", "901", "902", "903", "904", "905", "906")  # integration of a document, functional
TECHNICAL: Final = ("0", "100", "101", "102", "103", "198", "199", "200", "201", "202", "203", "207")
KIND: Final = "disposition-notification"


class Generation(StrEnum):
    """Which edition of the guide a receipt follows; ``RFC``: neither is needed, it holds no diagnosis."""

    OLD = "1.1.2"
    NEW = "1.1.3"
    RFC = "8098"


@dataclass(frozen=True, slots=True)
class Error:
    """A diagnosis of integration: its code (`CODES`, `TECHNICAL`), its words."""

    code: str
    label: str = ""

    @property
    def known(self) -> bool:
        """Whether the guide has the code."""
        return self.code in CODES or self.code in TECHNICAL

    def __str__(self) -> str:
        return f"{self.code}^{self.label}"


def error(code: str) -> Error:
    """The functional error of that code (900 to 906), with its words; raises KeyError."""
    return Error(code, text("norms.mail", f"integration.{code}", "fr"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mdn:
    """A receipt. ``type``: displayed, processed, deleted, dispatched, denied…; ``mode``: `MANUAL` or `AUTOMATIC`.

    ``original_id`` without brackets; ``original`` the message it is about as it stands in the third part (empty when
    it is not there); ``repeated``: names of the attachments repeated as parts of their own (old generation).
    """

    final_recipient: str
    original_id: str
    original_recipient: str = ""
    mode: str = MANUAL
    type: str = "displayed"
    modifiers: tuple[str, ...] = ()
    error: Error | None = None
    agent: str = ""
    words: str = ""
    original: bytes = field(default=b"", repr=False)
    repeated: tuple[str, ...] = ()
    generation: Generation = Generation.RFC

    @property
    def failed(self) -> bool:
        """Whether it tells of an error."""
        return self.error is not None or "error" in (modifier.lower() for modifier in self.modifiers)


def compose(
    mdn: Mdn, *, sender: Address, to: Address, date: datetime, message_id: str, subject: str = "", nil: str = ""
) -> bytes:
    """The bytes of a receipt in its generation (`Generation.RFC` writes as the new one).

    Without ``subject`` it is made from the original's: as it is, or ``[KO Intégration système !][<code>] `` before it.
    Raises ValueError when an address or an identifier may not stand in a header.
    """
    old = mdn.generation is Generation.OLD
    modifiers = [*mdn.modifiers, *([] if old or mdn.error is None or "error" in mdn.modifiers else ["error"])]
    said = f"{mdn.mode}; {mdn.type}" + (f"/{','.join(modifiers)}" if modifiers else "")
    if old and mdn.error:
        said += f"{'/' if not modifiers else ','}Error: {mdn.error}"
    group = [
        ("Reporting-UA", encode(mdn.agent)),
        ("Original-Recipient", f"rfc822;{strict(mdn.original_recipient)}" if mdn.original_recipient else ""),
        ("Final-Recipient", f"rfc822;{strict(mdn.final_recipient)}"),
        ("Original-Message-ID", write_ids((mdn.original_id,)) if mdn.original_id else ""),
        ("Disposition", encode(said)),
        ("Error", encode(str(mdn.error)) if mdn.error and not old else ""),
    ]
    parts = [write.text(mdn.words or _words(mdn)), write.report_part(f"message/{KIND}", [group])]
    if mdn.original:
        parts.append(write.enclosed(mdn.original, headers_only=old))
        if old:
            held = parse(mdn.original).attachments
            parts += [write.file(part.filename or "document", part.type, part.content) for part in held]
    head = [
        ("Date", write.date(date)),
        ("From", write_address(sender)),
        ("To", write_address(to)),
        ("Subject", encode(subject or _subject(mdn))),
        ("Message-ID", write_ids((message_id,))),
        ("In-Reply-To", write_ids((mdn.original_id,)) if mdn.original_id else ""),
        ("References", write_ids((mdn.original_id,)) if mdn.original_id else ""),
        ("X-MSS-NIL", strict(nil)),
        ("MIME-Version", "1.0"),
    ]
    return write.head(head) + write.multipart("multipart/report", parts, message_id, extra=f"; report-type={KIND}")


def error_subject(subject: str, error: Error | None) -> str:
    """The subject of a receipt: the original's, after the marks of the error when there is one."""
    return f"[KO Intégration système !][{error.code}] {subject}" if error else subject


def _subject(mdn: Mdn) -> str:
    own = parse(mdn.original).subject if mdn.original else ""
    return error_subject(own or text("norms.mail", "mdn.subject", "fr"), mdn.error)


def read(mail: Mail) -> Mdn | None:
    """The receipt that a message is; None when it is none. What is absent is empty (`check` says what is wrong)."""
    report = read_report(mail, KIND)
    if report is None:
        return None
    fields: dict[str, str] = {}
    for group in report.groups:
        fields = {**group, **fields}
    mode, _, outcome = fields.get("disposition", "").partition(";")
    kind, _, rest = outcome.strip().partition("/")
    glued = _diagnosis(rest.partition(":")[2]) if "error:" in rest.lower().replace(" ", "") else None
    own = _diagnosis(fields["error"]) if "error" in fields else None
    modifiers = () if glued else tuple(part.strip() for part in rest.split(",") if part.strip())
    generation = Generation.OLD if glued else Generation.NEW if own else Generation.RFC
    repeated = tuple(part.filename for part in report.others)
    if repeated and generation is Generation.RFC:
        generation = Generation.OLD
    return Mdn(
        final_recipient=typed(fields.get("final-recipient", "")),
        original_recipient=typed(fields.get("original-recipient", "")),
        original_id=next(iter(read_ids(fields.get("original-message-id", ""))), ""),
        mode="".join(mode.split()),
        type=kind.strip().lower(),
        modifiers=modifiers,
        error=own or glued,
        agent=fields.get("reporting-ua", ""),
        words=report.text,
        original=report.original.content if report.original is not None else b"",
        repeated=repeated,
        generation=generation,
    )


def asked(mail: Mail) -> str:
    """The address to which a message asks for a receipt; empty when it asks for none."""
    wanted = mail.addresses("disposition-notification-to")
    return wanted[0].address if wanted else ""


def may_be_automatic(mail: Mail) -> bool:
    """Whether a receipt may go without a person's consent: Return-Path is the address that asks (RFC 8098 §2.1)."""
    paths = [one.key for one in mail.addresses("return-path")]
    return bool(asked(mail)) and (not paths or asked(mail).lower() in paths)


def _diagnosis(words: str) -> Error:
    code, _, label = words.strip().partition("^")
    return Error(code.strip(), label.strip().rstrip("^"))


def _words(mdn: Mdn) -> str:
    if mdn.error:
        return text("norms.mail", "mdn.error", "fr", code=mdn.error.code, label=mdn.error.label)
    known = mdn.type if mdn.type in ("displayed", "processed", "deleted") else "other"
    return text("norms.mail", f"mdn.{known}", "fr", recipient=mdn.final_recipient, type=mdn.type)
