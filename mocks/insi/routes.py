"""INSi: POST /lps, shared by every operation and dispatched by action; GET /lps?wsdl and ?xsd=… for its description.

A call goes: media type → envelope → headers → session → imposed answers → who calls → rules → operation. Whatever is
wrong is kept as a finding; what the service refuses is answered by the fault that it is known to give.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from mocks.anchor import Anchor
from mocks.http import Answer, Call, Service
from mocks.hub import Hub
from mocks.insi import wire
from mocks.insi.access import authenticate, authorised
from mocks.insi.description import describe
from mocks.insi.operations import OPERATIONS
from mocks.insi.state import InsiState
from norms.finding import Finding, find
from norms.insi import names
from norms.insi.faults import KNOWN, refusal
from norms.insi.request import ROOT_CARD, ROOT_TRAITS
from norms.soap import BadEnvelope, check_content_type
from norms.soap.names import MEDIA_TYPE, local
from norms.soap.tree import place

PATH = "/lps"
LONGEST = 300  # characters of a fact kept; the body is kept whole beside
_ROOTS = {names.WS_INS1: ROOT_CARD, names.WS_INS2: ROOT_TRAITS}
_RECOVERY = {names.ACTION_CARD: names.WS_INS1, names.ACTION_TRAITS: names.WS_INS2}
_CONFIGURED = {  # switch that holds the action -> operation
    "verify_action": names.WS_INS3,
    "mass_deposit_action": names.WS_INS4,
    "mass_fetch_action": names.WS_INS5,
}


def service(hub: Hub) -> Service:
    """The INSi service, for both of its listeners."""
    anchor = Anchor(hub.pki / "ca.pem")

    async def post(call: Call) -> Answer:
        return handle(call, anchor)

    async def get(call: Call) -> Answer:
        return describe(call)

    return Service("insi", hub, {("POST", PATH): post, ("GET", PATH): get})


def handle(call: Call, anchor: Anchor) -> Answer:
    """Answer one SOAP call."""
    media = check_content_type(call.header("content-type"))
    call.note(*media)
    if media and media[0].rule == "SOAP-CT-01":
        call.exchange.outcome = "media-type"
        return Answer(415, f"{MEDIA_TYPE} expected".encode(), headers=[("accept", MEDIA_TYPE)])
    now, tolerance = time.time(), float(call.switch("clock_tolerance_s"))
    try:
        request = wire.read_request(call, now, tolerance)
    except BadEnvelope as bad:
        call.note(bad.finding)
        return wire.soap_fault(call, bad)
    message_id = request.headers.message_id
    try:
        good = _serve(call, request, anchor, now, tolerance)
    except wire.Refused as refused:
        good = wire.fault_answer(call, refused, message_id)
    kind = str(call.switch("malformed"))
    if kind != "none":
        call.exchange.facts["malformed"] = kind
        return wire.malformed(kind, good)
    return good


def _serve(call: Call, request: wire.Request, anchor: Anchor, now: float, tolerance: float) -> Answer:
    headers, facts = request.headers, call.exchange.facts
    call.rebind(instance=headers.instance)
    name = _operation(call, request.action)
    call.exchange.operation = name or local(request.action.rpartition(":")[2])
    facts |= {
        "action": request.action,
        "message_id": headers.message_id,
        "idam": headers.idam,
        "instance": headers.instance,
        "emetteur": headers.sender,
    }
    state = call.session.state("insi", InsiState)
    state.calls += 1
    access, problems = authenticate(call, request, name, anchor, now, tolerance)
    facts["auth"] = access.mode
    routed = list(_routed(call, request, name))
    allowed = authorised(headers.idam, str(call.switch("idams")))
    gateway = [*problems, *allowed, *routed, *request.findings, *_fresh(request, state)]
    operation = None if routed else OPERATIONS[name](call, request, access, state)
    business = operation.read() if operation else []
    call.note(*gateway, *business)
    facts |= {name: said[:LONGEST] for name, said in facts.items() if len(said) > LONGEST}

    if canned := str(call.switch("canned")):
        return wire.canned_answer(call, canned)
    if (forced := call.switch("fault")) != "none":
        raise wire.Refused(KNOWN[str(forced)])
    lenient = call.switch("mode") == "lenient"
    for findings, by_service in ((gateway, False), (business, True)):
        if refused := refusal(findings, lenient=lenient):
            raise wire.refuse(refused, str(call.switch("codes")), business=by_service)
    assert operation is not None  # an unknown or misdirected action is refused above, lenient or not
    style = wire.style_of(call, state.calls)
    return wire.answer(call, operation.answer(style), style, request)


def _operation(call: Call, action: str) -> str:
    """The operation that an action calls, empty when there is none."""
    if action in _RECOVERY:
        return _RECOVERY[action]
    return next((name for word, name in _CONFIGURED.items() if call.switch(word) == action), "")


def _routed(call: Call, request: wire.Request, operation: str) -> Iterator[Finding]:
    if not operation:
        expected = ", ".join((*_RECOVERY, str(call.switch("verify_action"))))
        yield find("INSI-ACT-01", expected=expected, found=request.action or "—")
        return
    root, body = _ROOTS.get(operation), request.envelope.body
    if root and body.tag != root:
        yield find("INSI-ACT-03", expected=root, found=body.tag, where=place(body))


def _fresh(request: wire.Request, state: InsiState) -> Iterator[Finding]:
    headers = request.headers
    if headers.message_id and state.used_before(headers.message_id):
        yield find("INSI-MID-04", found=headers.message_id)
    for identifier in {headers.bam_id, headers.lps_id} - {""}:
        if state.used_before(identifier):
            yield find("INSI-CTX-14", found=identifier)
