"""TD2.1: each fault of a submission is named, refused with its code, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from norms.xds.check import MASKED
from norms.xds.model import Association, Code
from norms.xds.names import HAS_MEMBER, RPLC, SET_STATUS, SIGNS
from tests.dmp_documents import Documents, Lot, counts


def drop(kind: str) -> Callable[[Lot], Lot]:
    return lambda lot: lot.links(lambda link: None if link.type == kind else link)


def old_rplc(lot: Lot) -> Lot:
    link = Association(
        id="x", type="urn:ihe:iti:2010:AssociationType:RPLC", source="Document01", target="urn:uuid:" + "0" * 8,
        slots=((SET_STATUS, ("Original",)),),
    )  # fmt: skip
    whole = lot.submission
    return replace(lot, submission=replace(whole, associations=(*whole.associations, link)))


def rplc(target: str) -> Callable[[Lot], Lot]:
    def change(lot: Lot) -> Lot:
        link = Association(id="x", type=RPLC, source="Document01", target=target, slots=((SET_STATUS, ("Original",)),))
        whole = lot.submission
        return replace(lot, submission=replace(whole, associations=(*whole.associations, link)))

    return change


def no_signature(lot: Lot) -> Lot:
    entries = tuple(entry for entry in lot.submission.entries if entry.id != "Signature01")
    kept = tuple(link for link in lot.submission.associations if "Signature01" not in (link.source, link.target))
    submission = replace(lot.submission, entries=entries, associations=kept)
    return replace(lot, submission=submission, documents={k: v for k, v in lot.documents.items() if k != "Signature01"})


def content(id: str, change: Callable[[bytes], bytes]) -> Callable[[Lot], Lot]:
    return lambda lot: replace(lot, documents={**lot.documents, id: change(lot.documents[id])})


def of(**changes: Any) -> Callable[[Lot], Lot]:
    return lambda lot: lot.entry("Document01", **changes)


def of_set(**changes: Any) -> Callable[[Lot], Lot]:
    return lambda lot: lot.of_set(**changes)


OTHER = "281016322075140^^^&1.2.250.1.213.1.4.10&ISO^NH"
LOINC = "2.16.840.1.113883.6.1"
REFUSED: list[tuple[Callable[[Lot], Lot], str, str]] = [
    (of(patient_id=OTHER), "XDS-PID-01", "XDSPatientIdDoesNotMatch"),
    (of(patient_id="285055503991010^^^&1.2.250.1.213.1.4.10&ISO"), "XDS-PID-02", "XDSRegistryMetadataError"),
    (of(patient_id="285055503991011^^^&1.2.250.1.213.1.4.10&ISO^NH"), "XDS-PID-04", "XDSRegistryMetadataError"),
    (of(source_patient_id="IPP1"), "XDS-PID-03", "XDSRegistryMetadataError"),
    (of(unique_id="1.2.3^ext"), "XDS-OID-01", "XDSRegistryMetadataError"),
    (of(unique_id=""), "XDS-ID-01", "XDSRegistryMetadataError"),
    (of(creation_time=""), "XDS-SLOT-01", "XDSRegistryMetadataError"),
    (of(creation_time="2026-01-01T10:00:00Z"), "XDS-DTM-01", "XDSRegistryMetadataError"),
    (of(service_stop="20200101000000"), "XDS-DTM-03", "XDSRegistryMetadataError"),
    (of(class_code=None), "XDS-CLS-01", "XDSRegistryMetadataError"),
    (of(class_code=Code("11", "1.2.250.1.213.1.1.4.1", "Synthèse")), "XDS-JDV-04", "XDSRegistryMetadataError"),
    (of(type_code=Code("00000-0", LOINC, "?")), "XDS-JDV-01", "XDSRegistryMetadataError"),
    (of(type_code=Code("11488-4", "1.2.3", "CR")), "XDS-JDV-02", "XDSRegistryMetadataError"),
    (of(type_code=Code("34895-3", LOINC, "?")), "XDS-JDV-03", "XDSRegistryMetadataError"),
    (of(confidentiality=(MASKED,)), "XDS-CONF-01", "XDSRegistryMetadataError"),
    (of(mime_type="application/pdf"), "XDS-MIME-01", "XDSRegistryMetadataError"),
    (of(language="fr"), "XDS-LANG-01", "XDSRegistryMetadataError"),
    (of(legal_authenticator="899700900014^ROMARIN"), "XDS-XCN-01", "XDSRegistryMetadataError"),
    (of(authors=()), "XDS-AUT-01", "XDSRegistryMetadataError"),
    (of(source_patient_info=("PID-7|85",)), "XDS-SPI-02", "XDSRegistryMetadataError"),
    (of(references=("abc",)), "XDS-REF-01", "XDSRegistryMetadataError"),
    (of(hash="0" * 40), "XDS-HASH-01", "XDSNonIdenticalHash"),
    (of(size="3"), "XDS-HASH-02", "XDSNonIdenticalSize"),
    (of(title="Autre"), "XDS-COH-04", ""),
    (of(service_start="20200101000000"), "XDS-COH-08", "XDSRegistryMetadataError"),
    (of_set(source_id="x"), "XDS-OID-02", "XDSRegistryMetadataError"),
    (of_set(submission_time=""), "XDS-SLOT-01", "XDSRegistryMetadataError"),
    (of_set(content_type=None), "XDS-CLS-01", "XDSRegistryMetadataError"),
    (drop(HAS_MEMBER), "XDS-ASC-03", "XDSRegistryMetadataError"),
    (drop(SIGNS), "XDS-SIG-04", "XDSRegistryMetadataError"),
    (old_rplc, "XDS-ASC-02", "XDSRegistryMetadataError"),
    (rplc("1.2.3"), "XDS-ASC-05", "XDSRegistryMetadataError"),
    (rplc("urn:uuid:00000000-0000-0000-0000-000000000000"), "XDS-RPL-02", "XDSRegistryMetadataError"),
    (no_signature, "XDS-SIG-01", "XDSRegistryMetadataError"),
    (content("Document01", lambda d: d + b"<!-- -->"), "XDS-SIG-07", "XDSRegistryMetadataError"),
    (
        content("Signature01", lambda d: d.replace(b"urn:oid:1.2", b"urn:oid:1.3")),
        "XDS-SIG-08",
        "XDSRegistryMetadataError",
    ),
    (content("Signature01", lambda d: b"<x/>"), "XDS-SIG-05", "XDSRegistryMetadataError"),
    (content("Document01", lambda d: b""), "XDS-DOC-04", "XDSMissingDocument"),
    (content("Document01", lambda d: b"%PDF-1.4"), "XDS-COH-21", "XDSRegistryMetadataError"),
    (
        content("Document01", lambda d: b'<!DOCTYPE a [<!ENTITY x "y">]>' + d[55:]),
        "XDS-COH-21",
        "XDSRegistryMetadataError",
    ),
]


@pytest.mark.parametrize(("change", "rule", "code"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_each_fault_is_named_refused_and_nothing_is_stored(
    shared: Documents, change: Callable[[Lot], Lot], rule: str, code: str
) -> None:
    before = counts(shared)
    answered = shared.deposit(change(shared.lot()))
    assert rule in answered.rules
    if not code and rule == "XDS-COH-04":
        assert answered.status == "Success"
        return
    assert code in answered.codes or not code
    assert any(rule in error.context for error in answered.errors)
    assert counts(shared) == before
