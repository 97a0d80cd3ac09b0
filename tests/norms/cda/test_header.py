"""Stage 3: each fault of the header fires its rule and no other; the sound sample fires none."""

from __future__ import annotations

import pytest

from norms.cda import validate
from norms.cda.header import times
from norms.finding import Severity
from tests.norms.cda.sample import FINESS, INS, LEVEL_1, LEVEL_3, RPPS, edited, judged, rules

TIME = '<effectiveTime value="20260402101500+0200"/>'
TELECOM = '<telecom value="tel:+33102030405" use="H"/>'
REPLACES = (
    '</documentationOf><relatedDocument typeCode="RPLC">'
    '<parentDocument><id root="{}"/>{}</parentDocument></relatedDocument>'
)
STAY = '<low value="20260402100000+0200"/></effectiveTime>\n      <location'
BIRTH_NAME = '<family qualifier="BR">ESSAI</family>'
LOINC = 'code="11488-4" codeSystem="2.16.840.1.113883.6.1"'
OTHER = REPLACES.format("1.2.250.1.999.1.1.1", "")
EARLIER = REPLACES.format("1.2.250.1.999.1.1.1", '<versionNumber value="2"/>')
SECOND = ('<versionNumber value="1"', '<versionNumber value="2"')

FAULTS: list[tuple[str, list[tuple[str, str]]]] = [
    ("CDA-HDR-01", [("<setId root=\"1.2.250.1.999.1.2.7854\"/>", "")]),
    ("CDA-HDR-02", [('<realmCode code="FR"/>', '<realmCode code="FR"/><realmCode code="FR"/>')]),
    ("CDA-HDR-03", [(' displayName="Normal"', "")]),
    ("CDA-HDR-04", [(TIME, '<effectiveTime nullFlavor="UNK"/>')]),
    ("CDA-HDR-05", [("POCD_HD000040", "POCD_HD000041")]),
    ("CDA-HDR-05", [('<signatureCode code="S"', '<signatureCode code="X"')]),
    ("CDA-HDR-06", [("2.16.840.1.113883.2.8.2.1", "1.2.250.1.999.7")]),
    ("CDA-HDR-07", [("1.3.6.1.4.1.19376.1.2.20", "1.2.250.1.999.7")]),
    ("CDA-HDR-08", [("<id root=", '<templateId root="1.2.250.1.213.1.1.1.29"/><id root=')]),
    ("CDA-HDR-09", [("fr-FR", "francais")]),
    ("CDA-HDR-11", [('<versionNumber value="1"/>', f'<versionNumber value="1"/>{TIME.replace("effective", "copy")}')]),
    ("CDA-HDR-12", [('<versionNumber value="1"', '<versionNumber value="0"')]),
    ("CDA-HDR-13", [SECOND]),
    ("CDA-HDR-14", [("</documentationOf>", OTHER)]),
    ("CDA-HDR-15", [SECOND, ("</documentationOf>", REPLACES.format("1.2.250.1.999.1.1.7854", ""))]),
    ("CDA-HDR-16", [SECOND, ("</documentationOf>", EARLIER)]),
    ("CDA-DT-01", [(STAY, STAY.replace("<low", '<low nullFlavor="UNK"'))]),
    ("CDA-DT-02", [('<setId root="1.2.250.1.999.1.2.7854"', '<setId root="lot-12"')]),
    ("CDA-DT-03", [("Consultation d'essai", "  ")]),
    ("CDA-DT-04", [(TELECOM, TELECOM + TELECOM)]),
    ("CDA-DT-06", [(' codeSystem="2.16.840.1.113883.5.1"', "")]),
    ("CDA-DT-10", [('<family qualifier="BR">', 'Mme <family qualifier="BR">')]),
    ("CDA-ADR-01", [("<addr><city>Lyon", '<addr use="H WP"><city>Lyon')]),
    ("CDA-ADR-02", [("<addr><city>Lyon</city></addr>", "<addr/>")]),
    ("CDA-TEL-01", [(TELECOM, '<telecom use="H"/>')]),
    ("CDA-TEL-02", [(TELECOM, '<telecom nullFlavor="NI"/>')]),
    ("CDA-TEL-03", [("tel:+33102030405", "0102030405")]),
    ("CDA-TEL-04", [('use="H"', 'use="BAD"')]),
    ("CDA-TEL-05", [("tel:+33102030405", "tel:01 02 03 04 05")]),
    ("CDA-TIME-01", [(TIME, TIME.replace("0402", "0431"))]),
    ("CDA-TIME-03", [('high value="20260402101500', 'high value="20260402091500')]),
    ("CDA-TIME-05", [(TIME, '<effectiveTime value="20260402"/>')]),
    ("CDA-TIME-06", [(TIME, TIME.replace("+0200", ""))]),
    ("CDA-TIME-07", [(TIME, TIME.replace("2026", "2036"))]),
    ("CDA-TIME-08", [('<low value="20260402100000+0200"', '<low value="20260402080000"')]),
    ("CDA-PAT-02", [(INS, "12345")]),
    ("CDA-PAT-03", [(INS, INS[:-2] + "11")]),
    ("CDA-PAT-04", [("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.99")]),
    ("CDA-PAT-05", [("<addr><city>", f'<id root="1.2.250.1.213.1.4.9" extension="{INS}"/><addr><city>')]),
    ("CDA-PAT-06", [("<birthplace><place><addr><county>69123</county></addr></place></birthplace>", "")]),
    ("CDA-PAT-06", [("<given>ANNE MARIE</given>", "")]),
    ("CDA-PAT-08", [(BIRTH_NAME, BIRTH_NAME + BIRTH_NAME.replace("BR", "SP"))]),
    ("CDA-PAT-09", [('qualifier="BR">ANNE<', 'qualifier="BR">JEANNE<')]),
    ("CDA-PAT-10", [("69123", "6912")]),
    ("CDA-ID-01", [(f'"{RPPS}"', '"712345678901"')]),
    ("CDA-ID-02", [(f'"{RPPS}"', f'"{RPPS[:-1]}"')]),
    ("CDA-ID-03", [(f'"{RPPS}"', f'"{RPPS[:-1]}1"')]),
    ("CDA-ID-04", [(f'"{FINESS}"', '"9123456789"')]),
    ("CDA-ID-05", [(f'"{FINESS}"', f'"{FINESS[:-1]}"')]),
    ("CDA-ID-06", [(f'"{FINESS}"', f'"{FINESS[:-1]}1"')]),
    ("CDA-TRM-01", [('code="11488-4"', 'code="11488-9"')]),
    ("CDA-TRM-01", [('<confidentialityCode code="N"', '<confidentialityCode code="MASQUE_PS"')]),
    ("CDA-TRM-01", [("<prefix>MME</prefix>", "<prefix>Madame</prefix>")]),
    ("CDA-TRM-02", [(LOINC, LOINC.replace("2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.12"))]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "pairs"), FAULTS, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(FAULTS)])
def test_each_fault_fires_its_rule_and_no_other(rule: str, pairs: list[tuple[str, str]]) -> None:
    report = judged(*pairs)
    assert rules(report) == [rule]
    finding = next(f for f in report.findings if f.rule == rule)
    assert finding.where.line
    assert finding.where.path
    for lang in ("fr", "en"):
        assert "{" not in finding.message(lang) + finding.fix(lang)  # type: ignore[arg-type]


def test_the_sample_is_accepted_even_strictly() -> None:
    report = judged(strict=True)
    assert report.verdict == "pass"
    assert rules(report) == []


def test_strict_makes_warnings_errors_and_leaves_information() -> None:
    report = judged((INS, INS[:-2] + "11"), strict=True)
    assert report.verdict == "fail"
    assert {f.severity for f in report.findings} <= {Severity.ERROR, Severity.INFO}


def test_without_an_ins_only_information_is_given() -> None:
    report = judged(("1.2.250.1.213.1.4.10", "1.2.250.1.999.3"))
    assert rules(report) == []
    assert "CDA-PAT-01" in rules(report, info=True)


def test_a_wrong_type_id_switches_nothing_off() -> None:
    report = judged(("POCD_HD000040", "POCD_HD000041"), ('<setId root="1.2.250.1.999.1.2.7854"/>', ""))
    assert set(rules(report)) == {"CDA-HDR-05", "CDA-HDR-01"}


def test_a_misspelt_element_is_not_also_said_missing() -> None:
    assert rules(judged(("<setId ", "<setID "))) == ["CDA-GRM-01"]
    assert rules(judged(("<birthTime ", "<birthtime "))) == ["CDA-GRM-01"]


def test_a_wrong_identifier_repeated_is_said_once() -> None:
    data = LEVEL_1.replace(RPPS, RPPS[:-1] + "1").encode()
    assert rules(validate(data)) == ["CDA-ID-03"]


def test_the_main_act_has_a_performer_and_a_date() -> None:
    start, end = LEVEL_1.index("<performer"), LEVEL_1.index("</performer>") + len("</performer>")
    assert rules(judged((LEVEL_1[start:end], ""))) == ["CDA-HDR-17"]
    start, end = LEVEL_1.index("<serviceEvent>") + 14, LEVEL_1.index("<performer")
    assert rules(judged((LEVEL_1[start:end], ""))) == ["CDA-HDR-18"]


def test_findings_carry_line_column_and_a_path_a_person_reads() -> None:
    where = next(f.where for f in judged((INS, "12345")).findings if f.rule == "CDA-PAT-02")
    line = edited((INS, "12345")).decode().splitlines()[where.line - 1]  # type: ignore[operator]
    assert line[where.column - 1 :].startswith('extension="12345"')  # type: ignore[operator]
    assert where.path == "recordTarget/patientRole/id/@extension"
    assert where.xpath == "/hl7:ClinicalDocument/hl7:recordTarget/hl7:patientRole/hl7:id/@extension"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("20240131101500+0100", "2024-01-31T10:15:00+01:00"),
        ("2024", "2024-01-01T00:00:00+00:00"),
        ("20240131101500.123-02", "2024-01-31T10:15:00-02:00"),
        ("20240229", "2024-02-29T00:00:00+00:00"),
    ],
)
def test_timestamps_are_read(value: str, shown: str) -> None:
    read = times.read(value)
    assert read is not None
    assert read.isoformat() == shown


@pytest.mark.parametrize("value", ["", "20230229", "20241301", "2024013125", "20240131101500+2500", "hier"])
def test_what_is_no_timestamp_is_none(value: str) -> None:
    assert times.read(value) is None


def test_level_three_is_accepted_too() -> None:
    assert rules(judged(of=LEVEL_3)) == []
