"""Who, when, in which thread: MAIL-HDR-*, MAIL-THR-*, MAIL-FROM-*, MAIL-APP-*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from norms.finding import Finding, find
from norms.ins.lexical import fold
from norms.mail import write
from norms.mail.address import sound_id
from norms.mail.check.seen import Seen
from norms.mail.model import Mail
from norms.mail.names import read_person_name

DRIFT = timedelta(minutes=15)
_MENTIONS = {"« automatique »": re.compile("automati", re.I), "« …@… »": re.compile(r"[^\s@<>]+@[\w.-]+\.\w+")}
_ZONE = re.compile(r"([+-]\d{4}|[A-Z]{1,4})\s*(\([^()]*\)\s*)?$", re.I)  # or its old name, GMT
_PERSON = "[<Titre>_]<Prénom>_<NOM>[_<Entité>]"
_ENTITY = "<Entité fonctionnelle>"


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on origin, date, identifier, thread and display name."""
    yield from _origin(seen)
    yield from _date(seen)
    yield from _identifier(seen)
    yield from _thread(seen)
    if seen.mail.sender.address:
        yield from _display_name(seen)


def _origin(seen: Seen) -> Iterator[Finding]:
    mail, facts = seen.mail, seen.facts
    sender = mail.sender
    if "@" not in sender.address:
        yield find("MAIL-HDR-01", found=mail.header("from"), where=mail.where("from"))
    elif facts.mailbox and sender.key != facts.mailbox.lower():
        yield find("MAIL-HDR-08", expected=facts.mailbox, found=sender.address, where=mail.where("from"))
    elif facts.mail_from and facts.mail_from.lower() != sender.key:
        yield find("MAIL-HDR-09", expected=sender.address, found=facts.mail_from, where=mail.where("from"))
    if not mail.recipients:
        yield find("MAIL-HDR-06", where=mail.where("to"))
    elif facts.recipients is not None and not mail.is_report:
        # A recipient of the envelope alone is a Bcc; one of the header alone was forgotten.
        envelope = {one.lower() for one in facts.recipients}
        for one in mail.recipients:
            if one.key not in envelope:
                yield find("MAIL-HDR-11", found=one.address, where=mail.where("to"))
    if mail.header("bcc"):
        yield find("MAIL-HDR-12", where=mail.where("bcc"))
    if mail.root.field("content-type") and not mail.header("mime-version").startswith("1.0"):
        yield find("MAIL-HDR-10", where=mail.where("mime-version"))
    if facts.kind == "APP" and not mail.is_report and not mail.addresses("reply-to"):
        yield find("MAIL-APP-01", where=mail.where("reply-to"))
    if facts.kind == "APP" and not mail.is_report and (lacks := _unsaid(mail)):
        yield find("MAIL-APP-02", found=lacks, where=mail.where())


def _unsaid(mail: Mail) -> str:
    """What the text of an automatic message lacks: that it is automatic, an address to write to."""
    words = " ".join(part.text for part in mail.texts)
    return " + ".join(name for name, form in _MENTIONS.items() if not form.search(words))


def _date(seen: Seen) -> Iterator[Finding]:
    mail, now = seen.mail, seen.facts.now
    when, said = mail.date, mail.header("date")
    if when is None or not _ZONE.search(said):
        expected = write.date(now) if now else "Sun, 22 Nov 2026 09:30:00 +0100"
        yield find("MAIL-HDR-02", expected=expected, found=said or "—", where=mail.where("date"))
    elif now is not None and abs(when - now) > DRIFT:
        yield find("MAIL-HDR-07", expected=write.date(now), found=write.date(when), where=mail.where("date"))


def _identifier(seen: Seen) -> Iterator[Finding]:
    mail = seen.mail
    said, where = mail.header("message-id"), mail.where("message-id")
    if not said:
        yield find("MAIL-HDR-03", where=where)
    elif not (said.startswith("<") and said.endswith(">") and sound_id(said[1:-1])):
        yield find("MAIL-HDR-04", found=said, where=where)
    elif seen.facts.used is not None and seen.facts.used(said[1:-1]):
        yield find("MAIL-HDR-05", found=said, where=where)


def _thread(seen: Seen) -> Iterator[Finding]:
    mail, answered = seen.mail, seen.facts.answers
    for name, ids in (("In-Reply-To", mail.in_reply_to), ("References", mail.references)):
        if mail.header(name) and not ids:
            yield find("MAIL-THR-03", found=mail.header(name), where=mail.where(name), field=name)
            return
    if answered is None or not answered.message_id:
        return
    if answered.message_id not in mail.in_reply_to:
        found, where = mail.header("in-reply-to") or "—", mail.where("in-reply-to")
        yield find("MAIL-THR-01", expected=answered.message_id, found=found, where=where)
    thread = [*answered.references, answered.message_id]
    if [one for one in mail.references if one in thread] != thread:
        found, where = mail.header("references") or "—", mail.where("references")
        expected = " ".join(f"<{one}>" for one in thread)
        yield find("MAIL-THR-02", expected=expected, found=found, where=where)


def _display_name(seen: Seen) -> Iterator[Finding]:
    sender, facts, where = seen.mail.sender, seen.facts, seen.mail.where("from")
    person = facts.kind in ("PER", "CAB")
    expected = _PERSON if person or not facts.kind else _ENTITY
    name = sender.name.strip()
    if not name:
        if seen.by_software:
            yield find("MAIL-FROM-01", expected=expected, where=where)
        return
    if "@" in name and name.lower().strip("<>'\" ") == sender.key:
        yield find("MAIL-FROM-04", expected=expected, found=name, where=where)
        return
    read = read_person_name(name)
    if facts.kind == "PER":
        if read is None:
            yield find("MAIL-FROM-02", expected=expected, found=name, where=where)
        elif all(facts.owner) and (fold(read.given), fold(read.family)) != tuple(map(fold, facts.owner)):
            yield find("MAIL-FROM-05", expected="_".join(facts.owner), found=name, where=where)
    elif facts.kind in ("ORG", "APP") and read is not None:
        yield find("MAIL-FROM-03", expected=expected, found=name, where=where, name=facts.kind)
