"""TD3.3: mask and unmask (a), make visible (b), delete (c), archive and take out (d), by ITI-57."""

from __future__ import annotations

from mocks.dmp.access import Access, authorise
from mocks.dmp.feed import setting_of
from mocks.dmp.registry import Record, Registry
from mocks.dmp.state import DmpState
from mocks.dmp.wire import Message
from mocks.http import Call
from norms.finding import Finding, find
from norms.xds.answers import error_of, refused, write_response
from norms.xds.check import MASKED, check_set
from norms.xds.model import DocumentEntry
from norms.xds.names import DELETED
from norms.xds.update import Update, check_metadata, check_status, read_update, transaction_of

_PATIENTS_OWN = "90"


def manage(call: Call, message: Message, state: DmpState) -> str:
    """The RegistryResponse to updates: all are made, or none. Raises mocks.dmp.refusal.Refused."""
    asked = read_update(message.envelope.body)
    registry = state.registry
    held = {id(update): _held(update, registry) for update in asked.updates}
    transaction = _transaction(asked.updates[0], held[id(asked.updates[0])]) if asked.updates else "TD3.3a-mask"
    call.exchange.operation = transaction.partition("-")[0]
    access = authorise(call, transaction, message.envelope, asked.set.patient_id if asked.set else "")
    found: list[Finding] = list(asked.findings)
    if asked.set is not None:
        found += check_set(asked.set, setting_of(call))
        if registry.holder("set", asked.set.unique_id):
            found.append(find("XDS-DUP-03", found=asked.set.unique_id, where=asked.set.where("uniqueId")))
    record = registry.record(access.patient.id) if access.patient else Record()
    for update in asked.updates:
        entry = held[id(update)]
        hidden = entry is not None and not access.sees(entry) and not access.may(entry)
        if hidden and entry is not None:  # kept in the journal; the answer does not tell that it exists
            call.note(find("DMP-DOC-02", found=entry.unique_id))
        if entry is None or hidden or record.entries.get(entry.id) is None:
            rule = "XDS-UPD-06" if update.entry is None else "XDS-UPD-01"
            found.append(find(rule, found=update.target or "—", where=update.link.where(), object=update.link.target))
            continue
        found += check_status(update, entry.status) if update.entry is None else check_metadata(update, entry)
        found += _allowed(entry, access)
        if _transaction(update, entry) != transaction:
            found.append(find("XDS-UPD-07", where=update.link.where()))
    call.note(*found)
    call.exchange.facts |= {
        "documents": " ".join(entry.unique_id for entry in held.values() if entry),
        "targets": " ".join(update.target for update in asked.updates),
    }
    errors = [error_of(finding) for finding in refused(found)]
    if errors or access.patient is None or asked.set is None:
        return write_response(errors)
    statuses: dict[str, str] = {}
    metadata: list[tuple[DocumentEntry, DocumentEntry]] = []
    for update in asked.updates:
        entry = held[id(update)]
        assert entry is not None  # said above
        if update.entry is None:
            statuses[entry.id] = update.link.slot("NewStatus")
        else:
            metadata.append((entry, update.entry))
    change, given = registry.update(asked.set, statuses, metadata)
    state.change(call, access.patient.id, change)
    call.exchange.facts["entries"] = " ".join((*statuses, *given.values()))
    return write_response()


def _held(update: Update, registry: Registry) -> DocumentEntry | None:
    """What the registry holds under the identifier of an update: the latest version only."""
    patient = registry.holder("entry", update.target)
    if not patient:
        return None
    record = registry.record(patient)
    entry = record.latest(update.target) if update.entry is not None else record.entries.get(update.target)
    return entry if entry and record.current.get(entry.lid) == entry.id and entry.status != DELETED else None


def _transaction(update: Update, held: DocumentEntry | None) -> str:
    """The row of the matrix that an update falls under."""
    kind = transaction_of(update, held)
    if kind != "TD3.3a":
        return kind
    assert update.entry is not None
    unmask = held is not None and MASKED.code in held.visibility - update.entry.visibility
    return "TD3.3a-unmask" if unmask else "TD3.3a-mask"


def _allowed(entry: DocumentEntry, access: Access) -> list[Finding]:
    if access.may(entry):
        return []
    patients = entry.class_code is not None and entry.class_code.code == _PATIENTS_OWN
    if patients and access.transaction in ("TD3.3c", "TD3.3d"):
        return [find("DMP-DOC-03", found=entry.unique_id)]
    authors = ", ".join(person for author in entry.authors for person in author.persons)
    return [find("DMP-DOC-01", expected=authors, found=entry.unique_id)]
