"""Actions about mail and the Annuaire."""

from __future__ import annotations

from typing import Any

from harness.drive.reference.actions import Body, action
from harness.drive.reference.cda_files import MEDIA_TYPE
from harness.drive.reference.config import Professional
from harness.drive.reference.model import Patient, Refused
from harness.drive.reference.mss import writing
from harness.drive.reference.mss.desk import MailDesk
from harness.drive.reference.mss.letter import Letter
from harness.drive.reference.mss.operator import Operator
from harness.drive.reference.mss.paper import Paper, paper
from harness.drive.reference.mss.writing import Order
from harness.drive.reference.software import AUTOMATON, Software

PATIENT = "patient"  # as a recipient: the patient's own mailbox


@action("mail.connect")
def connect(software: Software, body: Body) -> dict[str, Any]:
    """Open the sessions of the user's mailbox, or of the software's own."""
    _, operator, _ = _at(software, body)
    if body.get("again"):
        operator.close()
    try:
        _tried(software, operator, operator.smtp)
        _tried(software, operator, operator.imap)
    except Refused:
        if software.defects.on("mss-silent-failure"):
            return {"mailbox": operator.address}
        raise
    software.screen.message("mss.connected", mailbox=operator.address)
    assert operator.servers is not None
    smtp, imap = operator.servers.smtp, operator.servers.imap
    return {"mailbox": operator.address, "smtp": f"{smtp[0]}:{smtp[1]}", "imap": f"{imap[0]}:{imap[1]}"}


@action("mail.send")
def send(software: Software, body: Body) -> dict[str, Any]:
    """Send a message, with documents about one patient or none."""
    desk, operator, user = _at(software, body)
    patient = software.store.get(body["patient"]) if body.get("patient") else None
    papers = tuple(_paper(software, number, n) for n, number in enumerate(body.get("documents", []), 1))
    order = Order(
        to=tuple(_recipient(software, one, patient) for one in body.get("to", [])),
        patient=patient,
        papers=papers,
        text=body.get("text", ""),
        subject=body.get("subject", ""),
        receipts=frozenset(body.get("receipts", [])),
        end=body.get("end", False),
        action=body.get("action", ""),
    )
    return _sent(software, desk, order, operator, user)


@action("mail.reply")
def reply(software: Software, body: Body) -> dict[str, Any]:
    """Answer a message, in its thread."""
    desk, operator, user = _at(software, body)
    letter = desk.of(body["message"])
    if letter.closed:
        raise Refused("mss.closed-exchange")
    order = Order(to=(letter.reply_to or letter.sender,), text=body.get("text", ""), answers=letter)
    return _sent(software, desk, order, operator, user)


@action("mail.sync")
def sync(software: Software, body: Body) -> dict[str, Any]:
    """Fetch what is new; what cannot be filed without a person goes to the worklist."""
    desk, operator, user = _at(software, body)
    if software.mode == "psc" and operator.token is not None and not software.defects.on("mss-stays-connected"):
        _tried(software, operator, software.psc.renew)
    found = _tried(
        software, operator, lambda: desk.sync(operator.address, user, operator, list(software.store), software.traces)
    )
    for letter in found:
        _tell(software, desk, letter)
    return {"messages": [letter.shown() for letter in found]}


@action("mail.list")
def list_(software: Software, body: Body) -> dict[str, Any]:
    """The messages of a folder of the software: inbox or sent."""
    desk = _desk(software)
    sent = body.get("folder", "inbox") == "sent"
    letters = [
        one for one in desk.letters.values() if (one.state in ("sent", "failed")) == sent and one.state != "deleted"
    ]
    for letter in letters:
        software.screen.items.append(_line(software, letter))
    return {"messages": [letter.shown() for letter in letters]}


@action("mail.get")
def get(software: Software, body: Body) -> dict[str, Any]:
    """One message, and what became of its documents."""
    desk = _desk(software)
    letter = desk.of(body["message"])
    software.screen.items.append(_line(software, letter))
    states = {id: desk.papers[id][1] for id in letter.papers if id in desk.papers}
    return {**letter.shown(), "states": states}


@action("mail.file")
def file(software: Software, body: Body) -> dict[str, Any]:
    """A person says whose a waiting message is."""
    desk = _desk(software)
    letter = desk.of(body["message"])
    desk.file_by_hand(letter, software.store.get(body["patient"]))
    return letter.shown()


@action("mail.receipt")
def receipt(software: Software, body: Body) -> dict[str, Any]:
    """Return the read receipt that was asked for."""
    desk, operator, user = _at(software, body)
    letter = desk.of(body["message"])
    id = _tried(software, operator, lambda: desk.receipt(letter, user, operator, software.traces))
    return {"message_id": id}


@action("mail.delete")
def delete(software: Software, body: Body) -> dict[str, Any]:
    """Put a received message in the trash."""
    desk, operator, user = _at(software, body)
    letter = desk.of(body["message"])
    _tried(software, operator, lambda: desk.delete(letter, user, operator, software.traces))
    return letter.shown()


@action("mail.refusal")
def refusal(software: Software, body: Body) -> dict[str, Any]:
    """Note that a patient or a correspondent refuses messages, or no longer does."""
    desk, refuses = _desk(software), body.get("refuses", True)
    if body.get("patient"):
        held, key = desk.closed_patients, software.store.get(body["patient"]).id
    else:
        held, key = desk.closed_addresses, str(body["address"]).lower()
    (held.add if refuses else held.discard)(key)
    return {"patients": sorted(desk.closed_patients), "addresses": sorted(desk.closed_addresses)}


@action("annuaire.search")
def search(software: Software, body: Body) -> dict[str, Any]:
    """Look for a correspondent in the Annuaire Santé."""
    found = _desk(software).annuaire.search({name: str(value) for name, value in body.items() if value})
    for row in found:
        words = " · ".join(part for part in (row["name"], row["profession"], row["place"], row["address"]) if part)
        software.screen.items.append({"kind": "list", "text": words, "field": "address", "value": row["address"]})
    return {"results": found}


# --- shared -------------------------------------------------------------------------------------------------------


def _sent(software: Software, desk: MailDesk, order: Order, operator: Operator, user: Professional) -> dict[str, Any]:
    letter = _tried(software, operator, lambda: desk.send(order, operator.address, user, operator, software.traces))
    software.screen.message("mss.sent", to=", ".join(letter.to))
    left_out = [one for one in order.to if one not in letter.to]
    if left_out:
        software.screen.alert("mss.left-out", to=", ".join(left_out))
    return {**letter.shown(), "left_out": left_out}


def _tried(software: Software, operator: Operator, gesture: Any) -> Any:
    """Do it; when Pro Santé Connect is over, so are the sessions of the mailbox (ECO.1.2.6)."""
    try:
        return gesture()
    except Refused as refused:
        if refused.code in ("psc.over", "psc.none") and not software.defects.on("mss-stays-connected"):
            operator.close()
            software.session = None
        if refused.code in ("mss.login", "mss.unreachable") and software.defects.on("mss-failure-locks-software"):
            software.session = None
        raise


def _tell(software: Software, desk: MailDesk, letter: Letter) -> None:
    if letter.state == "waiting":
        software.screen.worklist.append(
            {"message": letter.id, "reason": letter.reason, "patient": "", "time": "",
             "text": software.screen.words("worklist.mss", reason=letter.reason)}
        )  # fmt: skip
    original = desk.letters.get(letter.answers)
    if original is not None and original.state == "failed" and not software.defects.on("mss-silent-bounce"):
        software.screen.alert("mss.not-delivered", to=", ".join(original.to), reason=original.receipts[-1]["status"])


def _line(software: Software, letter: Letter) -> dict[str, str]:
    shown = letter.subject if software.defects.on("mss-shows-prefix") else letter.label
    who = letter.about
    parts = [software.screen.words(f"mss.{letter.shown()['from_kind']}"), letter.sender_name or letter.sender, shown]
    if software.defects.on("mss-patients-as-others"):
        parts = parts[1:]
    if who.ins and not software.defects.on("mss-hides-ins"):
        parts += [who.birth_name, who.first_given_name, who.ins]
    return {"kind": "list", "text": " · ".join(parts), "field": "message", "value": letter.id}


def _recipient(software: Software, to: str, patient: Patient | None) -> str:
    if to != PATIENT:
        return to.lower()
    if patient is None:
        raise Refused("mss.no-patient")
    return writing.patient_address(patient, software.defects)


def _paper(software: Software, number: str, rank: int) -> Paper:
    media_type, content = software.documents.get(number, ("", b""))
    if media_type != MEDIA_TYPE:
        raise Refused("unknown-document", document=number)
    return paper(content, f"Document{rank:02d}")


def _desk(software: Software) -> MailDesk:
    if software.mail is None:
        raise Refused("mss.not-configured")
    return software.mail


def _at(software: Software, body: Body) -> tuple[MailDesk, Operator, Professional]:
    """The desk, the operator of the mailbox to use, and who acts."""
    desk = _desk(software)
    if body.get("automatic"):
        return desk, desk.operator(desk.box(None), None), AUTOMATON
    user = software.user
    return desk, desk.operator(desk.box(user), software.mail_token), user
