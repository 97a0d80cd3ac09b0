"""Looking up: search, page, read, with what a search's links include."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mocks.annuaire import wire
from mocks.annuaire.state import AnnuaireState, Page
from mocks.annuaire.table import Entry, Table
from mocks.annuaire.telecom import Shape
from mocks.annuaire.wire import Refused
from mocks.http import Answer, Call
from norms.annuaire import BadQuery, Clause, Search, criteria, parse, read
from norms.annuaire.systems import EMAIL_TYPE
from norms.finding import Where, find

FORM = "application/x-www-form-urlencoded"


def _tables(call: Call, state: AnnuaireState) -> Mapping[str, Table]:
    shape = Shape(
        bool(call.switch("mailbox_extras")), str(call.switch("mailbox_type_form")), bool(call.switch("idnps_only"))
    )
    return state.directory.tables(call.session.world, shape, call.session.clock.now())


def read_one(call: Call, state: AnnuaireState, kind: str, id: str) -> Answer:
    """One resource by its technical id; raises Refused."""
    call.exchange.operation = f"read {kind}"
    call.exchange.facts["resource"] = kind
    table = _tables(call, state)[kind]
    if id not in table.at:
        raise Refused(404, "not-found", f"Resource not found with id: {id[:100]}", code="not-found")
    call.exchange.outcome = "found"
    return wire.resource(kind, table.entries[table.at[id]])


def search(call: Call, state: AnnuaireState, kind: str) -> Answer:
    """The first page of a search; raises Refused."""
    call.exchange.operation = f"search {kind}"
    clauses = _clauses(call)
    asked = read(
        kind,
        clauses,
        mailbox_type=bool(call.switch("mailbox_mss_type")),
        modifiers=bool(call.switch("strict_modifiers")),
    )
    call.exchange.facts |= {
        "resource": kind,
        "parameters": "&".join(map(_shown, clauses))[:1000],
        "criteria": " ".join(sorted(criteria(asked))),
    }
    call.note(*asked.findings)
    if asked.refusal:
        raise Refused(400, "bad-request", asked.refusal)
    table = _tables(call, state)[kind]
    ids = tuple(table.entries[n].id for n in table.find(asked.clauses))
    return _bundle(call, state, Page(asked, ids, 0, call.session.clock.now()))


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


def page(call: Call, state: AnnuaireState) -> Answer:
    """The page that a link leads to; raises Refused."""
    call.exchange.operation = "page"
    name = next((clause.values[0] for clause in _clauses(call) if clause.name == "id" and clause.values), "")
    if not name:
        finding = find("ANN-PAGE-01", found="")
        raise Refused(400, "bad-request", "Parameter id required to fetch the next page", finding)
    kept = state.pages.get(name)
    life = int(call.switch("page_life_s"))
    if kept is None or call.session.clock.now() - kept.made > life:
        gone = kept is not None
        said = f"Unable to find the page with id {name[:100]}"
        raise Refused(410 if gone else 400, "page-gone", said, find("ANN-PAGE-01", found=name[:100]))
    call.exchange.facts["resource"] = kept.search.resource
    return _bundle(call, state, kept)


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
