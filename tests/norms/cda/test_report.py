"""The whole: published documents, what is not checked, what a report says of itself."""

from __future__ import annotations

from pathlib import Path

from norms.cda import validate
from norms.codes import Tables
from norms.codes.packs import Folder
from norms.finding import Severity
from tests.norms.cda.sample import LEVEL_3, judged

KNOWN_REFUSALS = {"eDISP-MED_2024.01.xml": ["CDA-PAT-08"]}


def test_published_documents_have_no_error_but_the_known_one(shared_dir: Path) -> None:
    tables = Tables(Folder(shared_dir / "real" / "jdv"))
    for file in sorted((shared_dir / "real" / "cda").glob("*.xml")):
        report = validate(file.read_bytes(), tables=tables)
        errors = [f.rule for f in report.findings if f.severity is Severity.ERROR]
        assert errors == KNOWN_REFUSALS.get(file.name, []), file.name


def test_what_is_not_loaded_is_said_not_checked_never_valid() -> None:
    report = judged(of=LEVEL_3)
    said = next(f for f in report.findings if f.rule == "CDA-TRM-06")
    assert said.severity is Severity.INFO
    assert "LOINC" in said.message("fr")
    assert report.engines["terminology"]["not_checked"]["code_systems"] == {"2.16.840.1.113883.6.1": 2}


def test_a_report_names_the_tables_that_judged_and_their_dates() -> None:
    report = judged()
    assert report.engines["terminology"]["tables"]["JDV_J07_XdsTypeCode_CISIS"] == "2026-06-29"
    assert report.document_type.level == 1
    assert set(report.timings_ms) == {"preflight", "grammar", "header", "volets", "terminology", "body", "total"}


def test_codes_and_units_are_looked_up_where_the_users_copy_has_them(tmp_path: Path) -> None:
    (tmp_path / "2.16.840.1.113883.6.1.rdf").write_text("<skos:notation>34117-2</skos:notation>", encoding="utf-8")
    (tmp_path / "2.16.840.1.113883.6.8.xml").write_text("<root><code>mg</code></root>", encoding="utf-8")
    report = validate(LEVEL_3.encode(), tables=Tables(Folder(tmp_path)))
    found = [(f.rule, f.found) for f in report.findings if f.rule.startswith("CDA-TRM")]
    assert ("CDA-TRM-04", "29463-7") in found
    assert ("CDA-TRM-05", "kg") in found
    assert ("CDA-TRM-04", "34117-2") not in found


def test_findings_come_heaviest_first_then_by_place(shared_dir: Path) -> None:
    data = (shared_dir / "real" / "cda" / "eDISP-MED_2024.01.xml").read_bytes()
    findings = validate(data).findings
    weights = [list(Severity).index(f.severity) for f in findings]
    assert weights == sorted(weights)
