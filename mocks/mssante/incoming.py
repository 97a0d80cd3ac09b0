"""Messages that the bench sends into a software's mailbox, to see what it does with them (H.MSS.08, .11 to .14).

A case is a name and a way to write: sound ones (``document``, ``three``, ``replaces``…) and those that a software must
not file by itself (``trait-differs``, ``no-ins``, ``wrong-hash``…). Documents are real CDA about patients of the world.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mocks import building
from mocks.mssante.post import Post, fresh_id
from mocks.session import Session
from mocks.world import Patient, World
from norms import xdm
from norms.cda import build
from norms.cda.build.pdf import pdf
from norms.cda.document import first, words
from norms.mail import mdn, names
from norms.mail.address import PATIENTS, Address
from norms.mail.compose import Draft, File, compose, reply
from norms.mail.parse import parse as parse_mail
from norms.xdm.actions import with_action
from norms.xdm.model import METADATA
from norms.xdm.model import File as XdmFile
from norms.xdm.package import pack, unpack
from norms.xds.derive import entry_of
from norms.xds.model import Code
from norms.xml import parse

ROOT = "1.2.250.1.213.99.9.4"  # documents of the correspondents that the bench plays
SENDER = "luc.verveine@msp-chenes.formation.mssante.fr"
TEXT = "Bonjour,\n\nVeuillez trouver ci-joint un document concernant ce patient."


class BadOrder(ValueError):
    """A message cannot be written as asked: unknown case, patient, mailbox or earlier message; says which are known."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: a case, the mailbox that receives, the patient (world id), who writes (a mailbox of the world).

    ``about``: Message-ID that a receipt or an answer is about; ``previous``: uniqueId replaced or deleted;
    ``receipt``: a read receipt is asked for; ``text``: the words of a text message.
    """

    case: str
    to: str
    patient: str = ""
    sender: str = SENDER
    about: str = ""
    previous: str = ""
    receipt: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was delivered: its Message-ID, the uniqueIds of its documents, its exchange in the journal."""

    message_id: str
    documents: tuple[str, ...] = ()
    exchange: int = 0


@dataclass(slots=True)
class Letter:
    """A message being written."""

    world: World
    order: Order
    now: datetime
    ids: list[str] = field(default_factory=list)

    def patient(self) -> Patient:
        """The patient asked for; raises BadOrder."""
        found = self.world.patients.get(self.order.patient)
        if found is None:
            raise BadOrder(f"patient: {self.order.patient!r} is not in the world")
        return found

    def draft(self, subject: str, text: str) -> Draft:
        """A message from the correspondent, without documents."""
        mailbox = self.world.mailboxes.get(self.order.sender)
        if mailbox is None:
            raise BadOrder(f"sender: {self.order.sender!r} is not a mailbox of the world")
        who = self.world.professionals.get(mailbox.professional)
        name = names.person_name(who.given_name, who.family_name) if who else mailbox.label
        return Draft(
            sender=Address(mailbox.id, name),
            to=(Address(self.order.to),),
            subject=subject,
            text=text,
            date=self.now,
            message_id=fresh_id(),
            nil="SIMULATEUR",
            ask_mdn=mailbox.id if self.order.receipt else "",
        )

    def document(
        self, one: Patient, *, ins: bool = True, code: str = "11488-4", id: str = "", replaces: str = ""
    ) -> bytes:
        """A letter about a patient, as a CDA with its PDF."""
        mailbox = self.world.mailboxes[self.order.sender]
        author = self.world.professionals.get(mailbox.professional) or self.world.professionals["dr-verveine"]
        place = self.world.organisations[mailbox.organisation or author.activities[0].organisation]
        who = building.professional(author, place)
        kind, when, id = building.coded("J66", code), self.now - timedelta(minutes=5), id or self.oid()
        self.ids.append(id)
        assert who.organisation is not None
        met = build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire")
        header = build.Header(
            template="",
            version="",
            id=build.Ident(id),
            set_id=build.Ident(f"{ROOT}.0"),
            code=kind,
            title=kind.display,
            time=when,
            patient=building.patient(one, self.world.dmp_oid(one.ins) if ins and one.ins else ""),
            authors=((who, when),),
            custodian=who.organisation,
            signer=who,
            acts=(build.Act(None, when, performer=who),),
            encounter=build.Encounter(met, when, building.coded("J61", place.sector)),
            version_number=2 if replaces else 1,
            replaces=build.Ident(replaces) if replaces else None,
        )
        body = pdf(kind.display, ["Document de test du banc segur-harness."], created=when, author=place.name)
        return build.document(header, build.Level1("application/pdf", body))

    def receipt(self, error: mdn.Error | None, generation: mdn.Generation = mdn.Generation.RFC) -> bytes:
        """A read receipt, or the diagnosis of a software that could not file, about a message of the software's."""
        if not self.order.about:
            raise BadOrder("about: the Message-ID that the receipt is about is missing")
        made = mdn.Mdn(
            final_recipient=self.order.sender,
            original_recipient=self.order.sender,
            original_id=self.order.about,
            mode=mdn.AUTOMATIC if error else mdn.MANUAL,
            type="processed" if error else "displayed",
            error=error,
            generation=generation,
        )
        sender = Address(self.order.sender)
        return mdn.compose(
            made, sender=sender, to=Address(self.order.to), date=self.now, message_id=fresh_id(), subject="Accusé",
            nil="SIMULATEUR",
        )  # fmt: skip

    def health(
        self, papers: list[bytes], *, about: Patient | None = None, action: str = "", sure: bool = True,
        change: Callable[[bytes], bytes] = bytes, subject: str = "", name: str = "IHE_XDM.zip",
    ) -> bytes:  # fmt: skip
        """A message with these documents; ``change`` spoils the archive, ``subject`` stands for the true one."""
        one, held = about or self.patient(), [entry_of(parse(data), "Document01") for data in papers]
        label = held[0].type_code.display if held[0].type_code else held[0].title
        draft = self.draft(subject or names.subject(label, one.birth_name, one.first_given_name, one.birth_date), TEXT)
        pdfs = tuple(
            File(
                names.pdf_name(entry.service_start, label, one.birth_name, one.first_given_name, str(rank)),
                pdf_of(data),
            )
            for rank, (entry, data) in enumerate(zip(held, papers, strict=True), 1)
        )
        codes = tuple(dict.fromkeys(entry.type_code.code for entry in held if entry.type_code))
        archive = change(self.archive(papers, action))
        return compose(
            replace(draft, archive=archive, archive_name=name, files=pdfs, codes=codes, ins="O" if sure else "N")
        )

    def archive(self, papers: list[bytes], action: str = "") -> bytes:
        """The IHE_XDM archive of documents; ``action`` C or D is said of each."""
        held = xdm.subset(
            papers, unique_id=self.oid(), source_id=ROOT, time=self.now.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
            content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        )  # fmt: skip
        if action and held.submission:
            held = replace(held, submission=with_action(held.submission, action))
        return xdm.write(xdm.archive([held], xdm.Sender("Banc segur-harness", "segur-harness")))

    @staticmethod
    def oid() -> str:
        """An identifier never given before."""
        return f"{ROOT}.{uuid.uuid4().int % 10**15}"


def _document(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())])


def _three(letter: Letter) -> bytes:
    codes = ("11488-4", "11490-0", "34112-3")
    return letter.health([letter.document(letter.patient(), code=code) for code in codes])


def _trait_differs(letter: Letter) -> bytes:
    one = letter.patient()
    other = replace(one, birth_date=f"{int(one.birth_date[:4]) - 1}{one.birth_date[4:]}")
    return letter.health([letter.document(other)], about=other)


def _no_ins(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), ins=False)], sure=False)


def _subject_lies(letter: Letter) -> bytes:
    other = names.subject("Compte rendu", "AUTRE", "PERSONNE", "1950-01-01")
    return letter.health([letter.document(letter.patient())], subject=other)


def _wrong_hash(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())], change=_other_hash)


def _corrupt(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())], change=lambda archive: archive[: len(archive) // 2])


def _two_patients(letter: Letter) -> bytes:
    other = next(
        one for one in letter.world.patients.values() if one.ins and one.known and one.id != letter.patient().id
    )
    return letter.health([letter.document(letter.patient()), letter.document(other)])


def _lower_case(letter: Letter) -> bytes:
    def lowered(archive: bytes) -> bytes:
        return pack([XdmFile(one.path.lower(), one.data) for one in unpack(archive)[0]])

    return letter.health([letter.document(letter.patient())], change=lowered, name="IHE_XDM.ZIP")


def _replaces(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), replaces=letter.order.previous)], action="C")


def _deletes(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), id=letter.order.previous)], action="D")


def _patient_writes(letter: Letter) -> bytes:
    one = letter.patient()
    if one.ins is None:
        raise BadOrder(f"patient: {one.id} has no INS, hence no mailbox")
    name = "" if letter.order.case == "patient-unnamed" else f"{one.first_given_name.title()} {one.birth_name.title()}"
    thread = letter.order.about
    draft = replace(
        letter.draft("Ma question", letter.order.text or "Bonjour, une question."),
        sender=Address(f"{one.ins.full}@{PATIENTS}", name), nil="",
    )  # fmt: skip
    return compose(reply(draft, thread) if thread else draft)


def _writes(letter: Letter) -> bytes:
    draft = letter.draft("Avis sur un patient", letter.order.text or "Bonjour, merci de votre avis.")
    return compose(reply(draft, letter.order.about) if letter.order.about else draft)


def _mdn(letter: Letter) -> bytes:
    return letter.receipt(None)


def _mdn_error(letter: Letter) -> bytes:
    return letter.receipt(mdn.error("902"), mdn.Generation.NEW)


def _mdn_old_error(letter: Letter) -> bytes:
    return letter.receipt(mdn.error("902"), mdn.Generation.OLD)


CASES: Mapping[str, Callable[[Letter], bytes]] = {
    "document": _document,
    "three": _three,
    "trait-differs": _trait_differs,
    "no-ins": _no_ins,
    "subject-lies": _subject_lies,
    "wrong-hash": _wrong_hash,
    "corrupt": _corrupt,
    "two-patients": _two_patients,
    "lower-case": _lower_case,
    "replaces": _replaces,
    "deletes": _deletes,
    "patient": _patient_writes,
    "patient-unnamed": _patient_writes,
    "text": _writes,
    "mdn": _mdn,
    "mdn-error": _mdn_error,
    "mdn-old-error": _mdn_old_error,
}

# Those that need no earlier message or document.
ALONE = tuple(case for case in CASES if case not in ("replaces", "deletes") and not case.startswith("mdn"))


def send(post: Post, session: Session, order: Order) -> Written:
    """Write the message and put it into the mailbox. Raises BadOrder, mocks.journal.JournalError."""
    if order.case not in CASES:
        raise BadOrder(f"case: {order.case!r} is not known; known: {', '.join(CASES)}")
    if order.to.lower() not in session.world.mailboxes:
        raise BadOrder(f"to: {order.to!r} is not a mailbox of the world")
    letter = Letter(session.world, order, post.now(session).astimezone())
    raw = CASES[order.case](letter)
    mail = parse_mail(raw)
    sender = mail.sender.key
    entry = post.send(
        session, "incoming", raw, [order.to.lower()], sender=sender, outcome=order.case,
        facts={"case": order.case, "patient": order.patient, "message_id": mail.message_id, "subject": mail.subject},
    )  # fmt: skip
    return Written(mail.message_id, tuple(letter.ids), entry.id)


def pdf_of(data: bytes) -> bytes:
    """The PDF that a level 1 document of ours carries."""
    body = first(parse(data), "component/nonXMLBody/text")
    return base64.b64decode(words(body)) if body is not None else b""


def _other_hash(archive: bytes) -> bytes:
    wrong = [
        XdmFile(one.path, re.sub(rb"(?<=>)[0-9a-f]{40}(?=<)", b"0" * 40, one.data))
        if one.path.endswith(METADATA)
        else one
        for one in unpack(archive)[0]
    ]
    return pack(wrong)
