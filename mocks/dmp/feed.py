"""TD2.1 and TD2.2: documents come in (ITI-41). Judged whole, then registered whole, or refused with the slot named."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from lxml import etree

from mocks.anchor import anchor_of
from mocks.dmp.access import OIDS, Access, actor_of, authorise
from mocks.dmp.refusal import known_codes
from mocks.dmp.registry import Record, Registry, Stored
from mocks.dmp.state import DmpState
from mocks.dmp.wire import Message
from mocks.http import Call
from mocks.journal import Validation
from norms.codes import Tables
from norms.finding import Finding, find
from norms.saml import ASSERTION, check_certificate
from norms.soap.names import SECURITY
from norms.vihf import names, read_vihf
from norms.xds.answers import RegistryError, error_of, refused, write_response
from norms.xds.check import Setting
from norms.xds.codes import is_signature
from norms.xds.coherence import check_access, check_document
from norms.xds.model import DocumentEntry, Submission
from norms.xds.names import APPROVED
from norms.xds.provide import Provided, Verdict, check_provided, read_provide
from norms.xml import BadXml, parse

TABLES = Tables()
# What no leniency can register.
_BLOCKING = (
    "XDS-REQ", "XDS-PKG-01", "XDS-OBJ-01", "XDS-DOC", "XDS-DUP", "XDS-RPL", "XDS-ASC-01", "XDS-ASC-05", "XDS-ASC-06",
    "XDS-ID-01", "XDS-PID-01", "XDS-HASH-01", "XDS-HASH-02", "SOAP-XOP",
)  # fmt: skip


def feed(call: Call, message: Message, state: DmpState) -> str:
    """The RegistryResponse to a submission; raises mocks.dmp.refusal.Refused."""
    provided = read_provide(message.envelope.body, message.parts)
    submission = provided.submission
    transaction = _transaction(message)
    call.exchange.operation = transaction
    access = authorise(call, transaction, message.envelope, submission.set.patient_id if submission else "")
    if not message.related:
        call.note(find("DMP-REQ-01"))
    verdict = check_provided(provided, setting_of(call))
    found = [*verdict.findings, *_signer(call, verdict)]
    facts = call.exchange.facts
    if submission is None or access.patient is None:
        call.note(*found)
        return write_response([error_of(finding) for finding in refused(found)])
    registry, patient = state.registry, access.patient.id
    record = registry.record(patient)
    real = [entry for entry in submission.entries if not is_signature(entry)]
    facts |= {
        "set": submission.set.unique_id,
        "documents": " ".join(entry.unique_id for entry in real),
        "types": " ".join(e.type_code.code for e in submission.entries if e.type_code and not is_signature(e)),
        "visibility": " ".join(
            sorted({code for e in submission.entries if not is_signature(e) for code in e.visibility})
        ),
        "replaces": " ".join(verdict.replaced.values()),
    }
    call.exchange.thread = submission.set.unique_id
    found += check_access(
        submission.set, access.ins, access.user, access.structure, nominative=access.mode == names.DIRECT
    )
    found += _coherent(provided, verdict, registry, record)
    found += _known(registry, provided, patient)
    found += _replaceable(submission, verdict.replaced, record, access)
    call.note(*found)
    errors = _errors(call, found)
    if not any(not error.warning for error in errors):
        contents = {one.entry.id: Stored(one.part.body, one.sha1) for one in provided.documents}
        change, given = registry.submission(submission, contents, verdict.replaced)
        state.change(call, patient, change, {one.entry.unique_id: contents[one.entry.id] for one in provided.documents})
        facts["entries"] = " ".join(given[entry.id] for entry in real)
        call.exchange.validation = Validation.PENDING
    return write_response(errors)


def setting_of(call: Call) -> Setting:
    """What metadata are judged with in this call."""
    return Setting(TABLES, datetime.now(UTC), ins_oids=OIDS[str(call.switch("ins_oids"))])


def _transaction(message: Message) -> str:
    """TD2.2 when an employee's card calls, TD2.1 otherwise."""
    block = message.envelope.header(SECURITY)
    assertion = block.find(ASSERTION) if block is not None else None
    return "TD2.2" if assertion is not None and actor_of(read_vihf(assertion)[0]) == "DIRECT_OTHER" else "TD2.1"


def _signer(call: Call, verdict: Verdict) -> list[Finding]:
    """What the certificate that signed the set is worth."""
    if verdict.signer is None:
        return []
    return check_certificate(verdict.signer, anchor_of(call.hub.pki).store(), time.time(), call.hub.revoked)


def _coherent(provided: Provided, verdict: Verdict, registry: Registry, record: Record) -> Iterator[Finding]:
    for one in provided.documents:
        if not is_signature(one.entry) and one.entry.mime_type == "text/xml" and one.size:
            old = record.entries.get(verdict.replaced.get(one.entry.id, ""))
            before = _tree(registry.content(old.unique_id)) if old else None
            yield from check_document(one.entry, one.root, old, before)


def _tree(data: bytes) -> etree._Element | None:
    try:
        return parse(data)
    except BadXml:  # accepted by leniency, or no XML at all
        return None


def _known(registry: Registry, provided: Provided, patient: str) -> Iterator[Finding]:
    """XDS-DUP-01 and -03: what the DMP already holds."""
    assert provided.submission is not None
    one = provided.submission.set
    if registry.holder("set", one.unique_id):
        yield find("XDS-DUP-03", found=one.unique_id, where=one.where("uniqueId"))
    for document in provided.documents:
        unique_id = document.entry.unique_id
        if holder := registry.holder("document", unique_id):
            held = registry.record(patient).of_unique(unique_id) if holder == patient else None
            same = held is not None and held.hash == document.sha1
            rule = "XDS-DUP-03" if same else "XDS-DUP-01"
            yield find(rule, found=unique_id, where=document.entry.where("uniqueId"))


def _replaceable(
    submission: Submission, replaced: Mapping[str, str], record: Record, access: Access
) -> Iterator[Finding]:
    """XDS-RPL-01, -02 and DMP-DOC-04: only the current version of one's own document of this patient is replaced."""
    links = {link.source: link.where() for link in submission.associations if link.target in replaced.values()}
    for source, target in replaced.items():
        where = links[source]
        old: DocumentEntry | None = record.entries.get(target)
        if old is None:
            yield find("XDS-RPL-02", found=target, object=source, where=where)
        elif old.status != APPROVED:
            status = old.status.rpartition(":")[2]
            yield find("XDS-RPL-01", found=target, object=source, name=status, where=where)
        elif not (access.wrote(old) or access.of_unit(old)):
            authors = ", ".join(person for author in old.authors for person in author.persons)
            yield find("DMP-DOC-04", expected=authors, found=old.unique_id, where=where)


def _errors(call: Call, found: list[Finding]) -> list[RegistryError]:
    """What the answer says of the findings: the errors that refuse, and the warning of metadata not kept."""
    codes = known_codes(str(call.switch("codes")))
    refusing = refused(found)
    if call.switch("rules") == "lenient":
        refusing = [finding for finding in refusing if finding.rule.startswith(_BLOCKING)]
    dropped = [finding for finding in found if finding.rule == "XDS-SLOT-04"]
    return [error_of(finding, code=codes.get(finding.rule, "")) for finding in (*refusing, *dropped)]
