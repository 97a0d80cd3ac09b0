"""TD3.1, TD3.1b and TD3.2: what is there, under which entryUUID, and the documents themselves (ITI-18, ITI-43)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mocks.dmp.access import Access, authorise
from mocks.dmp.refusal import known_codes
from mocks.dmp.registry import DOCUMENTS, VACCINATIONS, Record
from mocks.dmp.state import DmpState
from mocks.dmp.third import publish
from mocks.dmp.wire import Message
from mocks.http import Call
from norms.finding import Finding, errors, find
from norms.soap.mtom import Part
from norms.soap.tree import place
from norms.xds.answers import RegistryError, error_of, refused, write_errors
from norms.xds.codes import is_signature
from norms.xds.datatypes import read_cx
from norms.xds.model import Association, DocumentEntry, SubmissionSet
from norms.xds.names import DELETED, FAILURE, HAS_MEMBER, QUERY, RIM, SUCCESS
from norms.xds.query import (
    FIND_BY_REFERENCE,
    FIND_DOCUMENTS,
    FIND_SETS,
    GET_ASSOCIATIONS,
    GET_DOCUMENTS,
    REFERENCE,
    Query,
    read_query,
)
from norms.xds.retrieve import Asked, Retrieved, read_retrieve, write_retrieved
from norms.xds.select import select
from norms.xds.write import Object, reference, write_object

_PATIENT = {
    FIND_DOCUMENTS.id: "$XDSDocumentEntryPatientId",
    FIND_BY_REFERENCE.id: "$XDSDocumentEntryPatientId",
    FIND_SETS.id: "$XDSSubmissionSetPatientId",
}


def search(call: Call, message: Message, state: DmpState) -> bytes:
    """The AdhocQueryResponse to a stored query; raises mocks.dmp.refusal.Refused."""
    query, found = read_query(message.envelope.body)
    transaction = "TD3.1b" if query and query.stored is GET_DOCUMENTS and query.returns == REFERENCE else "TD3.1"
    call.exchange.operation = transaction
    # A patient id that cannot be read must not be refused as another's: the rules of the query say what is wrong.
    asked = query.first(_PATIENT.get(query.stored.id, "")) if query else ""
    access = authorise(call, transaction, message.envelope, asked if read_cx(asked) else "")
    if asked and not read_cx(asked):
        where = place(message.envelope.body, "AdhocQuery/Slot")
        found.append(find("XDS-QRY-03", expected=f"'{access.cx}'", found=f"'{asked}'", field="patientId", where=where))
    call.note(*found)
    if query is not None:
        call.exchange.facts["query"] = query.stored.name
    if query is None or access.patient is None or errors(found):
        return write_adhoc(errors=[error_of(finding) for finding in refused(found)])
    if renewed := str(call.switch("new_version")):
        publish(call, state, access.patient.id, renewed)
    record = state.registry.record(access.patient.id)
    results = list(_results(query, record, access))
    call.exchange.facts["results"] = str(len(results))
    limit = int(call.switch("max_results"))
    if query.returns != REFERENCE and len(results) > limit:
        return write_adhoc(errors=[RegistryError("XDSTooManyResults", f"{len(results)} > {limit}")])
    stale = bool(call.switch("stale_uuid"))
    return write_adhoc(_written(thing, record, query.returns == REFERENCE, stale=stale) for thing in results)


def _results(query: Query, record: Record, access: Access) -> Iterable[Object]:
    if query.stored is FIND_SETS:
        return [one for one in select(record.sets.values(), query) if _set_shown(one, record, access)]
    if query.stored is GET_ASSOCIATIONS:
        return _links(query.values("$uuid"), record, access)
    if query.stored is GET_DOCUMENTS:
        return [entry for entry in _named(query, record) if _shown(entry, record, access)]
    asked = "E1762" in " ".join(query.values("$XDSDocumentEntryTypeCode"))
    found = select(record.entries.values(), query)  # first what the query wants: who sees it costs more to say
    return [entry for entry in found if (asked or not is_signature(entry)) and _shown(entry, record, access)]


def _shown(entry: DocumentEntry, record: Record, access: Access) -> bool:
    """Whether a document is listed for this user: not deleted, and not masked to the user.

    What its latest version is counts for all its versions: an old one does not tell of a document masked since.
    TD3.1b lists whatever the structure itself sent, since it only serves to replace or delete.
    """
    now = record.latest(entry.lid) or entry
    if now.status == DELETED:
        return False
    return access.sees(now) or (access.transaction == "TD3.1b" and access.of_unit(now))


def _set_shown(one: SubmissionSet, record: Record, access: Access) -> bool:
    """Whether a submission set is listed: not when it only brought documents that are masked to the user."""
    ends = (record.entries.get(link.target) for link in record.links.get(one.id, ()) if link.type == HAS_MEMBER)
    brought = [record.latest(end.lid) or end for end in ends if end is not None and not is_signature(end)]
    return not brought or any(access.sees(entry) for entry in brought)


def _named(query: Query, record: Record) -> Iterator[DocumentEntry]:
    for entry_uuid in query.values("$XDSDocumentEntryEntryUUID"):
        if entry := record.entries.get(entry_uuid):
            yield entry
    for lid in query.values("$XDSDocumentEntryLogicalID"):
        yield from (entry for entry in record.entries.values() if entry.lid == lid)
    for unique_id in dict.fromkeys(query.values("$XDSDocumentEntryUniqueId")):
        if entry := record.of_unique(unique_id):
            yield entry


def _links(ids: Sequence[str], record: Record, access: Access) -> Iterator[Association]:
    seen: set[str] = set()
    for id in ids:
        for link in record.links.get(id, ()):
            ends = (record.entries.get(link.source), record.entries.get(link.target))
            if link.id not in seen and all(end is None or _shown(end, record, access) for end in ends):
                seen.add(link.id)
                yield link


def _written(thing: Object, record: Record, references: bool, *, stale: bool) -> bytes:
    """One object of the answer; ``stale`` gives a document an identifier that no longer holds."""
    if stale and isinstance(thing, DocumentEntry):
        thing = replace(thing, id=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, thing.id)}")
    elif not references and isinstance(thing, DocumentEntry):
        return record.written(thing)
    return (reference(thing.id) if references else write_object(thing)).encode()


def write_adhoc(objects: Iterable[bytes] = (), *, errors: Sequence[RegistryError] = ()) -> bytes:
    """An AdhocQueryResponse of these objects, already written, or of these errors."""
    failed = any(not error.warning for error in errors)
    held = list(objects)
    begin = (
        f'<query:AdhocQueryResponse xmlns:query="{QUERY}" startIndex="0" totalResultCount="{len(held)}"'
        f' status="{FAILURE if failed else SUCCESS}">{write_errors(errors)}<RegistryObjectList xmlns="{RIM}">'
    )
    return b"".join((begin.encode(), *held, b"</RegistryObjectList></query:AdhocQueryResponse>"))


def retrieve(call: Call, message: Message, state: DmpState) -> tuple[str, list[Part]]:
    """The RetrieveDocumentSetResponse and its parts; raises mocks.dmp.refusal.Refused."""
    call.exchange.operation = "TD3.2"
    asked, found = read_retrieve(message.envelope.body)
    access = authorise(call, "TD3.2", message.envelope)
    documents: list[Retrieved] = []
    for one in asked if access.patient is not None else ():
        assert access.patient is not None
        entry = state.registry.record(access.patient.id).of_unique(one.unique_id)
        finding = _refused(one, entry, access)
        if finding is None and entry is not None:
            id = f"{uuid.uuid4()}-{len(documents) + 1}@urn:ihe:iti:xds-b:2007"
            part = Part(id, entry.mime_type, state.registry.content(one.unique_id))
            documents.append(Retrieved(one.repository, one.unique_id, entry.mime_type, part))
        elif finding is not None and not any(f.rule == "XDS-RET-01" and f.found == one.unique_id for f in found):
            found.append(finding)
    call.note(*found)
    call.exchange.facts |= {
        "documents": " ".join(one.unique_id for one in asked)[:2000],
        "results": str(len(documents)),
    }
    problems = [_context(finding, str(call.switch("codes"))) for finding in refused(found)]
    return write_retrieved(documents, problems), [one.part for one in documents]


def _refused(one: Asked, held: DocumentEntry | None, access: Access) -> Finding | None:
    """Why a document is not given, None when it is; ``held``: what the patient's record has under that uniqueId."""
    if one.repository not in (DOCUMENTS, VACCINATIONS):
        return find("XDS-RET-02", expected=DOCUMENTS, found=one.repository)
    if held is None or held.status == DELETED:
        return find("XDS-RET-03", found=one.unique_id)
    if held.repository != one.repository:
        return find("XDS-RET-02", expected=held.repository, found=one.repository)
    if not access.sees(held) or is_signature(held):
        return find("DMP-DOC-02", found=one.unique_id)
    return None


def _context(finding: Finding, codes: str) -> RegistryError:
    """The error of a document not given: the context begins with ``uniqueId=``, as the service writes it.

    A masked document is answered as one that is not there (provisional; `dmp.codes` may give DMP-DOC-02 a code of its
    own): the journal says which, the answer does not.
    """
    given = known_codes(codes).get(finding.rule, "")
    if finding.rule == "DMP-DOC-02" and not given:
        finding = find("XDS-RET-03", found=finding.found)
    error = error_of(finding, code=given)
    if not finding.rule.startswith("XDS-RET"):
        return error
    return RegistryError(error.code, f"uniqueId={finding.found} {error.context}", error.location, error.warning)
