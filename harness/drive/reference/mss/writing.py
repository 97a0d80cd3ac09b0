"""Writing messages: who they go to, what they are called, what they carry (socle MSSanté n° 2, chapitre 2)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from harness.drive.reference.config import NAME, VERSION, Mss, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import OID
from harness.drive.reference.dmp_documents import new_oid
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Patient, Refused
from harness.drive.reference.mss.letter import Letter
from harness.drive.reference.mss.paper import Paper
from norms import xdm
from norms.ins import matricule
from norms.mail import names
from norms.mail.address import PATIENTS, Address
from norms.mail.compose import Draft, compose, reply
from norms.mail.compose import File as Attached
from norms.xdm.actions import with_action
from norms.xdm.model import METADATA, File
from norms.xdm.package import pack, unpack
from norms.xds.model import Code, DocumentEntry

DOMAIN = "reference.segur.test"


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asks to be sent. ``to`` are addresses; ``action``: empty, C (replaces) or D (deletes).

    ``receipts``: mdn, dsn; ``end``: the patient is not to answer; ``automatic``: nobody wrote it.
    """

    to: tuple[str, ...]
    patient: Patient | None = None
    papers: tuple[Paper, ...] = ()
    text: str = ""
    subject: str = ""
    answers: Letter | None = None
    receipts: frozenset[str] = frozenset()
    end: bool = False
    action: str = ""
    automatic: bool = False


def patient_address(patient: Patient, defects: Defects) -> str:
    """The patient's own mailbox, from a qualified INS whose key is right. Raises Refused ``mss.not-qualified``."""
    ins = patient.ins if defects.on("mss-writes-to-unqualified") else outgoing_ins(patient)
    if ins is None or not matricule.valid(ins.value, ins.key):
        raise Refused("mss.not-qualified")
    digits = ins.value if defects.on("mss-address-without-key") else ins.full
    return f"{digits}@{PATIENTS}"


def draft(order: Order, box: str, user: Professional, settings: Mss, entity: str, defects: Defects) -> Draft:
    """The message that an order makes, from that mailbox."""
    automatic = box == settings.app
    name = entity if automatic else names.person_name(user.given_name, user.family_name)
    if defects.on("mss-free-sender-name"):
        name = f"{user.family_name.lower()} ({user.given_name})"
    made = Draft(
        sender=Address(box, name),
        to=tuple(Address(one) for one in order.to),
        subject=subject(order, defects),
        text=body(order, settings, automatic, defects),
        date=datetime.now(UTC).astimezone(),
        message_id=_message_id(defects),
        nil="" if defects.on("mss-without-nil") or (defects.on("mss-nil-with-documents-only") and not order.papers)
        else settings.nil,
    )  # fmt: skip
    if automatic and settings.contact and not defects.on("mss-automatic-without-contact"):
        made = replace(made, reply_to=(Address(settings.contact),))
    if order.papers or defects.on("mss-codes-without-document"):
        made = _carrying(made, order, settings, defects)
    if order.answers and not defects.on("mss-breaks-thread"):
        made = reply(made, order.answers.message_id, order.answers.references)
    if "mdn" in order.receipts and not defects.on("mss-forgets-mdn"):
        made = replace(made, ask_mdn=box)
    if "dsn" in order.receipts and not defects.on("mss-forgets-dsn"):
        made = replace(made, ask_dsn_header=box)
    patients_only = all(one.endswith(PATIENTS) for one in order.to)
    return replace(made, end=(order.end and patients_only and not defects.on("mss-forgets-end")) or _always(defects))


def addressed(order: Order, to: tuple[str, ...]) -> Order:
    """The same order for these recipients only."""
    return replace(order, to=to)


def write(made: Draft, defects: Defects) -> bytes:
    """The bytes of a message."""
    raw = compose(made)
    if defects.on("mss-text-in-latin1"):
        raw = raw.replace(b"charset=UTF-8", b"charset=ISO-8859-1", 1)
    if defects.on("mss-html-alone"):
        raw = raw.replace(b"text/plain", b"text/html", 1)
    if defects.on("mss-end-in-small-letters"):
        raw = raw.replace(b"X-MSS-MES: FIN", b"X-MSS-MES: Fin")
    return raw


def subject(order: Order, defects: Defects) -> str:
    """``XDM/1.0/DDM+<label> <NOM> <prénom> <date>`` when a document travels, the user's words otherwise."""
    if order.answers and not order.papers:
        words = order.answers.subject if order.patient else order.answers.label
        return words if words.lower().startswith("re:") else f"Re: {words}"
    if not order.papers or order.patient is None:
        return order.subject or "Message"
    t = order.patient.traits
    born = "1900-01-01" if defects.on("mss-wrong-date-in-subject") else t.birth_date
    made = names.subject(order.papers[0].label, t.birth_name, t.first_given_name, born)
    return made.partition("+")[2] if defects.on("mss-subject-without-mark") else made


def body(order: Order, settings: Mss, automatic: bool, defects: Defects) -> str:
    """The text: the user's words; what is replaced or deleted is said, and that nobody wrote it when so."""
    said = [order.text or "Bonjour,\n\nVeuillez trouver ci-joint un document concernant ce patient."]
    mention = {
        "C": "Ce document annule et remplace la version transmise précédemment.",
        "D": "Ce document est annulé : merci de le supprimer.",
    }.get(order.action, "")
    if mention and not defects.on("mss-silent-replacement"):
        said.append(mention)
    if automatic and not defects.on("mss-automatic-without-mention"):
        said.append(f"Message envoyé automatiquement, merci de ne pas y répondre. Contact : {settings.contact}.")
    return "\n\n".join(said)


def _carrying(made: Draft, order: Order, settings: Mss, defects: Defects) -> Draft:
    papers, patient = order.papers, order.patient
    codes = tuple(dict.fromkeys(one.code for one in papers))
    if defects.on("mss-first-code-only"):
        codes = codes[:1]
    sure = patient is not None and outgoing_ins(patient) is not None
    ins = "O" if sure or defects.on("mss-ins-always-told") else "N"
    if not papers:  # only a defect writes these headers without a document
        return replace(made, codes=("11488-4",), ins=ins)
    assert patient is not None
    archive = xdm_archive(papers, order.action, settings, made, defects)
    t = patient.traits
    named = [(one, one.pdf_name(t.birth_name, t.first_given_name)) for one in papers if one.pdf]
    if defects.on("mss-free-pdf-name"):
        named = [(one, f"document{n}.pdf") for n, (one, _) in enumerate(named, 1)]
    pdfs = tuple(Attached(name, one.pdf) for one, name in _distinct(named))
    if defects.on("mss-forgets-pdf"):
        pdfs = ()
    if defects.on("mss-pdf-of-other-content"):
        pdfs = tuple(replace(one, data=one.data.replace(b"\n%%EOF", b"\n% \n%%EOF")) for one in pdfs)
    return replace(made, archive=archive, files=pdfs, codes=codes, ins=ins)


def xdm_archive(papers: Sequence[Paper], action: str, settings: Mss, made: Draft, defects: Defects) -> bytes:
    """The IHE_XDM.zip of these documents."""
    stamp = made.date.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    held = xdm.subset(
        [one.data for one in papers], unique_id=new_oid(), source_id=OID, time=stamp, title=papers[0].label,
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
    )  # fmt: skip
    assert held.submission is not None
    submission = held.submission
    if defects.on("mss-metadata-of-another"):
        submission = replace(submission, entries=tuple(map(_of_another, submission.entries)))
    if action and not defects.on("mss-replacement-as-new"):
        submission = with_action(submission, action)
    held = replace(held, submission=submission)
    raw = xdm.write(xdm.archive([held], xdm.Sender(settings.contact or made.sender.address, NAME, VERSION)))
    return _with_wrong_hash(raw) if defects.on("mss-wrong-hash-in-archive") else raw


def _of_another(one: DocumentEntry) -> DocumentEntry:
    info = one.source_patient_info
    told = tuple("PID-5|AUTRE^PERSONNE^^^^^L" if row.startswith("PID-5|") else row for row in info)
    return replace(one, source_patient_info=told)


def _with_wrong_hash(raw: bytes) -> bytes:
    files, _ = unpack(raw)
    wrong = [
        File(one.path, re.sub(rb"(?<=>)[0-9a-f]{40}(?=<)", b"0" * 40, one.data)) if one.path.endswith(METADATA) else one
        for one in files
    ]
    return pack(wrong)


def _distinct(named: Sequence[tuple[Paper, str]]) -> list[tuple[Paper, str]]:
    """Two documents of one day and one type: their files are numbered."""
    seen: dict[str, int] = {}
    made = []
    for one, name in named:
        seen[name] = seen.get(name, 0) + 1
        made.append((one, name if seen[name] == 1 else f"{name[:-4]}_{seen[name]}.pdf"))
    return made


def _message_id(defects: Defects) -> str:
    return f"same@{DOMAIN}" if defects.on("mss-same-message-id") else f"{uuid.uuid4().hex}@{DOMAIN}"


def _always(defects: Defects) -> bool:
    return defects.on("mss-always-ends")
