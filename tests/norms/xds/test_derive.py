"""Metadata taken from published CDA examples are judged good, and each difference from the document is named."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from norms.cda.document import first
from norms.xds.check import Setting, check_entry
from norms.xds.coherence import check_access, check_document
from norms.xds.derive import entry_of, to_utc
from norms.xds.model import Author, Code, SubmissionSet
from norms.xml import BadXml, parse
from tests.dmp_documents import AUTHOR, cda

INS = ("285055503991010", "1.2.250.1.213.1.4.10")
DATA = cda(INS)
ROOT = parse(DATA)
ENTRY = entry_of(ROOT, "D")


def test_what_is_derived_agrees_and_is_good() -> None:
    assert check_document(ENTRY, ROOT) == []
    assert [f for f in check_entry(ENTRY, Setting()) if f.severity == "error"] == []


def test_published_documents_give_metadata_that_agree_with_them(shared_dir: Path) -> None:
    for file in sorted((shared_dir / "real" / "cda").glob("*.xml")):
        root = parse(file.read_bytes())
        if root.tag.endswith("ClinicalDocument"):
            found = {f.rule for f in check_document(entry_of(root, "D"), root)}
            assert found <= {"XDS-COH-22"}, file.name  # the examples carry a style sheet, which the DMP refuses


OTHER = Author(("899700900022^VERVEINE^LUC^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",), AUTHOR.institutions)
ELSEWHERE = ("AILLEURS^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990000119",)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"patient_id": "275126322074974^^^&1.2.250.1.213.1.4.10&ISO^NH"}, "XDS-COH-01"),
        ({"unique_id": "1.2.3"}, "XDS-COH-02"),
        ({"type_code": Code("11490-0", "2.16.840.1.113883.6.1")}, "XDS-COH-03"),
        ({"title": "Autre"}, "XDS-COH-04"),
        ({"language": "en-US"}, "XDS-COH-05"),
        ({"confidentiality": (Code("R", "2.16.840.1.113883.5.25"),)}, "XDS-COH-06"),
        ({"creation_time": "20200101000000"}, "XDS-COH-07"),
        ({"service_start": "20200101000000"}, "XDS-COH-08"),
        ({"legal_authenticator": OTHER.persons[0]}, "XDS-COH-09"),
        ({"authors": (OTHER,)}, "XDS-COH-10"),
        ({"authors": (replace(AUTHOR, specialties=("G15_60^Infirmier^1.2.250.1.213.1.1.4.5",)),)}, "XDS-COH-11"),
        ({"authors": (replace(AUTHOR, institutions=ELSEWHERE),)}, "XDS-COH-12"),
        ({"facility": Code("SA01", "1.2.250.1.71.4.2.4")}, "XDS-COH-13"),
        ({"practice": Code("HAD", "1.2.250.1.213.1.1.4.9")}, "XDS-COH-14"),
        ({"format_code": Code("urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3")}, "XDS-COH-15"),
        ({"source_patient_info": ("PID-5|AUTRE^LEONIE^^^^^L",)}, "XDS-COH-20"),
    ],
)
def test_each_difference_is_named_alone(changes: dict[str, Any], rule: str) -> None:
    assert [f.rule for f in check_document(replace(ENTRY, **changes), ROOT)] == [rule]


def test_replacement_and_unreadable_documents() -> None:
    old = replace(ENTRY, unique_id="1.2.9")
    assert "XDS-COH-18" in {f.rule for f in check_document(ENTRY, ROOT, old)}
    assert [f.rule for f in check_document(ENTRY, BadXml("syntax", "x"))] == ["XDS-COH-21"]
    assert [f.rule for f in check_document(ENTRY, parse(b"<a/>"))] == ["XDS-COH-21"]


@pytest.mark.parametrize(
    ("set_id", "version", "rules"), [("", "0", []), ("", "1", ["XDS-COH-19"]), ("1.2.3", "0", ["XDS-COH-19"])]
)
def test_a_new_version_follows_the_one_that_it_replaces(set_id: str, version: str, rules: list[str]) -> None:
    before = deepcopy(ROOT)
    first(before, "versionNumber").set("value", version)  # type: ignore[union-attr]
    if set_id:
        first(before, "setId").set("root", set_id)  # type: ignore[union-attr]
    assert [f.rule for f in check_document(ENTRY, ROOT, None, before)] == rules


def test_the_set_against_the_vihf() -> None:
    one = SubmissionSet(id="s", patient_id=ENTRY.patient_id, authors=(AUTHOR,))
    assert check_access(one, INS[0], "899700900014", "399999001300016") == []
    assert [f.rule for f in check_access(one, "275126322074974", "", "")] == ["XDS-COH-16"]
    assert [f.rule for f in check_access(one, INS[0], "899700900014", "1990000119")] == ["XDS-COH-17"]
    assert [f.rule for f in check_access(one, INS[0], "899700900022", "399999001300016")] == ["XDS-COH-17"]
    assert check_access(one, INS[0], "899700900022", "399999001300016", nominative=False) == []


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("20240101010203+0100", "20240101000203"),
        ("202401010102-0500", "20240101060200"),
        ("20240101", "20240101"),
        ("20240101010203.123+0000", "20240101010203"),
        ("", ""),
        ("abc+0100", "abc"),
    ],
)
def test_times_in_utc(written: str, utc: str) -> None:
    assert to_utc(written) == utc
