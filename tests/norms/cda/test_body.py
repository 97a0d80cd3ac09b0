"""Stage 6: files carried, sections, links."""

from __future__ import annotations

import base64

import pytest

from norms.cda import validate
from norms.cda.body import media
from norms.finding import Severity
from tests.norms.cda.sample import LEVEL_3, TODAY, edited, judged, rules

TEXT = '<text mediaType="text/plain" representation="B64">Qm9uam91cg==</text>'
XMP = b"<pdfaid:part>%s</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"


def _pdf(level: bytes = b"1", tail: bytes = b"%%EOF\n") -> str:
    data = b"%PDF-1.4\n" + (XMP % level if level else b"") + b"\n" + tail
    return _file("application/pdf", data)


def _file(kind: str, data: bytes) -> str:
    return f'<text mediaType="{kind}" representation="B64">{base64.b64encode(data).decode()}</text>'


FILES = [
    ("CDA-BDY-01", TEXT.replace("text/plain", "text/html")),
    ("CDA-BDY-02", '<text mediaType="application/pdf" representation="B64"> </text>'),
    ("CDA-BDY-03", _pdf().replace(' representation="B64"', "")),
    ("CDA-BDY-04", TEXT.replace("Qm9uam91cg==", "Bonjour, docteur !")),
    ("CDA-BDY-04", TEXT.replace("Qm9uam91cg==", "Qm9uam91cg=")),
    ("CDA-BDY-05", _file("application/pdf", b"\xff\xd8\xff\xe0 image")),
    ("CDA-BDY-05", _file("text/plain", b"%PDF-1.4 %%EOF")),
    ("CDA-BDY-06", _pdf(tail=b"")),
    ("CDA-BDY-07", _pdf(tail=b"trailer<</Encrypt 1 0 R>>\n%%EOF")),
    ("CDA-BDY-08", '<text mediaType="application/pdf"><reference value="http://exemple.fr/a.pdf"/></text>'),
    ("CDA-BDY-09", _pdf(b"2")),
    ("CDA-BDY-09", _pdf(b"")),
]


@pytest.mark.parametrize(("rule", "body"), FILES, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(FILES)])
def test_each_wrong_file_fires_its_rule(rule: str, body: str) -> None:
    assert rules(judged((TEXT, body))) == [rule]


def test_a_pdf_a_1_is_accepted_and_the_level_weighs_what_is_asked() -> None:
    assert rules(judged((TEXT, _pdf()))) == []
    report = validate(edited((TEXT, _pdf(b"2"))), today=TODAY, pdfa=Severity.ERROR)
    assert report.verdict == "fail"


def test_the_level_of_a_pdf_is_read_in_both_notations() -> None:
    assert media.pdfa_level(b"<pdfaid:part>1</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>") == "1A"
    assert media.pdfa_level(b"<rdf:Description pdfaid:part='2' pdfaid:conformance='b'/>") == "2B"
    assert media.pdfa_level(b"%PDF-1.7") == ""


SECTIONS = [
    ("CDA-BDY-10", "<title>Observation</title>", ""),
    ("CDA-BDY-11", "<title>Observation</title>", "<title> </title>"),
    ("CDA-BDY-14", 'value="#poids"', 'value="#taille"'),
    ("CDA-BDY-15", 'value="#poids"', 'value="poids"'),
    ("CDA-BDY-16", "<paragraph>", '<linkHtml href="javascript:alert(1)">x</linkHtml><paragraph>'),
    ("CDA-BDY-17", "<paragraph>", '<linkHtml href="https://exemple.fr">x</linkHtml><paragraph>'),
]


@pytest.mark.parametrize(("rule", "before", "after"), SECTIONS, ids=[row[0] for row in SECTIONS])
def test_each_wrong_section_or_link_fires_its_rule(rule: str, before: str, after: str) -> None:
    assert rules(judged((before, after), of=LEVEL_3)) == [rule]


def test_a_section_without_text_or_with_an_empty_one() -> None:
    start, end = LEVEL_3.index("<text><para"), LEVEL_3.index("</text>\n          <entry>") + len("</text>")
    text = LEVEL_3[start:end]
    dangling = ('<originalText><reference value="#poids"/></originalText>', "")
    assert rules(judged((text, ""), dangling, of=LEVEL_3)) == ["CDA-BDY-12"]
    assert rules(judged((text, "<text/>"), dangling, of=LEVEL_3)) == ["CDA-BDY-13"]


def test_a_medium_that_no_text_shows_is_information() -> None:
    value = '<value mediaType="image/png" representation="B64">iVBORw0KGgo=</value>'
    shown = f'<observationMedia classCode="OBS" moodCode="EVN" ID="im">{value}</observationMedia>'
    report = judged(("</entry>", f"</entry><entry>{shown}</entry>"), of=LEVEL_3)
    assert "CDA-BDY-18" in rules(report, info=True)
    assert rules(report) == []
