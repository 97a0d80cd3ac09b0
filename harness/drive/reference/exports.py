"""What the software transmits of an identity: HL7 v2, JSON or text. The INS goes out only when qualified (règle 28)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from harness.drive.reference import hl7
from harness.drive.reference.documents import identity_lines
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Ins, Patient, Refused
from harness.drive.reference.software import Software
from norms.ins import oids

MEDIA = {
    "json": "application/json",
    "adt": "application/hl7-v2",
    "text": "text/plain; charset=utf-8",
}


def export(software: Software, patient: Patient, form: str, partner: str) -> tuple[str, str]:
    """Media type and content; traced with the partner who receives the INS (règle 31). Raises Refused ``no-format``."""
    if form not in MEDIA:
        raise Refused("no-format", found=form, known=", ".join(MEDIA))
    ins = outgoing_ins(patient)
    if patient.status == "recuperee" and software.defects.on("exports-ins-when-only-recuperee"):
        ins = patient.ins
    if ins is None and software.defects.on("writes-ins-oid-always"):
        ins = Ins("", "", oids.NIR)
    if patient.status == "qualifiee" and software.defects.on("refuses-to-transmit-qualified"):
        raise Refused("no-format", found=form, known="—")
    content = _write(software, patient, form, ins)
    if not software.defects.on("no-trace-of-partner"):
        sent = {"ins": ins.full, "oid": ins.oid} if ins else {}
        software.traces.add(software.author.national_id, "identity.export", patient, partner=partner, **sent)
    software.diffused.add(patient.id)
    return MEDIA[form], content


def _write(software: Software, patient: Patient, form: str, ins: Ins | None) -> str:
    if form == "adt":
        event = "A31" if patient.id in software.diffused else "A28"
        state = "VALI" if patient.status == "qualifiee" else "PROV"
        return hl7.write(patient, software.config.structure, event, ins, state, datetime.now(UTC))
    if form == "json":
        identity = {
            "identifier": patient.id,
            "traits": patient.traits.shown(),
            "ins": {"value": ins.value, "key": ins.key, "oid": ins.oid} if ins else None,
            "status": patient.status,
        }
        return json.dumps(identity, ensure_ascii=False)
    return "\n".join(identity_lines(patient, ins, software.screen)) + "\n"
