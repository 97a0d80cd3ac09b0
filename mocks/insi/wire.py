"""INSi messages on the wire: a request read once, answers and faults written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from mocks.http import Answer, Call
from norms.finding import Finding
from norms.insi import names
from norms.insi.faults import Cause, cause_of, read_error, write_fault
from norms.insi.header import Headers, read_headers
from norms.insi.result import PLAIN, ROOT_RESULT, STYLES, Style, read_result
from norms.insi.verification import read_outcome
from norms.soap import (
    BadEnvelope,
    Envelope,
    Fault,
    action_mismatch,
    envelope,
    escape,
    is_fault,
    not_understood,
    read,
    read_addressing,
    read_content_type,
    read_fault,
    upgrade_header,
)
from norms.soap.names import ADDRESSING, CONTENT_TYPE, SECURITY, WSA
from norms.texts import text

UNDERSTOOD: Final = ADDRESSING | {SECURITY, names.CONTEXT_BAM, names.CONTEXT_LPS}
_WHOLE: Final = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*<(?:[\w.-]+:)?Envelope[\s>]")


@dataclass(frozen=True, slots=True)
class Request:
    """A message whose headers were read; ``findings`` are those of the envelope and the headers."""

    envelope: Envelope
    action: str
    headers: Headers
    findings: list[Finding]


class Refused(Exception):
    """The call is answered with a fault."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(cause.code)
        self.cause, self.detail = cause, detail


def read_request(call: Call, now: float, tolerance: float) -> Request:
    """The request in a call's body; raises BadEnvelope."""
    message = read(call.body)
    if blocked := not_understood(message, UNDERSTOOD):
        raise BadEnvelope(blocked, "MustUnderstand")
    addressing, findings = read_addressing(message)
    headers, more = read_headers(message, addressing.message_id, now, tolerance)
    announced = read_content_type(call.header("content-type")).action
    findings += action_mismatch(addressing.action, announced) + more
    return Request(message, addressing.action or announced, headers, findings)


def refuse(finding: Finding, codes: str, *, business: bool) -> Refused:
    """The refusal for a finding; ``codes`` names the fault codes that the user knows better (``RULE=code …``)."""
    cause = cause_of(finding, business)
    known = dict(pair.split("=", 1) for pair in codes.split() if "=" in pair) if codes else {}
    detail = f"{finding.rule} : {finding.message('fr')}" if cause.code.endswith("_xx") else ""
    return Refused(cause.named(known[finding.rule]) if finding.rule in known else cause, detail)


def style_of(call: Call, calls: int) -> Style:
    """How this call is answered: prefixes fixed or changing, dates first or last."""
    style = STYLES[calls % len(STYLES)] if call.switch("prefixes") == "shuffled" else PLAIN
    return replace(style, dates_first=True) if call.switch("dates_first") else style


def answer(call: Call, body: str, style: Style, request: Request) -> Answer:
    """HTTP 200 with this body."""
    header = ""
    if call.switch("addressing"):
        header = (
            f'<wsa:Action xmlns:wsa="{WSA}">{escape(names.reply_action(request.action))}</wsa:Action>'
            f'<wsa:RelatesTo xmlns:wsa="{WSA}">{escape(request.headers.message_id)}</wsa:RelatesTo>'
        )
    return Answer(200, envelope(body, header, style.soap), CONTENT_TYPE)


def fault_answer(call: Call, refused: Refused, message_id: str) -> Answer:
    """HTTP 500 with the siram fault; facts and outcome of the exchange say which."""
    cause = refused.cause
    severity = "fatal" if cause.severity == "fatale" and call.switch("severity") == "fatal" else ""
    fault = write_fault(cause, message_id, severity, refused.detail)
    call.exchange.facts |= {"subcode": cause.subcode, "fault": cause.code}
    call.exchange.outcome = f"{cause.subcode}/{cause.code}"
    return Answer(500, envelope(fault.written(cause.prefix), prefix=cause.prefix), CONTENT_TYPE)


def soap_fault(call: Call, bad: BadEnvelope) -> Answer:
    """HTTP 500 for what is no SOAP 1.2 message: the SOAP fault alone, since nothing tells whose service it was for."""
    if bad.code == "Sender":
        return fault_answer(call, refuse(bad.finding, str(call.switch("codes")), business=False), "")
    call.exchange.facts["fault"] = call.exchange.outcome = bad.code
    header = upgrade_header() if bad.code == "VersionMismatch" else ""
    fault = Fault(bad.code, text("norms.insi", f"fault.{bad.code}.reason", "fr"))
    return Answer(500, envelope(fault.written(), header), CONTENT_TYPE)


def canned_answer(call: Call, content: str) -> Answer:
    """An imposed answer: a whole envelope as it is, anything else as the content of the body."""
    body = content.encode() if _WHOLE.match(content) else envelope(content, prefix=PLAIN.soap)
    faulty = False
    outcome = "canned"
    try:
        inside = read(body).body
    except BadEnvelope:
        inside = None
    if inside is not None and is_fault(inside):
        faulty, subcode, code = True, read_fault(inside).subcode, read_error(inside).code
        call.exchange.facts |= {"subcode": subcode, "fault": code}
        outcome = f"{subcode}/{code}"
    elif inside is not None:
        code = read_result(inside)[0].code if inside.tag == ROOT_RESULT else read_outcome(inside)[0]
        call.exchange.facts["code"] = code
        outcome = code or outcome
    call.exchange.facts["canned"] = "yes"
    call.exchange.outcome = outcome
    return Answer(500 if faulty else 200, body, CONTENT_TYPE)


def malformed(kind: str, good: Answer) -> Answer:
    """A good answer made bad in one way."""
    body = good.body
    if kind == "empty":
        body = b""
    elif kind == "not_xml":
        body = b"Bad Gateway: upstream answered nothing"
    elif kind == "cut":
        body = body[: len(body) * 2 // 3]
    elif kind == "other_body":
        body = envelope('<Autre xmlns="urn:autre">OK</Autre>')
    elif kind == "unknown_code":
        body = re.sub(rb"CodeCR>[^<]*<", b"CodeCR>99<", body)
    elif kind == "soap11":
        body = body.replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/")
    return replace(good, body=body)
