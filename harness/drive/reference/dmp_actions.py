"""Actions about the DMP and the life of a document there."""

from __future__ import annotations

import base64
from typing import Any

from harness.drive.reference.actions import Body, action
from harness.drive.reference.dmp_desk import DmpDesk
from harness.drive.reference.dmp_documents import VISIBILITY, Document
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


@action("document.validate")
def validate(software: Software, body: Body) -> dict[str, Any]:
    """The document is final: it goes to the DMP without another gesture, unless held or not allowed."""
    document, patient = _document(software, body)
    document.visibility |= _codes(body.get("visibility", []))
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
    return _send(software, document, patient, document.unique_ids[-1])


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
    said = _desk(software).status(patient, software.user)
    shown = "open" if software.defects.on("shows-dmp-open-always") else said.state
    software.screen.message(f"dmp.state.{shown}", right=said.right)
    return {"state": shown, "right": said.right, "treating": said.treating}


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
            if document.patient == patient.id and document.state == "validated":
                sent.append(_send(software, document, patient)["document"])
    if body.get("access") is True:
        desk.agreed.add(patient.id)
        if desk.status(patient, software.user).right in ("NON_EXISTE", "EXPIRE"):
            desk.authorise(patient, software.user)
    if body.get("access") is False and not software.defects.on("keeps-consent"):
        desk.agreed.discard(patient.id)
    return {
        "feed": "opposed" if patient.id in desk.opposed else "accepted",
        "access": patient.id in desk.agreed,
        "sent": sent,
    }


@action("dmp.list")
def list_(software: Software, body: Body) -> dict[str, Any]:
    """The documents of the patient's DMP; the software shows none of the traits that the DMP returns."""
    patient = software.store.get(body["patient"])
    criteria = {CRITERIA[name]: values for name, values in (body.get("criteria") or {}).items()}
    found = _desk(software).search(patient, software.user, criteria)
    rows = [
        {
            "unique_id": one.unique_id,
            "repository": one.repository,
            "title": one.title,
            "type": one.type_code.code if one.type_code else "",
            "class": one.class_code.code if one.class_code else "",
            "created": one.creation_time,
        }
        for one in found
    ]
    shown = rows[:5] if software.defects.on("shows-five-documents") else rows
    for row in shown:
        software.screen.items.append(
            {"kind": "list", "text": row["title"], "field": "document", "value": row["unique_id"]}
        )
    return {"documents": shown}


@action("dmp.get")
def get(software: Software, body: Body) -> dict[str, Any]:
    """The content of documents chosen in the list."""
    patient, desk = software.store.get(body["patient"]), _desk(software)
    wanted = [(one["repository"], one["unique_id"]) for one in body["documents"]]
    found = desk.get(patient, software.user, wanted)
    return {
        "documents": [
            {"unique_id": id, "content_base64": base64.b64encode(data).decode()} for id, data in found.items()
        ]
    }


def _send(software: Software, document: Document, patient: Patient, replaces: str = "") -> dict[str, Any]:
    if document.state == "sent" and not replaces:
        raise Refused("dmp.already-sent")
    document.state = "validated" if not replaces else document.state
    outcome = _desk(software).send(document, patient, software.user, replaces)
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
