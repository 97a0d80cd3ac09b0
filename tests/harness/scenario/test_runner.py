"""Running scenarios: windows, values, refusals, timeouts, and the bench's own faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.client import BenchError
from harness.drive import DriveCrash, DriveError, DriveTimeout
from harness.scenario.events import CheckDone, StepStarted
from harness.scenario.verdict import Verdict
from harness.words import Words
from mocks.world import WorldError
from tests.scenario_kit import START, FakeBench, FakeSoftware, Play, steps

CREATE = """\
steps:
  - id: create
    type: instruction
    text: {fr: créer, en: create}
    do:
      action: patient.create
      with: {traits: "${patients.adrun-zoe.traits}", identity: ["${sut.login}", "${run.session}"]}
    save: {patient: result.patient}
  - id: read
    type: validation
    text: {fr: lire, en: read}
    do: {action: patient.get, with: {patient: "${patient}"}}
    expect:
      - id: same
        text: {fr: pareil, en: same}
        answer: {fields: {result.name: "${patients.adrun-zoe.birth_name}"}}
"""


def software(**more: Any) -> FakeSoftware:
    """One that creates and reads."""
    actions: dict[str, Any] = {
        "patient_create": lambda body: {"ok": True, "result": {"patient": "P1"}},
        "patient_get": lambda body: {"ok": True, "result": {"name": "ADRUN", "asked": body["patient"]}},
        "settle": lambda body: None,
        "reset": lambda body: None,
    }
    return FakeSoftware(**(actions | more))


def test_values_go_from_the_world_and_from_answers_into_bodies() -> None:
    play = Play(software())
    result = play.run(steps(CREATE))
    assert result.verdict is Verdict.PASS
    create = next(request for request in play.software.asked if request.action == "patient.create")
    assert create.body["traits"]["birth_name"] == "ADRUN"
    assert create.body["traits"]["given_names"] == create.body["traits"]["first_given_name"] == "ZOE"
    assert create.body["identity"] == ["card", "s"]
    assert play.software.asked[-1].body == {"patient": "P1"}


def test_each_scenario_begins_clean() -> None:
    play = Play(software())
    play.run(steps(CREATE))
    assert play.software.asked[0].action == "reset"
    assert ("reset", "s") in play.bench.seen


def test_settle_follows_what_acts_and_not_what_reads() -> None:
    play = Play(software())
    play.run(steps(CREATE))
    assert [request.action for request in play.software.asked] == ["reset", "patient.create", "settle", "patient.get"]


def test_without_settle_the_runner_waits() -> None:
    fake = software()
    del fake.actions["settle"]
    play = Play(fake)
    assert play.run(steps(CREATE)).verdict is Verdict.PASS
    assert play.slept == [0.5]


def test_progress_says_what_each_step_waits_for() -> None:
    play = Play(software())
    play.run(steps(CREATE))
    started = [event for event in play.events if isinstance(event, StepStarted)]
    assert [event.step for event in started] == ["create", "read"]
    assert "patient.create" in started[0].waits.en
    assert started[0].timeout == 30
    assert any(isinstance(event, CheckDone) for event in play.events)


def test_traffic_belongs_to_the_step_that_made_it() -> None:
    bench = FakeBench()

    def search(body: Mapping[str, Any]) -> None:
        bench.add()

    text = """\
steps:
  - {id: one, type: transaction, text: t, do: {action: ins.search}}
  - id: two
    type: transaction
    text: t
    do: {action: ins.verify}
    expect:
      - {id: none, text: t, absence: {service: insi}}
      - {id: since, text: t, exchange: {service: insi, count: 1, since: one}}
"""
    bench.add()  # from before the run: nobody's
    result = Play(software(ins_search=search, ins_verify=lambda body: None), bench).run(steps(text))
    assert result.verdict is Verdict.PASS, [check.message.en for check in result.checks]
    assert [step.exchanges for step in result.steps] == [[2], []]


def test_what_comes_late_is_the_previous_steps() -> None:
    text = """\
steps:
  - {id: one, type: transaction, text: t, do: {action: ins.search}}
  - id: two
    type: information
    text: t
    do: {action: patient.get, with: {patient: P1}}
    expect: [{id: none, text: t, absence: {service: insi}}]
"""
    cannot_settle = software(ins_search=lambda body: None)
    del cannot_settle.actions["settle"]
    play = Play(cannot_settle)
    runner = play.runner()
    look = runner.fetch

    def fetch() -> Any:
        found = look()
        if len(play.software.asked) == 3 and not play.bench.rows:  # reset, search, settle: one more call arrives now
            play.bench.add()
        return found

    runner.fetch = fetch  # type: ignore[method-assign]
    result = runner.run(steps(text))
    assert result.verdict is Verdict.PASS, [check.message.en for check in result.checks]
    assert [step.exchanges for step in result.steps] == [[1], []]


def test_a_software_that_settles_is_looked_at_once_a_step() -> None:
    text = """\
steps:
  - {id: one, type: transaction, text: t, do: {action: ins.search}}
  - {id: two, type: information, text: t, do: {action: patient.get, with: {patient: P1}}}
  - {id: three, type: transaction, text: t, do: {action: ins.search}}
"""
    play = Play(software(ins_search=lambda body: None))
    runner = play.runner()
    before = play.bench.seen.count(("exchanges",))
    runner.run(steps(text))
    assert play.bench.seen.count(("exchanges",)) - before == 4  # at the start, then after each step


def test_world_and_faults_are_set_before_the_step() -> None:
    text = """\
world: {patients: {adrun-zoe: {birth_name: AUTRE}}}
faults: {insi.outage: {next: drop, times: 2}}
steps:
  - id: one
    type: information
    text: t
    world: {patients: {adrun-zoe: {verify: KO}}}
    faults: {insi.fault: insi_102}
    do: {action: patient.get, with: {patient: "${patients.adrun-zoe.birth_name}"}}
"""
    play = Play(software())
    play.run(steps(text))
    seen = play.bench.seen
    assert ("patch", "patients", "adrun-zoe", {"birth_name": "AUTRE"}) in seen
    assert ("patch", "patients", "adrun-zoe", {"verify": "KO"}) in seen
    assert ("arm", "insi.outage", "drop", 2) in seen
    assert ("switch", {"insi.fault": "insi_102"}) in seen
    assert play.software.asked[-1].body == {"patient": "AUTRE"}


def test_each_variant_has_its_values_its_steps_and_a_clean_world() -> None:
    text = """\
values: {word: all, who: "${patients.adrun-zoe}"}
variants:
  - {id: a, text: A, values: {word: first}}
  - {id: b, text: B}
  - {id: c, text: C, when: {sut.auth.insi: psc}}
steps:
  - {id: one, type: information, text: t, do: {action: patient.get, with: {patient: "${word} ${who.id}"}}}
  - {id: two, type: information, text: t, only: [b], do: {action: patient.get, with: {patient: only}}}
"""
    play = Play(software())
    result = play.run(steps(text))
    bodies = [request.body for request in play.software.asked if request.action == "patient.get"]
    assert bodies == [{"patient": "first adrun-zoe"}, {"patient": "all adrun-zoe"}, {"patient": "only"}]
    assert play.bench.seen.count(("reset", "s")) == 2
    checks = {check.id: check for check in result.checks}
    assert checks["c/when"].verdict is Verdict.NOT_APPLICABLE
    assert "must be equal to psc, and is ps" in checks["c/when"].message.en
    assert checks["a/one/answer"].verdict is Verdict.PASS
    assert result.verdict is Verdict.PASS


# -- refusals and faults of the software --------------------------------------------------------------------------

REFUSED = {"ok": False, "error": {"code": "no", "message": "Champ manquant"}}


def test_a_preparation_refused_is_inconclusive_and_ends_there() -> None:
    play = Play(software(patient_create=lambda body: REFUSED))
    result = play.run(steps(CREATE))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert [check.id for check in result.checks] == ["create/possible"]
    assert "Champ manquant" in result.checks[0].message.en


@pytest.mark.parametrize(
    ("ok", "answer", "verdict"),
    [
        ("true", REFUSED, Verdict.FAIL),
        ("false", REFUSED, Verdict.PASS),
        ("false", None, Verdict.FAIL),
        ("any", REFUSED, Verdict.INCONCLUSIVE),  # nothing else was looked at
    ],
)
def test_what_must_be_accepted_or_refused(ok: str, answer: Any, verdict: Verdict) -> None:
    text = f"steps: [{{id: s, type: transaction, text: t, do: {{action: patient.edit, ok: {ok}}}}}]\n"
    result = Play(software(patient_edit=lambda body: answer)).run(steps(text))
    assert result.verdict is verdict


def test_an_action_not_offered_is_inconclusive() -> None:
    text = "steps: [{id: s, type: transaction, text: t, do: {action: print}}]\n"
    result = Play(software()).run(steps(text))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "does not offer print" in result.checks[0].message.en


def test_an_optional_step_not_offered_is_left_out() -> None:
    text = "steps:\n  - {id: s, type: evidence, text: t, do: {action: print, optional: true}}\n" + CREATE.removeprefix(
        "steps:\n"
    )
    result = Play(software()).run(steps(text))
    assert result.verdict is Verdict.PASS
    assert result.checks[0].verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DriveTimeout, Verdict.INCONCLUSIVE),
        (DriveError, Verdict.INCONCLUSIVE),
        (DriveCrash, Verdict.FAIL),
    ],
)
def test_a_software_that_cannot_be_driven(error: type[DriveError], verdict: Verdict) -> None:
    def broken(body: Mapping[str, Any]) -> None:
        raise error(Words("cassé", "broken"))

    result = Play(software(patient_create=broken)).run(steps(CREATE))
    assert result.verdict is verdict
    assert "broken" in result.checks[0].message.en


def test_a_scenario_has_its_own_limit_of_time() -> None:
    play = Play(software())

    def slow(body: Mapping[str, Any]) -> Any:
        play.now += 100
        return {"ok": True, "result": {"patient": "P1"}}

    play.software.actions["patient.create"] = slow
    result = play.run(steps("timeout: 20\n" + CREATE))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "longer than its 20 s" in result.checks[-1].message.en
    assert play.software.asked[1].timeout == 20


def test_a_value_never_given_is_inconclusive() -> None:
    result = Play(software(patient_create=lambda body: None)).run(steps(CREATE))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "patient" in result.checks[-1].message.en


# -- faults of the bench: never the software's ----------------------------------------------------------------------


def test_a_bench_that_cannot_be_reached_passes_through() -> None:
    play = Play(software())

    def create(body: Mapping[str, Any]) -> Any:
        play.bench.fail = "gone"
        return {"ok": True, "result": {"patient": "P1"}}

    play.software.actions["patient.create"] = create
    with pytest.raises(BenchError):
        play.run(steps(CREATE))


def test_a_bench_restarted_meanwhile_makes_the_result_worthless() -> None:
    play = Play(software())

    def create(body: Mapping[str, Any]) -> Any:
        play.bench.pid = 8
        return {"ok": True, "result": {"patient": "P1"}}

    runner = play.runner()
    play.software.actions["patient.create"] = create
    result = runner.run(steps(CREATE))
    assert result.verdict is Verdict.ERROR
    assert "restarted" in result.checks[-1].message.en


def test_an_exchange_that_the_bench_botched_makes_the_result_worthless() -> None:
    play = Play(software(patient_create=lambda body: REFUSED))

    def create(body: Mapping[str, Any]) -> Any:
        play.bench.add(outcome="bench-error", status=500)
        return REFUSED

    play.software.actions["patient.create"] = create
    assert play.run(steps(CREATE)).verdict is Verdict.ERROR


def test_slow_validation_is_waited_for_then_is_the_benchs_fault() -> None:
    play = Play(software())
    row: dict[str, Any] = {}

    def create(body: Mapping[str, Any]) -> Any:
        row.update(play.bench.add(validation="pending"))
        return {"ok": True, "result": {"patient": "P1"}}

    play.software.actions["patient.create"] = create
    runner = play.runner()

    def sleep(seconds: float) -> None:
        play.now += 1
        if play.now > START + 5:
            play.bench.rows[0] = {**play.bench.rows[0], "validation": "done"}

    runner.sleep = sleep
    assert runner.run(steps(CREATE)).verdict is Verdict.PASS

    stuck = Play(software(patient_create=create))
    stuck.software.actions["patient.create"] = lambda body: stuck.bench.add(validation="pending") and None
    runner = stuck.runner()

    def wait(seconds: float) -> None:
        stuck.now += 10

    runner.sleep = wait
    with pytest.raises(BenchError, match="validation"):
        runner.run(steps(CREATE))


def test_a_world_that_refuses_a_change_is_not_hidden() -> None:
    text = """\
values: {name: nobody}
steps:
  - {id: s, type: information, text: t, world: {patients: {adrun-zoe: {sex: "${name}"}}}}
"""
    with pytest.raises(WorldError):
        Play(software()).run(steps(text))
