"""XDS metadata as plain values. Texts are as on the wire (HL7 v2 forms included); what is absent is empty.

Equality ignores where a value was read from, so that what is written reads back equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from norms.finding import NOWHERE, Where
from norms.xds.names import APPROVED
from norms.xds.places import at

Extra = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value: code, coding scheme (an OID, or a word such as ASTM), label."""

    code: str
    system: str
    display: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Code and scheme, what tables are keyed by."""
        return self.code, self.system


@dataclass(frozen=True, slots=True)
class Author:
    """An author: HL7 v2 XCN, XON, label of function, ``code^label^OID``, XTN."""

    persons: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    telecoms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What document entries, submission sets and associations share. ``origin``: name of a field → its element."""

    id: str
    origin: Mapping[str, etree._Element] = field(default_factory=dict, compare=False, repr=False)

    def where(self, name: str = "") -> Where:
        """The place of a field, else of the whole object, else a path alone."""
        element = self.origin.get(name, self.origin.get(""))
        if element is None:
            return Where(path=f"{self.id}/{name}") if name else NOWHERE
        return at(element, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry(Thing):
    """The metadata of one document (ITI TF-3 §4.2.3.2). ``id`` is entryUUID once registered, ``lid`` logicalId."""

    lid: str = ""
    version: str = ""
    status: str = ""
    mime_type: str = ""
    home: str = ""
    unique_id: str = ""
    patient_id: str = ""
    title: str = ""
    comments: str = ""
    creation_time: str = ""
    service_start: str = ""
    service_stop: str = ""
    language: str = ""
    legal_authenticator: str = ""
    source_patient_id: str = ""
    source_patient_info: tuple[str, ...] = ()
    hash: str = ""
    size: str = ""
    repository: str = ""
    uri: str = ""
    references: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    class_code: Code | None = None
    type_code: Code | None = None
    format_code: Code | None = None
    facility: Code | None = None
    practice: Code | None = None
    confidentiality: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    extra: Extra = ()

    @property
    def visibility(self) -> frozenset[str]:
        """The codes of confidentialityCode, the visibility ones (MASQUE_PS, INVISIBLE_…) included."""
        return frozenset(code.code for code in self.confidentiality)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSet(Thing):
    """The metadata of one submission (ITI TF-3 §4.2.3.3)."""

    status: str = ""
    home: str = ""
    unique_id: str = ""
    patient_id: str = ""
    source_id: str = ""
    submission_time: str = ""
    title: str = ""
    comments: str = ""
    recipients: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    content_type: Code | None = None
    extra: Extra = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Association(Thing):
    """A link between two objects, with its slots."""

    type: str
    source: str
    target: str
    status: str = ""
    slots: Extra = ()

    def slot(self, name: str) -> str:
        """The first value of a slot, empty when absent."""
        return next((values[0] for key, values in self.slots if key == name and values), "")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a SubmitObjectsRequest holds: one submission set, entries, associations."""

    set: SubmissionSet
    entries: tuple[DocumentEntry, ...] = ()
    associations: tuple[Association, ...] = ()

    def entry(self, id: str) -> DocumentEntry | None:
        """The entry of that id."""
        return next((entry for entry in self.entries if entry.id == id), None)

    def of_type(self, kind: str) -> tuple[Association, ...]:
        """The associations of one type."""
        return tuple(link for link in self.associations if link.type == kind)


def registered(entry: DocumentEntry, **changes: object) -> DocumentEntry:
    """The entry as a registry keeps it, Approved unless said otherwise."""
    return replace(entry, **{"status": APPROVED, **changes})  # type: ignore[arg-type]


# Field of the wire -> attribute of the model.
DOCUMENT_SLOT: Mapping[str, str] = {
    "creationTime": "creation_time",
    "hash": "hash",
    "languageCode": "language",
    "legalAuthenticator": "legal_authenticator",
    "repositoryUniqueId": "repository",
    "serviceStartTime": "service_start",
    "serviceStopTime": "service_stop",
    "size": "size",
    "sourcePatientId": "source_patient_id",
    "URI": "uri",
}
DOCUMENT_SLOTS: Mapping[str, str] = {
    "sourcePatientInfo": "source_patient_info",
    "urn:ihe:iti:xds:2013:referenceIdList": "references",
}
SET_SLOT: Mapping[str, str] = {"submissionTime": "submission_time"}
SET_SLOTS: Mapping[str, str] = {"intendedRecipient": "recipients"}
DOCUMENT_CODE: Mapping[str, str] = {
    "classCode": "class_code",
    "typeCode": "type_code",
    "formatCode": "format_code",
    "healthcareFacilityTypeCode": "facility",
    "practiceSettingCode": "practice",
    "confidentialityCode": "confidentiality",
    "eventCodeList": "events",
}
SET_CODE: Mapping[str, str] = {"contentTypeCode": "content_type"}
MANY = frozenset({"confidentialityCode", "eventCodeList"})
IDENTIFIER: Mapping[str, str] = {"patientId": "patient_id", "uniqueId": "unique_id", "sourceId": "source_id"}
