"""The DMP's addresses: documents (repository, registry), patients, rights; what is retired says so.

A call goes: message → addressing → transaction → who calls (VIHF, matrix, state of the DMP) → rules → answer. What is
wrong is kept as findings; what the DMP refuses is answered by a registry error or a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mocks.dmp import consult, wire
from mocks.dmp.feed import feed
from mocks.dmp.manage import manage
from mocks.dmp.patient_routes import answer_patient
from mocks.dmp.patients import OPERATIONS
from mocks.dmp.refusal import Refused
from mocks.dmp.shelf import TABLES
from mocks.dmp.state import DmpState, state_of
from mocks.dmp.web import WEB_ROUTES
from mocks.http import MEGABYTE, Answer, Call, Handler, Service
from mocks.hub import Hub
from norms.finding import find
from norms.soap import Fault
from norms.soap.mtom import Part, is_related
from norms.soap.names import local
from norms.soap.tree import place
from norms.xds.answers import RegistryError, write_response
from norms.xds.names import ACTIONS, BODIES, ERROR
from norms.xds.retrieve import write_retrieved

BASE = "/si-dmp-server/v2/services"
OLD = "/si-dmp-server/v1/services"
MAX_BODY = 50 * MEGABYTE  # the official kit's buffers

# Our own writing (norms.xds.answers): no need to parse an answer of thirty megabytes to know how it ends.
_STATUS = re.compile(r'<(?:rs:RegistryResponse|query:AdhocQueryResponse)[^>]* status="([^"]+)"')
_ERROR = re.compile(r'<rs:RegistryError errorCode="([^"]*)"[^>]* severity="([^"]*)"')
_HEAD = 200_000

Body = str | bytes  # XML written, as text or in UTF-8
Handled = tuple[Body, Sequence[Part]]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One IHE transaction of an address. ``refusal`` writes the body that tells a registry error."""

    name: str
    handle: Callable[[Call, wire.Message, DmpState], Handled]
    refusal: Callable[[Sequence[RegistryError]], Body]


def _alone(handle: Callable[[Call, wire.Message, DmpState], Body]) -> Callable[[Call, wire.Message, DmpState], Handled]:
    return lambda call, message, state: (handle(call, message, state), ())


def _retrieval_error(errors: Sequence[RegistryError]) -> str:
    return write_retrieved((), errors)


SERVED: Mapping[str, tuple[Transaction, ...]] = {
    "repository": (
        Transaction("ITI-41", _alone(feed), write_response),
        Transaction("ITI-43", consult.retrieve, _retrieval_error),
    ),
    "registry": (
        Transaction("ITI-18", _alone(consult.search), lambda errors: consult.write_adhoc(errors=errors)),
        Transaction("ITI-57", _alone(manage), write_response),
    ),
}


def service(hub: Hub) -> Service:
    """The DMP, all of its addresses."""

    async def documents(call: Call) -> Answer:
        return handle(call, SERVED[call.path.rpartition("/")[2]])

    async def patients(call: Call) -> Answer:
        return answer_patient(call, call.path.rpartition("/")[2])

    async def retired(call: Call) -> Answer:
        call.note(find("DMP-OLD-01", expected=call.path.replace("/v1/", "/v2/"), found=call.path))
        call.exchange.operation = call.path.rpartition("/")[2]
        call.exchange.outcome = "retired"
        return Answer(410, "Service retiré".encode())

    hub.journal.own(TABLES)
    routes: dict[tuple[str, str], Handler] = {("POST", f"{BASE}/{name}"): documents for name in SERVED}
    routes |= {("POST", f"{BASE}/{name}"): patients for name in OPERATIONS}
    routes |= {("POST", f"{OLD}/*"): retired, ("GET", f"{OLD}/*"): retired}
    routes |= WEB_ROUTES
    return Service("dmp", hub, routes, max_body=MAX_BODY)


def handle(call: Call, served: Sequence[Transaction]) -> Answer:
    """Answer one call to an address of documents."""
    by_action = {ACTIONS[one.name][0]: one for one in served}
    try:
        message = wire.read_message(call, {BODIES[one.name]: ACTIONS[one.name][0] for one in served})
    except wire.BadMessage as bad:
        return wire.unreadable(call, bad)
    transaction = by_action.get(message.action)
    body = message.envelope.body
    if transaction is None or body.tag != BODIES[transaction.name]:
        rule = "DMP-ACT-01" if transaction is None else "DMP-ACT-02"
        expected = ", ".join(by_action) if transaction is None else BODIES[transaction.name]
        found = message.action or "—" if transaction is None else body.tag
        finding = find(rule, expected=expected, found=found, where=place(body))
        call.note(finding)
        call.exchange.operation = local(message.action.rpartition(":")[2])
        return wire.fault(call, message, Fault("Sender", finding.message("fr"), "ActionNotSupported"))
    return _served(call, message, transaction)


def _served(call: Call, message: wire.Message, transaction: Transaction) -> Answer:
    state = state_of(call)
    call.exchange.operation = transaction.name
    if message.message_id and state.messages.before(message.message_id):
        call.note(find("DMP-WSA-02", found=message.message_id))
    parts: Sequence[Part] = ()
    try:
        body = imposed_error(call, transaction)
        if not body:
            body, parts = transaction.handle(call, message, state)
    except Refused as refusal:
        if not refusal.registry:
            return wire.refused(call, message, refusal)
        body = transaction.refusal([RegistryError(refusal.code, f"{refusal.context} : {refusal.reason}")])
    _outcome(call, body)
    answer = wire.answer(call, message, body, ACTIONS[transaction.name][1], parts)
    if call.switch("lost_answer"):
        call.exchange.facts["lost_answer"] = "yes"
        return replace(answer, drop=True)
    return malformed(call, answer)


def imposed_error(call: Call, transaction: Transaction) -> Body:
    """The body of an error that the session imposes, empty when it imposes none; raises Refused for a fault."""
    if subcode := str(call.switch("soap_fault")):
        raise Refused(subcode, "Faute imposée par le banc")
    code = str(call.switch("error_code")) or str(call.switch("error"))
    if code in ("", "none"):
        return ""
    call.exchange.facts["imposed"] = code
    return transaction.refusal([RegistryError(code, "Erreur imposée par le banc")])


def _outcome(call: Call, body: Body) -> None:
    """Success, or the code of the first error, kept with the exchange; both stand before what was found."""
    head = body[:_HEAD]
    text = head if isinstance(head, str) else head.decode(errors="replace")
    status = _STATUS.search(text)
    first = next((m[1] for m in _ERROR.finditer(text) if m[2] == ERROR), "")
    said = status[1].rpartition(":")[2] if status else ""
    call.exchange.outcome = first or said
    call.exchange.facts["status"] = said
    if first:
        call.exchange.facts["code"] = first


def malformed(call: Call, answer: Answer) -> Answer:
    """A good answer made bad in the way that the session asks for."""
    kind = str(call.switch("malformed"))
    if kind == "none":
        return answer
    call.exchange.facts["malformed"] = kind
    body = answer.body
    if kind == "empty":
        body = b""
    elif kind == "not_xml":
        return replace(answer, body=b"Bad Gateway: upstream answered nothing", content_type="text/plain")
    elif kind == "cut":
        body = body[: len(body) * 2 // 3]
    elif is_related(answer.content_type):
        end = body.rfind(b"\r\n--")  # the closing delimiter
        last = body.rfind(b"\r\n" + body[: body.index(b"\r\n")], 0, end)  # the delimiter of the last part
        if kind == "truncated_package":
            body = body[:end]
        elif kind == "missing_part" and last > 0:
            body = body[:last] + body[end:]
    return replace(answer, body=body)
