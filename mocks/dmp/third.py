"""Somebody else works on the record too: the author of a document deposits its next version (``dmp.new_version``)."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from mocks.dmp.registry import Stored
from mocks.dmp.seed import ROOT, submission_set
from mocks.dmp.state import DmpState
from mocks.http import Call
from norms.cda.document import HL7, first, qname
from norms.xds.derive import entry_of
from norms.xds.model import Submission
from norms.xds.names import APPROVED
from norms.xds.provide import linked
from norms.xml import parse


def publish(call: Call, state: DmpState, patient: str, unique_id: str) -> None:
    """The next version of a document takes its place; nothing when it is not this patient's, or is no longer current.

    It differs by its header: id, version, date, the version that it replaces.
    """
    registry = state.registry
    old = registry.record(patient).of_unique(unique_id)
    if old is None or old.status != APPROVED:
        return
    number = int(hashlib.sha256(unique_id.encode()).hexdigest()[:12], 16)
    data = _next(registry.content(unique_id), f"{ROOT}.4.{number}")
    made = entry_of(parse(data), "Document01", local=old.source_patient_id)
    made = replace(made, practice=old.practice, confidentiality=old.confidentiality)
    replaced = {made.id: old.id}
    submission = linked(Submission(submission_set(made, number), (made,)), replaced)
    content = Stored.of(data)
    change, _ = registry.submission(submission, {made.id: content}, replaced)
    state.change(call, patient, change, {made.unique_id: content})


def _next(data: bytes, unique_id: str) -> bytes:
    """The CDA of the version after this one."""
    root = deepcopy(parse(data))
    own, version, when = first(root, "id"), first(root, "versionNumber"), first(root, "effectiveTime")
    assert own is not None  # what the DMP holds was checked when it came
    before = own.get("root", "")
    own.set("root", unique_id)
    if version is not None:
        version.set("value", str(int(version.get("value", "1")) + 1))
    if when is not None:
        now = datetime.now(UTC) - timedelta(minutes=1)
        when.set("value", now.strftime("%Y%m%d%H%M%S+0000"))
    for gone in root.findall(qname("relatedDocument")):
        root.remove(gone)
    link = etree.Element(qname("relatedDocument"), typeCode="RPLC")
    etree.SubElement(etree.SubElement(link, qname("parentDocument")), qname("id"), root=before)
    after = next(child for child in root if child.tag in (f"{{{HL7}}}authorization", f"{{{HL7}}}componentOf"))
    after.addprevious(link)
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
