"""What the software sends to the DMP: a real CDA of the document, its metadata, the signed submission set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from harness.drive.reference import dmp_results
from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import OID
from harness.drive.reference.dmp_vihf import Seal
from harness.drive.reference.model import Ins, Patient
from norms.cda import build
from norms.cda.build.model import PROFESSIONALS, STRUCTURES
from norms.cda.build.pdf import pdf
from norms.codes import shipped
from norms.xds.check import MASKED, NORMAL, NOT_GUARDIANS, NOT_PATIENT
from norms.xds.datatypes import write_cx, write_dtm, write_xcn, write_xon
from norms.xds.derive import entry_of
from norms.xds.manifest import Signed, sign
from norms.xds.model import Association, Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import SET_STATUS, XFRM
from norms.xds.provide import linked
from norms.xml import parse

TYPES = {"": "11488-4", "consultation": "11488-4", "letter": "11490-0", "report": "11488-4", "biology": "11502-2"}
VISIBILITY = {code.code: code for code in (MASKED, NOT_PATIENT, NOT_GUARDIANS)}
_IPP = f"{OID}.9"
_numbers = count(int(datetime.now(UTC).timestamp() * 1000) * 1000)


def new_oid() -> str:
    """An identifier never given before."""
    return f"{OID}.1.{next(_numbers)}"


@dataclass(slots=True)
class Document:
    """A document of the software and where it stands with the DMP.

    ``state``: draft, validated (kept here), held, waiting (in the queue), sent, deleted. ``versions``: the uniqueIds of
    each version, one, or two when the document has a structured form (first) and a PDF. ``date`` (AAAA-MM-JJ): of a
    document older than the software's link to the DMP; empty for one of today.
    """

    id: str
    patient: str
    type: str
    title: str
    text: str
    author: Professional
    state: str = "draft"
    final: bool = False  # validated by its author
    secret: bool = False  # sent by a secret connection: a minor's guardians must not know
    structured: bool = False
    date: str = ""
    set_id: str = field(default_factory=new_oid)
    versions: list[list[str]] = field(default_factory=list)
    visibility: set[str] = field(default_factory=set)

    @property
    def unique_ids(self) -> list[str]:
        """Those of the latest version; empty before the first one."""
        return self.versions[-1] if self.versions else []

    @property
    def registered(self) -> bool:
        """Whether its author is in the national directory: a RPPS or ADELI number."""
        return self.author.national_id[:1] in ("0", "8")

    def shown(self) -> dict[str, object]:
        """The document as the test-driver API gives it."""
        return {
            "document": self.id,
            "state": self.state,
            "unique_id": next(iter(self.unique_ids), ""),
            "set_id": self.set_id,
            "version": len(self.versions),
            "visibility": sorted(self.visibility),
        }


def cx(ins: Ins) -> str:
    """The INS as XDS and the VIHF write it."""
    return write_cx(ins.full, ins.oid, "NH")


def forms(
    document: Document, patient: Patient, ins: Ins, structure: tuple[str, str], replaced: Sequence[str],
    signer: Professional, defects: Defects,
) -> list[bytes]:  # fmt: skip
    """The CDA files of a document's latest version: the structured one when it has one, the PDF.

    ``structure`` is its identifier and name, ``replaced`` the uniqueIds of the version before, ``signer`` who sends it.
    """
    made = []
    for number, unique_id in enumerate(document.unique_ids):
        header = _header(document, patient, ins, structure, signer, defects)
        header = replace(header, id=build.Ident(unique_id))
        if number < len(replaced):
            header = replace(header, replaces=build.Ident(replaced[number]))
        if document.structured and number == 0:
            made.append(dmp_results.report(header))
            continue
        if document.structured:  # two forms of one text are two documents: each has its series of versions
            header = replace(header, set_id=build.Ident(f"{document.set_id}.1"))
        words = [document.title, document.text]
        body = pdf(document.title, words, created=header.time, author=document.author.shown)
        made.append(build.document(header, build.Level1("application/pdf", body)))
    return made


def _header(
    document: Document, patient: Patient, ins: Ins, structure: tuple[str, str], signer: Professional, defects: Defects
) -> build.Header:
    when = datetime.now(UTC).replace(microsecond=0).astimezone() - timedelta(minutes=1)
    if document.date and not defects.on("history-dated-today"):
        when = datetime.fromisoformat(f"{document.date}T10:00").astimezone()
    began, place = when - timedelta(minutes=20), _place(structure)
    author = _professional(document.author, place)
    authors: tuple[tuple[build.Professional | build.Device, datetime], ...] = ((author, when),)
    if not document.registered and not defects.on("history-without-structure"):
        # the author left the national directory: the structure answers for the document (personne morale)
        legal = build.Device(build.Ident(PROFESSIONALS, f"{structure[0]}/1"), structure[1], structure[1], place)
        authors = (*authors, (legal, when))
    t = patient.traits
    person = build.Patient(
        (build.Ident(ins.oid, ins.full), build.Ident(_IPP, patient.id)),
        t.birth_name,
        tuple(t.given_names.split()),
        t.sex or "U",
        t.birth_date,
        t.birth_place,
        used_name=t.used_name,
        used_given_name=t.used_given_name,
    )
    sector = _code("J61", document.author.sector or "SA07")
    return build.Header(
        template="",
        version="",
        id=build.Ident(""),
        set_id=build.Ident(document.set_id),
        version_number=len(document.versions),
        code=_code("J66", TYPES.get(document.type, document.type)),
        title=document.title,
        time=when,
        patient=person,
        authors=authors,
        custodian=place,
        signer=_professional(signer, place),
        acts=(build.Act(None, began, when, performer=author),),
        encounter=build.Encounter(build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire"), began, sector),
    )


def entry(data: bytes, id: str, document: Document, defects: Defects) -> DocumentEntry:
    """The metadata of a CDA under an id of the submission, with the visibility asked for."""
    made = entry_of(parse(data), id)
    practice = made.practice or Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire")
    hidden = [VISIBILITY[code] for code in sorted(document.visibility)]
    if defects.on("drops-visibility"):
        hidden = []
    if defects.on("masks-everything"):
        hidden = [MASKED]
    return replace(made, practice=practice, confidentiality=(*made.confidentiality, *hidden))


def submission_set(document: Document, patient: str, structure: tuple[str, str], who: Professional) -> SubmissionSet:
    """The set that a sending or an update travels in; ``who`` sends it."""
    code = _code("J56", f"G15_{who.profession or '10'}" + (f"/{who.specialty}" if who.specialty else ""))
    author = Author(
        (write_xcn(who.national_id, who.family_name, who.given_name),),
        (write_xon(structure[1], structure[0]),),
        (),
        (f"{code.code}^{code.display}^{code.system}",),
    )
    return SubmissionSet(
        id="SubmissionSet01",
        unique_id=new_oid(),
        source_id=OID,
        patient_id=patient,
        submission_time=write_dtm(datetime.now(UTC)),
        title=document.title,
        authors=(author,),
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
    )


def lot(
    one: SubmissionSet,
    made: Sequence[tuple[DocumentEntry, bytes]],
    seal: Seal,
    targets: Sequence[str],
    defects: Defects,
) -> tuple[Submission, dict[str, bytes]]:
    """The submission of a document's forms, the first one first, with the signature of its set.

    ``targets``: the entryUUIDs that they replace, in the same order.
    """
    listed = [Signed(entry.unique_id, data) for entry, data in made]
    signature = sign(one.unique_id, listed, seal.key, [seal.certificate], datetime.now(UTC), sha256=True)
    stamp, first = write_dtm(datetime.now(UTC)), made[0][0]
    signed = DocumentEntry(
        id="Signature01",
        mime_type="text/xml",
        unique_id=new_oid(),
        patient_id=one.patient_id,
        title="Source",
        source_patient_id=one.patient_id,
        creation_time=stamp,
        service_start=stamp,
        service_stop=stamp,
        language="art",
        legal_authenticator=one.authors[0].persons[0],
        authors=one.authors,
        class_code=Code("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
        type_code=Code("E1762", "ASTM", "Full Document"),
        format_code=Code("http://www.w3.org/2000/09/xmldsig#", "URN", "Default signature style"),
        facility=first.facility,
        practice=first.practice,
        confidentiality=(NORMAL, MASKED, NOT_PATIENT),
        events=(Code("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12", "Source"),),
    )
    contents = {entry.id: data for entry, data in made} | {signed.id: signature}
    entries = tuple(_measured(entry, contents[entry.id]) for entry in (*(entry for entry, _ in made), signed))
    replacing = {} if defects.on("replaces-without-rplc") else dict(zip(contents, targets, strict=False))
    submission = linked(Submission(one, entries), replacing)
    if len(made) > 1:  # the PDF is the structured document in another form (IHE ITI TF-3, 4.2.2.2.2)
        status = ((SET_STATUS, ("Original",)),)
        twin = Association(id="twin1", type=XFRM, source=entries[1].id, target=entries[0].id, slots=status)
        submission = replace(submission, associations=(*submission.associations, twin))
    return submission, contents


def _measured(one: DocumentEntry, data: bytes) -> DocumentEntry:
    return replace(one, hash=hashlib.sha1(data, usedforsecurity=False).hexdigest(), size=str(len(data)))


def _place(structure: tuple[str, str]) -> build.Organisation:
    setting = build.Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire")
    address = build.Address("4 RUE DES TILLEULS", "63000", "CLERMONT-FERRAND")
    return build.Organisation(build.Ident(STRUCTURES, structure[0]), structure[1], address, setting=setting)


def _professional(one: Professional, place: build.Organisation) -> build.Professional:
    code = f"G15_{one.profession or '10'}" + (f"/{one.specialty}" if one.specialty else "")
    return build.Professional(
        build.Ident(PROFESSIONALS, one.national_id),
        one.family_name,
        one.given_name,
        code=_code("J56", code),
        organisation=place,
    )


def _code(table: str, code: str) -> build.Code:
    held = shipped(table)
    pairs = held.labels.items() if held else ()
    return next(
        (build.Code(known, system, label) for (known, system), label in pairs if known == code), build.Code(code, "")
    )
