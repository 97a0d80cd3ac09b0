"""DMP messages on the wire: SOAP 1.2, alone or in an MTOM package, WS-Addressing all or nothing; answers and faults."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mocks.dmp.refusal import Refused
from mocks.http import Answer, Call
from norms.finding import Finding, find
from norms.soap import (
    BadEnvelope,
    Envelope,
    Fault,
    action_mismatch,
    check_charset,
    check_content_type,
    envelope,
    escape,
    not_understood,
    read,
    read_addressing,
    read_content_type,
    upgrade_header,
)
from norms.soap.mtom import BadPackage, Part, is_related, join, split
from norms.soap.names import ACTION, ADDRESSING, CONTENT_TYPE, MESSAGE_ID, SECURITY, WSA, local
from norms.soap.tree import place

UNDERSTOOD: Final = ADDRESSING | {SECURITY}
_ANONYMOUS: Final = f"{WSA}/anonymous"


@dataclass(frozen=True, slots=True)
class Message:
    """A request as read. ``parts`` are those of its package, empty when it came alone."""

    envelope: Envelope
    action: str
    message_id: str = ""
    related: bool = False
    parts: Mapping[str, Part] = field(default_factory=dict)


class BadMessage(Exception):
    """The request is no message that the service can read: a SOAP fault of this code answers."""

    def __init__(self, finding: Finding, code: str = "Sender", reason: str = "") -> None:
        super().__init__(finding.rule)
        self.finding, self.code, self.reason = finding, code, reason


def read_message(call: Call, body_actions: Mapping[str, str]) -> Message:
    """The request in a call's body; ``body_actions`` gives the action of a body's element when nothing else says it.

    Raises BadMessage; findings that do not refuse the call are noted on it.
    """
    content_type = call.header("content-type")
    if (coding := call.header("content-encoding").strip().lower()) not in ("", "identity"):
        raise BadMessage(find("DMP-REQ-02", found=coding))
    told: list[Finding] = []
    parts: Mapping[str, Part] = {}
    announced, data = read_content_type(content_type).action, call.body
    related = is_related(content_type)
    try:
        if related:
            package = split(content_type, call.body)
            parts, data, announced = package.parts, package.root.data, package.action
            call.note(*check_charset(package.charset))
        else:
            told = check_content_type(content_type)
            call.note(*told)
        message = read(data)
    except BadPackage as bad:
        raise BadMessage(bad.finding) from None
    except BadEnvelope as bad:
        # What is no XML because it was sent as something else is told as that.
        cause = next((one for one in told if one.rule == "SOAP-CT-01"), None)
        raise BadMessage(
            bad.finding, bad.code, cause.message("fr") if cause and data.lstrip()[:1] != b"<" else ""
        ) from None
    if blocked := not_understood(message, UNDERSTOOD):
        raise BadMessage(blocked, "MustUnderstand")
    said, findings = read_addressing(message)
    if any(tag.startswith(f"{{{WSA}}}") for tag in message.blocks):
        missing = [local(tag) for tag in (MESSAGE_ID, ACTION) if not message.count(tag)]
        if missing:
            where = place(message.root, f"Header/{missing[0]}")
            finding = find("DMP-WSA-01", expected="MessageID, Action", found=", ".join(missing), where=where)
            reason = "A required header representing a Message Addressing Property is not present"
            raise BadMessage(finding, reason=reason)
        call.note(*findings, *action_mismatch(said.action, announced))
    action = said.action or body_actions.get(str(message.body.tag), "") or announced
    call.exchange.facts |= {"action": action[:300], "message_id": said.message_id[:300]}
    return Message(message, action, said.message_id, related, parts)


def answer(call: Call, message: Message, body: str | bytes, action: str, parts: Sequence[Part] = ()) -> Answer:
    """HTTP 200 with this body; in a package when the address answers so, or when documents go with it."""
    return _sent(call, 200, envelope(body, _header(message, action)), action, parts)


def fault(call: Call, message: Message | None, fault: Fault, header: str = "") -> Answer:
    """HTTP 500 with a SOAP fault, in a package where the address answers so."""
    call.exchange.facts["fault"] = fault.subcode or fault.code
    call.exchange.outcome = call.exchange.outcome or fault.subcode or fault.code
    action = f"{WSA}/soap/fault"
    head = header + (_header(message, action) if message is not None else "")
    return _sent(call, 500, envelope(fault.written(), head), action, ())


def refused(call: Call, message: Message, refusal: Refused) -> Answer:
    """The fault of a refusal."""
    call.exchange.facts["code"] = refusal.code
    return fault(call, message, refusal.fault())


def unreadable(call: Call, bad: BadMessage) -> Answer:
    """The fault for what is no message of ours."""
    call.note(bad.finding)
    header = upgrade_header() if bad.code == "VersionMismatch" else ""
    return fault(call, None, Fault(bad.code, bad.reason or bad.finding.message("fr")), header)


def _header(message: Message, action: str) -> str:
    if not message.message_id:
        return ""
    return "".join(
        f'<{name} xmlns="{WSA}">{escape(text)}</{name}>'
        for name, text in (
            ("Action", action),
            ("MessageID", f"urn:uuid:{uuid.uuid4()}"),
            ("To", _ANONYMOUS),
            ("RelatesTo", message.message_id),
        )
    )


def _sent(call: Call, status: int, data: bytes, action: str, parts: Sequence[Part]) -> Answer:
    repository = call.path.endswith("/repository")
    if not parts and not (repository and (call.exchange.operation == "TD3.2" or call.switch("packed_answers"))):
        return Answer(status, data, CONTENT_TYPE)
    kind, body = join(data, parts, action)
    return Answer(status, body, kind)
