"""The software's DMP side: sends what is validated, holds, replaces, deletes, masks; waits through an outage; consults.

What is to be sent is written to a file before it is tried, so that a restart loses nothing; it is sent again as it was,
with the same identifiers, and an answer that says "already there" ends it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.drive.reference import dmp_documents as documents
from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import Answer, DmpClient
from harness.drive.reference.dmp_documents import Document
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Ins, Patient, Refused
from norms.vihf.names import AIR, INDIRECT
from norms.xds.model import DocumentEntry
from norms.xds.names import APPROVED, DELETED
from norms.xds.read import read_submission
from norms.xds.update import metadata_change, status_change
from norms.xds.write import write_submission
from norms.xml import parse

ALREADY = "XDSDuplicateUniqueIdInRegistry"


@dataclass(frozen=True, slots=True)
class Status:
    """What TD0.2 said: ``state`` open, closed or absent; ``right`` VALIDE, EXPIRE, INTERDIT, NON_EXISTE."""

    state: str
    right: str = ""
    treating: bool = False


class DmpDesk:
    """One software at the DMP. Calls raise Refused when the DMP or the software refuses."""

    def __init__(self, client: DmpClient, defects: Defects, name: str, queue: Path | None = None) -> None:
        self.client, self.defects, self._file = client, defects, queue
        self.structure = (client.seal.structure, name)
        self.forget(keep_queue=True)

    def forget(self, *, keep_queue: bool = False) -> None:
        """As a software just installed; after a restart only the queue is found again."""
        self.documents: dict[str, Document] = {}
        self.opposed: set[str] = set()  # patients who refuse that documents be sent
        self.agreed: set[str] = set()  # patients who accept that their DMP be consulted
        self.known: dict[str, Status] = {}
        self.queue: list[dict[str, Any]] = []
        if keep_queue and self._file and self._file.is_file():
            self.queue = json.loads(self._file.read_text(encoding="utf-8"))
        elif self._file:
            self._file.unlink(missing_ok=True)

    # -- feeding ------------------------------------------------------------------------------------------------

    def send(
        self, document: Document, patient: Patient, user: Professional, replaces: str = "", *, again: bool = False
    ) -> str:
        """Send a document validated, or say why it stays: not-qualified, opposed. Gives sent or waiting."""
        ins = patient.ins if self.defects.on("deposits-unqualified") else outgoing_ins(patient)
        if ins is None:
            return "not-qualified"
        if patient.id in self.opposed and not self.defects.on("ignores-opposition"):
            return "opposed"
        cx = documents.cx(ins)
        target = ""
        if replaces:
            target = self.client.find_own(user, cx, replaces)
            if not target:
                raise Refused("dmp.refused", said="NotFound", text=replaces)
        if self.defects.on("declares-before-feeding"):
            self.client.declare(user, cx)
        document.unique_ids.append(documents.new_oid())
        if self.defects.on("new-lineage-on-replace") and replaces:
            document.set_id = documents.new_oid()
        data = documents.cda(document, patient, ins, self.structure, replaces)
        made = documents.entry(data, document, self.defects)
        one = documents.submission_set(document, cx, self.structure)
        submission, contents = documents.lot(one, made, data, self.client.seal, target, self.defects)
        self.queue.append(
            {
                "document": document.id,
                "patient": cx,
                "user": {name: getattr(user, name) for name in user.__slots__},
                "submission": write_submission(submission),
                "contents": {id: base64.b64encode(content).decode() for id, content in contents.items()},
            }
        )
        self._keep()
        document.state = "waiting"
        self.flush()
        if self.defects.on("sends-twice") and not again and document.state == "sent":
            document.unique_ids.pop()
            return self.send(document, patient, user, replaces, again=True)
        return document.state

    def flush(self) -> int:
        """Try the queue in its order, stopping at the first outage; how many still wait. Raises Refused."""
        while self.queue:
            job = self.queue[0]
            answer = self._attempt(job)
            if answer.outage:
                if self.defects.on("loses-queue"):
                    self.queue.clear()
                    self._keep()
                break
            self.queue.pop(0)
            self._keep()
            document = self.documents.get(job["document"])
            accepted = not answer.code or answer.code == ALREADY
            if document:
                if not accepted:
                    document.unique_ids.pop()
                document.state = "sent" if document.unique_ids else "validated"
            if not accepted:
                raise Refused("dmp.refused", said=answer.code, text=answer.text)
        return len(self.queue)

    def _attempt(self, job: Mapping[str, Any]) -> Answer:
        submission, _ = read_submission(parse(job["submission"].encode()))
        assert submission is not None  # written by us
        contents = {id: base64.b64decode(content) for id, content in job["contents"].items()}
        return self.client.feed(Professional(**job["user"]), job["patient"], submission, contents)

    def _keep(self) -> None:
        if self._file:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self.queue), encoding="utf-8")
            fresh.replace(self._file)

    # -- managing -----------------------------------------------------------------------------------------------

    def delete(self, document: Document, patient: Patient, user: Professional) -> None:
        """TD3.3c of the version sent."""
        cx, unique_id = documents.cx(_qualified(patient)), document.unique_ids[-1]
        target = unique_id if self.defects.on("deletes-by-unique-id") else self.client.find_own(user, cx, unique_id)
        one = documents.submission_set(document, cx, self.structure)
        _accepted(self.client.update(user, cx, status_change(one, target, APPROVED, DELETED), INDIRECT))
        document.state = "deleted"

    def show(self, document: Document, patient: Patient, user: Professional, code: str, *, hidden: bool) -> None:
        """TD3.3a or TD3.3b: the metadata of a document sent, with one visibility code more or less."""
        cx = documents.cx(_qualified(patient))
        if code != "MASQUE_PS" and hidden:
            raise Refused("dmp.one-way", said=code)
        answer, found = self.client.search(user, cx, {}, document.unique_ids[-1])
        _accepted(answer)
        if not found:
            raise Refused("dmp.refused", said="NotFound", text=document.unique_ids[-1])
        held = found[0]
        kept = tuple(one for one in held.confidentiality if one.code != code)
        if self.defects.on("stays-invisible") and not hidden:
            return
        changed = replace(held, confidentiality=(*kept, documents.VISIBILITY[code]) if hidden else kept)
        one = documents.submission_set(document, cx, self.structure)
        asked = metadata_change(one, replace(changed, id="Document01"), held.version)
        _accepted(self.client.update(user, cx, asked, AIR))

    # -- consulting ---------------------------------------------------------------------------------------------

    def status(self, patient: Patient, user: Professional) -> Status:
        """TD0.2; what it says is remembered for this patient."""
        ins = _qualified(patient)
        answer = self.client.status(user, documents.cx(ins), ins.full, ins.oid)
        _accepted(answer)
        self.known[patient.id] = status = _status(answer)
        return status

    def authorise(self, patient: Patient, user: Professional) -> None:
        """TD0.3, once the patient agreed."""
        _accepted(self.client.declare(user, documents.cx(_qualified(patient))))

    def search(
        self, patient: Patient, user: Professional, criteria: Mapping[str, Sequence[str]]
    ) -> list[DocumentEntry]:
        """TD3.1, after TD0.2, where the patient agreed and the right is valid."""
        if patient.id not in self.agreed and not self.defects.on("consults-without-consent"):
            raise Refused("dmp.no-consent")
        if not self.defects.on("lists-before-status"):
            status = self.status(patient, user)
            if status.state != "open":
                raise Refused(f"dmp.{status.state}")
            if status.right != "VALIDE" and not self.defects.on("lists-without-right"):
                raise Refused("dmp.no-right", right=status.right)
        wanted = {} if self.defects.on("ignores-criteria") else criteria
        answer, found = self.client.search(user, documents.cx(_qualified(patient)), wanted)
        _accepted(answer)
        return found

    def get(self, patient: Patient, user: Professional, wanted: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        """TD3.2 of (repository, uniqueId)."""
        answer, found = self.client.retrieve(user, documents.cx(_qualified(patient)), wanted)
        _accepted(answer)
        return found


def _status(answer: Answer) -> Status:
    body = answer.body
    assert body is not None  # accepted
    found = body.find(".//{*}queryResponseCode")
    if found is None or found.get("code") != "OK":
        return Status("absent")
    values = {
        line.findtext("{*}keyWordText"): line.find("{*}value") for line in body.iter("{urn:hl7-org:v3}attentionLine")
    }
    right, treating = values.get("AUTORISATION"), values.get("STATUT_MT")
    patient = body.find(".//{*}patient/{*}statusCode")
    closed = patient is not None and patient.get("code") == "terminated"
    return Status(
        "closed" if closed else "open",
        right.get("code", "") if right is not None else "",
        treating is not None and treating.get("value") == "true",
    )


def _qualified(patient: Patient) -> Ins:
    ins = outgoing_ins(patient)
    if ins is None:
        raise Refused("dmp.not-qualified")
    return ins


def _accepted(answer: Answer) -> None:
    if answer.outage:
        raise Refused("dmp.outage", text=answer.code)
    if answer.code:
        raise Refused("dmp.refused", said=answer.code, text=answer.text)
