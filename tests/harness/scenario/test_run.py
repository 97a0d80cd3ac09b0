"""A whole run: order, what is kept at once, what a resume does, how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.scenario.choose import why_not
from harness.scenario.events import RunFinished, RunStarted, ScenarioFinished
from harness.scenario.model import Scenario
from harness.scenario.result import ScenarioResult, totals
from harness.scenario.run import execute
from harness.scenario.store import FINISHED, RUNNING, STOPPED, NoRun, Store
from harness.scenario.verdict import Verdict, overall
from tests.scenario_kit import HEAD, FakeBench, FakeSoftware, Play, scenario


def numbered(number: int, steps: str = "") -> Scenario:
    """A scenario of one call."""
    steps = steps or (
        "steps:\n  - id: s\n    type: transaction\n    text: t\n    do: {action: ins.search}\n"
        "    expect: [{id: call, text: t, exchange: {service: insi, count: 1}}]\n"
    )
    return scenario(HEAD.replace("T.INS.01", f"T.INS.{number:02}") + steps)


class Runs:
    """Runs of three scenarios on fakes; ``broken`` tells what the nth call does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bench, self.calls = folder, FakeBench(), 0
        self.broken: dict[int, BaseException | str] = {}
        self.scenarios = [numbered(n) for n in (1, 2, 3)]
        self.events: list[Any] = []

    def software(self) -> FakeSoftware:
        def search(body: Mapping[str, Any]) -> None:
            self.calls += 1
            what = self.broken.get(self.calls)
            if isinstance(what, BaseException):
                raise what
            if what == "silent":
                return
            if what == "bench":
                self.bench.fail = "killed"
            else:
                self.bench.add(request_body=b"\x00raw", findings=[])

        return FakeSoftware(ins_search=search, settle=lambda body: None, reset=lambda body: None)

    def go(self, store: Store) -> RunFinished:
        runner = Play(self.software(), self.bench).runner()
        return execute(self.scenarios, runner, store, self.events.append)

    def new(self) -> Store:
        return Store.new(self.folder, {"scenarios": [s.id for s in self.scenarios], "asked": {}})


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def test_each_result_is_kept_with_its_traffic(runs: Runs) -> None:
    store = runs.new()
    finished = runs.go(store)
    assert [result.verdict for result in finished.results] == [Verdict.PASS] * 3
    assert [result.id for result in store.results()] == ["T.INS.01", "T.INS.02", "T.INS.03"]
    (exchange,) = store.traffic("T.INS.02")
    assert exchange.body("request") == b"\x00raw"
    assert store.asked()["state"] == FINISHED
    assert finished.folder == str(store.folder)
    assert isinstance(runs.events[0], RunStarted)
    assert isinstance(runs.events[-1], RunFinished)


def test_a_result_reads_back_the_same(runs: Runs) -> None:
    store = runs.new()
    runs.broken = {2: "silent"}
    finished = runs.go(store)
    for result in finished.results:
        assert ScenarioResult.of(json.loads(json.dumps(result.stored()))).stored() == result.stored()


def test_ctrl_c_leaves_what_was_done_and_the_rest_can_be_resumed(runs: Runs) -> None:
    store = runs.new()
    runs.broken = {2: KeyboardInterrupt()}
    finished = runs.go(store)
    assert finished.interrupted
    assert f"--resume {store.run}" in finished.stopped.en
    assert [result.id for result in finished.results] == ["T.INS.01"]
    assert store.asked()["state"] == STOPPED

    assert Store.find(runs.folder).run == store.run
    again = runs.go(Store.find(runs.folder))
    assert [result.verdict for result in again.results] == [Verdict.PASS] * 3
    assert runs.calls == 4  # the first was not run again
    kept = [event.kept for event in runs.events if isinstance(event, ScenarioFinished)]
    assert kept == [False, True, False, False]


def test_a_killed_bench_is_an_error_and_stops_the_run(runs: Runs) -> None:
    store = runs.new()
    runs.broken = {2: "bench"}
    finished = runs.go(store)
    assert [result.verdict for result in finished.results] == [Verdict.PASS, Verdict.ERROR]
    assert "The bench failed, not the software" in finished.results[1].reason.en
    assert finished.stopped
    assert not finished.interrupted

    runs.bench.fail = ""
    again = runs.go(store)
    assert [result.verdict for result in again.results] == [Verdict.PASS] * 3


def test_a_process_killed_between_two_results_loses_nothing(runs: Runs) -> None:
    store = runs.new()
    runs.broken = {3: SystemExit(9)}
    with pytest.raises(SystemExit):
        runs.go(store)
    assert store.asked()["state"] == RUNNING
    (store.folder / "scenarios" / "T.INS.02.json").write_text('{"schema": 1, "id', encoding="utf-8")  # cut by the kill
    again = runs.go(Store.find(runs.folder))
    assert [result.id for result in again.results] == ["T.INS.01", "T.INS.02", "T.INS.03"]
    assert runs.calls == 5


def test_a_fault_of_the_runner_costs_one_scenario(runs: Runs) -> None:
    store = runs.new()
    runs.broken = {2: ValueError("bug")}
    finished = runs.go(store)
    assert [result.verdict for result in finished.results] == [Verdict.PASS, Verdict.ERROR, Verdict.PASS]
    assert "ValueError: bug" in finished.results[1].reason.en
    assert "Traceback" in (store.folder / "crash-T.INS.02.txt").read_text(encoding="utf-8")


def test_finding_a_run(tmp_path: Path) -> None:
    with pytest.raises(NoRun):
        Store.find(tmp_path)
    done, open_ = Store.new(tmp_path, {}), Store.new(tmp_path, {})
    done.note(state=FINISHED)
    assert Store.find(tmp_path).run == open_.run
    assert Store.find(tmp_path, done.run[:-1]).run == done.run
    with pytest.raises(NoRun):
        Store.find(tmp_path, "nothing")


def test_the_heaviest_verdict_decides() -> None:
    p, f, i, m = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.MANUAL
    assert overall([p, m, i, f]) is f
    assert overall([p, m, i]) is i
    assert overall([p, m]) is m
    assert overall([p, Verdict.NOT_APPLICABLE]) is p
    assert overall([p, Verdict.ERROR, f]) is Verdict.ERROR
    assert overall([]) is i


def test_totals_name_every_verdict(runs: Runs) -> None:
    assert totals(runs.go(runs.new()).results) == {
        "pass": 3,
        "fail": 0,
        "inconclusive": 0,
        "manual": 0,
        "not_applicable": 0,
        "error": 0,
    }


@pytest.mark.parametrize(
    ("about", "concerned"),
    [
        ({}, True),
        ({"product": "LGC"}, True),
        ({"product": "PFI"}, False),
        ({"wave": 1}, True),
        ({"wave": 2}, True),
        ({"addresses": ["insi_ps"]}, True),
    ],
)
def test_who_is_concerned(about: dict[str, Any], concerned: bool) -> None:
    assert bool(why_not(numbered(1), **about)) is not concerned


def test_later_waves_profiles_and_missing_addresses_are_left_out() -> None:
    text = HEAD.replace("waves: [1]", "waves: [2]\nprofiles: [Centres de santé]\nneeds: [insi_tlsm]")
    wanted = scenario(text + "steps: [{id: s, type: information, text: t}]\n")
    assert "wave 1" in why_not(wanted, wave=1).en
    assert "Centres de santé" in why_not(wanted, wave=2).en
    profiles = ["Centres de santé"]
    assert "insi_tlsm" in why_not(wanted, wave=2, profiles=profiles, addresses=["insi_ps"]).en
    assert not why_not(wanted, wave=2, profiles=profiles, addresses=["insi_tlsm"])


def test_ctrl_c_while_a_report_is_written_is_no_different(runs: Runs) -> None:
    store = runs.new()

    def emit(event: Any) -> None:
        runs.events.append(event)
        if isinstance(event, ScenarioFinished):
            raise KeyboardInterrupt

    finished = execute(runs.scenarios, Play(runs.software(), runs.bench).runner(), store, emit)
    assert finished.interrupted
    assert [result.id for result in finished.results] == ["T.INS.01"]
    assert isinstance(runs.events[-1], RunFinished)
