"""Actions about the DMP and the life of a document there."""

from __future__ import annotations

import base64
from typing import Any

from harness.drive.reference.actions import Body, action
from harness.drive.reference.dmp_desk import DmpDesk
from harness.drive.reference.dmp_documents import VISIBILITY, Document
from harness.drive.reference.dmp_reading import Taken
from harness.drive.reference.model import Patient, Refused
from harness.drive.reference.software import Software

CRITERIA = {  # word of the API -> parameter of the query
    "class": "ClassCode",
    "type": "TypeCode",
    "facility": "HealthcareFacilityTypeCode",
    "practice": "PracticeSettingCode",
    "from": "CreationTimeFrom",
    "to": "CreationTimeTo",
}


@action("settle")
def settle(software: Software, body: Body) -> dict[str, Any]:
    """What waits for the DMP is tried again; once this action ends, nothing is sent in the background."""
    if software.dmp is None:
        return {"pending": 0}
    software.dmp.reading.wait()
    if software.defects.on("held-leaves-later"):
        for document in [one for one in software.dmp.documents.values() if one.state == "held" and one.final]:
            _send(software, document, software.store.get(document.patient))
    return {"pending": software.dmp.flush()}


@action("document.validate")
def validate(software: Software, body: Body) -> dict[str, Any]:
    """The document is final: it goes to the DMP without another gesture, unless held or not allowed."""
    document, patient = _document(software, body)
    document.visibility |= _codes(body.get("visibility", []))
    document.final, document.secret = True, body.get("secret", False)
    if document.state == "held" and not software.defects.on("sends-although-held"):
        software.screen.message("dmp.held")
        return document.shown()
    if software.defects.on("needs-second-click") and document.state == "draft":
        document.state = "validated"
        return document.shown()
    return _send(software, document, patient)


@action("document.hold")
def hold(software: Software, body: Body) -> dict[str, Any]:
    """The user keeps a document from being sent."""
    document, _ = _document(software, body)
    if document.state in ("sent", "deleted"):
        raise Refused("dmp.already-sent")
    document.state = "held"
    software.screen.message("dmp.held")
    return document.shown()


@action("document.release")
def release(software: Software, body: Body) -> dict[str, Any]:
    """What was held may go."""
    document, patient = _document(software, body)
    if document.state == "held" and software.defects.on("release-forgets"):
        document.state = "validated"
        return document.shown()
    return _send(software, document, patient)


@action("document.replace")
def substitute(software: Software, body: Body) -> dict[str, Any]:
    """A new version takes the place of the one sent."""
    document, patient = _document(software, body)
    if document.state != "sent":
        raise Refused("dmp.not-sent")
    document.text = body.get("text", document.text)
    return _send(software, document, patient, again=True)


@action("document.delete")
def delete(software: Software, body: Body) -> dict[str, Any]:
    """The document leaves the DMP."""
    document, patient = _document(software, body)
    if document.state != "sent":
        raise Refused("dmp.not-sent")
    _desk(software).delete(document, patient, software.user)
    software.screen.message("dmp.deleted")
    return document.shown()


@action("document.mask")
def mask(software: Software, body: Body) -> dict[str, Any]:
    """Change who sees a document: before it is sent, or afterwards at the DMP."""
    document, patient = _document(software, body)
    code, hidden = body["code"], body.get("hidden", True)
    _codes([code])
    if document.state == "sent":
        _desk(software).show(document, patient, software.user, code, hidden=hidden)
    (document.visibility.add if hidden else document.visibility.discard)(code)
    software.screen.message("dmp.visibility", codes=", ".join(sorted(document.visibility)) or "—")
    return document.shown()


@action("dmp.status")
def status(software: Software, body: Body) -> dict[str, Any]:
    """Whether the patient has a DMP, and the right to it."""
    patient = software.store.get(body["patient"])
    said = _desk(software).reading.status(patient, software.user)
    shown = "open" if software.defects.on("shows-dmp-open-always") else said.state
    right = "VALIDE" if said.right and software.defects.on("shows-right-always") else said.right
    software.screen.message(f"dmp.state.{shown}", right=right)
    return {"state": shown, "right": right, "treating": said.treating}


@action("dmp.consent")
def consent(software: Software, body: Body) -> dict[str, Any]:
    """What the patient agrees to: ``feed`` accepted or opposed, ``access`` true or false."""
    patient, desk = software.store.get(body["patient"]), _desk(software)
    if body.get("feed") == "opposed":
        desk.opposed.add(patient.id)
    sent = []
    if body.get("feed") == "accepted":
        desk.opposed.discard(patient.id)
        for document in list(desk.documents.values()):
            waits = document.patient == patient.id and document.state == "validated"
            if waits and not software.defects.on("opposition-forever"):
                sent.append(_send(software, document, patient)["document"])
    if body.get("access") is True:
        desk.reading.agreed.add(patient.id)
        if desk.reading.status(patient, software.user).right in ("NON_EXISTE", "EXPIRE"):
            desk.reading.authorise(patient, software.user)
    if body.get("access") is False and not software.defects.on("keeps-consent"):
        desk.reading.agreed.discard(patient.id)
    return {
        "feed": "opposed" if patient.id in desk.opposed else "accepted",
        "access": patient.id in desk.reading.agreed,
        "sent": sent,
    }


@action("dmp.history")
def history(software: Software, body: Body) -> dict[str, Any]:
    """The documents older than the link to the DMP go there: those of living patients who agree, once each."""
    sent: list[str] = []
    left: list[dict[str, str]] = []
    for document in [one for one in _desk(software).documents.values() if one.date]:
        patient = software.store.get(document.patient)
        why = _kept_back(software, document, patient)
        if not why:
            if document.state == "sent":  # the defect that forgets it: as another document
                document.versions.clear()
            try:
                why = _send(software, document, patient, again=True)["outcome"]
            except Refused as refused:  # one patient's DMP does not stop the others'
                why = refused.code
        if why in ("sent", "waiting"):
            sent.append(document.id)
        else:
            left.append({"document": document.id, "reason": why})
    software.screen.message("dmp.history", sent=len(sent), left=len(left))
    return {"sent": sent, "left": left}


def _kept_back(software: Software, document: Document, patient: Patient) -> str:
    """Why an old document does not go; empty when it may."""
    if document.state in ("held", "deleted"):
        return document.state
    if document.state == "waiting":
        return "already-sent"
    if document.state == "sent" and not software.defects.on("history-sent-again"):
        return "already-sent"
    if patient.deceased and not software.defects.on("history-of-the-deceased"):
        return "deceased"
    return ""


@action("dmp.list")
def list_(software: Software, body: Body) -> dict[str, Any]:
    """The documents of the patient's DMP; the software shows none of the traits that the DMP returns."""
    patient, reading = software.store.get(body["patient"]), _desk(software).reading
    criteria = {CRITERIA[name]: values for name, values in (body.get("criteria") or {}).items()}
    found = reading.search(patient, software.user, criteria)
    rows = [
        {
            "unique_id": one.unique_id,
            "repository": one.repository,
            "title": one.title,
            "type": one.type_code.code if one.type_code else "",
            "class": one.class_code.code if one.class_code else "",
            "created": one.creation_time,
            "integrated": one.unique_id in reading.taken,
        }
        for one in found
    ]
    shown = rows[:5] if software.defects.on("shows-five-documents") else rows
    for row in shown:
        software.screen.items.append(
            {"kind": "list", "text": str(row["title"]), "field": "document", "value": str(row["unique_id"])}
        )
    newer = [] if criteria else reading.newer(patient, software.user, found).items()
    for _, one in newer:
        software.screen.alert("dmp.newer", patient, title=one.title)
    return {"documents": shown, "newer": [{"integrated": old, "unique_id": one.unique_id} for old, one in newer]}


@action("dmp.get")
def get(software: Software, body: Body) -> dict[str, Any]:
    """The content of documents chosen in the list; with ``integrate``, they join the patient's record, once each."""
    patient, reading = software.store.get(body["patient"]), _desk(software).reading
    wanted = [(one["repository"], one["unique_id"]) for one in body["documents"]]
    found = reading.get(patient, software.user, wanted)
    rows: list[dict[str, Any]] = []
    for id, data in found.items():
        row: dict[str, Any] = {"unique_id": id, "content_base64": base64.b64encode(data).decode()}
        if body.get("integrate"):
            row |= _integrated(software, patient, id, data)
        rows.append(row)
    return {"documents": rows}


def _integrated(software: Software, patient: Patient, unique_id: str, data: bytes) -> dict[str, Any]:
    """A document of the DMP joins the record, unless it is there already."""
    taken = _desk(software).reading.taken
    held, entry = taken.get(unique_id), _desk(software).reading.listed.get(unique_id)
    title = entry.title if entry else unique_id
    if held and not software.defects.on("integrates-twice"):
        software.screen.alert("dmp.already-integrated", patient, title=title)
        return {"document": held.number, "integrated": False}
    number = software.file("text/xml", b"<vide/>" if software.defects.on("files-nothing") else data)
    taken[unique_id] = Taken(patient.id, number, entry.id if entry else "", title)
    software.screen.message("dmp.integrated", title=title)
    return {"document": number, "integrated": True}


def _send(software: Software, document: Document, patient: Patient, *, again: bool = False) -> dict[str, Any]:
    if document.state == "sent" and not again:
        raise Refused("dmp.already-sent")
    document.state = document.state if again else "validated"
    outcome = _desk(software).send(document, patient, software.user)
    if outcome in ("not-qualified", "opposed"):
        software.screen.alert(f"dmp.{outcome}", patient)
    elif outcome == "waiting" and not software.defects.on("silent-outage"):
        software.screen.alert("dmp.waiting", patient)
    else:
        software.screen.message("dmp.sent")
    return {**document.shown(), "outcome": outcome}


def _desk(software: Software) -> DmpDesk:
    if software.dmp is None:
        raise Refused("dmp.not-configured")
    return software.dmp


def _document(software: Software, body: Body) -> tuple[Document, Patient]:
    found = _desk(software).documents.get(body["document"])
    if found is None:
        raise Refused("unknown-document", document=body["document"])
    return found, software.store.get(found.patient)


def _codes(codes: list[str]) -> set[str]:
    if wrong := set(codes) - set(VISIBILITY):
        raise Refused("dmp.visibility", said=", ".join(sorted(wrong)))
    return set(codes)
