"""Each kind of expectation, holding and not holding, and what it says then."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harness.drive import Attestation
from harness.scenario.verdict import CheckResult, Verdict
from norms.finding import find
from tests.scenario_kit import START, FakeBench, FakeSoftware, Play, steps

Calls = Callable[[FakeBench], None]


def play(
    expect: str, *, calls: Calls = lambda bench: None, answer: Any = None, action: str = "ins.search"
) -> CheckResult:
    """The result of one expectation on one step whose action makes these calls and gives this answer."""
    bench = FakeBench()

    def act(body: Mapping[str, Any]) -> Any:
        calls(bench)
        return answer

    wanted = steps(
        f"steps:\n  - id: s\n    type: transaction\n    text: t\n    do: {{action: {action}, ok: any}}\n"
        f"    expect:\n      - {{id: e, text: {{fr: il faut, en: must}}, {expect}}}\n"
    )
    return Play(FakeSoftware(**{action.replace(".", "_"): act, "settle": lambda body: None}), bench).check(
        wanted, "s/e"
    )


def one(bench: FakeBench) -> None:
    bench.add(at=START + 0.5, facts={"birth_name": "PINSON", "sex": "F"}, peer={"common_name": "INSI-MANU"})


def two(bench: FakeBench) -> None:
    bench.add(at=START + 0.5, outcome="01")
    bench.add(at=START + 1.5, outcome="00", facts={"birth_name": "PINSON"})


# -- exchange -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "calls"),
    [
        ("exchange: {service: insi}", one),
        ('exchange: {service: insi, operation: WS_INS2, outcome: "00", count: 1}', one),
        ("exchange: {service: insi, facts: {birth_name: PINSON}}", one),
        ("exchange: {service: insi, fields: {facts.sex: F, status: 200, peer.common_name: INSI-MANU}}", one),
        ("exchange: {service: insi, fields: {request.header.Content-Type: {contains: soap}}}", one),
        ("exchange: {service: insi, count: {min: 1, max: 3}}", two),
        ('exchange: {service: insi, nth: 1, outcome: "01"}', two),
        ('exchange: {service: insi, nth: -1, outcome: "00"}', two),
        ("exchange: {service: insi, within: 2}", two),
        ("exchange: {service: dmp, count: 0}", one),
        ("exchange: {service: insi, listener: insi_ps, outcome: {in: ['00', '01']}}", two),
    ],
)
def test_an_exchange_that_holds(expect: str, calls: Calls) -> None:
    result = play(expect, calls=calls)
    assert result.verdict is Verdict.PASS, result.message.en


@pytest.mark.parametrize(
    ("expect", "calls", "says"),
    [
        ("exchange: {service: insi, count: 1}", two, "2 exchange(s) came; expected: exactly 1"),
        ("exchange: {service: insi, count: {max: 1}}", two, "0 to 1"),
        ("exchange: {service: insi, operation: WS_INS1}", one, "exchange 1 (WS_INS2 → 00)"),
        ("exchange: {service: insi, fields: {facts.sex: M}}", one, "facts.sex must be equal to M; found: F"),
        (
            "exchange: {service: insi, fields: {facts.nir: {absent: false}}}",
            one,
            "facts.nir must be present; found: nothing",
        ),
        ("exchange: {service: insi, within: 1}", two, "came 1.5 s after"),
        ("exchange: {service: insi, if_none: fail}", lambda bench: None, "had to call by itself"),
    ],
)
def test_an_exchange_that_does_not(expect: str, calls: Calls, says: str) -> None:
    result = play(expect, calls=calls)
    assert result.verdict is Verdict.FAIL
    assert says in result.message.en
    assert result.message.fr != result.message.en
    assert result.text.en == "must"


def test_nothing_at_all_is_inconclusive_and_says_what_to_check() -> None:
    result = play("exchange: {service: insi}")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "certificate" in result.fix.en
    assert result.exchange is None


def test_what_was_seen_says_how_to_fix_before_the_scenario_does() -> None:
    foreseen = "fix: {fr: prévu, en: foreseen}"
    assert play(f"{foreseen}, exchange: {{service: insi}}").fix.en != "foreseen"
    assert play(f"{foreseen}, exchange: {{service: insi, count: 1}}", calls=two).fix.en == "foreseen"


def test_a_refused_handshake_tells_why() -> None:
    def refused(bench: FakeBench) -> None:
        finding = find("TLS-CERT-01").shown("fr")
        bench.add(kind="handshake", operation="", outcome="expired", findings=[finding])

    result = play("exchange: {service: insi}", calls=refused)
    assert result.verdict is Verdict.FAIL
    assert "journal entry 1" in result.message.en
    assert [finding["rule"] for finding in result.findings] == ["TLS-CERT-01"]
    assert result.fix.en


def test_a_handshake_refused_on_a_shared_port_is_seen_too() -> None:
    result = play(
        "exchange: {service: insi}",
        calls=lambda b: b.add(kind="handshake", session="default", operation="", outcome="x"),
    )
    assert result.verdict is Verdict.FAIL


def test_what_the_service_refused_is_explained_by_its_findings() -> None:
    def refused(bench: FakeBench) -> None:
        bench.add(outcome="siram_10/insi_19", findings=[find("INSI-REQ-01", path="x").shown("fr")])

    result = play('fix: {fr: corriger, en: mend}, exchange: {service: insi, outcome: "00"}', calls=refused)
    assert result.verdict is Verdict.FAIL
    assert result.exchange == 1
    assert [finding["rule"] for finding in result.findings] == ["INSI-REQ-01"]
    assert result.fix.en == result.findings[0]["fix"]["en"]


@pytest.mark.parametrize(
    ("expect", "fix"),
    [
        ("exchange: {service: insi, fields: {facts.sex: M}}", "mend"),
        ("attest: {question: {fr: vu, en: seen}}", ""),
    ],
)
def test_the_scenario_says_how_to_mend_what_failed(expect: str, fix: str) -> None:
    assert play(f"fix: {{fr: corriger, en: mend}}, {expect}", calls=one).fix.en == fix


BODY = (
    b'<e:Envelope xmlns:e="u"><e:Body><r:RECSANSVITALE xmlns:r="v"><r:NomNaissance>PINSON</r:NomNaissance>'
    b'<r:Prenom code="1">ZOE</r:Prenom></r:RECSANSVITALE></e:Body></e:Envelope>'
)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("request//RECSANSVITALE/NomNaissance", "PINSON"),
        ("request//Prenom/@code", '"1"'),
        ("request//RECSANSVITALE/LieuNaissance", "null"),
        ("response//CodeCR", "null"),
        ("request.text", "{contains: PINSON}"),
    ],
)
def test_paths_into_xml(path: str, wanted: str) -> None:
    result = play(
        f"exchange: {{service: insi, fields: {{'{path}': {wanted}}}}}", calls=lambda b: b.add(request_body=BODY)
    )
    assert result.verdict is Verdict.PASS, result.message.en


def test_order_between_exchanges() -> None:
    bench = FakeBench()

    def act(body: Mapping[str, Any]) -> None:
        bench.add(outcome="02")
        bench.add(outcome="00")

    wanted = steps(
        """\
steps:
  - id: s
    type: transaction
    text: t
    do: {action: ins.search}
    expect:
      - {id: several, text: t, exchange: {service: insi, outcome: "02", as: first}}
      - {id: then, text: t, exchange: {service: insi, outcome: "00", after: first}}
      - {id: never, text: t, exchange: {service: insi, outcome: "02", after: first}}
      - {id: lost, text: t, exchange: {service: insi, outcome: "07", as: none}}
      - {id: after-lost, text: t, exchange: {service: insi, after: none}}
"""
    )
    result = Play(FakeSoftware(ins_search=act, settle=lambda body: None), bench).run(wanted)
    found = {check.id: check for check in result.checks}
    assert found["s/several"].verdict is Verdict.PASS
    assert found["s/then"].verdict is Verdict.PASS
    assert found["s/never"].verdict is Verdict.FAIL
    assert found["s/lost"].verdict is Verdict.FAIL
    assert found["s/after-lost"].verdict is Verdict.INCONCLUSIVE
    assert found["s/after-lost"].follows


# -- absence ------------------------------------------------------------------------------------------------------


def test_absence_of_an_exchange() -> None:
    assert play("absence: {service: insi, operation: WS_INS1}", calls=one).verdict is Verdict.PASS
    result = play("absence: {service: insi}", calls=one)
    assert (result.verdict, result.exchange) == (Verdict.FAIL, 1)


INS = "285055503991010"


@pytest.mark.parametrize(
    "sent",
    [
        {"request_body": base64.b64encode(gzip.compress(f"<id>{INS}</id>".encode()))},
        {"request_headers": [["x-patient", INS]]},
        {"target": f"/patients/{INS}"},
        {"request_body": b"root='1.2.250.1.213.1.4.8'"},
    ],
)
def test_an_ins_that_leaves_by_another_service(sent: dict[str, Any]) -> None:
    result = play(f'absence: {{ins: "{INS}"}}', calls=lambda b: b.add(service="dmp", **sent))
    assert (result.verdict, result.exchange) == (Verdict.FAIL, 1)
    assert "exchange 1 (dmp)" in result.message.en


def test_an_ins_may_go_to_insi() -> None:
    def calls(bench: FakeBench) -> None:
        bench.add(request_body=INS.encode())
        bench.add(service="dmp", request_body=b"nothing here")

    assert play(f'absence: {{ins: "{INS}"}}', calls=calls).verdict is Verdict.PASS


def test_an_ins_in_what_the_software_gave() -> None:
    export = {"ok": True, "result": {"media_type": "x", "content": f"PID|1||{INS}^^^INS"}}
    result = play(f'absence: {{ins: "{INS}"}}', answer=export, action="identity.export")
    assert result.verdict is Verdict.FAIL
    assert "result.content" in result.message.en
    printed = {"ok": True, "result": {"content_base64": base64.b64encode(f"%x {INS}".encode()).decode()}}
    assert play(f'absence: {{ins: "{INS}"}}', answer=printed, action="print").verdict is Verdict.FAIL


def test_the_oid_alone_can_be_left_out() -> None:
    export = {"ok": True, "result": {"content": "1.2.250.1.213.1.4.8"}}
    assert play(f'absence: {{ins: "{INS}"}}', answer=export, action="identity.export").verdict is Verdict.FAIL
    left = play(f'absence: {{ins: "{INS}", oids: false}}', answer=export, action="identity.export")
    assert left.verdict is Verdict.PASS


def test_reading_a_record_is_not_giving_it_away() -> None:
    def calls(bench: FakeBench) -> None:
        bench.add(service="dmp", request_body=b"x")

    record = {"ok": True, "result": {"ins": {"value": INS}}}
    assert play(f'absence: {{ins: "{INS}"}}', calls=calls, answer=record, action="patient.get").verdict is Verdict.PASS


def test_nothing_emitted_proves_nothing_but_a_refused_export_does() -> None:
    assert play(f'absence: {{ins: "{INS}"}}', calls=one).verdict is Verdict.INCONCLUSIVE
    refused = {"ok": False, "error": {"code": "x", "message": "no"}}
    assert play(f'absence: {{ins: "{INS}"}}', answer=refused, action="identity.export").verdict is Verdict.PASS


def test_what_cannot_be_opened_is_inconclusive() -> None:
    result = play(f'absence: {{ins: "{INS}"}}', calls=lambda b: b.add(service="dmp", request_body=b"%PDF-1.7 broken"))
    assert result.verdict is Verdict.INCONCLUSIVE


# -- answer -------------------------------------------------------------------------------------------------------

ANSWER = {
    "ok": True,
    "result": {"status": "recuperee", "ins": None, "items": [{"patient": "P1"}]},
    "shown": [
        {"kind": "alert", "text": "Date de naissance incomplète"},
        {"kind": "field", "text": "Sexe : F", "field": "sex", "value": "F"},
    ],
}


@pytest.mark.parametrize(
    "expect",
    [
        "answer: {fields: {ok: true, result.status: recuperee, result.ins: null}}",
        "answer: {fields: {result.items: {contains: {patient: P1}}}}",
        "answer: {shown: {kind: alert}}",
        "answer: {shown: {kind: alert, text: {matches: '(?i)incompl'}, count: 1}}",
        "answer: {shown: {field: sex, value: F}}",
        "answer: {shown: {kind: list, count: 0}}",
    ],
)
def test_an_answer_that_holds(expect: str) -> None:
    result = play(expect, answer=ANSWER)
    assert result.verdict is Verdict.PASS, result.message.en


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("answer: {fields: {result.status: qualifiee}}", "must be equal to qualifiee; found: recuperee"),
        ("answer: {fields: {result.ins: {absent: false}}}", "must be present"),
        ("answer: {shown: {kind: message}}", "What was shown: Date de naissance incomplète; Sexe : F"),
        ("answer: {shown: {kind: alert, count: 0}}", "exactly 0"),
        ("answer: {fields: {ok: true}, shown: {text: nope}}", "nope"),
    ],
)
def test_an_answer_that_does_not(expect: str, says: str) -> None:
    result = play(expect, answer=ANSWER)
    assert result.verdict is Verdict.FAIL
    assert says in result.message.en


# -- check, attest ------------------------------------------------------------------------------------------------


def test_a_named_check_looks_at_the_step_or_at_named_exchanges() -> None:
    assert play("check: {name: insi.request-valid}", calls=one).verdict is Verdict.PASS
    assert play("check: {name: insi.request-valid}").verdict is Verdict.INCONCLUSIVE


def test_a_question_waits_for_a_person() -> None:
    result = play("attest: {question: {fr: Un clic ?, en: One click?}}")
    assert result.verdict is Verdict.MANUAL
    assert "One click?" in result.message.en


@pytest.mark.parametrize(("yes", "verdict"), [(True, Verdict.MANUAL), (False, Verdict.FAIL)])
def test_a_person_answers(yes: bool, verdict: Verdict) -> None:
    software = FakeSoftware(reset=lambda body: None)
    software.says = Attestation(yes, "vu à l'écran")
    wanted = steps(
        "steps:\n  - id: s\n    type: validation\n    text: t\n"
        "    expect:\n      - {id: e, text: t, attest: {question: Sure?}}\n"
    )
    result = Play(software).check(wanted, "s/e")
    assert (result.verdict, result.attested) == (verdict, yes)
    assert "vu à l'écran" in result.message.en
