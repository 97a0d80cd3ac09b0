"""Letters of the correspondents that the bench plays: who writes, about whom, with which documents.

Documents are real CDA about patients of the world: a level 1 letter, or a structured biology report taken from the
samples and made about the patient asked for.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from mocks import building
from mocks.mssante.post import fresh_id
from mocks.world import Mailbox, Organisation, Patient, Professional, World
from norms import xdm
from norms.cda import build
from norms.cda.build.pdf import pdf
from norms.cda.build.writer import serialised
from norms.cda.document import first, words
from norms.mail import mdn, names
from norms.mail.address import Address
from norms.mail.compose import Draft, File, compose
from norms.mail.documents import describe
from norms.xdm.actions import with_action
from norms.xds.derive import entry_of
from norms.xds.model import Code
from norms.xml import parse

ROOT = "1.2.250.1.213.99.9.4"  # documents of the correspondents that the bench plays
SENDER = "luc.verveine@msp-chenes.formation.mssante.fr"
AUTHOR = "dr-verveine"  # who signs for a mailbox that is nobody's own
BIOLOGY = "BIO-CR-BIO_2021.01.xml"  # one result is critically high
_OID = re.compile(r"[012](\.\d{1,40}){1,20}")
_SAID = {
    "": "Veuillez trouver ci-joint {documents} concernant ce patient.",
    "C": "Le document ci-joint annule et remplace celui qui vous a été envoyé précédemment.",
    "D": "Le document ci-joint, envoyé par erreur, est à supprimer de votre dossier.",
}


class BadOrder(ValueError):
    """A message cannot be written as asked: unknown case, patient, mailbox or earlier message; says which are known."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: a case, the mailbox that receives, the patient (world id), who writes (a mailbox of the world).

    ``about``: Message-ID that a receipt or an answer is about, ``last`` for the last message that left the mailbox;
    ``previous``: uniqueId replaced, deleted or sent again; ``receipt``: a read receipt is asked for; ``text``: the
    words of a text message.
    """

    case: str
    to: str
    patient: str = ""
    sender: str = SENDER
    about: str = ""
    previous: str = ""
    receipt: bool = False
    text: str = ""


@dataclass(slots=True)
class Letter:
    """A message being written."""

    world: World
    order: Order
    now: datetime
    pki: Path
    ids: list[str] = field(default_factory=list)
    original: bytes = b""  # what a receipt is about, as the software sent it

    def patient(self, *, ins: bool = True) -> Patient:
        """The patient asked for, who must have an INS unless said. Raises BadOrder."""
        found = self.world.patients.get(self.order.patient)
        if found is None:
            raise BadOrder(f"patient: {self.order.patient!r} is not in the world")
        if ins and found.ins is None:
            raise BadOrder(f"patient: {found.id} has no INS")
        return found

    def other(self) -> Patient:
        """Another patient who has an INS; raises BadOrder."""
        mine = self.patient().id
        for one in self.world.patients.values():
            if one.ins and one.known and one.id != mine:
                return one
        raise BadOrder("patient: nobody else in the world has an INS")

    @property
    def previous(self) -> str:
        """The uniqueId of the document sent before; raises BadOrder."""
        if not _OID.fullmatch(self.order.previous):
            raise BadOrder(f"previous: {self.order.previous!r} is not the uniqueId of a document sent before")
        return self.order.previous

    @property
    def mailbox(self) -> Mailbox:
        """Who writes; raises BadOrder."""
        found = self.world.mailboxes.get(self.order.sender.lower())
        if found is None:
            raise BadOrder(f"sender: {self.order.sender!r} is not a mailbox of the world")
        return found

    @property
    def sender(self) -> Address:
        """Who writes, with his display name; raises BadOrder."""
        mailbox = self.mailbox
        who = self.world.professionals.get(mailbox.professional)
        return Address(mailbox.id, names.person_name(who.given_name, who.family_name) if who else mailbox.label)

    def author(self) -> tuple[Professional, Organisation]:
        """Who signs the documents, and where he works. Raises BadOrder."""
        who = self.world.professionals.get(self.mailbox.professional) or self.world.professionals[AUTHOR]
        places = (self.mailbox.organisation, *(activity.organisation for activity in who.activities))
        for place in places:
            if found := self.world.organisations.get(place):
                return who, found
        raise BadOrder(f"sender: {who.id} works in no organisation of the world")

    def draft(self, subject: str, text: str) -> Draft:
        """A message from the correspondent, without documents."""
        mailbox = self.mailbox
        return Draft(
            sender=self.sender,
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
        author, place = self.author()
        who = building.professional(author, place)
        kind, when, id = building.coded("J66", code), self.now - timedelta(minutes=5), id or self.oid()
        self.ids.append(id)
        assert who.organisation is not None
        met = build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire")
        header = build.Header(
            template="",
            version="",
            id=build.Ident(id),
            set_id=build.Ident(f"{replaces or id}.0"),
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

    def biology(self, one: Patient) -> bytes:
        """A structured report (level 3) about a patient: the sample's results, this patient, new identifiers."""
        root, letter = parse((files("cda_samples") / "valid" / BIOLOGY).read_bytes()), parse(self.document(one))
        for tag in ("id", "setId", "recordTarget"):
            old, new = first(root, tag), first(letter, tag)
            assert old is not None
            assert new is not None
            root.replace(old, new)
        return serialised(root)

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
            original=self.original,
        )
        return mdn.compose(
            made, sender=self.sender, to=Address(self.order.to), date=self.now, message_id=fresh_id(),
            subject="" if self.original else "Accusé", nil="SIMULATEUR",
        )  # fmt: skip

    def health(
        self, papers: list[bytes], *, about: Patient | None = None, action: str = "", sure: bool = True,
        change: Callable[[bytes], bytes] = bytes, subject: str = "", name: str = "IHE_XDM.zip", sets: int = 1,
        twins: bool = True,
    ) -> bytes:  # fmt: skip
        """A message with these documents, in that many submission sets, their PDF beside (``twins``).

        ``change`` spoils the archive, ``subject`` stands for the true one.
        """
        one, held = about or self.patient(ins=False), [entry_of(parse(data), "Document01") for data in papers]
        label = held[0].type_code.display if held[0].type_code else held[0].title
        documents = f"{len(papers)} documents" if len(papers) > 1 else "un document"
        draft = self.draft(
            subject or names.subject(label, one.birth_name, one.first_given_name, one.birth_date),
            f"Bonjour,\n\n{_SAID[action].format(documents=documents)}",
        )
        pdfs = tuple(
            File(describe(parse(data)).pdf_name(str(rank)), pdf_of(data) or self.printed(entry.title))
            for rank, (entry, data) in enumerate(zip(held, papers, strict=True), 1)
            if twins
        )
        codes = tuple(dict.fromkeys(entry.type_code.code for entry in held if entry.type_code))
        archive = change(self.archive(papers, action, sets))
        return compose(
            replace(draft, archive=archive, archive_name=name, files=pdfs, codes=codes, ins="O" if sure else "N")
        )

    def archive(self, papers: list[bytes], action: str = "", sets: int = 1) -> bytes:
        """The IHE_XDM archive of documents, dealt among ``sets`` submission sets; ``action`` C or D is said of each."""
        made = [self._subset(papers[rank::sets], f"SUBSET{rank + 1:02d}", action) for rank in range(sets)]
        return xdm.write(xdm.archive(made, xdm.Sender("Banc segur-harness", "segur-harness")))

    def _subset(self, papers: list[bytes], name: str, action: str) -> xdm.Subset:
        held = xdm.subset(
            papers, unique_id=self.oid(), source_id=ROOT, time=self.now.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
            content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"), name=name,
        )  # fmt: skip
        if action and held.submission:
            held = replace(held, submission=with_action(held.submission, action))
        return held

    def printed(self, title: str) -> bytes:
        """A structured document as a PDF."""
        _, place = self.author()
        return pdf(title, ["Document de test du banc segur-harness."], created=self.now, author=place.name)

    def signature(self, data: bytes) -> bytes:
        """The detached PKCS#7 signature of these bytes, DER, by the test structure's signature certificate."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.serialization import pkcs7

        held = self.pki / "credentials" / "org-sign"
        key = serialization.load_pem_private_key((held / "key.pem").read_bytes(), None)
        cert = x509.load_pem_x509_certificate((held / "cert.pem").read_bytes())
        maker = pkcs7.PKCS7SignatureBuilder().set_data(data).add_signer(cert, key, hashes.SHA256())  # type: ignore[arg-type]
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return maker.sign(serialization.Encoding.DER, options)

    @staticmethod
    def oid() -> str:
        """An identifier never given before."""
        return f"{ROOT}.{uuid.uuid4().int % 10**15}"


def pdf_of(data: bytes) -> bytes:
    """The PDF that a level 1 document of ours carries."""
    body = first(parse(data), "component/nonXMLBody/text")
    return base64.b64decode(words(body)) if body is not None else b""
