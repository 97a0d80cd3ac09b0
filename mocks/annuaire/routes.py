"""The addresses of the Annuaire: gateway (key, calls per second), then search, page, read, metadata; the extraction.

Every refusal is an OperationOutcome, as the documentation of the API v2 says.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from mocks.annuaire import extraction, lookup, wire
from mocks.annuaire.directory import model
from mocks.annuaire.state import AnnuaireState
from mocks.annuaire.wire import Refused
from mocks.http import Answer, Call, Service
from mocks.hub import Hub
from norms.annuaire import PARAMETERS, RESOURCES
from norms.finding import find

KEY = "ESANTE-API-KEY"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_KEY_IN_URL = re.compile(r"(?i)(?<![^&])(esante-api-key|api[-_]?key)=([^&]*)")
_VERSION = re.compile(r"/fhir(?:/(v\d{1,2}))?(?=/|$)")


def service(hub: Hub) -> Service:
    """The annuaire service of a bench."""
    return Service("annuaire", hub, {(method, "/*"): answer for method in METHODS})


async def answer(call: Call) -> Answer:
    """One call of the Annuaire."""
    if call.path == extraction.PATH:
        return _extraction(call)
    try:
        state = _admitted(call)
        if not model.cache_info().currsize:
            await asyncio.to_thread(model, "OperationOutcome")  # loading the models would hold up the other services
        return _api(call, state)
    except Refused as error:
        return wire.refusal(call, error)


# ── the gateway ──


def _admitted(call: Call) -> AnnuaireState:
    """The state of the caller's session, once its key and its pace are accepted; raises Refused."""
    call.exchange.operation = "gateway"
    _hide_key(call)
    key = call.header(KEY).strip()
    if not key:
        raise Refused(401, "unauthorized", "Unauthorized", find("ANN-KEY-01", expected=KEY), code="login")
    call.rebind(api_key=key)
    call.exchange.facts["key"] = masked(key)
    session = call.session
    known = {client.api_key for client in session.world.clients.values()} | set(session.binding.get("api_key", ()))
    if key not in known and not call.switch("any_key"):
        raise Refused(401, "unauthorized", "Unauthorized", find("ANN-KEY-02", found=masked(key)), code="login")
    state = session.state("annuaire", AnnuaireState)
    limit = int(call.switch("calls_per_second"))
    calls = state.called(key, session.clock.now())
    if limit and calls > limit:
        finding = find("ANN-RATE-01", expected=str(limit), found=str(calls))
        said = f"Rate limit exceeded! You reached the limit of {limit} requests per 1 seconds"
        raise Refused(429, "too-many-calls", said, finding, code="throttled")
    return state


def masked(key: str) -> str:
    """A key as the journal's facts show it."""
    return f"{key[:4]}…{key[-2:]}" if len(key) > 8 else "…"


def _hide_key(call: Call) -> None:
    """A key in the address is a mistake, and is not kept there."""
    found = _KEY_IN_URL.search(call.query)
    if found:
        call.note(find("ANN-KEY-03", expected=KEY, found=found[1]))
        call.query = _KEY_IN_URL.sub(r"\1=***", call.query)
        call.exchange.target = call.exchange.target.partition("?")[0] + "?" + call.query


# ── the API ──


def _api(call: Call, state: AnnuaireState) -> Answer:
    _fault(str(call.switch("fault")))
    version = _VERSION.match(call.path)
    if version and version[1] not in (None, "v2"):
        raise Refused(404, "retired", f"{call.path} not found", find("ANN-ROUTE-02", found=call.path), code="not-found")
    parts = call.path[version.end() :].strip("/").split("/") if version else ["?"]
    accept = call.header("accept")
    if "xml" in accept and not any(word in accept for word in ("json", "*/*")):
        finding = find("ANN-FORMAT-01", expected="application/fhir+json", found=accept[:100])
        raise Refused(406, "format", f"Unsupported media type: {accept[:100]}", finding, code="not-supported")
    posted = call.method == "POST" and len(parts) == 2 and parts[1] == "_search"
    if call.method != "GET" and not posted:
        expected = f"GET, POST {'/'.join(parts[:1]) or '[type]'}/_search"
        found = f"{call.method} {call.path}"[:200]
        findings = [find("ANN-VERB-01", expected=expected, found=found)]
        if parts == [""]:
            findings.append(find("ANN-ROOT-01", expected=", ".join(RESOURCES), found=found))
        raise Refused(405, "method", f"Method {call.method} not allowed", *findings, code="not-supported")
    match parts:
        case ["metadata"]:
            call.exchange.operation = call.exchange.outcome = "metadata"
            return wire.capability(wire.base(call), datetime.now(UTC).isoformat(timespec="seconds"))
        case ["_page"]:
            return lookup.page(call, state)
        case [kind] | [kind, "_search"] if kind in PARAMETERS:
            return lookup.search(call, state, kind)
        case [kind, id] if kind in PARAMETERS:
            return lookup.read_one(call, state, kind, id)
        case [""]:
            finding = find("ANN-ROOT-01", expected=", ".join(RESOURCES), found=f"?{call.query}"[:200])
            raise Refused(400, "root", "Operation not supported at the root", finding, code="not-supported")
    finding = find("ANN-ROUTE-01", expected=", ".join(RESOURCES), found=call.path[:200])
    said = f"Unknown resource type '{parts[0][:80]}' - Server knows how to handle: [{', '.join(RESOURCES)}]"
    raise Refused(404, "unknown-resource", said, finding, code="processing")


def _fault(word: str) -> None:
    match word:
        case "timeout":
            raise Refused(504, "fault-timeout", "The response exceeded the timeout of 30 seconds", code="timeout")
        case "internal":
            raise Refused(500, "fault-internal", "Unknown error")
        case "gone":
            raise Refused(410, "fault-gone", "Resource is gone", code="deleted")
        case "forbidden":
            raise Refused(403, "fault-forbidden", "Forbidden", code="forbidden")


# ── the extraction ──


def _extraction(call: Call) -> Answer:
    call.exchange.operation = "extraction"
    if call.method not in ("GET", "HEAD"):
        call.exchange.outcome = "method"
        call.note(find("HTTP-ROUTE-02", expected="GET, HEAD", found=call.method))
        return Answer(405, headers=[("allow", "GET, HEAD")])
    call.exchange.outcome = "found"
    world = call.session.world
    if call.switch("extraction") == "text":
        return Answer(200, extraction.text(world).encode(), "text/plain; charset=utf-8")
    name, packed = extraction.archive(world, datetime.fromtimestamp(call.session.clock.now()).astimezone())
    return Answer(200, packed, "application/zip", [("content-disposition", f"attachment; filename={name}")])
