"""The DMP's documents in process: real CDA built by `norms.cda.build`, metadata derived, set signed, package joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

from lxml import etree

from norms.cda import build
from norms.cda.build.model import PROFESSIONALS, STRUCTURES
from norms.cda.build.pdf import pdf
from norms.soap import read
from norms.soap.mtom import Part, join, split
from norms.xds.answers import RegistryError, read_response
from norms.xds.check import MASKED, NORMAL, NOT_PATIENT
from norms.xds.datatypes import write_dtm, write_xcn, write_xon
from norms.xds.derive import entry_of
from norms.xds.manifest import Signed, sign
from norms.xds.model import Association, Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import ACTIONS, APPROVED, rim
from norms.xds.provide import linked, write_provide
from norms.xds.query import FIND_DOCUMENTS, LEAF, Query, Stored, write_query
from norms.xds.read import read_objects
from norms.xds.retrieve import Asked, Retrieved, read_retrieved, write_retrieve
from norms.xds.update import metadata_change, status_change, write_update
from norms.xml import parse
from tests.dmp_bench import DIRECT, MODES, Dmp, Reply, about, message
from tests.vihf_kit import Said, held

PATIENT = "pinson-leonie"
ROOT = "1.2.250.1.999.1.1.7898"
CONTENT_TYPE = Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour")
AUTHOR = Author(
    (write_xcn("899700900014", "ROMARIN", "CLAIRE"),),
    (write_xon("CABINET DES TILLEULS", "399999001300016"),),
    (),
    ("G15_10/SM54^Médecin - Médecine générale (SM)^1.2.250.1.213.1.1.4.5",),
)
_numbers = count(int(datetime.now(UTC).timestamp()) * 1000)


def oid() -> str:
    """A new OID."""
    return f"{ROOT}.{next(_numbers)}"


def now(minutes: int = -10) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)


def cda(
    ins: tuple[str, str], unique_id: str = "", *, text: str = "Examen normal.", title: str = "Compte rendu",
    replaces: str = "", code: str = "11488-4", padding: int = 0,
) -> bytes:  # fmt: skip
    """A level-1 CDA of the default doctor about a patient."""
    when = now()
    place = build.Organisation(
        build.Ident(STRUCTURES, "399999001300016"), "CABINET DES TILLEULS", build.Address("4 RUE", "63000", "CLERMONT"),
        setting=build.Code("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
    )  # fmt: skip
    doctor = build.Professional(
        build.Ident(PROFESSIONALS, "899700900014"), "ROMARIN", "CLAIRE", suffix="DR", organisation=place,
        code=build.Code("G15_10/SM54", "1.2.250.1.213.1.1.4.5", "Médecin - Médecine générale (SM)"),
    )  # fmt: skip
    patient = build.Patient(
        (build.Ident(ins[1], ins[0]), build.Ident("1.2.250.1.999.2", "IPP1")), "PINSON", ("LEONIE",), "F", "1985-05-12"
    )
    header = build.Header(
        template="", version="", id=build.Ident(unique_id or oid()), set_id=build.Ident(f"{ROOT}.0.1"),
        code=build.Code(code, "2.16.840.1.113883.6.1", "CR ou fiche de consultation ou de visite"), title=title,
        time=when, patient=patient, authors=((doctor, when),), custodian=place, signer=doctor,
        acts=(build.Act(None, when - timedelta(hours=1), when, performer=doctor),),
        encounter=build.Encounter(
            build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire"), when - timedelta(hours=1),
            build.Code("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        ),
        replaces=build.Ident(replaces) if replaces else None,
    )  # fmt: skip
    body = pdf(title, [text], created=when, author="TEST") + b"%" * padding
    return build.document(header, build.Level1("application/pdf", body))


@dataclass
class Lot:
    """A submission being made: change any of it, then `sent`."""

    submission: Submission
    documents: dict[str, bytes]
    signer: Any
    replaced: Mapping[str, str]

    def signed(self) -> Lot:
        """With the signature document of the set as it now is."""
        one = self.submission.set
        listed = [Signed(entry.unique_id, self.documents[entry.id]) for entry in self.submission.entries]
        data = sign(one.unique_id, listed, self.signer.key, [self.signer.cert], now(0))
        model, stamp = self.submission.entries[0], write_dtm(now(0))
        entry = DocumentEntry(
            id="Signature01", mime_type="text/xml", unique_id=oid(), patient_id=one.patient_id, title="Source",
            source_patient_id=one.patient_id, creation_time=stamp, service_start=stamp, service_stop=stamp,
            language="art", legal_authenticator=one.authors[0].persons[0], authors=one.authors,
            class_code=Code("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
            type_code=Code("E1762", "ASTM", "Full Document"),
            format_code=Code("http://www.w3.org/2000/09/xmldsig#", "URN", "Default signature style"),
            facility=model.facility, practice=model.practice, confidentiality=(NORMAL, MASKED, NOT_PATIENT),
            events=(Code("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12", "Source"),),
        )  # fmt: skip
        whole = Submission(one, (*self.submission.entries, entry))
        return replace(self, submission=linked(whole, self.replaced), documents={**self.documents, entry.id: data})

    def entry(self, id: str, **changes: Any) -> Lot:
        """With one entry changed."""
        entries = tuple(replace(e, **changes) if e.id == id else e for e in self.submission.entries)
        return replace(self, submission=replace(self.submission, entries=entries))

    def of_set(self, **changes: Any) -> Lot:
        """With the submission set changed."""
        return replace(self, submission=replace(self.submission, set=replace(self.submission.set, **changes)))

    def links(self, change: Callable[[Association], Association | None]) -> Lot:
        """With each association changed, or dropped where the change gives None."""
        kept = tuple(new for link in self.submission.associations if (new := change(link)) is not None)
        return replace(self, submission=replace(self.submission, associations=kept))

    def parts(self) -> list[Part]:
        return [Part(f"{id}@segur.test", "text/xml", data) for id, data in self.documents.items()]

    def body(self) -> str:
        return write_provide(self.submission, {part.id.partition("@")[0]: part for part in self.parts()})


@dataclass
class Answered:
    """An answer to a transaction on documents."""

    reply: Reply
    root: etree._Element
    parts: Mapping[str, Part]

    @property
    def status(self) -> str:
        return read_response(self.root)[0].rpartition(":")[2]

    @property
    def errors(self) -> list[RegistryError]:
        return [error for error in read_response(self.root)[1] if not error.warning]

    @property
    def codes(self) -> list[str]:
        return [error.code for error in self.errors]

    @property
    def rules(self) -> list[str]:
        return self.reply.rules

    @property
    def documents(self) -> list[DocumentEntry]:
        return read_objects(self._list())[1]

    @property
    def ids(self) -> list[str]:
        return [element.get("id", "") for element in self._list()]

    @property
    def retrieved(self) -> list[Retrieved]:
        return read_retrieved(self.root, self.parts)

    def _list(self) -> etree._Element:
        found = self.root.find(rim("RegistryObjectList"))
        assert found is not None
        return found


class Documents(Dmp):
    """The DMP with what its documents are made of."""

    @cached_property
    def seal(self) -> Any:
        return held(self.pki.folder, "cps-sign")

    def lot(self, *contents: bytes, patient: str = PATIENT, replaced: Mapping[str, str] | None = None) -> Lot:
        """A submission of these CDA (one of our own by default), with its signature."""
        ins = self.ins(patient)
        documents = {f"Document{n:02d}": data for n, data in enumerate(contents or (cda(ins),), 1)}
        entries = tuple(entry_of(parse(data), id) for id, data in documents.items())
        one = SubmissionSet(
            id="SubmissionSet01", unique_id=oid(), source_id=ROOT, patient_id=f"{ins[0]}^^^&{ins[1]}&ISO^NH",
            submission_time=write_dtm(now(0)), title="Lot", authors=(AUTHOR,), content_type=CONTENT_TYPE,
        )  # fmt: skip
        submission = linked(Submission(one, entries), replaced)
        return Lot(submission, documents, self.seal, replaced or {}).signed()

    def send(
        self, word: str, transaction: str, body: str, parts: list[Part] | None = None, *, said: Said = DIRECT,
        patient: str = PATIENT, client: str = "", addressed: bool = True,
        change: Callable[[bytes], bytes] | None = None, **headers: str,
    ) -> Answered:  # fmt: skip
        """One call with a VIHF about a patient."""
        action = ACTIONS[transaction][0]
        vihf = self.signed(about(said, *self.ins(patient)))
        data = message(body, vihf, action=action if addressed else "")
        kind = "application/soap+xml; charset=utf-8"
        if parts is not None:
            kind, data = join(data, parts, action)
        if change is not None:
            data = change(data)
        mode = said.attributes.get("Authentification_mode") or "INDIRECTE"
        reply = self.call(
            word,
            data,
            client=client or MODES.get(mode, MODES["INDIRECTE"])[0],
            headers={"content-type": kind, **headers},
        )
        return self.read(reply)

    @staticmethod
    def read(reply: Reply) -> Answered:
        kind = reply.kind
        if not reply.body or not kind.startswith(("application/soap", "multipart")):
            return Answered(reply, etree.Element("nothing"), {})
        if kind.startswith("multipart"):
            package = split(kind, reply.body)
            return Answered(reply, read(package.root.data).body, package.parts)
        return Answered(reply, read(reply.body).body, {})

    def deposit(self, lot: Lot | None = None, **kwargs: Any) -> Answered:
        """TD2.1."""
        lot = lot or self.lot()
        return self.send("repository", "ITI-41", lot.body(), lot.parts(), **kwargs)

    def query(
        self, stored: Stored = FIND_DOCUMENTS, returns: str = LEAF, /, *, said: Said = DIRECT, patient: str = PATIENT,
        **groups: Any,
    ) -> Answered:  # fmt: skip
        """TD3.1: groups given as ``Status=("…",)``, the parameter's name without its beginning."""
        names: dict[str, tuple[tuple[str, ...], ...]] = {}
        if stored is FIND_DOCUMENTS and "Status" not in groups:
            groups["Status"] = (APPROVED,)
        for word, values in groups.items():
            stems = ("$XDSDocumentEntry", "$XDSSubmissionSet", "$")
            full = next(stem + word for stem in stems if stem + word in stored.parameters)
            names[full] = values if values and isinstance(values[0], tuple) else (values,)
        return self.send("registry", "ITI-18", write_query(Query(stored, names, returns)), said=said, patient=patient)

    def retrieve(self, *asked: tuple[str, str], **kwargs: Any) -> Answered:
        """TD3.2."""
        return self.send("repository", "ITI-43", write_retrieve(Asked(*one) for one in asked), [], **kwargs)

    def managing_set(self, patient: str = PATIENT) -> SubmissionSet:
        ins = self.ins(patient)
        return SubmissionSet(
            id="SubmissionSet01", unique_id=oid(), source_id=ROOT, patient_id=f"{ins[0]}^^^&{ins[1]}&ISO^NH",
            submission_time=write_dtm(now(0)), title="Mise à jour", authors=(AUTHOR,), content_type=CONTENT_TYPE,
        )  # fmt: skip

    def change_status(self, entry: DocumentEntry, new: str, original: str = "", **kwargs: Any) -> Answered:
        """TD3.3c, TD3.3d."""
        asked = status_change(
            self.managing_set(kwargs.get("patient", PATIENT)), entry.id, original or entry.status, new
        )
        return self.send("registry", "ITI-57", write_update(asked), **kwargs)

    def change_metadata(self, entry: DocumentEntry, *, previous: str = "", kept: str = "", **kwargs: Any) -> Answered:
        """TD3.3a, TD3.3b: the entry as it must become."""
        sent = replace(entry, id="Document01")
        asked = metadata_change(self.managing_set(kwargs.get("patient", PATIENT)), sent, previous or entry.version)
        return self.send("registry", "ITI-57", write_update(asked), **kwargs)

    def listed(self, unique_id: str, **kwargs: Any) -> DocumentEntry:
        """The entry of a document that TD3.1 lists."""
        return next(entry for entry in self.query(**kwargs).documents if entry.unique_id == unique_id)


def counts(dmp: Documents) -> tuple[int, ...]:
    """How much is held of the first patient: entries, sets, links, then the rows kept."""
    registry = dmp.session.state("dmp", lambda: None).registry  # type: ignore[attr-defined]
    record = registry.record("pinson-leonie")
    kept = (
        dmp.journal.database.run(f"SELECT count(*) FROM dmp_{name}")[0][0] for name in ("change", "name", "document")
    )
    return len(record.entries), len(record.sets), len(record.links), *kept
