"""INSi answers and faults: written, then read back; what real answers do against the schema is taken and named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from norms.finding import Severity, find
from norms.ins import matricule
from norms.insi import faults
from norms.insi.names import LABELS
from norms.insi.result import STYLES, Matricule, Person, Result, Style, read_result, result, write_result
from norms.soap import envelope, read

LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12)
NAMES = st.lists(LETTERS, min_size=1, max_size=4).map(" ".join)
DATES = st.dates().map(lambda d: f"{d.year:04d}-{d.month:02d}-{d.day:02d}")
NUMBERS = st.builds(
    lambda sex, month, place, order: f"{sex}{month:04d}{place}{order:06d}",
    st.sampled_from("1278"),
    st.integers(0, 9999),
    st.sampled_from(["63", "2A", "2B", "97", "99"]),
    st.integers(0, 999_999),
)
INS = st.builds(
    lambda number, oid, start, end: Matricule(number, matricule.key(number), oid, start, end),
    NUMBERS,
    st.sampled_from(["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"]),
    st.just("") | DATES,
    st.just("") | DATES,
)
PERSONS = st.builds(
    Person,
    INS,
    st.lists(INS, max_size=3).map(tuple),
    st.just("") | NAMES,
    st.just("") | LETTERS,
    st.just("") | NAMES,
    st.sampled_from(["", "M", "F"]),
    st.just("") | DATES,
    st.sampled_from(["", "63220", "2A020", "99128"]),
)
STYLE = st.sampled_from(STYLES)


@given(PERSONS, STYLE)
def test_a_person_is_read_back(person: Person, style: Style) -> None:
    answer = result("00", person)
    body = read(envelope(write_result(answer, style), prefix=style.soap)).body
    again, findings = read_result(body)
    assert again == answer
    assert findings == []


@given(st.sampled_from(["01", "02"]), STYLE)
def test_other_codes_are_read_back(code: str, style: Style) -> None:
    again, findings = read_result(etree.fromstring(write_result(result(code), style)))
    assert (again, findings) == (Result(code, LABELS[code]), [])


@given(PERSONS)
def test_dates_first_are_read_and_named(person: Person) -> None:
    answer = result("00", person)
    again, findings = read_result(etree.fromstring(write_result(answer, Style(dates_first=True))))
    assert again == answer
    assert {f.rule for f in findings} <= {"INSI-XSD-02"}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (Result("99", "x"), "INSI-RES-02"),
        (Result("00", "OK"), "INSI-RES-03"),
        (Result("01", "x", Person(Matricule("2751263220749", "74", "1"))), "INSI-RES-03"),
        (Result("00", "OK", Person(Matricule("2751263220749", "75", "1"))), "INSI-RES-05"),
        (Result("00", "OK", Person(Matricule("27512632207", "", "1"))), "INSI-RES-04"),
        (Result("00", "OK", Person(Matricule("2751263220749", "74", "1"), sex="f")), "INSI-RES-04"),
        (Result("00", "OK", Person(Matricule("2751263220749", "74", "1"), birth_date="31/12/1975")), "INSI-RES-04"),
    ],
)
def test_odd_answers(answer: Result, rule: str) -> None:
    again, findings = read_result(etree.fromstring(write_result(answer)))
    assert [f.rule for f in findings] == [rule]
    assert again == answer


def test_not_an_answer() -> None:
    for raw in (b"<RESULTAT/>", b'<x xmlns="http://www.cnamts.fr/INSiResultat"/>'):
        again, findings = read_result(etree.fromstring(raw))
        assert (again, [f.rule for f in findings]) == (Result("", ""), ["INSI-RES-01"])


@pytest.mark.parametrize("code", faults.KNOWN)
@pytest.mark.parametrize("style", ["S", "soap"])
def test_faults_are_read_back(code: str, style: str) -> None:
    cause = faults.KNOWN[code]
    message = envelope(faults.write_fault(cause, "uuid:1").written(style), prefix=style)
    error = faults.read_error(read(message).body)
    assert (error.code, error.severity, error.message_id) == (code, cause.severity, "uuid:1" if cause.echoed else "")
    assert error.text


def test_a_fault_without_detail() -> None:
    assert faults.read_error(etree.fromstring("<Fault/>")) == faults.Error()


def test_codes_known_to_the_user_keep_their_words() -> None:
    cause = faults.KNOWN["insi_xx"].named("insi_20").named("insi_21")
    fault = faults.write_fault(cause)
    assert 'code="insi_21"' in fault.detail
    assert fault.reason == faults.write_fault(faults.KNOWN["insi_xx"]).reason


def test_what_is_refused() -> None:
    warning, error, known = find("INSI-MID-03"), find("INSI-CTX-02"), find("INSI-REQ-01")
    reused = find("INSI-MID-04")
    assert faults.refusal([warning, reused], lenient=False) is None
    assert faults.refusal([warning, error, known], lenient=False) is error
    assert faults.refusal([warning, error, known], lenient=True) is known
    assert faults.refusal([replace(error, severity=Severity.WARNING)], lenient=False) is None
    assert faults.cause_of(known, business=False).code == "insi_19"
    assert faults.cause_of(find("SAML-SIG-01"), business=False).subcode == "siram_100"
    assert [faults.cause_of(error, b).code for b in (False, True)] == ["desir_xx", "insi_xx"]
