"""WS-Addressing 1.0 headers of a request (SOAP Binding, §3 and §6.4.1: cardinality)."""

from __future__ import annotations

from dataclasses import dataclass

from norms.finding import Finding, find
from norms.soap.envelope import Envelope
from norms.soap.names import ACTION, MESSAGE_ID, WSA, local, namespace
from norms.soap.tree import place, value


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the addressing headers say; empty where absent."""

    action: str = ""
    message_id: str = ""


def read_addressing(envelope: Envelope) -> tuple[Addressing, list[Finding]]:
    """Action and MessageID, with SOAP-WSA-01 for one sent twice and SOAP-WSA-02 when Action is missing."""
    findings = [
        find("SOAP-WSA-01", found=local(tag), where=place(envelope.blocks[tag][1]))
        for tag in (ACTION, MESSAGE_ID)
        if envelope.count(tag) > 1
    ]
    action, message_id = envelope.header(ACTION), envelope.header(MESSAGE_ID)
    said = Addressing(value(action) if action is not None else "", value(message_id) if message_id is not None else "")
    if not said.action:
        other = next((namespace(tag) for tag in envelope.blocks if local(tag) == "Action"), "")
        findings.append(find("SOAP-WSA-02", expected=WSA, found=other, where=place(envelope.root, "Header/Action")))
    return said, findings


def action_mismatch(action: str, announced: str) -> list[Finding]:
    """SOAP-WSA-03 when the ``action`` parameter of Content-Type is not the Action header's."""
    if not announced or not action or announced == action:
        return []
    return [find("SOAP-WSA-03", expected=action, found=announced)]
