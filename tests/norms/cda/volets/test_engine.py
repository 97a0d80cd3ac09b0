"""Each kind of line on a small document, and one cause giving one finding."""

from __future__ import annotations

import pytest

from norms.cda import volets
from norms.cda.document import Document
from norms.cda.volets.engine import Owner, Run
from norms.cda.volets.lines import parse as line
from norms.codes import Tables
from norms.finding import Finding
from norms.xml import parse

OBSERVATION = """<observation classCode="OBS" moodCode="EVN"><templateId root="1.1"/><id root="1"/>
<code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/>
<value xsi:type="PQ" value="167" unit="cm"/><entryRelationship typeCode="SUBJ"><act><templateId root="2.2"/></act>
</entryRelationship></observation>"""


def document(inner: str) -> Document:
    data = (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{inner}'
        "</ClinicalDocument>"
    ).encode()
    return Document(data, parse(data), tables=Tables())


def said(text: str, inner: str = OBSERVATION) -> list[Finding]:
    doc = document(inner)
    return list(Run(doc).lines([line(text)], doc.root[0], Owner("essai")))


@pytest.mark.parametrize(
    "text",
    [
        "is observation OBS EVN/INT",
        "with 1.1",
        "1 id",
        "+ code",
        "? effectiveTime",
        "0 priorityCode",
        "= code LOINC 8302-2 29463-7",
        "= statusCode - completed",
        "type value PQ",
        "any priorityCode | value",
        "if value : + code",
        "if priorityCode : + repeatNumber",
        "each entryRelationship : + act[#2.2]",
        "+ .//*[#2.2]",
        "1 entryRelationship[@typeCode='SUBJ']/act[#2.2]",
        "~ code LOINC 8302-2",
    ],
)
def test_lines_that_hold(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("is act", "CDA-TPL-01"),
        ("is observation COND", "CDA-TPL-01"),
        ("is observation OBS INT", "CDA-TPL-01"),
        ("with 9.9", "CDA-TPL-02"),
        ("usually 9.9", "CDA-TPL-08"),
        ("2+ id", "CDA-TPL-03"),
        ("+ effectiveTime", "CDA-TPL-03"),
        ("0 code", "CDA-TPL-04"),
        ("= code LOINC 29463-7", "CDA-TPL-05"),
        ("= code SNOMED", "CDA-TPL-05"),
        ("= effectiveTime - x", "CDA-TPL-03"),
        ("type value CD", "CDA-TPL-05"),
        ("+ .//*[#9.9]", "CDA-TPL-06"),
        ("any priorityCode | repeatNumber", "CDA-TPL-07"),
        ("if value : + text", "CDA-TPL-03"),
        ("each entryRelationship/act : + id", "CDA-TPL-03"),
        ("~ code LOINC 29463-7", "CDA-TPL-10"),
    ],
)
def test_lines_that_do_not(text: str, rule: str) -> None:
    found = said(text)
    assert [f.rule for f in found] == [rule]
    assert found[0].where.line
    for lang in ("fr", "en"):
        assert "essai" in found[0].message(lang)
        assert found[0].fix(lang)


def test_set_lines_judge_codes_only_where_the_set_is_loaded() -> None:
    gender = '<x><administrativeGenderCode code="{}" codeSystem="2.16.840.1.113883.5.1"/></x>'
    assert said("set administrativeGenderCode J143", gender.format("F")) == []
    assert [f.rule for f in said("set administrativeGenderCode J143", gender.format("H"))] == ["CDA-SET-01"]
    assert said("set administrativeGenderCode UnJeuAbsent", gender.format("H")) == []
    null = '<x><administrativeGenderCode nullFlavor="UNK"/></x>'
    assert [f.rule for f in said("set administrativeGenderCode J143", null)] == ["CDA-SET-02"]
    assert said("set administrativeGenderCode J143 null", null) == []
    bare = '<x><administrativeGenderCode code="F"/></x>'
    assert [f.rule for f in said("set administrativeGenderCode J143", bare)] == ["CDA-SET-03"]


def test_one_child_is_said_missing_once() -> None:
    doc = document(OBSERVATION)
    run = Run(doc)
    found = [
        f for text in ("+ text", "1 text", "+ text/reference") for f in run.lines([line(text)], doc.root[0], Owner("a"))
    ]
    assert len(found) == 1


def test_a_template_missing_below_is_not_said_missing_above() -> None:
    doc = document(OBSERVATION)
    run = Run(doc)
    act = doc.by_template["2.2"][0]
    assert len(list(run.lines([line("with 3.3")], act, Owner("a")))) == 1
    assert list(run.lines([line("+ .//*[#3.3]")], doc.root[0], Owner("b"))) == []


def test_what_an_earlier_stage_said_is_not_said_again() -> None:
    doc = document(OBSERVATION)
    doc.misshape(doc.root[0], "text")
    assert list(Run(doc).lines([line("+ text")], doc.root[0], Owner("a"))) == []
    assert len(list(Run(doc).lines([line("+ effectiveTime")], doc.root[0], Owner("a")))) == 1


HEAD = """<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>{}
<code code="11490-0" codeSystem="2.16.840.1.113883.6.1"/><component><structuredBody/></component>"""


@pytest.mark.parametrize(
    ("template", "rule", "expected"),
    [
        ('<templateId root="1.2.250.1.213.1.1.1.92" extension="2022.01"/>', "CDA-VOLET-05", "1.2.250.1.213.1.1.1.29"),
        ('<templateId root="1.2.250.1.213.1.1.29" extension="2022.01"/>', "CDA-VOLET-05", "1.2.250.1.213.1.1.1.29"),
        ('<templateId root="1.2.3.4.5.6.7"/>', "CDA-VOLET-01", "LDL-SES"),
        ("", "CDA-VOLET-06", "LDL-SES"),
        ('<templateId root="1.2.250.1.213.1.1.1.29" extension="2019.01"/>', "CDA-VOLET-02", "2022.01"),
        ('<templateId root="1.2.250.1.213.1.1.1.21" extension="2022.01"/>', "CDA-VOLET-03", "18761-7"),
    ],
)
def test_the_documents_own_template(template: str, rule: str, expected: str) -> None:
    doc = document(HEAD.format(template))
    first = next(f for f in volets.check(doc) if f.rule.startswith("CDA-VOLET"))
    assert first.rule == rule
    assert expected in first.expected


def test_identify_names_volet_and_version() -> None:
    def named(template: str) -> tuple[str, str, str]:
        return volets.identify(document(HEAD.format(template)))

    assert named('<templateId root="1.2.250.1.213.1.1.1.13" extension="201310"/>')[::2] == ("VSM", "1.4_2022.01")
    assert named('<templateId root="1.2.250.1.213.1.1.1.13"/>')[::2] == ("VSM", "2023.01")
    assert named('<templateId root="1.2.250.1.213.1.1.1.55"/>')[::2] == ("BIO-CR-BIO", "2021.01")
    assert named("") == ("", "", "")
    assert volets.identify(document("<component><nonXMLBody/></component>"))[0] == "CDA-N1"
