"""The software's DMP side: sends what is validated, holds, replaces, deletes, masks; waits through an outage.

What is to be sent is kept before it is tried, so that a restart loses nothing; it is sent again as it was, with the
same identifiers, and an answer that says "already there" ends it. Consulting is `dmp_reading`'s.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from harness.drive.reference import dmp_documents as documents
from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import Answer, DmpClient
from harness.drive.reference.dmp_documents import Document
from harness.drive.reference.dmp_reading import Reading, accepted, qualified
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Patient, Refused
from norms.vihf.names import AIR, INDIRECT
from norms.xds.model import DocumentEntry, SubmissionSet
from norms.xds.names import APPROVED, DELETED
from norms.xds.read import read_submission
from norms.xds.update import metadata_change, status_change
from norms.xds.write import write_submission
from norms.xml import parse

ALREADY = "XDSDuplicateUniqueIdInRegistry"


class DmpDesk:
    """One software at the DMP. Calls raise Refused when the DMP or the software refuses.

    ``keep`` is called whenever what must survive a restart changed (`stored`).
    """

    def __init__(self, client: DmpClient, defects: Defects, name: str, keep: Callable[[], None] = lambda: None) -> None:
        self.client, self.defects, self._keep = client, defects, keep
        self.structure = (client.seal.structure, name)
        self.reading = Reading(client, defects)
        self.forget()

    def forget(self) -> None:
        """As a software just installed."""
        self.documents: dict[str, Document] = {}
        self.opposed: set[str] = set()  # patients who refuse that documents be sent
        self.queue: list[dict[str, Any]] = []
        self.reading.forget()
        self.client.forget()

    def stored(self) -> dict[str, Any]:
        """What a restart finds again, as JSON values; `restore` reads it back."""
        rows = [{**asdict(one), "visibility": sorted(one.visibility)} for one in self.documents.values()]
        return {"queue": self.queue, "documents": rows, "opposed": sorted(self.opposed)} | self.reading.stored()

    def restore(self, raw: Mapping[str, Any]) -> None:
        """What `stored` gave."""
        for row in raw["documents"]:
            author = Professional(**row["author"])
            self.documents[row["id"]] = Document(**{**row, "author": author, "visibility": set(row["visibility"])})
        self.queue, self.opposed = list(raw["queue"]), set(raw["opposed"])
        self.reading.restore(raw)

    # -- feeding ------------------------------------------------------------------------------------------------

    def send(self, document: Document, patient: Patient, user: Professional, *, again: bool = False) -> str:
        """Send a document validated, or its next version once it was sent; or say why it stays: not-qualified,
        opposed. Gives sent or waiting."""
        ins = patient.ins if self.defects.on("deposits-unqualified") else outgoing_ins(patient)
        if ins is None:
            return "not-qualified"
        if patient.id in self.opposed and not self.defects.on("ignores-opposition"):
            return "opposed"
        cx, replaced = documents.cx(ins), list(document.unique_ids)
        targets = [self._own(user, cx, unique_id) for unique_id in replaced]
        if self.defects.on("declares-before-feeding"):
            self.client.declare(user, cx)
        document.versions.append([documents.new_oid() for _ in range(2 if document.structured else 1)])
        if self.defects.on("new-lineage-on-replace") and replaced:
            document.set_id = documents.new_oid()
        signer = document.author if document.registered else user
        files = documents.forms(document, patient, ins, self.structure, replaced, signer, self.defects)
        made = [
            (documents.entry(data, f"Document{n:02d}", document, self.defects), data) for n, data in enumerate(files, 1)
        ]
        for forms in [[one] for one in made] if self.defects.on("pdf-apart") else [made]:
            one = documents.submission_set(document, cx, self.structure, signer)
            self._wait(document, cx, user, one, forms, targets)
        self._keep()
        document.state = "waiting"
        self.flush()
        if self.defects.on("sends-twice") and not again and document.state == "sent":
            document.versions.pop()
            return self.send(document, patient, user, again=True)
        return document.state

    def _own(self, user: Professional, cx: str, unique_id: str) -> str:
        """The entryUUID of a document of ours (TD3.1b); raises Refused."""
        if found := self.client.find_own(user, cx, unique_id):
            return found
        raise Refused("dmp.refused", said="NotFound", text=unique_id)

    def _wait(
        self, document: Document, cx: str, user: Professional, one: SubmissionSet,
        forms: Sequence[tuple[DocumentEntry, bytes]], targets: Sequence[str],
    ) -> None:  # fmt: skip
        submission, contents = documents.lot(one, forms, self.client.seal, targets, self.defects)
        self.queue.append(
            {
                "document": document.id,
                "patient": cx,
                "user": asdict(user),
                "secret": document.secret,
                "submission": write_submission(submission),
                "contents": {id: base64.b64encode(content).decode() for id, content in contents.items()},
            }
        )

    def flush(self) -> int:
        """Try the queue in its order, stopping at the first outage; how many still wait. Raises Refused."""
        while self.queue:
            job = self.queue[-1 if self.defects.on("queue-backwards") else 0]
            answer = self._attempt(job)
            if answer.outage:
                if self.defects.on("loses-queue"):
                    self.queue.clear()
                    self._keep()
                break
            self.queue.remove(job)
            document = self.documents.get(job["document"])
            good = not answer.code or answer.code == ALREADY
            if document:
                if not good and document.versions:
                    document.versions.pop()
                document.state = "sent" if document.versions else "validated"
            self._keep()
            if not good and self.defects.on("insists-when-refused"):
                self._attempt(job)
            if not good and not self.defects.on("silent-when-refused"):
                raise Refused("dmp.refused", said=answer.code, text=answer.text)
        return len(self.queue)

    def _attempt(self, job: Mapping[str, Any]) -> Answer:
        submission, _ = read_submission(parse(job["submission"].encode()))
        assert submission is not None  # written by us
        contents = {id: base64.b64decode(content) for id, content in job["contents"].items()}
        user = Professional(**job["user"])
        return self.client.feed(user, job["patient"], submission, contents, secret=job["secret"])

    # -- managing -----------------------------------------------------------------------------------------------

    def delete(self, document: Document, patient: Patient, user: Professional) -> None:
        """TD3.3c of the version sent, each of its forms."""
        cx = documents.cx(qualified(patient))
        for unique_id in document.unique_ids:
            if self.defects.on("deletes-here-only"):
                continue
            target = unique_id if self.defects.on("deletes-by-unique-id") else self._own(user, cx, unique_id)
            one = documents.submission_set(document, cx, self.structure, user)
            accepted(self.client.update(user, cx, status_change(one, target, APPROVED, DELETED), INDIRECT))
        document.state = "deleted"

    def show(self, document: Document, patient: Patient, user: Professional, code: str, *, hidden: bool) -> None:
        """TD3.3a or TD3.3b: the metadata of a document sent, with one visibility code more or less."""
        cx = documents.cx(qualified(patient))
        if code != "MASQUE_PS" and hidden:
            raise Refused("dmp.one-way", said=code)
        for unique_id in document.unique_ids:
            answer, found = self.client.search(user, cx, {}, unique_id)
            accepted(answer)
            if not found:
                raise Refused("dmp.refused", said="NotFound", text=unique_id)
            held = found[0]
            kept = tuple(one for one in held.confidentiality if one.code != code)
            if self.defects.on("stays-invisible") and not hidden:
                return
            changed = replace(held, confidentiality=(*kept, documents.VISIBILITY[code]) if hidden else kept)
            one = documents.submission_set(document, cx, self.structure, user)
            asked = metadata_change(one, replace(changed, id="Document01"), held.version)
            accepted(self.client.update(user, cx, asked, AIR))
