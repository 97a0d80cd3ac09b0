"""The patients' side, simulated: patients read what they received, answer, acknowledge, pass an ordonnance on.

Every function acts on a message of a patient's INBOX and gives the journal's entry of what was sent. The texts are the
bench's own; how Mon espace santé words them is not published.
"""

from __future__ import annotations

from dataclasses import dataclass

from mocks.journal import Exchange
from mocks.mssante.box_model import Message
from mocks.mssante.post import Post, fresh_id
from mocks.mssante.routing import AUTOMATIC
from mocks.session import Session
from mocks.world import Patient
from norms.mail import mdn
from norms.mail.address import PATIENTS, Address
from norms.mail.compose import Draft, File, compose
from norms.mail.compose import reply as answering
from norms.mail.model import Mail
from norms.mail.parse import parse
from norms.texts import Lang, text

END = "[FIN]"


class PatientError(ValueError):
    """What a patient cannot do. ``reason``: no-patient, no-message, closed (the professional ended the exchange),
    no-receipt (none was asked), no-document, nobody (no address to write to)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason, self.detail = reason, detail

    def message(self, lang: Lang) -> str:
        """Why, in a sentence."""
        return text("mocks.mssante", f"refused.{self.reason}", lang, detail=self.detail)


@dataclass(frozen=True, slots=True)
class Held:
    """A message in a patient's INBOX."""

    patient: Patient
    address: str
    message: Message
    mail: Mail


class Patients:
    """What the control API drives. ``patient``: an id of the world, or an address; ``uid``: of a message in INBOX."""

    def __init__(self, post: Post) -> None:
        self.post = post
        post.automatic = self.automatic

    def write(
        self, session: Session, patient: str, to: str, subject: str, words: str, *, named: bool = True
    ) -> Exchange:
        """The patient writes of his own accord; ``named`` False: without display name. Raises PatientError."""
        who, address = self._patient(session, patient)
        sender = Address(address, displayed(who) if named else "")
        raw = self._written(session, sender, (Address(to),), subject, words)
        return self.post.send(session, "patient-message", raw, [to], sender=address, facts={"patient": who.id})

    def reply(self, session: Session, patient: str, uid: int, words: str = "") -> Exchange:
        """The patient answers a message: to Reply-To, else to From. Raises PatientError, ``closed`` after
        ``X-MSS-MES: FIN`` (or ``[FIN]`` in the subject)."""
        held = self.held(session, patient, uid)
        to = _answer_to(held.mail)
        said = words or text(__package__, "patient.reply", "fr", name=displayed(held.patient))
        raw = self._written(session, _sender(held), to, f"Re: {held.mail.subject}", said, about=held.mail)
        self._mark(session, held, "\\Seen", "\\Answered")
        return self._send(session, held, "patient-reply", raw, to, held.address)

    def read(self, session: Session, patient: str, uid: int, *, receipt: bool = True) -> Exchange | None:
        """The patient opens a message; a read receipt (RFC 8098) leaves when one was asked and he allows it."""
        held = self.held(session, patient, uid)
        self._mark(session, held, "\\Seen")
        return self.receipt(session, patient, uid) if receipt and mdn.asked(held.mail) else None

    def receipt(self, session: Session, patient: str, uid: int) -> Exchange:
        """The read receipt alone; raises PatientError, ``no-receipt`` when none was asked."""
        held = self.held(session, patient, uid)
        asked = mdn.asked(held.mail)
        if not asked:
            raise PatientError("no-receipt")
        said = mdn.Mdn(final_recipient=held.address, original_id=held.mail.message_id, original=held.mail.raw)
        when, id_ = self.post.now(session), fresh_id()
        raw = mdn.compose(said, sender=_sender(held), to=Address(asked), date=when, message_id=id_)
        self._mark(session, held, "$MDNSent")
        return self._send(session, held, "patient-receipt", raw, (Address(asked),), "")

    def forward(self, session: Session, patient: str, uid: int, to: str = "") -> Exchange:
        """The patient passes the documents of a message on, an ordonnance to a pharmacy: ``to``, else the first
        organisational mailbox with the tag ``pharmacy``. Raises PatientError."""
        held = self.held(session, patient, uid)
        boxes = session.world.mailboxes.values()
        target = to or next((box.id for box in boxes if "pharmacy" in box.tags and box.active), "")
        files = tuple(File(part.filename or "document", part.content, part.type) for part in held.mail.attachments)
        if not target or not files:
            raise PatientError("no-document" if target else "nobody")
        words = text(__package__, "patient.forward", "fr", name=displayed(held.patient))
        raw = self._written(session, _sender(held), (Address(target),), held.mail.subject, words, files=files)
        self._mark(session, held, "\\Seen", "$Forwarded")
        return self._send(session, held, "patient-forward", raw, (Address(target),), held.address)

    def automatic(self, session: Session, raw: bytes) -> None:
        """The automatic-answer mailbox answers what it received, unless it may not (a report, an ended exchange)."""
        mail = parse(raw)
        if mail.is_report or mail.header("auto-submitted").lower() not in ("", "no"):
            return
        try:
            to = _answer_to(mail)
        except PatientError:
            return
        sender = Address(AUTOMATIC, text(__package__, "patient.automatic_name", "fr"))
        words = text(__package__, "patient.automatic", "fr", subject=mail.subject)
        mark = (("Auto-Submitted", "auto-replied"),)
        answer = self._written(session, sender, to, f"Re: {mail.subject}", words, about=mail, extra=mark)
        recipients = [one.address for one in to]
        self.post.send(session, "patient-automatic", answer, recipients, facts={"original": mail.message_id})

    def held(self, session: Session, patient: str, uid: int) -> Held:
        """A message of a patient's INBOX; raises PatientError."""
        who, address = self._patient(session, patient)
        boxes = self.post.boxes
        message = boxes.message(boxes.folder(session.id, address, "INBOX"), uid)
        if message is None:
            raise PatientError("no-message", str(uid))
        return Held(who, address, message, parse(boxes.content(message.content).raw))

    # -- inside --------------------------------------------------------------------------------------------------

    def _patient(self, session: Session, patient: str) -> tuple[Patient, str]:
        found = session.world.patients.get(patient) or session.world.patient_box(patient)[0]
        if found is None or found.ins is None:
            raise PatientError("no-patient", patient)
        return found, f"{found.ins.full}@{PATIENTS}".lower()

    def _written(
        self,
        session: Session,
        sender: Address,
        to: tuple[Address, ...],
        subject: str,
        words: str,
        *,
        about: Mail | None = None,
        files: tuple[File, ...] = (),
        extra: tuple[tuple[str, str], ...] = (),
    ) -> bytes:
        draft = Draft(
            sender=sender,
            to=to,
            subject=subject,
            text=words,
            date=self.post.now(session),
            message_id=fresh_id(),
            files=files,
            extra=extra,
        )
        if about and about.message_id:
            draft = answering(draft, about.message_id, tuple(about.references))
        return compose(draft)

    def _send(
        self, session: Session, held: Held, operation: str, raw: bytes, to: tuple[Address, ...], envelope: str
    ) -> Exchange:
        facts = {"patient": held.patient.id, "original": held.mail.message_id}
        return self.post.send(session, operation, raw, [one.address for one in to], sender=envelope, facts=facts)

    def _mark(self, session: Session, held: Held, *flags: str) -> None:
        boxes = self.post.boxes
        folder = boxes.folder(session.id, held.address, "INBOX")
        boxes.flag(folder, [held.message.uid], lambda kept: kept | frozenset(flags))


def _answer_to(mail: Mail) -> tuple[Address, ...]:
    """Where an answer goes; raises PatientError when the professional ended the exchange, or gave no address."""
    if mail.header("x-mss-mes").strip() == "FIN" or END in mail.subject:
        raise PatientError("closed")
    found = tuple(mail.addresses("reply-to") or mail.addresses("from"))
    if not found:
        raise PatientError("nobody")
    return found


def _sender(held: Held) -> Address:
    return Address(held.address, displayed(held.patient))


def displayed(patient: Patient) -> str:
    """``Prénom Nom``, as Mon espace santé shows a patient."""
    first = patient.used_given_name or patient.first_given_name
    return f"{first.title()} {(patient.used_name or patient.birth_name).title()}".strip()
