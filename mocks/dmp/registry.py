"""The documents of one session's DMPs: entries with their versions, submission sets, associations.

What is accepted is a `Change`, prepared whole: made in memory, kept in ``bench.db`` in the transaction of its exchange
(`mocks.dmp.shelf`), and made again when the patient's record is read back. Memory is a cache of that: the records used
last; contents are read when asked for. entryUUID, logicalId and version are given as the DMP gives them (entryUUID
changes at each metadata update and replacement, logicalId at a replacement only).
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mocks.dmp.shelf import Change, Name, Shelf, Version
from norms.xds.model import Association, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import APPROVED, DEPRECATED, HAS_MEMBER, SET_STATUS
from norms.xds.write import write_object

DOCUMENTS = "1.2.250.1.213.4.1.1.1.2"  # repositoryUniqueId of documents
VACCINATIONS = "1.2.250.1.213.4.1.1.1.4"  # … and of vaccination histories
ENTRIES = 20_000  # entries of a session held in memory; beyond, the records used longest ago are let go of
_VACCINATION_HISTORY = "11369-6"


@dataclass(slots=True)
class Record:
    """One patient's documents. ``entries`` holds every version ever registered, by entryUUID."""

    entries: dict[str, DocumentEntry] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)  # logicalId -> entryUUID of its latest version
    lids: dict[str, str] = field(default_factory=dict)  # uniqueId of a document -> its logicalId
    sets: dict[str, SubmissionSet] = field(default_factory=dict)
    links: dict[str, list[Association]] = field(default_factory=dict)  # either end -> associations
    _written: dict[str, tuple[DocumentEntry, bytes]] = field(default_factory=dict)

    def latest(self, lid: str) -> DocumentEntry | None:
        """The latest version of a logicalId (or of an entryUUID, which is the first one's logicalId)."""
        return self.entries.get(self.current.get(lid, ""))

    def of_unique(self, unique_id: str) -> DocumentEntry | None:
        """The latest version of the document of that uniqueId."""
        return self.latest(self.lids.get(unique_id, ""))

    def written(self, entry: DocumentEntry) -> bytes:
        """An entry as ebRIM in the default namespace, UTF-8; remembered, since a record is read far more than fed."""
        held = self._written.get(entry.id)
        if held is None or held[0] is not entry:
            held = self._written[entry.id] = (entry, write_object(entry).encode())
        return held[1]

    def make(self, change: Change) -> None:
        """Make a change; what it names that is not here (the seed may have lost it) is left out."""
        for entry in change.entries:
            self._put(entry)
        for version in change.versions:
            if held := self.entries.get(version.held):
                number = str(int(held.version) + 1)
                fresh = replace(held, id=version.fresh, version=number, confidentiality=version.confidentiality)
                self.entries[held.id] = replace(held, status=DEPRECATED)
                self._put(fresh)
        for entry_uuid, status in change.statuses.items():
            if held := self.entries.get(entry_uuid):
                self.entries[entry_uuid] = replace(held, status=status)
        self.sets[change.set.id] = change.set
        for link in change.links:
            for end in (link.source, link.target):
                self.links.setdefault(end, []).append(link)

    def _put(self, entry: DocumentEntry) -> None:
        self.entries[entry.id] = entry
        self.current[entry.lid] = entry.id
        self.lids[entry.unique_id] = entry.lid


@dataclass(frozen=True, slots=True)
class Stored:
    """A document's content."""

    data: bytes | memoryview = field(repr=False)
    sha1: str = ""

    @classmethod
    def of(cls, data: bytes) -> Stored:
        """With its measure."""
        return cls(data, hashlib.sha1(data, usedforsecurity=False).hexdigest())


@dataclass
class Registry:
    """Every patient's record, by the patient's id in the world."""

    space: str  # id of the session: makes the UUIDs of two sessions differ
    shelf: Shelf
    _records: OrderedDict[str, Record] = field(default_factory=OrderedDict)
    _held: int = 0  # entries in memory, counted as records come in
    _seeded: dict[str, list[Change]] = field(default_factory=dict)  # patient -> what was there before anybody came
    _names: dict[Name, str] = field(default_factory=dict)  # … and its identifiers -> patient
    _contents: dict[str, bytes] = field(default_factory=dict)  # … and its documents, by uniqueId

    def record(self, patient: str) -> Record:
        """A patient's record, read back at first use."""
        record = self._records.get(patient)
        if record is None:
            record = Record()
            for change in (*self._seeded.get(patient, ()), *self.shelf.changes(patient)):
                record.make(change)
            self._records[patient] = record
            self._held += len(record.entries)
            while self._held > ENTRIES and len(self._records) > 1:
                _, gone = self._records.popitem(last=False)
                self._held -= len(gone.entries)
        self._records.move_to_end(patient)
        return record

    def forget(self, patient: str) -> None:
        """Read the record again at its next use."""
        if gone := self._records.pop(patient, None):
            self._held -= len(gone.entries)

    def holder(self, kind: str, name: str) -> str:
        """The patient whose record has this ``entry`` (entryUUID), ``document`` or ``set`` (uniqueId); else empty."""
        return self._names.get((kind, name)) or self.shelf.holder(kind, name)

    def content(self, unique_id: str) -> bytes:
        """A document's bytes; empty when there is none of that uniqueId."""
        return self._contents.get(unique_id) or self.shelf.content(unique_id)

    def make(self, patient: str, change: Change) -> None:
        """Make a change in memory."""
        record = self.record(patient)
        before = len(record.entries)
        record.make(change)
        self._held += len(record.entries) - before

    def plant(self, patient: str, change: Change, contents: Mapping[str, Stored]) -> None:
        """Put in what is there from the start: made again for each session, never kept."""
        self._seeded.setdefault(patient, []).append(change)
        self._names.update(dict.fromkeys(change.names, patient))
        self._contents.update({unique_id: bytes(one.data) for unique_id, one in contents.items()})
        self.forget(patient)

    def submission(
        self, submission: Submission, contents: Mapping[str, Stored], replaced: Mapping[str, str]
    ) -> tuple[Change, dict[str, str]]:
        """The change that a submission judged good makes; ``contents`` by entry id, ``replaced`` entry id → entryUUID.

        With it the identifiers given: id in the request → entryUUID.
        """
        one = submission.set
        given = {one.id: self._uuid("set", one.unique_id)}
        entries: list[DocumentEntry] = []
        for entry in submission.entries:
            given[entry.id] = own = self._uuid("entry", entry.unique_id, "1")
            content = contents[entry.id]
            vaccination = entry.type_code is not None and entry.type_code.code == _VACCINATION_HISTORY
            entries.append(
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
        statuses = dict.fromkeys(replaced.values(), DEPRECATED)
        return Change(self._registered(one), tuple(entries), tuple(links), statuses), given

    def update(
        self, one: SubmissionSet, statuses: Mapping[str, str], metadata: Iterable[tuple[DocumentEntry, DocumentEntry]]
    ) -> tuple[Change, dict[str, str]]:
        """The change of updates judged good: entryUUID → new status, and pairs (version held, version sent).

        With it the identifiers given: old entryUUID → new one for each new version.
        """
        whole = self._registered(one)
        versions: list[Version] = []
        links: list[Association] = []
        for held, sent in metadata:
            fresh = self._uuid("entry", held.unique_id, str(int(held.version) + 1))
            versions.append(Version(held.id, fresh, sent.confidentiality))
            links.append(
                Association(
                    id=self._uuid("link", one.unique_id, fresh),
                    type=HAS_MEMBER,
                    source=whole.id,
                    target=fresh,
                    status=APPROVED,
                    slots=((SET_STATUS, ("Original",)), ("PreviousVersion", (held.version,))),
                )
            )
        change = Change(whole, (), tuple(links), dict(statuses), tuple(versions))
        return change, {version.held: version.fresh for version in versions}

    def _registered(self, one: SubmissionSet) -> SubmissionSet:
        return replace(one, id=self._uuid("set", one.unique_id), status=APPROVED, origin={})

    def _uuid(self, *parts: str) -> str:
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, '/'.join((self.space, *parts)))}"
