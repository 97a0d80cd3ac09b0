"""A person beside a program: what it does not offer, what only eyes check, what was attested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.drive import NotOffered, Reply, Request
from harness.drive.guided import GuidedDrive, Unattended
from harness.guide.desk import Desk
from harness.guide.gestures import Speaker
from harness.guide.model import Answer, Prompt
from harness.report import html, junit, markdown
from harness.report import json as json_report
from harness.scenario.events import RunFinished, RunStarted
from harness.scenario.verdict import Verdict
from tests.desk_kit import PLACE, Script, says
from tests.scenario_kit import FakeBench, FakeSoftware, Play, steps

SEARCH = """
steps:
  - id: create
    type: instruction
    text: t
    do: {action: patient.create, with: {traits: {birth_name: PINSON, given_names: LEONIE}}}
    save: {patient: result.patient}
  - id: search
    type: transaction
    text: t
    do: {action: ins.search, with: {patient: "${patient}", by: traits}}
    expect:
      - {id: call, text: un appel, exchange: {service: insi, count: 1, WITHIN}}
      - {id: told, text: le retour est dit, answer: {fields: {result.code: "00"}}}
"""


def mixed(tmp_path: Path, script: Script, *, within: str = "", calls: bool = True) -> tuple[Any, Play]:
    """A run on a program that offers everything but the search."""
    bench = FakeBench()
    software = FakeSoftware(
        reset=lambda body: None,
        settle=lambda body: None,
        patient_create=lambda body: {"ok": True, "result": {"patient": "42"}},
    )
    if calls:
        answer = script.answers[0]

        def search(desk: Desk, prompt: Prompt) -> None:
            bench.add()
            answer(desk, prompt)

        script.answers[0] = search
    drive = GuidedDrive(software, Desk(tmp_path), script, Speaker(tmp_path))
    play = Play(software, bench)
    runner = play.runner()
    runner.drive = drive
    wanted = steps(SEARCH.replace(", WITHIN", f", within: {within}" if within else ""))
    result = runner.run(wanted)
    return {check.id: check for check in result.checks}, play


def test_what_the_program_does_not_offer_goes_to_the_person(tmp_path: Path) -> None:
    script = Script(says("done"), says("yes", "affiché en vert"))
    found, play = mixed(tmp_path, script)
    assert [prompt.kind for prompt in script.prompts] == ["step", "question"]
    assert "PINSON LEONIE" in script.prompts[0].sheet.gestures[0].fr  # the program's record 42, called by its name
    assert [(row.label.fr, row.value.fr) for row in script.prompts[1].compare] == [("Retour d'INSi", "00")]
    assert found["search/call"].verdict is Verdict.PASS
    assert (found["search/told"].verdict, found["search/told"].attested) == (Verdict.MANUAL, True)
    assert play.software.asked[0].action == "reset"


def test_without_a_person_it_stays_untested() -> None:
    software = FakeSoftware(
        reset=lambda body: None, patient_create=lambda body: {"ok": True, "result": {"patient": "1"}}
    )
    found = {c.id: c.verdict for c in Play(software).run(steps(SEARCH.replace(", WITHIN", ""))).checks}
    assert found["search/possible"] is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("answer", "verdict", "attested"),
    [(says("no", "écran vide"), Verdict.FAIL, False), (says("skip"), Verdict.MANUAL, False)],
)
def test_no_and_unable_to_say_are_never_a_pass(tmp_path: Path, answer: Any, verdict: Verdict, attested: bool) -> None:
    found, _ = mixed(tmp_path, Script(says("done"), answer))
    assert (found["search/told"].verdict, found["search/told"].attested) == (verdict, attested)


def test_a_delay_counts_from_the_mark(tmp_path: Path) -> None:
    found, _ = mixed(tmp_path, Script(says("done"), says("yes")), within="3")
    assert found["search/call"].verdict is Verdict.INCONCLUSIVE
    assert "je viens de valider" in found["search/call"].message.fr

    def marks(desk: Desk, prompt: Prompt) -> None:
        desk.clock = lambda: 1_789_999_990.0  # the exchange of the fake bench comes ten seconds later
        desk.mark()
        desk.answer(Answer("done"))

    late = tmp_path / "late"
    late.mkdir()
    found, _ = mixed(late, Script(marks, says("yes")), within="3")
    assert found["search/call"].verdict is Verdict.FAIL


def test_the_time_of_a_person_is_no_timeout(tmp_path: Path) -> None:
    ticks = iter(range(0, 100_000, 1000))
    drive = GuidedDrive(
        Unattended(), Desk(tmp_path), Script(says("done")), Speaker(tmp_path), lambda: float(next(ticks))
    )
    reply = drive.act(Request("patient.get", {"patient": "x"}, place=PLACE))
    assert (reply.ok, reply.by_person, drive.waited) == (True, True, 1000.0)
    with pytest.raises(NotOffered):
        drive.act(Request("settle"))


def test_nothing_exported_is_no_proof_that_nothing_leaks(tmp_path: Path) -> None:
    wanted = steps(
        """
steps:
  - id: export
    type: evidence
    text: t
    do: {action: identity.export, with: {patient: p, format: adt}}
    expect:
      - {id: none, text: aucun INS ne sort, absence: {ins: "285055503991010"}}
"""
    )

    def gives(desk: Desk, prompt: Prompt) -> None:
        desk.made("sortie.hl7", b"PID|1||285055503991010^^^INS")
        desk.answer(Answer("done"))

    def run(name: str, *answers: Callable[[Desk, Prompt], None]) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        play = Play(FakeSoftware())
        runner = play.runner()
        runner.drive = GuidedDrive(Unattended(), Desk(folder), Script(says("done"), *answers), Speaker(folder))
        return {check.id: check for check in runner.run(wanted).checks}

    asked = run("without", says("done"), says("yes", "rien à l'écran"))
    assert (asked["export/none"].verdict, asked["export/none"].attested) == (Verdict.MANUAL, True)
    assert run("with", gives)["export/none"].verdict is Verdict.FAIL


def test_a_reply_of_a_person_is_json_both_ways() -> None:
    for reply in (Reply(True, by_person=True, marks=(1.0,)), Reply(False, error={"message": "x"}, by_person=True)):
        assert Reply.of(reply.stored()) == reply
    assert "result" not in Reply(True, by_person=True).stored()


@pytest.mark.parametrize(("answer", "failures"), [("yes", "0"), ("skip", "1")])
def test_what_a_person_attested_fails_no_build(tmp_path: Path, answer: str, failures: str) -> None:
    wanted = steps("steps: [{id: s, type: validation, text: t, expect: [{id: e, text: t, attest: {question: ok}}]}]")
    play = Play(FakeSoftware(reset=lambda body: None))
    runner = play.runner()
    script, desk = Script(says("done"), says(answer, by="Zoé")), Desk(tmp_path, clock=lambda: 1_790_000_000.0)
    runner.drive = GuidedDrive(play.software, desk, script, Speaker(tmp_path))
    result = runner.run(wanted)
    assert f'failures="{failures}"' in junit.document([result], "en")
    (told_,) = [c for c in json_report._scenario(result, "en")["checks"] if c["id"] == "s/e"]
    assert told_["attested"] is (answer == "yes")
    day = datetime.fromtimestamp(1_790_000_000, UTC).astimezone().strftime("%d/%m/%Y")
    page = html.document(RunFinished("r", [result]), RunStarted("r", 1, suite={"version": "0", "rules": "0"}), "fr")
    summary = markdown.document([result], "fr")
    for report in (page, summary):
        assert (f"attesté par Zoé le {day}" in report) is (answer == "yes")
        assert ("à attester" in report) is (answer == "skip")
