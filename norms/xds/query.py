"""ITI-18, Registry Stored Query: the request read and written, with every parameter of the queries that the DMP serves.

ITI TF-2 §3.18.4.1.2: text stands between apostrophes, lists between parentheses, numbers alone; several values of one
Slot are alternatives, or all required for the parameters marked so (§3.18.4.1.2.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from lxml import etree

from norms.finding import Finding, find
from norms.soap import escape
from norms.soap.tree import place, value
from norms.xds.datatypes import read_dtm
from norms.xds.names import QUERY, RIM, STATUSES, rim

Kind = Literal["text", "texts", "codes", "like", "time"]
LEAF, REFERENCE = "LeafClass", "ObjectRef"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query: what it takes; whether it must be there; whether its Values must all hold."""

    kind: Kind
    required: bool = False
    every: bool = False


_DOCUMENTS: Final[Mapping[str, Parameter]] = {
    "$XDSDocumentEntryPatientId": Parameter("text"),  # required by IHE; the DMP takes that of the VIHF when absent
    "$XDSDocumentEntryStatus": Parameter("texts", required=True),
    "$XDSDocumentEntryClassCode": Parameter("codes"),
    "$XDSDocumentEntryTypeCode": Parameter("codes"),
    "$XDSDocumentEntryPracticeSettingCode": Parameter("codes"),
    "$XDSDocumentEntryHealthcareFacilityTypeCode": Parameter("codes"),
    "$XDSDocumentEntryFormatCode": Parameter("codes"),
    "$XDSDocumentEntryEventCodeList": Parameter("codes", every=True),
    "$XDSDocumentEntryConfidentialityCode": Parameter("codes", every=True),
    "$XDSDocumentEntryAuthorPerson": Parameter("like"),
    "$XDSDocumentEntryCreationTimeFrom": Parameter("time"),
    "$XDSDocumentEntryCreationTimeTo": Parameter("time"),
    "$XDSDocumentEntryServiceStartTimeFrom": Parameter("time"),
    "$XDSDocumentEntryServiceStartTimeTo": Parameter("time"),
    "$XDSDocumentEntryServiceStopTimeFrom": Parameter("time"),
    "$XDSDocumentEntryServiceStopTimeTo": Parameter("time"),
    "$XDSDocumentEntryType": Parameter("texts"),
}
_COMMON: Final[Mapping[str, Parameter]] = {"$homeCommunityId": Parameter("text"), "$MetadataLevel": Parameter("text")}


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored query that the registry knows. ``one_of``: exactly one of these parameters must be there."""

    name: str
    id: str
    parameters: Mapping[str, Parameter]
    one_of: tuple[str, ...] = ()


FIND_DOCUMENTS: Final = Stored("FindDocuments", "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", _DOCUMENTS)
FIND_BY_REFERENCE: Final = Stored(
    "FindDocumentsByReferenceId",
    "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
    {**_DOCUMENTS, "$XDSDocumentEntryReferenceIdList": Parameter("texts", required=True, every=True)},
)
FIND_SETS: Final = Stored(
    "FindSubmissionSets",
    "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9",
    {
        "$XDSSubmissionSetPatientId": Parameter("text"),
        "$XDSSubmissionSetSourceId": Parameter("texts"),
        "$XDSSubmissionSetSubmissionTimeFrom": Parameter("time"),
        "$XDSSubmissionSetSubmissionTimeTo": Parameter("time"),
        "$XDSSubmissionSetAuthorPerson": Parameter("like"),
        "$XDSSubmissionSetContentType": Parameter("codes"),
        "$XDSSubmissionSetStatus": Parameter("texts", required=True),
    },
)
GET_ASSOCIATIONS: Final = Stored(
    "GetAssociations", "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155", {"$uuid": Parameter("texts", required=True)}
)
GET_DOCUMENTS: Final = Stored(
    "GetDocuments",
    "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
    {
        "$XDSDocumentEntryEntryUUID": Parameter("texts"),
        "$XDSDocumentEntryUniqueId": Parameter("texts"),
        "$XDSDocumentEntryLogicalID": Parameter("texts"),
    },
    ("$XDSDocumentEntryEntryUUID", "$XDSDocumentEntryUniqueId", "$XDSDocumentEntryLogicalID"),
)
STORED: Final = {one.id: one for one in (FIND_DOCUMENTS, FIND_SETS, GET_ASSOCIATIONS, GET_DOCUMENTS, FIND_BY_REFERENCE)}

_TEXT: Final = r"'((?:[^']|'')*)'"
_ONE: Final = re.compile(_TEXT)
_LIST: Final = re.compile(rf"\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\)")
_PATIENT: Final = ("$XDSDocumentEntryPatientId", "$XDSSubmissionSetPatientId")
_FORMS: Final[Mapping[Kind, str]] = {
    "text": "'x'",
    "texts": "('x','y')",
    "codes": "('code^^oid')",
    "like": "('%x%')",
    "time": "AAAAMMJJhhmmss",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A query as read. ``groups``: parameter → one tuple of alternatives per group; every group must hold."""

    stored: Stored
    groups: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    returns: str = LEAF

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a parameter, groups joined."""
        return tuple(held for group in self.groups.get(name, ()) for held in group)

    def first(self, name: str) -> str:
        """The first value of a parameter, empty when absent."""
        return next(iter(self.values(name)), "")


def read_query(body: etree._Element) -> tuple[Query | None, list[Finding]]:
    """The query in an AdhocQueryRequest, and what is wrong in it (XDS-QRY-*); None when which query is not known."""
    asked, option = body.find(rim("AdhocQuery")), body.find(f"{{{QUERY}}}ResponseOption")
    stored = STORED.get(asked.get("id", "") if asked is not None else "")
    if asked is None or stored is None:
        known = ", ".join(f"{one.name} {one.id}" for one in STORED.values())
        found = asked.get("id", "—") if asked is not None else "—"
        where = place(asked if asked is not None else body)
        return None, [find("XDS-QRY-01", expected=known, found=found, where=where)]
    findings: list[Finding] = []
    returns = option.get("returnType", LEAF) if option is not None else LEAF
    if returns not in (LEAF, REFERENCE):
        findings.append(find("XDS-QRY-06", expected=LEAF, found=returns, where=place(body, "ResponseOption")))
    groups: dict[str, tuple[tuple[str, ...], ...]] = {}
    for slot in asked.iterchildren(rim("Slot")):
        name = slot.get("name", "")
        parameter = stored.parameters.get(name) or _COMMON.get(name)
        if parameter is None:
            findings.append(find("XDS-QRY-04", found=name, where=place(slot)))
            continue
        texts = [value(held) for held in slot.iter(rim("Value"))]
        read = [group for text in texts for group in _read(text, name, parameter, slot, findings)]
        if parameter.kind in ("text", "time") and len(texts) > 1:
            findings.append(find("XDS-QRY-07", expected=1, found=len(texts), where=place(slot), field=name))
        if read:
            groups[name] = (*groups.get(name, ()), *read) if parameter.every else (_flat(groups.get(name, ()), read),)
    findings += _complete(stored, groups, asked)
    return Query(stored, groups, returns), findings


def _flat(held: tuple[tuple[str, ...], ...], read: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(text for group in (*held, *read) for text in group)


def _read(
    text: str, name: str, parameter: Parameter, slot: etree._Element, findings: list[Finding]
) -> Iterator[tuple[str, ...]]:
    """The alternatives in one Value: none when it cannot be read."""
    where, kind = place(slot), parameter.kind
    if kind == "time":
        number = text.strip("'") if _ONE.fullmatch(text) else text
        if read_dtm(number) is None or number != text:
            findings.append(find("XDS-QRY-03", expected=_FORMS[kind], found=text, where=where, field=name))
        if read_dtm(number) is not None:
            yield (number,)
        return
    if kind == "text" and _ONE.fullmatch(text):
        yield (text[1:-1].replace("''", "'"),)
        return
    if not _LIST.fullmatch(text):
        findings.append(find("XDS-QRY-03", expected=_FORMS[kind], found=text or "—", where=where, field=name))
        return
    values = tuple(held.replace("''", "'") for held in _ONE.findall(text))
    if kind == "text":  # a list where one value is due
        rule = "XDS-QRY-08" if name in _PATIENT else "XDS-QRY-03"
        findings.append(find(rule, expected=_FORMS[kind], found=text, where=where, field=name))
        return
    for code in values if kind == "codes" else ():
        parts = code.split("^")
        if len(parts) != 3 or parts[1] or not parts[0] or not parts[2]:
            findings.append(find("XDS-QRY-05", expected="code^^oid", found=code, where=where, field=name))
    for status in values if name.endswith("Status") else ():
        if status not in STATUSES:
            findings.append(find("XDS-QRY-10", expected=", ".join(STATUSES[:3]), found=status, where=where, field=name))
    yield values


def _complete(
    stored: Stored, groups: Mapping[str, tuple[tuple[str, ...], ...]], asked: etree._Element
) -> Iterator[Finding]:
    given = {slot.get("name", "") for slot in asked.iterchildren(rim("Slot"))}
    for name, parameter in stored.parameters.items():
        if parameter.required and name not in given:
            yield find("XDS-QRY-02", where=place(asked), field=name)
    chosen = [name for name in stored.one_of if name in given]
    if stored.one_of and len(chosen) != 1:
        found = ", ".join(chosen) or "—"
        yield find("XDS-QRY-09", expected=", ".join(stored.one_of), found=found, where=place(asked))


def write_query(query: Query) -> str:
    """The AdhocQueryRequest of a query."""
    slots = "".join(
        f'<Slot name="{escape(name)}"><ValueList>'
        + "".join(f"<Value>{escape(_written(query.stored, name, group))}</Value>" for group in groups)
        + "</ValueList></Slot>"
        for name, groups in query.groups.items()
    )
    return (
        f'<query:AdhocQueryRequest xmlns:query="{QUERY}">'
        f'<query:ResponseOption returnComposedObjects="true" returnType="{escape(query.returns)}"/>'
        f'<AdhocQuery xmlns="{RIM}" id="{query.stored.id}">{slots}</AdhocQuery></query:AdhocQueryRequest>'
    )


def _written(stored: Stored, name: str, group: tuple[str, ...]) -> str:
    kind = (stored.parameters.get(name) or _COMMON[name]).kind
    if kind == "time":
        return group[0]
    quoted = [f"'{text.replace(chr(39), chr(39) * 2)}'" for text in group]
    return quoted[0] if kind == "text" else f"({','.join(quoted)})"
