"""Messages that the bench sends into a software's mailbox, to see what it does with them (H.MSS.08, .11 to .14).

A case is a name and a way to write: sound ones (``document``, ``three``, ``replaces``…) and those that a software must
not file by itself (``trait-differs``, ``no-ins``, ``wrong-hash``…).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.header import Header

from mocks.journal import END
from mocks.mssante.letter import BadOrder, Letter, Order
from mocks.mssante.patient import displayed
from mocks.mssante.post import Post
from mocks.session import Session
from norms.mail import mdn, names, write
from norms.mail.address import PATIENTS, Address
from norms.mail.compose import compose, reply
from norms.mail.parse import parse as parse_mail
from norms.xdm.model import METADATA
from norms.xdm.model import File as XdmFile
from norms.xdm.package import pack, unpack

__all__ = ["CASES", "BadOrder", "Order", "Written", "send"]

LAST = "last"  # in place of a Message-ID
_VERSION = b"MIME-Version: 1.0\r\n"  # the last field of a message's own


@dataclass(frozen=True, slots=True)
class Written:
    """A message that was delivered: its Message-ID, the uniqueIds of its documents, its exchange in the journal, and
    by what a person knows it: the mailbox, who wrote, the subject."""

    message_id: str
    documents: tuple[str, ...] = ()
    exchange: int = 0
    to: str = ""
    sender: str = ""
    subject: str = ""


def _document(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())])


def _three(letter: Letter) -> bytes:
    codes = ("11488-4", "11490-0", "34112-3")
    return letter.health([letter.document(letter.patient(), code=code) for code in codes])


def _trait_differs(letter: Letter) -> bytes:
    one = letter.patient()
    if not one.birth_date[:4].isdecimal():
        raise BadOrder(f"patient: {one.id} has no year of birth")
    other = replace(one, birth_date=f"{int(one.birth_date[:4]) - 1:04d}{one.birth_date[4:]}")
    return letter.health([letter.document(other)], about=other)


def _other_ins(letter: Letter) -> bytes:
    namesake = replace(letter.patient(), ins=letter.other().ins)
    return letter.health([letter.document(namesake)], about=namesake)


def _two_sets(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), code=code) for code in ("11488-4", "11490-0")], sets=2)


def _biology(letter: Letter) -> bytes:
    return letter.health([letter.biology(letter.patient())])


def _biology_alone(letter: Letter) -> bytes:
    return letter.health([letter.biology(letter.patient())], twins=False)


def _unqualified(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())], sure=False)


def _again(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), id=letter.previous)])


def _encoded_subject(letter: Letter) -> bytes:
    raw = _document(letter)
    words = parse_mail(raw).subject
    start, rest = words[: len(words) // 2], words[len(words) // 2 :]
    coded = b"\r\n ".join(
        Header(part, charset).encode(linesep="\r\n").encode()
        for part, charset in ((start, "iso-8859-1"), (rest, "utf-8"))
    )
    return re.sub(rb"(?m)^Subject: (?:.|\r\n[ \t])*\r\n", lambda _: b"Subject: " + coded + b"\r\n", raw, count=1)


def _signed(letter: Letter) -> bytes:
    """The same message in an S/MIME wrapper (RFC 8551 §3.5.3), signed by a test structure."""
    raw = _document(letter)
    at = raw.index(_VERSION) + len(_VERSION)
    proof = write.file("smime.p7s", "application/pkcs7-signature", letter.signature(raw[at:]))
    said = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    return raw[:at] + write.multipart("multipart/signed", (raw[at:], proof), raw[:at].hex(), extra=said)


def _no_ins(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(ins=False), ins=False)], sure=False)


def _subject_lies(letter: Letter) -> bytes:
    other = names.subject("Compte rendu", "AUTRE", "PERSONNE", "1950-01-01")
    return letter.health([letter.document(letter.patient())], subject=other)


def _wrong_hash(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())], change=_other_hash)


def _corrupt(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient())], change=lambda archive: archive[: len(archive) // 2])


def _two_patients(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient()), letter.document(letter.other())])


def _lower_case(letter: Letter) -> bytes:
    def lowered(archive: bytes) -> bytes:
        return pack([XdmFile(one.path.lower(), one.data) for one in unpack(archive)[0]])

    return letter.health([letter.document(letter.patient())], change=lowered, name="IHE_XDM.ZIP")


def _replaces(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), replaces=letter.previous)], action="C")


def _deletes(letter: Letter) -> bytes:
    return letter.health([letter.document(letter.patient(), id=letter.previous)], action="D")


def _patient_writes(letter: Letter) -> bytes:
    one = letter.patient()
    assert one.ins is not None
    name = "" if letter.order.case == "patient-unnamed" else displayed(one)
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
    "two-sets": _two_sets,
    "biology": _biology,
    "biology-alone": _biology_alone,
    "encoded-subject": _encoded_subject,
    "signed": _signed,
    "again": _again,
    "other-ins": _other_ins,
    "unqualified": _unqualified,
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
    box = session.world.mailboxes.get(order.to.lower())
    if box is None or not box.active:
        raise BadOrder(f"to: {order.to!r} is not a mailbox of the world" + (", it is closed" if box else ""))
    if order.about == LAST:
        order = replace(order, about=_last(post, session, box.id))
    letter = Letter(session.world, replace(order, to=box.id), post.now(session).astimezone(), post.hub.pki)
    if order.case.startswith("mdn") and order.about:
        letter.original = _sent(post, session, order.about)
    try:
        raw = CASES[order.case](letter)
    except BadOrder:
        raise
    except (ValueError, LookupError) as error:  # what may not stand in a header or in a document
        raise BadOrder(f"{order.case}: {error}") from None
    mail = parse_mail(raw)
    sender = mail.sender.key
    entry = post.send(
        session, "incoming", raw, [box.id], sender=sender, outcome=order.case,
        facts={"case": order.case, "patient": order.patient, "message_id": mail.message_id, "subject": mail.subject},
    )  # fmt: skip
    return Written(mail.message_id, tuple(letter.ids), entry.id, box.id, sender, mail.subject)


def _last(post: Post, session: Session, box: str) -> str:
    """The Message-ID of the last message that left a mailbox; raises BadOrder."""
    for entry in post.hub.journal.list(session.id, "mssante", before=END, limit=200, bodies=False)[::-1]:
        told = entry.facts
        if (entry.operation, entry.outcome) == ("submit", "accepted") and told.get("mailbox") == box:
            return told.get("message_id", "")
    raise BadOrder(f"about: no message left {box} yet")


def _sent(post: Post, session: Session, message_id: str) -> bytes:
    """The message of that identifier that the software sent, empty when it is not among the last ones."""
    for entry in post.hub.journal.list(session.id, "mssante", before=END, limit=200, bodies=False)[::-1]:
        if entry.operation == "submit" and entry.facts.get("message_id") == message_id:
            held = post.hub.journal.get(entry.id)
            return held.request_body if held else b""
    return b""


def _other_hash(archive: bytes) -> bytes:
    wrong = [
        XdmFile(one.path, re.sub(rb"(?<=>)[0-9a-f]{40}(?=<)", b"0" * 40, one.data))
        if one.path.endswith(METADATA)
        else one
        for one in unpack(archive)[0]
    ]
    return pack(wrong)
