"""The actions of the test-driver API, each registered under its name; an action gives its result or raises Refused."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from harness.drive.reference import cda_files, documents, exports, reception, teleservice
from harness.drive.reference.config import Professional
from harness.drive.reference.dmp_documents import Document
from harness.drive.reference.messages import Card
from harness.drive.reference.model import COMPLEMENTARY, STRICT, Patient, Refused
from harness.drive.reference.software import Software

Body = Mapping[str, Any]
Action = Callable[[Software, Body], dict[str, Any]]
ACTIONS: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    """Register a function as the action of that name."""

    def register(function: Action) -> Action:
        ACTIONS[name] = function
        return function

    return register


# --- the desk -------------------------------------------------------------------------------------------------------


@action("reset")
def reset(software: Software, body: Body) -> dict[str, Any]:
    """Forget everything."""
    software.reset()
    return {}


@action("login")
def login(software: Software, body: Body) -> dict[str, Any]:
    """Open a session."""
    software.login(
        body["professional"], body.get("mode", "card"), body.get("flow", "code"), body.get("channel", "MOBILE")
    )
    software.screen.message("welcome", name=software.user.shown)
    return {"professional": software.user.id, "user": software.user.national_id}


@action("logout")
def logout(software: Software, body: Body) -> dict[str, Any]:
    """Close the session."""
    software.logout()
    software.screen.message("goodbye")
    return {}


# --- the patient file -----------------------------------------------------------------------------------------------


@action("patient.create")
def create(software: Software, body: Body) -> dict[str, Any]:
    """A new record; ``identity`` takes over the state that it had in an earlier file."""
    user = software.user.national_id
    patient = software.store.new(software.identities.typed(body["traits"]))
    if identity := body.get("identity"):
        software.identities.take_over(patient, identity)
    elif software.defects.on("created-as-validated"):
        patient.status = "validee"
    software.store.add(patient)
    software.identities.note(patient, user, "", patient.status, "created")
    software.screen.banner(patient)
    return {"patient": patient.id}


@action("patient.get")
def get(software: Software, body: Body) -> dict[str, Any]:
    """The record; reading an INS is traced (règle 4)."""
    patient = software.store.get(body["patient"])
    user = software.user.national_id
    if patient.ins and not software.defects.on("no-trace-of-access"):
        software.traces.add(user, "ins.access", patient, ins=patient.ins.full, oid=patient.ins.oid)
    software.screen.banner(patient)
    record = patient.shown()
    if software.defects.on("shows-everything-locked"):
        record["locked"] = [*STRICT, *COMPLEMENTARY]
    if software.dmp is None:
        return record
    if body.get("open"):
        software.dmp.reading.opened(patient, software.user)
    known = software.dmp.reading.known.get(patient.id)
    return {**record, **({"dmp": known.state} if known else {})}


@action("patient.find")
def find(software: Software, body: Body) -> dict[str, Any]:
    """Search for prior records."""
    wanted = {name: str(body.get(name) or "") for name in ("name", "given_name", "birth_date", "ins")}
    found = software.store.find(**wanted)
    for patient in found:
        software.screen.line(patient)
    if not found:
        software.screen.message("none-found")
    return {"patients": [patient.id for patient in found]}


@action("patient.edit")
def edit(software: Software, body: Body) -> dict[str, Any]:
    """Change traits or attributes."""
    patient, user = software.store.get(body["patient"]), software.user.national_id
    before = patient.status
    changed: list[str] = []
    if traits := body.get("traits"):
        changed = software.identities.edit(patient, traits, user, superuser=body.get("as") == "superuser")
        software.traces.add(user, "identity.change", patient, fields=changed)
    if "deceased" in body:
        patient.deceased = str(body["deceased"])
    if "attributes" in body:
        if software.defects.on("asks-insi-before-marking"):
            teleservice.search_by_traits(software, patient)
        software.identities.mark(patient, frozenset(body["attributes"]), user)
    if patient.status != before:
        software.screen.alert("demoted", patient, status=software.screen.words(f"status.{patient.status}"))
    software.screen.banner(patient)
    return {"patient": patient.id, "changed": changed, "status": patient.status}


@action("identity.validate")
def validate(software: Software, body: Body) -> dict[str, Any]:
    """A proof of identity was seen."""
    patient = software.store.get(body["patient"])
    user = software.user.national_id
    if software.defects.on("calls-insi-when-validating"):
        teleservice.search_by_traits(software, patient)
    changed = software.identities.validate(patient, body.get("evidence", ""), body.get("trust", ""), user)
    software.screen.message("validated" if changed else "not-validated")
    software.screen.banner(patient)
    return {"patient": patient.id, "status": patient.status}


# --- INSi -----------------------------------------------------------------------------------------------------------


@action("ins.search")
def search(software: Software, body: Body) -> dict[str, Any]:
    """Search for the INS by traits or by Vitale card."""
    patient = software.store.get(body["patient"])
    if body.get("by", "traits") == "vitale":
        answer = teleservice.search_by_card(software, patient, _card(patient, body.get("card") or {}))
    else:
        answer = teleservice.search_by_traits(software, patient)
    applied = teleservice.conclude(software, patient, answer, accept=body.get("accept", True))
    software.screen.banner(patient)
    if software.defects.on("always-says-found"):
        return {"code": "00", "applied": True, "status": patient.status}
    fault = {"fault": answer.fault} if answer.fault else {}
    return {"code": answer.code, **fault, "applied": applied, "status": patient.status}


@action("ins.verify")
def verify(software: Software, body: Body) -> dict[str, Any]:
    """Verify the INS of a record."""
    patient = software.store.get(body["patient"])
    answer = teleservice.verify_own(software, patient)
    software.screen.banner(patient)
    fault = {"fault": answer.fault} if answer.fault else {}
    return {"outcome": answer.code, **fault, "status": patient.status}


# --- other domains --------------------------------------------------------------------------------------------------


@action("identity.receive")
def receive(software: Software, body: Body) -> dict[str, Any]:
    """An identity that another domain sent."""
    outcome = reception.receive(
        software, body["source"], body["format"], body["content"], trusted=body.get("trusted", False)
    )
    result = {name: getattr(outcome, name) for name in outcome.__slots__}
    if document := body.get("document"):
        result["document"] = _file(software, outcome, document)
    return result


@action("identity.export")
def export(software: Software, body: Body) -> dict[str, Any]:
    """What would be transmitted of an identity."""
    patient = software.store.get(body["patient"])
    media_type, content = exports.export(software, patient, body.get("format", "adt"), body.get("partner", ""))
    return {"media_type": media_type, "content": content}


@action("document.create")
def document_create(software: Software, body: Body) -> dict[str, Any]:
    """A document of one page about a patient."""
    patient, author = software.store.get(body["patient"]), software.user
    if body.get("format") == "cda":
        return {"document": _cda(software, patient, body)}
    title = software.screen.words("print.document", type=body.get("type", ""))
    content = documents.sheet(patient, software.screen, software.defects, title, body.get("text", author.shown))
    number = software.file("application/pdf", content)
    if software.dmp:
        kind, words = body.get("type", ""), body.get("text", author.shown)
        made = Document(number, patient.id, kind, title, words, _author(software, body), date=body.get("date", ""))
        made.structured = body.get("structured", False) and not software.defects.on("pdf-only")
        software.dmp.documents[number] = made
    return {"document": number}


def _author(software: Software, body: Body) -> Professional:
    """The user, or somebody who worked here once and is known by name alone."""
    gone = body.get("author")
    if not gone:
        return software.user
    assert software.dmp is not None
    here = f"{software.dmp.structure[0]}/{gone['family_name']}"
    return Professional("", here, gone["family_name"], gone["given_name"], "SM54", "SA07", profession="10")


def _cda(software: Software, patient: Patient, body: Body) -> str:
    """A letter as a CDA file, or a new version of an earlier one (``replaces``)."""
    earlier = body.get("replaces")
    if earlier and software.documents.get(earlier, ("", b""))[0] != cda_files.MEDIA_TYPE:
        raise Refused("unknown-document", document=earlier)
    if software.defects.on("cda-refuses-to-write"):
        raise Refused("no-format", found="cda", known="pdf")
    content = cda_files.letter(
        patient, software.user, software.config.structure, software.screen.words("print.document", type=""),
        body.get("text", ""), software.defects, type=body.get("type", ""),
        previous=software.documents[earlier][1] if earlier else None,
    )  # fmt: skip
    return software.file(cda_files.MEDIA_TYPE, content)


@action("document.get")
def document_get(software: Software, body: Body) -> dict[str, Any]:
    """A document made or integrated earlier."""
    if body["document"] not in software.documents:
        raise Refused("unknown-document", document=body["document"])
    if software.dmp and software.defects.on("asks-again-to-open"):
        software.dmp.reading.again(body["document"], software.store, software.user)
    return _content(*software.documents[body["document"]])


@action("print")
def print_(software: Software, body: Body) -> dict[str, Any]:
    """A label or a sheet."""
    patient, screen = software.store.get(body["patient"]), software.screen
    if body.get("what", "label") == "label":
        return _content("application/pdf", documents.label(patient, screen, software.defects))
    title = screen.words("print.sheet")
    return _content("application/pdf", documents.sheet(patient, screen, software.defects, title))


# --- Pro Santé Connect ----------------------------------------------------------------------------------------------


@action("session.get")
def session_get(software: Software, body: Body) -> dict[str, Any]:
    """Who works at the screen, by which account, where."""
    if software.session is None:
        return {"open": False}
    return {"open": True, **_session(software)}


@action("session.choose")
def session_choose(software: Software, body: Body) -> dict[str, Any]:
    """The situation in which the user works."""
    software.psc.choose(body["situation"])
    if not software.defects.on("psc-choice-unused"):
        software.work()
    return _session(software)


@action("api.call")
def api_call(software: Software, body: Body) -> dict[str, Any]:
    """A call to an API Pro Santé Connectée in the user's name."""
    try:
        told = software.psc.call_api(body.get("path", "/api/echo"), body.get("scope", "echo"))
    finally:
        if software.psc.now is None:
            software.session = None
    software.screen.message("psc.api")
    return {"user": told.get("SubjectNameID", ""), "answer": told}


# --- what was kept --------------------------------------------------------------------------------------------------


@action("alerts")
def alerts(software: Software, body: Body) -> dict[str, Any]:
    """Alerts shown since the reset."""
    return {"alerts": list(software.screen.alerts)}


@action("worklist")
def worklist(software: Software, body: Body) -> dict[str, Any]:
    """What waits for a person."""
    return {"items": list(software.screen.worklist)}


@action("trace.export")
def trace_export(software: Software, body: Body) -> dict[str, Any]:
    """The journal of the software."""
    return {"traces": list(software.traces.entries)}


def _session(software: Software) -> dict[str, Any]:
    """The session as it is shown: a user with several situations sees the list, and the one chosen."""
    user, mode, here = software.user, software.mode, None
    if mode == "psc" and software.psc.now:
        here = software.psc.now
        for n, place in enumerate(here.situations):
            software.screen.choice(n, place.name, chosen=here.chosen == n)
    return {
        "user": user.national_id,
        "account": user.id,
        "name": user.shown,
        "mode": mode,
        "situations": [place.shown() for place in here.situations] if here else [],
        "situation": here.situation.shown() if here and here.situation else None,
    }


def _card(patient: Patient, raw: Body) -> Card:
    if not raw.get("nir"):
        raise Refused("no-card")
    return Card(
        holder_nir=str(raw["nir"])[:13],
        holder_key=str(raw.get("key", "")) or str(raw["nir"])[13:],
        individual_nir=str(raw.get("individual_nir", "")),
        individual_key=str(raw.get("individual_key", "")),
        birth_name=str(raw.get("birth_name", "")) or patient.traits.birth_name,
        birth_date=str(raw.get("birth_date", "")) or patient.traits.birth_date,
        rank=str(raw.get("rank", "")),
        serial=str(raw.get("serial", "")),
    )


def _file(software: Software, outcome: reception.Outcome, document: Body) -> str | None:
    """The number of a document filed with its patient; None when it waits with the identity (règle 55)."""
    if not outcome.integrated and not software.defects.on("ko-integrates-document"):
        software.screen.alert("document-waits", software.store.get(outcome.patient), title=document.get("title", ""))
        return None
    try:
        content = base64.b64decode(document.get("content_base64", ""), validate=True)
    except ValueError:
        raise Refused("bad-base64") from None
    return software.file(document.get("media_type", "application/octet-stream"), content)


def _content(media_type: str, content: bytes) -> dict[str, Any]:
    return {"media_type": media_type, "content_base64": base64.b64encode(content).decode("ascii")}
