"""Proof of the checks: what a matrix says, how its page is renewed, how it goes on, one small matrix run for real."""

from __future__ import annotations

import time

import pytest

from harness.client import BenchClient
from harness.drive.reference.defects import Defect
from harness.home import Home
from harness.prove import Cell, Kept, Proof, page, prove, renewed
from harness.prove import matrix as matrix_
from harness.scenario.launch import bench_of
from harness.scenario.loader import library

KNOWN = {
    name: Defect(name, f"{name} fr", f"{name} en", scenarios)
    for name, scenarios in {"a": ("X.A.01",), "b": ("X.A.01", "X.A.02"), "c": ("X.B.01",)}.items()
}
HONEST = (
    Cell("", "X.A.01", held=("s/one", "s/two")),
    Cell("", "X.A.02", held=("s/one",)),
    Cell("", "X.B.01", held=("s/one",)),
)


def matrix(*cells: Cell) -> Proof:
    return Proof(("X.A.01", "X.A.02", "X.B.01"), ("a", "b", "c"), (*HONEST, *cells), KNOWN)


def broken(defect: str, scenario: str, *checks: str) -> Cell:
    return Cell(defect, scenario, tripped=checks, fails=True)


def test_a_whole_matrix_holds() -> None:
    proof = matrix(
        broken("a", "X.A.01", "s/one"),
        broken("b", "X.A.01", "s/two"),
        broken("b", "X.A.02", "s/one"),
        broken("c", "X.B.01", "s/one"),
    )
    assert proof.holds
    assert proof.killers[("X.A.01", "s/one")] == ["a"]


def test_what_is_wrong_is_named() -> None:
    proof = matrix(broken("a", "X.A.02", "s/one"), Cell("c", "X.B.01", fails=True))
    assert proof.missed == {"a": ["X.A.01"], "b": ["X.A.01", "X.A.02"]}
    assert proof.strayed == {"a": ["X.A.02"]}
    assert proof.untripped == ["X.A.01 s/one", "X.A.01 s/two", "X.B.01 s/one"]
    assert not proof.holds
    assert matrix(Cell("", "X.A.01", tripped=("s/two",))).sound == ["X.A.01 s/two"]


def test_one_defect_proves_the_runners_own_check_for_its_domain() -> None:
    answers = tuple(Cell("", scenario, held=("s/answer",)) for scenario in ("X.A.01", "X.A.02", "X.B.01"))
    proof = Proof(("X.A.01", "X.A.02", "X.B.01"), ("a",), (*answers, broken("a", "X.A.01", "s/answer")), KNOWN)
    assert proof.untripped == ["X.B.01 s/answer"]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_page_keeps_the_domains_that_were_not_proved(lang) -> None:
    whole = page(matrix(broken("c", "X.B.01", "s/one")), lang)
    later = matrix(broken("a", "X.A.01", "s/one", "s/two")).of("X.A")
    again = renewed(whole, later, lang)
    before, after = whole.partition("## X.B")[2], again.partition("## X.B")[2]
    assert before == after
    assert "| X.A.01 `s/two` |  |" in whole
    assert "| X.A.01 `s/two` | `a` |" in again
    assert renewed("", later, lang) == page(later, lang)


def test_an_interrupted_matrix_goes_on_unless_something_changed(tmp_path) -> None:
    path, cell = tmp_path / "prove.jsonl", Cell("a", "X.A.01", held=("s/one",), reached=("a", "b"))
    kept = Kept(path, "1")
    kept.add(cell)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"defect": "cut by a ki')
    assert Kept(path, "1").cells == {cell.key: cell}
    assert Kept(path, "2").cells == {}
    kept.finished()
    assert not path.exists()


def test_a_defect_is_tried_where_its_place_is_reached_and_only_there(tmp_path, new_home) -> None:
    scenarios = library(only=["H.INS.08", "H.INS.11"]).scenarios
    kept = Kept(tmp_path / "prove.jsonl", "")
    with bench_of(Home.at(new_home()), "en") as client:
        proof = prove(client, [*scenarios.values()], kept, names=["no-first-name-alert"], workers=1)
    tried = [cell for cell in proof.cells if cell.defect]
    assert [(cell.scenario, cell.tripped) for cell in tried] == [("H.INS.08", ("search/alerted",))]
    assert proof.sound == []
    assert (proof.missed, proof.strayed) == ({}, {})
    assert len(kept.cells) == 1 + sum(len(s.variants) for s in scenarios.values())


def test_what_every_session_feels_runs_alone(tmp_path, monkeypatch) -> None:
    running: list[str] = []
    beside: dict[str, set[str]] = {}

    def fill(seat: matrix_.Seat, job: matrix_.Job) -> Cell:
        running.append(job.scenario.id)
        time.sleep(0.005)
        beside.setdefault(job.scenario.id, set()).update(running)
        running.remove(job.scenario.id)
        return Cell(job.defect, job.scenario.id, variant=job.name)

    monkeypatch.setattr(matrix_.Seat, "fill", fill)
    scenarios = library(only=["H.MSS.01", "H.MSS.09", "H.MSS.12"]).scenarios.values()
    kept = Kept(tmp_path / "prove.jsonl", "")
    prove(BenchClient("http://localhost"), [*scenarios], kept, workers=2)
    assert len(kept.cells) == sum(len(s.variants) for s in scenarios)
    assert beside["H.MSS.01"] == {"H.MSS.01"}
