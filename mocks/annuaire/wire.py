"""The Annuaire's answers: bundles, OperationOutcomes, the CapabilityStatement, the gateway's refusals."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence

from mocks.annuaire.directory import checked, dumps
from mocks.annuaire.table import Entry
from mocks.annuaire.telecom import Json
from mocks.http import Answer, Call
from norms.annuaire import PARAMETERS, RESOURCES, REVERSE
from norms.annuaire.systems import BASE, PROFILES
from norms.finding import Finding

JSON = "application/fhir+json;charset=UTF-8"
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_HOST = re.compile(r"[A-Za-z0-9._\[\]:-]{1,255}", re.ASCII)


class Refused(Exception):
    """A call answered by an OperationOutcome: status, code of the issue, diagnostics, the finding that says why.

    ``outcome``: the word kept in the journal.
    """

    def __init__(
        self, status: int, outcome: str, diagnostics: str, *findings: Finding, code: str = "exception"
    ) -> None:
        super().__init__(diagnostics)
        self.status, self.outcome, self.diagnostics, self.findings, self.code = (
            status,
            outcome,
            diagnostics,
            findings,
            code,
        )


def refusal(call: Call, error: Refused) -> Answer:
    """The answer of a refused call, kept with its findings."""
    call.note(*error.findings)
    call.exchange.outcome = error.outcome
    if error.outcome in ("unauthorized", "too-many-calls") and call.switch("gateway_errors") == "gravitee":
        body = json.dumps({"message": error.diagnostics, "http_status_code": error.status})
        return Answer(error.status, body.encode(), "application/json")
    issue = {"severity": "error", "code": error.code, "diagnostics": error.diagnostics}
    text = dumps({"resourceType": "OperationOutcome", "issue": [issue]})
    return Answer(error.status, checked("OperationOutcome", text).encode(), JSON)


def base(call: Call) -> str:
    """The API's address as this client calls it (through the name proxy: the real one)."""
    host = call.header("host")
    scheme = "https" if call.exchange.tls else call.hub.urls(call.session).get("annuaire", "https:").partition(":")[0]
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'gateway.api.esante.gouv.fr'}{BASE}"


def resource(kind: str, entry: Entry) -> Answer:
    """One resource."""
    return Answer(200, checked(kind, entry.text).encode(), JSON)


def bundle(
    found: Iterable[tuple[str, Entry]],
    address: str,
    total: int | None,
    links: Sequence[tuple[str, str]],
    elements: Sequence[str],
) -> Answer:
    """A searchset of entries (with their type); ``links``: relation and address. Members in the server's order."""
    head: Json = {"resourceType": "Bundle", "type": "searchset", "id": str(uuid.uuid4())}
    if total is not None:
        head["total"] = total
    entries = ",".join(
        f'{{"fullUrl":{json.dumps(f"{address}/{kind}/{entry.id}")},"resource":{_text(kind, entry, elements)}}}'
        for kind, entry in found
    )
    foot = json.dumps([{"relation": relation, "url": url} for relation, url in links], ensure_ascii=False)
    member = f',"entry":[{entries}]' if entries else ""  # FHIR has no empty list
    return Answer(200, f'{dumps(head)[:-1]}{member},"link":{foot}}}'.encode(), JSON)


def _text(kind: str, entry: Entry, elements: Sequence[str]) -> str:
    """A resource whole, or only the elements asked for, tagged as such."""
    if not elements:
        return checked(kind, entry.text)
    whole = entry.resource
    kept = {name: whole[name] for name in ("resourceType", "id")}
    kept["meta"] = {**whole["meta"], "tag": [SUBSETTED]}
    return dumps(kept | {name: value for name, value in whole.items() if name in elements and name not in kept})


def capability(address: str, moment: str) -> Answer:
    """What this server knows: the parameters that a search may have, and the links."""
    rest: Json = {"mode": "server", "security": {"description": "ESANTE-API-KEY"}}
    rest["resource"] = [_known(kind) for kind in RESOURCES]
    statement: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": moment,
        "kind": "instance",
        "implementation": {"description": "segur-harness: Annuaire Santé", "url": address},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [rest],
    }
    return Answer(200, checked("CapabilityStatement", dumps(statement)).encode(), JSON)


def _known(kind: str) -> Json:
    parameters = PARAMETERS[kind]
    links = [f"{kind}:{name}" for name, type_ in parameters.items() if type_ == "reference"]
    known: Json = {
        "type": kind,
        "profile": PROFILES[kind][-1],
        "interaction": [{"code": "search-type"}, {"code": "read"}],
    }
    if links:
        known["searchInclude"] = ["*", *links]
    if REVERSE[kind]:
        known["searchRevInclude"] = list(REVERSE[kind])
    known["searchParam"] = [{"name": name, "type": type_} for name, type_ in sorted(parameters.items())]
    return known
