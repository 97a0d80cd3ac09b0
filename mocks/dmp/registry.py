"""The documents of a bench's DMPs: entries with their versions, submission sets, associations, contents.

A change is prepared whole, then made: nothing is stored by halves. entryUUID, logicalId and version are given as the
DMP gives them (entryUUID changes at each metadata update and replacement, logicalId at a replacement only).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from norms.xds.model import Association, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import APPROVED, DEPRECATED, HAS_MEMBER, SET_STATUS

DOCUMENTS = "1.2.250.1.213.4.1.1.1.2"  # repositoryUniqueId of documents
VACCINATIONS = "1.2.250.1.213.4.1.1.1.4"  # … and of vaccination histories
_VACCINATION_HISTORY = "11369-6"


@dataclass(slots=True)
class Record:
    """One patient's documents. ``entries`` holds every version ever registered, by entryUUID."""

    entries: dict[str, DocumentEntry] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)  # logicalId -> entryUUID of its latest version
    sets: dict[str, SubmissionSet] = field(default_factory=dict)
    links: dict[str, list[Association]] = field(default_factory=dict)  # either end -> associations

    def latest(self, id: str) -> DocumentEntry | None:
        """The latest version of a logicalId (or of an entryUUID, which is the first one's logicalId)."""
        return self.entries.get(self.current.get(id, ""))

    def of_unique(self, unique_id: str, where: Mapping[str, str]) -> DocumentEntry | None:
        """The latest version of the document of that uniqueId."""
        return self.latest(where.get(unique_id, ""))

    def link(self, association: Association) -> None:
        """Keep an association, found from both of its ends."""
        for end in (association.source, association.target):
            self.links.setdefault(end, []).append(association)


@dataclass(frozen=True, slots=True)
class Stored:
    """A document's content with its measures."""

    data: bytes = field(repr=False)
    sha1: str = ""


@dataclass
class Registry:
    """Every patient's record, by the patient's id in the world."""

    space: str = ""  # makes the UUIDs of two sessions differ
    records: dict[str, Record] = field(default_factory=dict)
    lids: dict[str, str] = field(default_factory=dict)  # uniqueId of a document -> its logicalId
    holders: dict[str, str] = field(default_factory=dict)  # uniqueId of a document -> patient
    contents: dict[str, Stored] = field(default_factory=dict)  # by uniqueId
    set_ids: dict[str, str] = field(default_factory=dict)  # uniqueId of a submission set -> patient

    def record(self, patient: str) -> Record:
        """A patient's record, made at first use."""
        return self.records.setdefault(patient, Record())

    def submit(
        self,
        patient: str,
        submission: Submission,
        contents: Mapping[str, Stored],
        replaced: Mapping[str, str],
    ) -> dict[str, str]:
        """Register a submission judged good; ``contents`` by entry id, ``replaced`` entry id → entryUUID.

        Returns the identifiers given: id in the request → entryUUID.
        """
        record, one = self.record(patient), submission.set
        given = {one.id: self._uuid("set", one.unique_id)}
        kept: list[DocumentEntry] = []
        for entry in submission.entries:
            given[entry.id] = own = self._uuid("entry", entry.unique_id, "1")
            content = contents[entry.id]
            vaccination = entry.type_code is not None and entry.type_code.code == _VACCINATION_HISTORY
            kept.append(
                replace(
                    entry,
                    id=own,
                    lid=own,
                    version="1",
                    status=APPROVED,
                    hash=content.sha1,
                    size=str(len(content.data)),
                    repository=VACCINATIONS if vaccination else DOCUMENTS,
                    origin={},
                )
            )
        links = [
            replace(
                link,
                id=self._uuid("link", one.unique_id, link.id),
                source=given.get(link.source, link.source),
                target=given.get(link.target, link.target),
                status=APPROVED,
                origin={},
            )
            for link in submission.associations
        ]
        # Everything is ready: from here on nothing can fail.
        for old in replaced.values():
            record.entries[old] = replace(record.entries[old], status=DEPRECATED)
        for asked, entry in zip(submission.entries, kept, strict=True):
            record.entries[entry.id] = entry
            record.current[entry.lid] = entry.id
            self.lids[entry.unique_id] = entry.lid
            self.holders[entry.unique_id] = patient
            self.contents[entry.unique_id] = contents[asked.id]
        record.sets[given[one.id]] = replace(one, id=given[one.id], status=APPROVED, origin={})
        self.set_ids[one.unique_id] = patient
        for link in links:
            record.link(link)
        return given

    def update(
        self,
        patient: str,
        one: SubmissionSet,
        statuses: Mapping[str, str],
        metadata: Iterable[tuple[DocumentEntry, DocumentEntry]],
    ) -> dict[str, str]:
        """Make updates judged good: entryUUID → new status, and pairs (version held, version sent).

        Returns old entryUUID → new one for each new version.
        """
        record, given = self.record(patient), {}
        own = self._uuid("set", one.unique_id)
        versions: list[tuple[DocumentEntry, DocumentEntry]] = []
        for held, sent in metadata:
            number = str(int(held.version) + 1)
            fresh = replace(
                held,
                id=self._uuid("entry", held.unique_id, number),
                version=number,
                confidentiality=sent.confidentiality,
            )
            versions.append((held, fresh))
        for held, fresh in versions:
            record.entries[held.id] = replace(held, status=DEPRECATED)
            record.entries[fresh.id] = fresh
            record.current[fresh.lid] = fresh.id
            given[held.id] = fresh.id
            record.link(
                Association(
                    id=self._uuid("link", one.unique_id, fresh.id),
                    type=HAS_MEMBER,
                    source=own,
                    target=fresh.id,
                    status=APPROVED,
                    slots=((SET_STATUS, ("Original",)), ("PreviousVersion", (held.version,))),
                )
            )
        for entry_uuid, status in statuses.items():
            record.entries[entry_uuid] = replace(record.entries[entry_uuid], status=status)
        record.sets[own] = replace(one, id=own, status=APPROVED, origin={})
        self.set_ids[one.unique_id] = patient
        return given

    def latest(self, unique_id: str) -> tuple[str, DocumentEntry] | None:
        """Whose document this is, and its latest version."""
        patient = self.holders.get(unique_id)
        if patient is None:
            return None
        entry = self.records[patient].latest(self.lids[unique_id])
        return (patient, entry) if entry is not None else None

    def members(self, record: Record, set_uuids: Sequence[str]) -> list[Association]:
        """The associations of these objects, each once."""
        seen: dict[str, Association] = {}
        for end in set_uuids:
            for link in record.links.get(end, ()):
                seen[link.id] = link
        return list(seen.values())

    def _uuid(self, *parts: str) -> str:
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join((self.space, *parts)))}"
