"""Addresses about patients and rights: one POST each, dispatched by the root of the SOAP body."""

from __future__ import annotations

from mocks.dmp import wire
from mocks.dmp.patients import OPERATIONS
from mocks.dmp.refusal import Refused
from mocks.http import Answer, Call
from norms.finding import find
from norms.hl7v3.names import ACTIONS
from norms.soap import Fault
from norms.soap.tree import place

BODY_ACTIONS = {root: actions[0] for root, actions in ACTIONS.items()}


def answer_patient(call: Call, word: str) -> Answer:
    """Answer one call; ``word`` is the last of the address: patients, patientsPDQ, habilitations…"""
    try:
        message = wire.read_message(call, BODY_ACTIONS)
    except wire.BadMessage as bad:
        return wire.unreadable(call, bad)
    root = str(message.envelope.body.tag)
    operation = OPERATIONS[word].get(root)
    if operation is None:
        expected = ", ".join(OPERATIONS[word])
        call.note(finding := find("HL7-BODY-01", expected=expected, found=root, where=place(message.envelope.body)))
        return wire.fault(call, message, Fault("Sender", finding.message("fr")))
    wanted = ACTIONS.get(root, ("", ""))
    if message.action and message.action != wanted[0] and wanted[0]:
        call.note(find("HL7-ACT-01", expected=wanted[0], found=message.action))
    if code := str(call.switch("soap_fault")):
        return wire.fault(call, message, Fault("Sender", f"Faute imposée par le banc : {code}", code))
    try:
        body = operation(call, message)
    except Refused as refusal:
        return wire.refused(call, message, refusal)
    return wire.answer(call, message, body, wanted[1])
