"""What ``bench.db`` keeps of a session's DMPs: the changes of each record, who holds which identifier, the documents.

A change is kept as it was made, not as what it made: a record is its seed and its changes, in order. So the seeded
record is never stored, though what was done to it (masked, archived, replaced) is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mocks.journal import Statement, Tables
from mocks.journal.database import Database
from norms.xds.model import Association, Code, DocumentEntry, SubmissionSet
from norms.xds.plain import association_from, codes_from, entry_from, plain, plain_codes, set_from

TABLES: Final = Tables(
    "dmp",
    (
        "CREATE TABLE dmp_change(number INTEGER PRIMARY KEY, session TEXT NOT NULL, patient TEXT NOT NULL,"
        " change TEXT NOT NULL);"
        "CREATE INDEX dmp_change_of_patient ON dmp_change(session, patient);"
        "CREATE TABLE dmp_name(session TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, patient TEXT NOT NULL,"
        " PRIMARY KEY(session, kind, name)) WITHOUT ROWID;"
        "CREATE TABLE dmp_document(session TEXT NOT NULL, unique_id TEXT NOT NULL, data BLOB NOT NULL,"
        " PRIMARY KEY(session, unique_id));",
    ),
    forget=tuple(f"DELETE FROM dmp_{name} WHERE session = ?" for name in ("change", "name", "document")),  # noqa: S608
    weigh="SELECT (SELECT ifnull(sum(length(data)), 0) FROM dmp_document)"
    " + (SELECT ifnull(sum(length(change)), 0) FROM dmp_change)",
)
Name = tuple[str, str]  # kind (entry, document, set) and identifier
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Version:
    """A new version of an entry: only its visibility changes."""

    held: str  # entryUUID of the version that was current
    fresh: str  # … of the new one
    confidentiality: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What one accepted request does to a record, with the identifiers that the DMP gave."""

    set: SubmissionSet
    entries: tuple[DocumentEntry, ...] = ()
    links: tuple[Association, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)  # entryUUID -> its new status
    versions: tuple[Version, ...] = ()

    @property
    def names(self) -> Iterator[Name]:
        """The identifiers that it brings."""
        yield "set", self.set.unique_id
        for entry in self.entries:
            yield "entry", entry.id
            yield "document", entry.unique_id
        for version in self.versions:
            yield "entry", version.fresh

    def stored(self) -> str:
        """As JSON."""
        held: dict[str, Any] = {
            "set": plain(self.set),
            "entries": [plain(entry) for entry in self.entries],
            "links": [plain(link) for link in self.links],
            "statuses": self.statuses,
            "versions": [[one.held, one.fresh, plain_codes(one.confidentiality)] for one in self.versions],
        }
        return _dumps({name: value for name, value in held.items() if value})

    @classmethod
    def restored(cls, text: str) -> Change:
        """Read back."""
        held = json.loads(text)
        return cls(
            set_from(held["set"]),
            tuple(map(entry_from, held.get("entries", ()))),
            tuple(map(association_from, held.get("links", ()))),
            held.get("statuses", {}),
            tuple(Version(old, new, codes_from(codes)) for old, new, codes in held.get("versions", ())),
        )


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is kept of one session. Reading raises mocks.journal.JournalError."""

    database: Database
    session: str

    def changes(self, patient: str) -> Iterator[Change]:
        """The changes made to a patient's record, oldest first."""
        sql = "SELECT change FROM dmp_change WHERE session = ? AND patient = ? ORDER BY number"
        return (Change.restored(text) for (text,) in self.database.run(sql, [self.session, patient]))

    def holder(self, kind: str, name: str) -> str:
        """The patient that an identifier belongs to, empty when it is unknown."""
        sql = "SELECT patient FROM dmp_name WHERE session = ? AND kind = ? AND name = ?"
        found = self.database.run(sql, [self.session, kind, name])
        return str(found[0][0]) if found else ""

    def content(self, unique_id: str) -> bytes:
        """A document's bytes, empty when it is unknown."""
        sql = "SELECT data FROM dmp_document WHERE session = ? AND unique_id = ?"
        found = self.database.run(sql, [self.session, unique_id])
        return bytes(found[0][0]) if found else b""

    def kept(self, patient: str, change: Change, contents: Mapping[str, bytes | memoryview]) -> Iterator[Statement]:
        """The statements that keep a change and its documents, by uniqueId."""
        yield (
            "INSERT INTO dmp_change(session, patient, change) VALUES(?, ?, ?)",
            (self.session, patient, change.stored()),
        )
        yield (
            "INSERT INTO dmp_name(session, kind, name, patient)"
            " SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]'), ? FROM json_each(?)",
            (self.session, patient, _dumps([*change.names])),
        )
        for unique_id, data in contents.items():
            yield "INSERT INTO dmp_document(session, unique_id, data) VALUES(?, ?, ?)", (self.session, unique_id, data)
