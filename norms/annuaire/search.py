"""The grammar of a search: parameters of each resource, what a request asks, what is wrong with it.

Sources: CapabilityStatement of the guide « Annuaire Santé » 1.2, documentation of the API v2, and the published source
of the server (ansforge/annuaire-sante-fhir-serveur), which tells what the two others leave open: no chained parameter,
no escaped comma, an unknown modifier is not refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from norms.annuaire.match import instants
from norms.finding import Finding, find

MAX_COUNT = 50_000_000  # of the published server
MAX_CLAUSES = 2_000
PAGE = 50
_TRACE = {"data-information-system": "token", "data-registration-authority": "token"}
_COMMON = {"_id": "token", "_lastUpdated": "date", **_TRACE}
_NUMBERED = {"identifier": "token", "identifier-type": "token"}

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "Practitioner": {
        **_COMMON,
        **_NUMBERED,
        "active": "token",
        "family": "string",
        "given": "string",
        "mailbox-mss": "string",
        "name": "string",
        "number-smartcard": "string",
        "qualification-code": "token",
        "type-smartcard": "token",
    },
    "PractitionerRole": {
        **_COMMON,
        "active": "token",
        "identifier": "token",
        "mailbox-mss": "string",
        "organization": "reference",
        "practitioner": "reference",
        "role": "token",
    },
    "Organization": {
        **_COMMON,
        **_NUMBERED,
        "active": "token",
        "address": "string",
        "address-city": "string",
        "address-line": "string",
        "address-postalcode": "string",
        "mailbox-mss": "string",
        "name": "string",
        "partof": "reference",
        "pharmacy-licence": "string",
        "type": "token",
    },
    "HealthcareService": {
        **_COMMON,
        "_profile": "uri",
        "active": "token",
        "characteristic": "token",
        "identifier": "token",
        "organization": "reference",
        "service-category": "token",
        "service-type": "token",
    },
    "Device": {
        **_COMMON,
        "identifier": "token",
        "manufacturer": "string",
        "model": "string",
        "organization": "reference",
        "status": "token",
        "type": "token",
    },
}
RESOURCES = tuple(PARAMETERS)
REVERSE: Mapping[str, tuple[str, ...]] = {
    "Practitioner": ("PractitionerRole:practitioner",),
    "PractitionerRole": (),
    "Organization": (
        "Device:organization",
        "HealthcareService:organization",
        "PractitionerRole:organization",
        "Organization:partof",
    ),
    "HealthcareService": (),
    "Device": (),
}
RESULT = ("_count", "_pretty", "_format", "_total", "_include", "_revinclude", "_elements")
GUIDE_ONLY = "mailbox-mss-type"  # in the implementation guide, unknown to the live server
MODIFIERS: Mapping[str, tuple[str, ...]] = {
    "string": ("contains", "exact"),
    "token": ("not",),
    "reference": (),
    "date": (),
    "uri": (),
}
CRITERIA = (  # what REM Ségur wants a software to offer when it looks somebody up
    "rpps",
    "nom",
    "prenom",
    "profession",
    "specialite",
    "raison-sociale",
    "code-postal",
    "ville",
    "adresse-mss",
)
_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Practitioner", "identifier"): ("rpps",),
    ("Practitioner", "name"): ("nom", "prenom"),
    ("Practitioner", "family"): ("nom",),
    ("Practitioner", "given"): ("prenom",),
    ("Practitioner", "mailbox-mss"): ("adresse-mss",),
    ("PractitionerRole", "mailbox-mss"): ("adresse-mss",),
    ("Organization", "mailbox-mss"): ("adresse-mss",),
    ("Organization", "name"): ("raison-sociale",),
    ("Organization", "address-postalcode"): ("code-postal",),
    ("Organization", "address-city"): ("ville",),
    ("Organization", "address-line"): ("voie",),
    ("Organization", "address"): ("voie",),
}
_SPECIALTY = re.compile(r"(?:.*\|)?(?:SM|SCD|SCH|C|CEX|PAC)\d+", re.ASCII | re.DOTALL)


class BadQuery(ValueError):
    """A query string that cannot be read; ``column`` is 1-based in it."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Clause:
    """One parameter of a request: ``values`` are alternatives, none when nothing was given."""

    name: str
    modifier: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Search:
    """A request understood. ``refusal``: why it is answered by an error (its diagnostics), empty when it is not."""

    resource: str
    clauses: list[Clause] = field(default_factory=list)  # the criteria that count, all of which must hold
    count: int = PAGE
    total: bool = True
    include: list[str] = field(default_factory=list)
    reverse: list[str] = field(default_factory=list)
    elements: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    refusal: str = ""

    def refuse(self, diagnostics: str, finding: Finding) -> None:
        """Answer by an error; the first reason stands."""
        self.findings.append(finding)
        self.refusal = self.refusal or diagnostics


def parse(query: str) -> list[Clause]:
    """The parameters of a query string or a form, in order; raises BadQuery.

    Commas separate alternatives; an empty one counts for nothing.
    """
    clauses: list[Clause] = []
    column = 1
    for pair in query.split("&"):
        if pair:
            raw, _, value = pair.partition("=")
            name, _, modifier = _decoded(raw, column).partition(":")
            values = tuple(v for v in _decoded(value, column + len(raw) + 1).split(",") if v)
            clauses.append(Clause(name, modifier, values))
            if len(clauses) > MAX_CLAUSES:
                raise BadQuery(f"more than {MAX_CLAUSES} parameters", column)
        column += len(pair) + 1
    return clauses


def _decoded(text: str, column: int) -> str:
    """Percent-encoding undone; what is broken is named, not guessed."""
    if (broken := re.search(r"%(?![0-9A-Fa-f]{2})", text)) is not None:
        raise BadQuery("broken percent-encoding", column + broken.start())
    try:
        decoded = unquote_to_bytes(text.replace("+", " ").encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        raise BadQuery("not UTF-8", column) from None
    if "\0" in decoded:
        raise BadQuery("a null character", column)
    return decoded


def read(resource: str, clauses: Iterable[Clause], *, mailbox_type: bool = False, modifiers: bool = False) -> Search:
    """A search on a resource understood, with the findings on it.

    ``mailbox_type``: the parameter of the guide that the live server lacks is known. ``modifiers``: an unknown one is
    refused instead of ignored.
    """
    search = Search(resource)
    known = dict(PARAMETERS[resource])
    if mailbox_type and "mailbox-mss" in known:
        known[GUIDE_ONLY] = "token"
    for clause in clauses:
        if clause.name in RESULT:
            _result(search, clause)
        elif clause.name not in known:
            rule = "ANN-PARAM-02" if clause.name == GUIDE_ONLY else "ANN-PARAM-01"
            said = f"Parameter {clause.name} not found for resource {resource}"
            search.refuse(said, find(rule, expected=", ".join(known), found=clause.name[:200], resource=resource))
        else:
            _criterion(search, clause, known[clause.name], strict=modifiers)
    if not search.clauses and not search.refusal:
        search.findings.append(find("ANN-PARAM-06", found=resource))
    return search


def _criterion(search: Search, clause: Clause, kind: str, *, strict: bool) -> None:
    name = clause.name
    if not clause.values:
        search.findings.append(find("ANN-PARAM-04", found=name))
        return
    if clause.modifier and clause.modifier not in MODIFIERS[kind]:
        expected = ", ".join(f":{word}" for word in MODIFIERS[kind]) or "-"
        finding = find("ANN-PARAM-03", expected=expected, found=f"{name}:{clause.modifier}"[:200])
        if strict:
            search.refuse(f"Modifier {clause.modifier} not supported for parameter {name}", finding)
        else:
            search.findings.append(finding)
    if kind == "date":
        for value in clause.values:
            try:
                instants(value)
            except ValueError:
                said = f"Invalid date/time format: {value[:100]}"
                search.refuse(said, find("ANN-PARAM-05", expected="ge2026-01-31", found=f"{name}={value[:100]}"))
    if name == "active" and not set(clause.values) <= {"true", "false"}:
        finding = find("ANN-PARAM-07", expected="true, false", found=f"{name}={','.join(clause.values)[:100]}")
        search.findings.append(finding)
    search.clauses.append(clause)


def _result(search: Search, clause: Clause) -> None:
    """A parameter that shapes the answer."""
    values = clause.values
    if clause.name == "_count" and values:
        if not re.fullmatch(r"\d{1,9}", values[0], re.ASCII) or int(values[0]) > MAX_COUNT:
            said = 'The _count parameter must be in the FHIR format with an integer value : "_count=30"'
            search.refuse(said, find("ANN-PARAM-05", expected="_count=50", found=f"_count={values[0][:100]}"))
        else:
            search.count = int(values[0])
    elif clause.name == "_total" and values:
        search.total = values[0] != "none"
    elif clause.name == "_elements":
        search.elements = values
    elif clause.name == "_include":
        own = [f"{search.resource}:{name}" for name, kind in PARAMETERS[search.resource].items() if kind == "reference"]
        search.include += _links(search, values, own, "_include")
    elif clause.name == "_revinclude":
        known = [f"{one}:{name}" for one in RESOURCES for name, kind in PARAMETERS[one].items() if kind == "reference"]
        search.reverse += _links(search, values, known, "_revinclude")
    elif clause.name == "_format" and values and "json" not in values[0]:
        search.findings.append(find("ANN-FORMAT-01", expected="application/fhir+json", found=values[0][:100]))


def _links(search: Search, values: Iterable[str], known: list[str], name: str) -> list[str]:
    wanted: list[str] = []
    for value in values:
        if value == "*" and name == "_include":
            wanted += known
        elif value in known:
            wanted.append(value)
        else:
            said = f"Parameter {value} not found for resource {search.resource}"
            search.refuse(said, find("ANN-PARAM-08", expected=", ".join(known), found=f"{name}={value}"[:200]))
    return wanted


def criteria(search: Search) -> set[str]:
    """The criteria of `CRITERIA` (and ``voie``) that a search uses."""
    used: set[str] = set()
    for clause in search.clauses:
        if clause.name == "qualification-code":
            used |= {"specialite" if _SPECIALTY.fullmatch(value) else "profession" for value in clause.values}
        used.update(_WORDS.get((search.resource, clause.name), ()))
    return used
