"""Names of XDS.b metadata: namespaces, schemes (UUIDs of IHE ITI TF-3 §4.2), statuses, types of association.

The same UUIDs are in the DMP's own examples (domain facts of the DMP guide, §5.1).
"""

from __future__ import annotations

from typing import Final

RIM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
RS: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
LCM: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
QUERY: Final = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
XDS: Final = "urn:ihe:iti:xds-b:2007"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

PROVIDE: Final = f"{{{XDS}}}ProvideAndRegisterDocumentSetRequest"
RETRIEVE: Final = f"{{{XDS}}}RetrieveDocumentSetRequest"
RETRIEVED: Final = f"{{{XDS}}}RetrieveDocumentSetResponse"
SUBMIT: Final = f"{{{LCM}}}SubmitObjectsRequest"
ADHOC: Final = f"{{{QUERY}}}AdhocQueryRequest"
ADHOC_RESPONSE: Final = f"{{{QUERY}}}AdhocQueryResponse"
RESPONSE: Final = f"{{{RS}}}RegistryResponse"

STABLE: Final = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"  # objectType of a stable document entry
SET_NODE: Final = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"  # what makes a RegistryPackage a submission set
FOLDER_NODE: Final = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"

DOCUMENT_AUTHOR: Final = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
SET_AUTHOR: Final = "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"
DOCUMENT_CODES: Final = {
    "classCode": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "typeCode": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "formatCode": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "healthcareFacilityTypeCode": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practiceSettingCode": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "confidentialityCode": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "eventCodeList": "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
}
SET_CODES: Final = {"contentTypeCode": "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500"}
DOCUMENT_IDS: Final = {
    "patientId": "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
    "uniqueId": "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
}
SET_IDS: Final = {
    "patientId": "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
    "sourceId": "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
    "uniqueId": "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
}
AUTHOR_SLOTS: Final = {
    "authorPerson": "persons",
    "authorInstitution": "institutions",
    "authorRole": "roles",
    "authorSpecialty": "specialties",
    "authorTelecommunication": "telecoms",
}
REFERENCE_IDS: Final = "urn:ihe:iti:xds:2013:referenceIdList"

_STATUS: Final = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
_ASIP_STATUS: Final = "urn:asip:ci-sis:2010:StatusType:"
APPROVED: Final = _STATUS + "Approved"
DEPRECATED: Final = _STATUS + "Deprecated"
ARCHIVED: Final = _ASIP_STATUS + "Archived"
DELETED: Final = _ASIP_STATUS + "Deleted"
STATUSES: Final = (APPROVED, DEPRECATED, ARCHIVED, DELETED)

HAS_MEMBER: Final = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
_ASSOCIATION: Final = "urn:ihe:iti:2007:AssociationType:"
RPLC: Final = _ASSOCIATION + "RPLC"
APND: Final = _ASSOCIATION + "APND"
XFRM: Final = _ASSOCIATION + "XFRM"
XFRM_RPLC: Final = _ASSOCIATION + "XFRM_RPLC"
SIGNS: Final = _ASSOCIATION + "signs"
UPDATE_STATUS: Final = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
ASSOCIATION_OBJECT: Final = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association"
SET_STATUS: Final = "SubmissionSetStatus"

SUCCESS: Final = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE: Final = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
PARTIAL: Final = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
ERROR: Final = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"
WARNING: Final = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning"

ACTIONS: Final = {  # transaction -> (action of the request, action of the answer)
    "ITI-41": (
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
    ),
    "ITI-18": ("urn:ihe:iti:2007:RegistryStoredQuery", "urn:ihe:iti:2007:RegistryStoredQueryResponse"),
    "ITI-43": ("urn:ihe:iti:2007:RetrieveDocumentSet", "urn:ihe:iti:2007:RetrieveDocumentSetResponse"),
    "ITI-57": ("urn:ihe:iti:2010:UpdateDocumentSet", "urn:ihe:iti:2010:UpdateDocumentSet-Response"),
}
BODIES: Final = {"ITI-41": PROVIDE, "ITI-18": ADHOC, "ITI-43": RETRIEVE, "ITI-57": SUBMIT}


def rim(name: str) -> str:
    """A name of the ebRIM namespace in Clark notation."""
    return f"{{{RIM}}}{name}"
