"""The addresses of the Annuaire: gateway (key, calls per second), then search, page, read, metadata; the extraction.

Every refusal is an OperationOutcome, as the documentation of the API v2 says.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from mocks.annuaire import extraction, wire
from mocks.annuaire.directory import model
from mocks.annuaire.state import AnnuaireState, Page
from mocks.annuaire.table import Entry, Table
from mocks.annuaire.telecom import Shape
from mocks.annuaire.wire import Refused
from mocks.http import Answer, Call, Service
from mocks.hub import Hub
from norms.annuaire import PARAMETERS, RESOURCES, BadQuery, Clause, Search, criteria, parse, read
from norms.annuaire.systems import EMAIL_TYPE
from norms.finding import Where, find

KEY = "ESANTE-API-KEY"
FORM = "application/x-www-form-urlencoded"
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
        await asyncio.to_thread(model, "OperationOutcome")  # the first call loads the models, aside from the loop
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
            return _page(call, state)
        case [kind] | [kind, "_search"] if kind in PARAMETERS:
            return _search(call, state, kind)
        case [kind, id] if kind in PARAMETERS:
            return _read(call, state, kind, id)
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


def _tables(call: Call, state: AnnuaireState) -> Mapping[str, Table]:
    shape = Shape(
        bool(call.switch("mailbox_extras")), str(call.switch("mailbox_type_form")), bool(call.switch("idnps_only"))
    )
    return state.directory.tables(call.session.world, shape, call.session.clock.now())


def _read(call: Call, state: AnnuaireState, kind: str, id: str) -> Answer:
    call.exchange.operation = f"read {kind}"
    call.exchange.facts["resource"] = kind
    table = _tables(call, state)[kind]
    if id not in table.at:
        raise Refused(404, "not-found", f"Resource not found with id: {id[:100]}", code="not-found")
    call.exchange.outcome = "found"
    return wire.resource(kind, table.entries[table.at[id]])


def _search(call: Call, state: AnnuaireState, kind: str) -> Answer:
    call.exchange.operation = f"search {kind}"
    clauses = _clauses(call)
    search = read(
        kind,
        clauses,
        mailbox_type=bool(call.switch("mailbox_mss_type")),
        modifiers=bool(call.switch("strict_modifiers")),
    )
    call.exchange.facts |= {
        "resource": kind,
        "parameters": "&".join(map(_shown, clauses))[:1000],
        "criteria": " ".join(sorted(criteria(search))),
    }
    call.note(*search.findings)
    if search.refusal:
        raise Refused(400, "bad-request", search.refusal)
    table = _tables(call, state)[kind]
    ids = tuple(table.entries[n].id for n in table.find(search.clauses))
    return _bundle(call, state, Page(search, ids, 0, call.session.clock.now()))


def _shown(clause: Clause) -> str:
    return f"{clause.name}{':' * bool(clause.modifier)}{clause.modifier}={','.join(clause.values)}"


def _clauses(call: Call) -> list[Clause]:
    """The parameters of the address and of a posted form; raises Refused."""
    query = call.query.encode("latin-1").decode("utf-8", "surrogateescape")
    if call.method == "POST":
        given = call.header("content-type").split(";")[0].strip().lower()
        if given != FORM:
            finding = find("ANN-FORM-01", expected=FORM, found=given[:100])
            raise Refused(400, "bad-request", f"Content type {given[:100]} not supported", finding)
        query = "&".join(filter(None, (query, call.body.decode("utf-8", "surrogateescape").strip())))
    try:
        return parse(query)
    except BadQuery as error:
        where = Where(line=1, column=error.column, path=call.path)
        finding = find("ANN-ENC-01", found=str(error), where=where, column=str(error.column))
        raise Refused(400, "bad-request", f"Invalid query: {error}", finding, code="invalid") from None


def _page(call: Call, state: AnnuaireState) -> Answer:
    call.exchange.operation = "page"
    name = next((clause.values[0] for clause in _clauses(call) if clause.name == "id" and clause.values), "")
    if not name:
        finding = find("ANN-PAGE-01", found="")
        raise Refused(400, "bad-request", "Parameter id required to fetch the next page", finding)
    page = state.pages.get(name)
    life = int(call.switch("page_life_s"))
    if page is None or call.session.clock.now() - page.made > life:
        gone = page is not None
        said = f"Unable to find the page with id {name[:100]}"
        raise Refused(410 if gone else 400, "page-gone", said, find("ANN-PAGE-01", found=name[:100]))
    call.exchange.facts["resource"] = page.search.resource
    return _bundle(call, state, page)


def _bundle(call: Call, state: AnnuaireState, page: Page) -> Answer:
    """One page of what was found, with what its links include."""
    search, tables, address = page.search, _tables(call, state), wire.base(call)
    table = tables[search.resource]
    end = page.start + search.count
    matched = [table.entries[table.at[id]] for id in page.ids[page.start : end] if id in table.at]
    found = [(search.resource, entry) for entry in matched]
    found += _included(search, matched, tables)
    links = [("self", address + call.exchange.target.removeprefix("/fhir").removeprefix("/v2"))]
    if search.count and end < len(page.ids):
        kept = state.keep(Page(search, page.ids, end, call.session.clock.now()))
        links.insert(0, ("next", f"{address}/_page?id={kept}"))
    if page.start and call.switch("previous_link"):
        kept = state.keep(Page(search, page.ids, max(0, page.start - search.count), call.session.clock.now()))
        links.append(("previous", f"{address}/_page?id={kept}"))
    total = len(page.ids) if search.total and call.switch("total") else None
    call.exchange.outcome = "found" if page.ids else "none"
    call.exchange.facts |= {"total": str(len(page.ids)), "returned": str(len(matched))}
    if any(clause.name == "mailbox-mss" for clause in search.clauses) and (others := _others(matched)):
        call.note(find("ANN-MSS-01", found=str(others)))
    return wire.bundle(found, address, total, links, search.elements)


def _others(matched: Iterable[Entry]) -> int:
    """How many e-mail addresses of these resources are not MSSanté mailboxes."""
    return sum(
        point["system"] == "email"
        and not any(
            one["url"] == EMAIL_TYPE and one["valueCoding"]["code"] == "MSSANTE" for one in point.get("extension", ())
        )
        for entry in matched
        for point in entry.resource.get("telecom", ())
    )


_ELEMENTS = {"partof": "partOf", "HealthcareService:organization": "providedBy", "Device:organization": "owner"}


def _element(link: str) -> str:
    """The element that a link ``Type:parameter`` follows."""
    return _ELEMENTS.get(link) or _ELEMENTS.get(link.partition(":")[2]) or link.partition(":")[2]


def _included(search: Search, matched: Iterable[Entry], tables: Mapping[str, Table]) -> list[tuple[str, Entry]]:
    """What the matched resources refer to (_include), and what refers to them (_revinclude), each once."""
    seen = {(search.resource, entry.id) for entry in matched}
    found: list[tuple[str, Entry]] = []

    def add(kind: str, position: int) -> None:
        entry = tables[kind].entries[position]
        if (kind, entry.id) not in seen:
            seen.add((kind, entry.id))
            found.append((kind, entry))

    for link in search.include:
        for entry in matched:
            reference = entry.resource.get(_element(link), {}).get("reference", "")
            kind, _, id = reference.partition("/")
            if kind in tables and id in tables[kind].at:
                add(kind, tables[kind].at[id])
    ids = tuple(entry.id for entry in matched)
    for link in search.reverse:
        kind, _, name = link.partition(":")
        aims_here = name in ("organization", "partof") if search.resource == "Organization" else name == "practitioner"
        if aims_here and search.resource in ("Organization", "Practitioner"):
            for position in tables[kind].find([Clause(name, "", ids)]):
                add(kind, position)
    return found


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
