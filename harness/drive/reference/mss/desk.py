"""The software's mailboxes: opens them, sends, receives, files, answers, deletes; keeps a trace of each gesture."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from harness.drive.reference.config import Mss, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Patient, Refused
from harness.drive.reference.mss import reading, writing
from harness.drive.reference.mss.annuaire import Annuaire
from harness.drive.reference.mss.letter import Identity, Letter
from harness.drive.reference.mss.operator import Operator, Token
from harness.drive.reference.mss.tls import Revocation
from harness.drive.reference.mss.writing import Order
from harness.drive.reference.traces import Traces
from norms.mail import dsn, mdn
from norms.mail.address import Address, is_patient
from norms.mail.model import Mail
from norms.mail.parse import parse


class MailDesk:
    """The MSSanté side of one software. Methods raise Refused; every gesture is traced, the failed ones too."""

    def __init__(self, settings: Mss, defects: Defects, entity: str) -> None:
        self.settings, self.defects, self.entity = settings, defects, entity
        self.annuaire = Annuaire(settings, defects)
        self.revocation = Revocation(settings, defects)
        self._operators: dict[str, Operator] = {}
        self.forget()

    def forget(self) -> None:
        """As a software just installed: no message, no refusal, no session."""
        self.disconnect()
        self.letters: dict[str, Letter] = {}
        self.papers: dict[str, tuple[str, str]] = {}  # uniqueId → (record, state: filed, replaced, deleted)
        self.closed_patients: set[str] = set()  # records of patients who refuse messages
        self.closed_addresses: set[str] = set()  # correspondents whom nothing is to be sent to
        self._last: dict[str, int] = {}

    def disconnect(self) -> None:
        """Close every session."""
        for operator in self._operators.values():
            operator.close()
        self._operators.clear()

    def close(self) -> None:
        """End everything."""
        self.disconnect()
        self.annuaire.close()

    def box(self, user: Professional | None) -> str:
        """The mailbox of a user; of the software when there is none. Raises Refused ``mss.no-mailbox``."""
        address = self.settings.mailboxes.get(user.id, "") if user else self.settings.app
        if not address:
            raise Refused("mss.no-mailbox")
        return address

    def operator(self, box: str, token: Token | None) -> Operator:
        """The operator of a mailbox."""
        if box not in self._operators:
            own = None if box == self.settings.app else token
            self._operators[box] = Operator(self.settings, self.defects, self.revocation, box, own)
        return self._operators[box]

    # -- sending -------------------------------------------------------------------------------------------------

    def send(self, order: Order, box: str, user: Professional, operator: Operator, traces: Traces) -> Letter:
        """Send a message and keep a copy among those sent. Recipients who refuse are left out, the others served."""
        to = tuple(one for one in order.to if not self._refuses(one, order.patient))
        if not to or (len(to) < len(order.to) and self.defects.on("mss-drops-all-on-refusal")):
            raise Refused("mss.recipient-refuses", to=", ".join(order.to))
        if order.papers and order.patient is None:
            raise Refused("mss.no-patient")
        made = writing.draft(writing.addressed(order, to), box, user, self.settings, self.entity, self.defects)
        raw = writing.write(made, self.defects)
        notify = "dsn" in order.receipts and not self.defects.on("mss-forgets-dsn")
        letter = Letter(
            f"M{len(self.letters) + 1:05d}", box, made.message_id, box, made.sender.name, to, made.subject, made.text,
            "sent", patient=order.patient.id if order.patient else "", references=made.references,
            papers=[one.entry.unique_id for one in order.papers],
            answers=order.answers.id if order.answers else "", raw=raw,
        )  # fmt: skip
        with traces.mail(user, "mail.send", letter) as said:
            refused = operator.send(to, raw, notify=notify, envid=uuid.uuid4().hex)
            said(f"DATA {len(raw)}", "250" if not refused else f"250, {'; '.join(refused.values())}")
        letter.receipts += [{"kind": "refused", "status": words, "recipient": one} for one, words in refused.items()]
        self.letters[letter.id] = letter
        if not self.defects.on("mss-keeps-no-copy"):
            copy = (
                raw.replace(b"\r\nMessage-ID:", b"\r\nX-Copy: 1\r\nMessage-ID:", 1)
                if self.defects.on("mss-copy-differs")
                else raw
            )
            with traces.mail(user, "mail.keep", letter) as said:
                said("APPEND", operator.keep(operator.special("\\Sent", "Sent"), copy))
        return letter

    def _refuses(self, address: str, patient: Patient | None) -> bool:
        if self.defects.on("mss-ignores-refusals"):
            return False
        of_patient = is_patient(address) and patient is not None and patient.id in self.closed_patients
        return of_patient or address in self.closed_addresses

    # -- receiving -----------------------------------------------------------------------------------------------

    def sync(
        self, box: str, user: Professional, operator: Operator, patients: Sequence[Patient], traces: Traces
    ) -> list[Letter]:
        """Fetch what is new, tie receipts to what they are about, file what may be filed."""
        found: list[Letter] = []
        arrived = operator.new(self._last.get(box, 0))
        for uid, raw in [] if self.defects.on("mss-fetches-nothing") else arrived:
            self._last[box] = max(uid, self._last.get(box, 0))
            letter = self._received(box, uid, parse(raw))
            with traces.mail(user, "mail.receive", letter) as said:
                said(f"UID FETCH {uid}", f"OK {len(raw)}")
            self.letters[letter.id] = letter
            if not self._receipt(letter, parse(raw)):
                self._file(letter, parse(raw), patients)
            found.append(letter)
        return found

    def _received(self, box: str, uid: int, mail: Mail) -> Letter:
        words = mail.texts[0].text.strip() if mail.texts else ""
        answers = next((one.id for one in self.letters.values() if one.message_id in mail.in_reply_to), "")
        replies, title = mail.addresses("reply-to"), mail.root.field("subject")
        subject = title.value if title and self.defects.on("mss-shows-raw-subject") else mail.subject
        return Letter(
            f"M{len(self.letters) + 1:05d}", box, mail.message_id, mail.sender.key, mail.sender.name,
            tuple(one.key for one in mail.recipients), subject, words, "received", uid=uid, answers=answers,
            reply_to=replies[0].key if replies else "", references=tuple(mail.references),
            asked=mdn.asked(mail), closed=mail.header("x-mss-mes") == "FIN", raw=mail.raw,
        )  # fmt: skip

    def _receipt(self, letter: Letter, mail: Mail) -> bool:
        """Tie a receipt or a non-delivery message to the letter it is about; whether it was one."""
        read, delivery = mdn.read(mail), dsn.read(mail)
        about = read.original_id if read else dsn.reported_id(mail) if delivery or _automatic(mail) else ""
        original = next((one for one in self.letters.values() if one.state == "sent" and one.message_id == about), None)
        if original is None:
            return bool(read or delivery)
        if read:
            if not self.defects.on("mss-ignores-mdn"):
                status = str(read.error) if read.error else read.type
                original.receipts.append({"kind": "mdn", "status": status, "recipient": read.final_recipient})
        elif delivery and not delivery.failed:
            if not self.defects.on("mss-ignores-dsn"):
                original.receipts.append(
                    {"kind": "dsn", "status": "delivered", "recipient": delivery.outcomes[0].final}
                )
        elif not self.defects.on("mss-ignores-bounces"):
            original.receipts.append(
                {"kind": "failure", "status": letter.text.split("\n")[0], "recipient": original.to[0]}
            )
            original.state = "failed"
        letter.answers = "" if self.defects.on("mss-bounces-apart") else original.id
        return True

    def _file(self, letter: Letter, mail: Mail, patients: Sequence[Patient]) -> None:
        held = reading.content(mail, self.defects)
        if held is None:
            return
        letter.about, letter.papers = held.about, [one.entry.unique_id for one in held.papers]
        if held.wrong:
            letter.state, letter.reason = "waiting", held.wrong
            if self.defects.on("mss-drops-what-it-cannot-file"):
                letter.state = "deleted"
            return
        patient, reason = reading.match(held.about, patients, self.defects)
        if patient is not None and held.unsure:
            patient, reason = None, "not-qualified-there"
        if patient is None:
            letter.state, letter.reason = "waiting", reason
            return
        self.file(letter, held, patient)

    def file(self, letter: Letter, held: reading.Content, patient: Patient) -> None:
        """Put the documents of a message in a record: new ones, versions that replace, deletions."""
        letter.state, letter.reason, letter.patient = "filed", "", patient.id
        for one in held.papers:
            id, before = one.entry.unique_id, one.replaces
            if held.deletes and not self.defects.on("mss-ignores-deletion"):
                self.papers[id] = (patient.id, "deleted")
                continue
            if before in self.papers and not self.defects.on("mss-piles-up-versions"):
                self.papers[before] = (self.papers[before][0], "replaced")
            if id in self.papers and not self.defects.on("mss-doubles-documents"):
                letter.already.append(id)
            else:
                self.papers[id] = (patient.id, "filed")

    def file_by_hand(self, letter: Letter, patient: Patient) -> None:
        """A person decided whose a waiting message is. Raises Refused ``mss.cannot-file``."""
        held = reading.content(parse(letter.raw), self.defects)
        if held is None or held.wrong or self.defects.on("mss-files-alone-or-never"):
            raise Refused("mss.cannot-file", reason=held.wrong if held else "no-document")
        self.file(letter, held, patient)

    # -- afterwards ----------------------------------------------------------------------------------------------

    def receipt(self, letter: Letter, user: Professional, operator: Operator, traces: Traces) -> str:
        """Return the read receipt that a sender asked for. Raises Refused ``mss.not-asked``."""
        if not letter.asked and not self.defects.on("mss-receipt-unasked"):
            raise Refused("mss.not-asked")
        to = letter.asked or letter.sender
        id = f"{uuid.uuid4().hex}@{writing.DOMAIN}"
        made = mdn.Mdn(
            final_recipient=letter.mailbox, original_recipient=letter.mailbox, original_id=letter.message_id,
            original=letter.raw, agent="segur-reference",
        )  # fmt: skip
        if self.defects.on("mss-receipt-of-nothing"):
            from dataclasses import replace

            made = replace(made, original_id="", original=b"")
        raw = mdn.compose(
            made,
            sender=Address(letter.mailbox),
            to=Address(to),
            date=datetime.now(UTC),
            message_id=id,
            nil=self.settings.nil,
        )
        with traces.mail(user, "mail.receipt", letter) as said:
            operator.send([to], raw, notify=False, envid="")
            said("DATA", "250")
        return id

    def delete(self, letter: Letter, user: Professional, operator: Operator, traces: Traces) -> None:
        """Put a received message in the trash."""
        with traces.mail(user, "mail.delete", letter) as said:
            said(
                f"UID MOVE {letter.uid}",
                operator.command("MOVE", str(letter.uid), operator.special("\\Trash", "Trash")),
            )
        letter.state = "deleted"

    def of(self, id: str) -> Letter:
        """A message; raises Refused ``mss.no-message``."""
        if id not in self.letters:
            raise Refused("mss.no-message", message=id)
        return self.letters[id]

    @staticmethod
    def whom(patient: Patient) -> Identity:
        """A record as an identity."""
        t, ins = patient.traits, patient.ins
        return Identity(
            ins.full if ins else "", ins.oid if ins else "", t.birth_name, t.first_given_name, t.birth_date, t.sex
        )


def _automatic(mail: Mail) -> bool:
    return mail.header("auto-submitted").lower().startswith("auto-")
