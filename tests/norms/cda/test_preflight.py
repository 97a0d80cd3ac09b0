"""Stage 1: bytes that are no CDA document, each told for what it is."""

from __future__ import annotations

import pytest

from norms.cda import validate
from norms.cda.preflight import LIMIT
from tests.norms.cda.sample import LEVEL_1, edited, judged, rules

UNREADABLE = [
    ("CDA-PRE-01", b"<a b></a>"),
    ("CDA-PRE-19", b" \n"),
    ("CDA-PRE-20", b"bonjour"),
    ("CDA-PRE-02", edited(("<ClinicalDocument", "<!DOCTYPE x [<!ENTITY a 'b'>]><ClinicalDocument"))),
    ("CDA-PRE-03", b"<html/>"),
    ("CDA-PRE-05", LEVEL_1.encode("latin-1")),
    ("CDA-PRE-06", b"<a>" + b" " * LIMIT + b"</a>"),
    ("CDA-PRE-08", edited(("urn:hl7-org:v3", "urn:hl7-org:v4"))),
    ("CDA-PRE-11", edited(("</title>", "</titre>"))),
    ("CDA-PRE-12", edited(("<title>", "<title>&nbsp;"))),
    ("CDA-PRE-13", edited(("<title>", "<title>A & B "))),
    ("CDA-PRE-14", LEVEL_1.encode()[:-60]),
    ("CDA-PRE-15", edited(("<title>", '<title x:a="1">'))),
    ("CDA-PRE-16", edited(('code="FR"', 'code="FR" code="FR"'))),
    ("CDA-PRE-22", b"\n" + LEVEL_1.encode()),
    ("CDA-PRE-23", LEVEL_1.encode() + b"<a/>"),
    ("CDA-PRE-23", LEVEL_1.encode() + b"\0\0"),
    ("CDA-PRE-24", edited(("<title>", "<title>\x0b"))),
    ("CDA-PRE-24", edited(("<title>", "<title>\0"))),
    ("CDA-PRE-21", b"<a>" + b"<b>" * 300 + b"</b>" * 300 + b"</a>"),
]


@pytest.mark.parametrize(("rule", "data"), UNREADABLE, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(UNREADABLE)])
def test_what_cannot_be_read_is_one_error_that_says_why(rule: str, data: bytes) -> None:
    report = validate(data)
    assert [f.rule for f in report.findings] == [rule]
    assert report.verdict == "fail"
    assert report.findings[0].message("fr") != report.findings[0].message("en")


def test_a_syntax_error_names_its_line_and_shows_it() -> None:
    finding = validate(edited(("</title>", "</titre>"))).findings[0]
    assert finding.where.line == 10
    assert "</titre>" in finding.where.excerpt


def test_only_utf_8_is_accepted() -> None:
    latin = LEVEL_1.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert rules(validate(latin))[:1] == ["CDA-PRE-04"]
    wide = LEVEL_1.replace("UTF-8", "UTF-16").encode("utf-16")
    assert rules(validate(wide))[:1] == ["CDA-PRE-04"]


def test_a_byte_order_mark_is_a_warning() -> None:
    report = validate(b"\xef\xbb\xbf" + LEVEL_1.encode())
    assert rules(report) == ["CDA-PRE-07"]
    assert report.verdict == "pass"


def test_the_document_is_found_in_a_style_sheet_or_a_signature() -> None:
    body = LEVEL_1.split("?>", 1)[1]
    sheet = f'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">{body}</xsl:stylesheet>'
    signature = f'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>{body}</Object></Signature>'
    for wrapped in (sheet, signature):
        report = validate(wrapped.encode())
        assert report.verdict == "pass"
        assert report.document_type.code == "11488-4"
    twice = signature.replace("</Object>", f"</Object><Object>{body}</Object>")
    assert [f.rule for f in validate(twice.encode()).findings] == ["CDA-PRE-09"]
    empty = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'
    assert [f.rule for f in validate(empty.encode()).findings] == ["CDA-PRE-10"]


def test_what_the_prolog_should_not_hold_is_information() -> None:
    sheet = '<?xml-stylesheet type="text/xsl" href="a.xsl"?><ClinicalDocument'
    assert "CDA-PRE-18" in rules(judged(("<ClinicalDocument", sheet)), info=True)
    located = 'ClinicalDocument xsi:schemaLocation="urn:hl7-org:v3 CDA.xsd"'
    assert "CDA-PRE-17" in rules(judged(("ClinicalDocument", located)), info=True)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_refused_with_or_without_its_mark_and_its_line_reads(encoding: str) -> None:
    found = validate(LEVEL_1.encode(encoding)).findings[0]
    assert found.rule == "CDA-PRE-04"
    assert found.where.excerpt.startswith("<?xml version=")


def test_what_cannot_be_printed_is_not_printed() -> None:
    for data in (b"\x1c\x07\x00\x01", b"\x00\x01<a>", b"\r\n\x0b"):
        found = validate(data).findings[0]
        assert found.message("fr").isprintable()
        assert "«  »" not in found.message("fr")


def test_another_root_is_named_with_its_namespace_and_its_line() -> None:
    fhir = validate(b'<?xml version="1.0"?>\n<Patient xmlns="http://hl7.org/fhir"/>').findings[0]
    assert "Patient" in fhir.message("fr")
    assert "http://hl7.org/fhir" in fhir.message("en")
    assert fhir.where.excerpt == '<Patient xmlns="http://hl7.org/fhir"/>'
    bare = validate(b"<ClinicalDocument/>").findings[0]
    assert "—" in bare.message("fr")
