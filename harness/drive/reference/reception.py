"""Identities that come from another identification domain (règles 30, 51, 52, 55; PID-32 of IHE PAM France).

Nothing received is believed: an INS is stored only when the sender calls it qualified and INSi says OK to it, unless
the same INS is already here. A qualified identity arrives as récupérée: qualification is not transitive, except by
a contract of trust.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from harness.drive.reference import hl7, teleservice
from harness.drive.reference.hl7 import BadMessage, Received
from harness.drive.reference.model import COMPLEMENTARY, STRICT, Ins, Patient, Refused, Traits
from harness.drive.reference.software import Software
from norms.ins import matricule
from norms.ins.status import Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a received identity. ``integrated`` False: it waits in the worklist for a person."""

    patient: str
    created: bool
    applied_ins: bool
    integrated: bool
    verification: str  # OK, KO, error, or empty when none was needed


def receive(software: Software, source: str, form: str, content: str, *, trusted: bool) -> Outcome:
    """Take an identity from ``source``; ``trusted`` is a contract of trust with that domain. Raises Refused."""
    try:
        received = hl7.read(content) if form == "adt" else _from_json(content)
    except BadMessage as bad:
        raise Refused("unreadable-identity", reason=software.screen.words(f"refused.{bad}")) from None
    known = None if software.defects.on("creates-duplicate") else _known(software, source, received)
    if known is None and software.defects.on("ignores-unknown-patient"):
        raise Refused("unknown-patient", patient=received.source_id)
    if received.deletes_ins:
        return _delete(software, known, received)
    offered = received.ins if received.ins and received.validated else None
    if received.ins and offered is None:
        software.screen.message("ins-not-validated")
    traits = software.identities.typed(received.traits.shown())
    patient = known or software.store.new(traits)
    software.store.add(patient)
    if received.source_id:
        patient.foreign_ids.add((source, received.source_id))
    if offered is None:
        return _without_ins(software, patient, traits, known)
    ours = known and known.ins and known.ins.full == offered.full and known.status in ("recuperee", "qualifiee")
    if known and ours and not software.defects.on("verifies-known-ins-again"):
        _complement(patient, traits)  # règle 52: this INS is ours already
        if software.defects.on("received-demotes-own"):
            patient.status = "recuperee"
        return Outcome(patient.id, False, False, True, "")
    return _verified(software, patient, traits, offered, known, trusted=trusted)


def _verified(
    software: Software, patient: Patient, traits: Traits, offered: Ins, known: Patient | None, *, trusted: bool
) -> Outcome:
    verdict = "KO"
    if software.defects.on("verification-not-called"):
        verdict = "OK"
    elif matricule.valid(offered.value, offered.key):
        verdict = teleservice.verify(software, patient, traits, offered).code
    if verdict == "OK" and software.defects.on("everything-waits"):
        verdict = "error"
    author, created = software.author.national_id, known is None
    if verdict == "OK" and known and known.ins:  # another INS than ours: a person decides
        software.screen.alert("other-ins", patient)
        software.screen.todo("other-ins", patient)
        return Outcome(patient.id, False, False, False, verdict)
    if verdict == "OK":
        patient.traits, patient.ins = _merge(patient.traits, traits), offered
        if not (patient.status == "validee" and software.defects.on("received-ins-never-qualifies")):
            software.identities.happen(patient, Event.VERIFIED, author, "received-verified")
        if (trusted or software.defects.on("believes-qualified")) and patient.status == "recuperee":
            software.identities.happen(patient, Event.EVIDENCE, author, "trust-contract")
        return Outcome(patient.id, created, True, True, verdict)
    if verdict == "KO" and known and software.defects.on("ko-updates-known"):
        patient.traits, patient.ins = _merge(patient.traits, traits), offered
    reason = "received-ko" if verdict == "KO" else "received-unverified"
    software.screen.alert(reason, patient)
    if not software.defects.on("received-ko-no-worklist"):
        software.screen.todo(reason, patient)
    return Outcome(patient.id, created, False, False, verdict)


def _without_ins(software: Software, patient: Patient, traits: Traits, known: Patient | None) -> Outcome:
    if known and not known.locked:
        patient.traits = _merge(patient.traits, traits)
    elif known:
        _complement(patient, traits)
    return Outcome(patient.id, known is None, False, True, "")


def _delete(software: Software, known: Patient | None, received: Received) -> Outcome:
    if known is None:
        raise Refused("unknown-patient", patient=received.source_id)
    # Without its INS a qualified identity is a validated one; PROV takes the validation away too.
    event = Event.CHANGED if received.validated else Event.VERIFICATION_KO
    software.identities.happen(known, event, software.author.national_id, "ins-deleted")
    return Outcome(known.id, False, False, True, "")


def _known(software: Software, source: str, received: Received) -> Patient | None:
    for patient in software.store:
        if received.source_id and (source, received.source_id) in patient.foreign_ids:
            return patient
    return software.store.same_person(received.traits, received.ins)


def _merge(ours: Traits, theirs: Traits) -> Traits:
    given = {name: value for name, value in theirs.shown().items() if value}
    return replace(ours, **given)


def _complement(patient: Patient, traits: Traits) -> None:
    given = {name: getattr(traits, name) for name in COMPLEMENTARY if getattr(traits, name)}
    patient.traits = replace(patient.traits, **given)


def _from_json(content: str) -> Received:
    """The JSON of `exports`: ``{"identifier", "traits", "ins": {value, key, oid}|null, "status"}``."""
    try:
        raw: Any = json.loads(content)
    except ValueError:
        raise BadMessage("json") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("traits"), dict):
        raise BadMessage("json-traits")
    traits = Traits(**{name: str(raw["traits"].get(name) or "") for name in STRICT + COMPLEMENTARY})
    ins = raw.get("ins")
    if ins is not None and not isinstance(ins, dict):
        raise BadMessage("json-ins")
    offered = Ins(str(ins.get("value", "")), str(ins.get("key", "")), str(ins.get("oid", ""))) if ins else None
    return Received(str(raw.get("identifier", "")), traits, offered, raw.get("status") in ("qualifiee", "VALI"))
