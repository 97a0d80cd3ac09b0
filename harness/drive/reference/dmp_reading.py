"""The software reads the DMP: its state as a record opens, the list, the documents, what was integrated here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import Answer, DmpClient
from harness.drive.reference.dmp_documents import cx
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Ins, Patient, Refused
from harness.drive.reference.store import Store
from norms.xds.model import DocumentEntry


@dataclass(frozen=True, slots=True)
class Status:
    """What TD0.2 said: ``state`` open, closed, absent, or unknown when nothing came back; ``right`` VALIDE, EXPIRE,
    INTERDIT, NON_EXISTE."""

    state: str
    right: str = ""
    treating: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A document of the DMP put into a patient's record: its number here, its entryUUID when it was taken."""

    patient: str
    number: str
    entry: str
    title: str = ""


class Reading:
    """What one software knows of its patients' DMPs. Calls raise Refused when the DMP or the software refuses."""

    def __init__(self, client: DmpClient, defects: Defects) -> None:
        self.client, self.defects = client, defects
        self._asking: list[threading.Thread] = []
        self.forget()

    def forget(self) -> None:
        """As a software just installed."""
        self.wait()
        self.agreed: set[str] = set()  # patients who accept that their DMP be consulted
        self.known: dict[str, Status] = {}
        self.listed: dict[str, DocumentEntry] = {}  # uniqueId -> the entry last seen
        self.taken: dict[str, Taken] = {}  # uniqueId -> what was integrated

    def stored(self) -> dict[str, Any]:
        """What a restart finds again, as JSON values."""
        return {"agreed": sorted(self.agreed), "taken": {id: asdict(one) for id, one in self.taken.items()}}

    def restore(self, raw: Mapping[str, Any]) -> None:
        """What `stored` gave."""
        self.agreed, self.taken = set(raw["agreed"]), {id: Taken(**one) for id, one in raw["taken"].items()}

    # -- state and rights ---------------------------------------------------------------------------------------

    def opened(self, patient: Patient, user: Professional) -> None:
        """A record opens: its DMP's state is asked for while the user goes on working (TD0.2)."""
        if outgoing_ins(patient) is None or self.defects.on("status-needs-click"):
            return
        asking = threading.Thread(target=self._ask, args=(patient, user), daemon=True)
        self._asking.append(asking)
        asking.start()
        if self.defects.on("blocks-on-dmp"):
            self.wait()

    def _ask(self, patient: Patient, user: Professional) -> None:
        try:
            self.status(patient, user)
        except Refused:
            self.known[patient.id] = Status("unknown")

    def wait(self) -> None:
        """Until nothing is asked in the background."""
        while self._asking:
            self._asking.pop().join()

    def status(self, patient: Patient, user: Professional) -> Status:
        """TD0.2; what it says is remembered for this patient."""
        ins = qualified(patient)
        answer = self.client.status(user, cx(ins), ins.full, ins.oid)
        accepted(answer)
        self.known[patient.id] = status = _status(answer)
        return status

    def authorise(self, patient: Patient, user: Professional) -> None:
        """TD0.3, once the patient agreed."""
        accepted(self.client.declare(user, cx(qualified(patient))))

    # -- documents ----------------------------------------------------------------------------------------------

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
        wanted = {} if self.defects.on("ignores-criteria") else dict(criteria)
        if self.defects.on("one-criterion-only"):
            wanted = dict(list(wanted.items())[:1])
        answer, found = self.client.search(user, cx(qualified(patient)), wanted)
        accepted(answer)
        self.listed |= {one.unique_id: one for one in found}
        return found

    def newer(self, patient: Patient, user: Professional, found: Sequence[DocumentEntry]) -> dict[str, DocumentEntry]:
        """Of the documents integrated here, those that the DMP has replaced: uniqueId → the one in its place."""
        if self.defects.on("ignores-new-version"):
            return {}
        gone = {id: one for id, one in self.taken.items() if one.patient == patient.id}
        for held in found:
            gone.pop(held.unique_id, None)
        by_uuid = {one.id: one for one in found}
        replaced: dict[str, DocumentEntry] = {}
        for unique_id, one in gone.items():
            answer, sources = self.client.replacing(user, cx(qualified(patient)), one.entry)
            accepted(answer)
            if entry := next((by_uuid[source] for source in sources if source in by_uuid), None):
                replaced[unique_id] = entry
        return replaced

    def get(self, patient: Patient, user: Professional, wanted: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        """TD3.2 of (repository, uniqueId)."""
        if self.defects.on("gets-every-document"):
            wanted = [(one.repository, one.unique_id) for one in self.listed.values()]
        if self.defects.on("entry-uuid-for-unique-id"):
            wanted = [(place, self.listed[id].id if id in self.listed else id) for place, id in wanted]
        answer, found = self.client.retrieve(user, cx(qualified(patient)), wanted)
        accepted(answer)
        if self.defects.on("cuts-documents"):
            return {id: data[: len(data) // 2] for id, data in found.items()}
        return found

    def again(self, number: str, store: Store, user: Professional) -> None:
        """A document integrated here is fetched again (only a defect does)."""
        for unique_id, one in self.taken.items():
            if one.number == number and unique_id in self.listed:
                self.get(store.get(one.patient), user, [(self.listed[unique_id].repository, unique_id)])


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


def qualified(patient: Patient) -> Ins:
    """The INS that may leave; raises Refused."""
    ins = outgoing_ins(patient)
    if ins is None:
        raise Refused("dmp.not-qualified")
    return ins


def accepted(answer: Answer) -> None:
    """Nothing when the DMP accepted; raises Refused with what it said."""
    if answer.outage:
        raise Refused("dmp.outage", text=answer.code)
    if answer.code:
        raise Refused("dmp.refused", said=answer.code, text=answer.text)
