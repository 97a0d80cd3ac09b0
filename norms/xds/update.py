"""ITI-57, Update Document Set: metadata sent again as a new version, and changes of status (ITI TF-2 §3.57).

The DMP uses it to mask (TD3.3a), to make visible (TD3.3b), to delete (TD3.3c) and to archive (TD3.3d).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final, Literal

from lxml import etree

from norms.finding import Finding, find
from norms.soap.tree import place
from norms.xds.check import MASKED, NOT_GUARDIANS, NOT_PATIENT
from norms.xds.model import Association, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import APPROVED, ARCHIVED, DELETED, DEPRECATED, HAS_MEMBER, LCM, UPDATE_STATUS, rim
from norms.xds.read import read_submission
from norms.xds.write import write_submission

VISIBILITY_CODES: Final = frozenset({MASKED.code, NOT_PATIENT.code, NOT_GUARDIANS.code})
_MOVES: Final = {(APPROVED, ARCHIVED), (ARCHIVED, APPROVED), (APPROVED, DELETED), (ARCHIVED, DELETED)}
_SERVER: Final = frozenset({"id", "origin", "status", "version", "confidentiality", "home"})


@dataclass(frozen=True, slots=True)
class Update:
    """One update asked for: of status (``entry`` None), or of metadata (the entry sent again)."""

    link: Association
    entry: DocumentEntry | None = None

    @property
    def target(self) -> str:
        """entryUUID whose status changes, or logicalId of the entry sent again."""
        return self.link.target if self.entry is None else self.entry.lid or self.entry.id


@dataclass(frozen=True, slots=True)
class Updates:
    """A request read."""

    set: SubmissionSet | None
    updates: tuple[Update, ...]
    findings: tuple[Finding, ...]


def read_update(body: etree._Element) -> Updates:
    """The updates in a SubmitObjectsRequest, and what is wrong in its form."""
    objects = body.find(rim("RegistryObjectList"))
    if objects is None:
        return Updates(None, (), (find("XDS-REQ-01", expected="rim:RegistryObjectList", where=place(body)),))
    submission, findings = read_submission(objects)
    if submission is None:
        return Updates(None, (), tuple(findings))
    updates = tuple(_updates(submission))
    if not updates:
        findings.append(find("XDS-UPD-07", where=place(objects)))
    return Updates(submission.set, updates, tuple(findings))


def _updates(submission: Submission) -> Iterator[Update]:
    for link in submission.associations:
        if link.type == UPDATE_STATUS:
            yield Update(link)
        elif link.type == HAS_MEMBER and link.slot("PreviousVersion"):
            entry = submission.entry(link.target)
            if entry is not None:
                yield Update(link, entry)


def check_status(update: Update, status: str) -> list[Finding]:
    """XDS-UPD-04 and -05: a change of status against the document's own."""
    link, where = update.link, update.link.where()
    original, new = link.slot("OriginalStatus"), link.slot("NewStatus")
    if original != status:
        return [find("XDS-UPD-04", expected=status, found=original or "—", where=where)]
    if (status, new) not in _MOVES:
        return [find("XDS-UPD-05", expected=status, found=new or "—", where=where)]
    return []


def check_metadata(update: Update, held: DocumentEntry) -> list[Finding]:
    """XDS-UPD-02, -03, -08 and -09: an entry sent again against the one that the registry holds."""
    entry, link = update.entry, update.link
    assert entry is not None  # an update of metadata has one
    found: list[Finding] = []
    if held.status == DEPRECATED:
        found.append(find("XDS-UPD-09", found=held.unique_id, where=link.where()))
    if link.slot("PreviousVersion") != held.version:
        found.append(find("XDS-UPD-02", expected=held.version, found=link.slot("PreviousVersion"), where=link.where()))
    for one in fields(DocumentEntry):
        if one.name in _SERVER:
            continue
        sent, kept = getattr(entry, one.name), getattr(held, one.name)
        if sent != kept and not (one.name == "lid" and not sent):
            found.append(
                find(
                    "XDS-UPD-03",
                    expected=_told(kept),
                    found=_told(sent),
                    where=entry.where(),
                    object=entry.id,
                    field=one.name,
                )
            )
    if entry.visibility - VISIBILITY_CODES != held.visibility - VISIBILITY_CODES:
        told = (", ".join(sorted(held.visibility)), ", ".join(sorted(entry.visibility)))
        found.append(
            find(
                "XDS-UPD-03",
                expected=told[0],
                found=told[1],
                where=entry.where("confidentialityCode"),
                object=entry.id,
                field="confidentialityCode",
            )
        )
    for code in sorted((entry.visibility - held.visibility) & {NOT_PATIENT.code, NOT_GUARDIANS.code}):
        found.append(find("XDS-UPD-08", found=code, where=entry.where("confidentialityCode"), object=entry.id))
    return found


def transaction_of(update: Update, held: DocumentEntry | None) -> Literal["TD3.3a", "TD3.3b", "TD3.3c", "TD3.3d"]:
    """Which transaction of the DMP an update is."""
    if update.entry is None:
        return "TD3.3c" if update.link.slot("NewStatus") == DELETED else "TD3.3d"
    before = held.visibility if held is not None else frozenset[str]()
    changed = before ^ update.entry.visibility
    return "TD3.3b" if changed & {NOT_PATIENT.code, NOT_GUARDIANS.code} else "TD3.3a"


def write_update(submission: Submission) -> str:
    """The body of a request."""
    return f'<lcm:SubmitObjectsRequest xmlns:lcm="{LCM}">{write_submission(submission)}</lcm:SubmitObjectsRequest>'


def status_change(one: SubmissionSet, entry_uuid: str, original: str, new: str) -> Submission:
    """The submission that changes a document's status."""
    slots = (("OriginalStatus", (original,)), ("NewStatus", (new,)))
    return Submission(
        one, (), (Association(id="as1", type=UPDATE_STATUS, source=one.id, target=entry_uuid, slots=slots),)
    )


def metadata_change(one: SubmissionSet, entry: DocumentEntry, previous: str) -> Submission:
    """The submission that sends an entry again as its next version; ``entry.lid`` says which."""
    slots = (("SubmissionSetStatus", ("Original",)), ("PreviousVersion", (previous,)))
    return Submission(
        one, (entry,), (Association(id="as1", type=HAS_MEMBER, source=one.id, target=entry.id, slots=slots),)
    )


def _told(value: object) -> str:
    return str(value) if value not in ("", None, ()) else "—"
