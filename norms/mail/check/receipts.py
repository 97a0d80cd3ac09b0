"""Receipts asked for, and receipts returned (ECO.2.3.1, ECO.2.3.2, ECO.3.1.6): MAIL-RCPT-*, MAIL-MDN-*, MAIL-DSN-*."""

from __future__ import annotations

from collections.abc import Iterator

from norms.finding import Finding, find
from norms.mail import dsn, mdn
from norms.mail.address import read_addresses
from norms.mail.check.seen import Seen
from norms.mail.mdn import CODES, TECHNICAL, Generation, Mdn


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on receipts: on the request, or on the receipt that the message is."""
    if not seen.mail.is_report:
        yield from _asked(seen)
        return
    receipt, notice = mdn.read(seen.mail), dsn.read(seen.mail)
    if receipt is not None:
        yield from _receipt(receipt, seen)
    elif notice is None:
        yield find("MAIL-MDN-01", expected=3, found=len(seen.mail.root.parts), where=seen.mail.where("content-type"))
    elif not notice.outcomes or not all(map(_sound, notice.outcomes)):
        found = ", ".join(one.action for one in notice.outcomes) or "—"
        yield find("MAIL-DSN-01", found=found, where=seen.mail.where())


def _sound(one: dsn.Outcome) -> bool:
    return bool(one.final and one.status) and one.action in dsn.ACTIONS


def _asked(seen: Seen) -> Iterator[Finding]:
    mail, facts = seen.mail, seen.facts
    notified = facts.notify is not None and any("SUCCESS" in one.upper() for one in facts.notify)
    by_header = bool(mail.addresses("return-receipt-to"))
    if facts.wants_dsn and not notified and facts.notify is not None:
        rule = "MAIL-RCPT-02" if by_header else "MAIL-RCPT-01"
        yield find(rule, where=mail.where("return-receipt-to"))
    field = mail.root.field("disposition-notification-to")
    where = mail.where("disposition-notification-to")
    if field is None:
        if facts.wants_mdn:
            yield find("MAIL-RCPT-03", expected=mail.sender.address, where=where)
        return
    asked = read_addresses(field.value)
    if not asked or "@" not in asked[0].address:
        yield find("MAIL-RCPT-05", found=field.value, where=where)
        return
    path = facts.mail_from or mail.sender.address
    if asked[0].key != path.lower():
        yield find("MAIL-RCPT-04", expected=path, found=asked[0].address, where=where)


def _receipt(one: Mdn, seen: Seen) -> Iterator[Finding]:
    mail = seen.mail
    where = mail.where()
    for name, value, form in (
        ("Final-Recipient", one.final_recipient, "rfc822;adresse"),
        ("Original-Message-ID", one.original_id, "<identifiant>"),
        ("Disposition", one.type if one.mode in (mdn.MANUAL, mdn.AUTOMATIC) else "", f"{mdn.MANUAL}; displayed"),
    ):
        if not value:
            yield find("MAIL-MDN-02", expected=form, found=value, where=where, field=name)
    if one.generation is Generation.OLD and one.error is not None:
        yield find("MAIL-MDN-05", found=f"Error: {one.error}", where=where)
    elif len(mail.root.parts) not in (2, 3):
        yield find("MAIL-MDN-01", expected=3, found=len(mail.root.parts), where=where)
    if one.error is not None and not one.error.known:
        yield find("MAIL-MDN-06", expected=", ".join((*CODES, *TECHNICAL)), found=one.error.code, where=where)
    if one.error is not None and one.error.code not in one.words:
        yield find("MAIL-MDN-08", expected=one.error.code, where=where)
    if one.error is not None and not one.original and one.generation is not Generation.OLD:
        yield find("MAIL-MDN-07", where=where)
    yield from _due(one, seen)


def _due(one: Mdn, seen: Seen) -> Iterator[Finding]:
    """MAIL-MDN-03 and -04: the message was received, and asked for a receipt."""
    received = seen.facts.received
    if received is None or not one.original_id:
        return
    original = received(one.original_id)
    if original is None:
        yield find("MAIL-MDN-03", found=one.original_id, expected=seen.facts.mailbox, where=seen.mail.where())
    elif not mdn.asked(original):
        yield find("MAIL-MDN-04", found=one.original_id, where=seen.mail.where())
