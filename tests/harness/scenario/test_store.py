"""A run's folder: which one is the last, which one is to be resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenario.store import FINISHED, NoRun, Store


def test_the_newest_of_two_runs_of_one_second_is_the_last_begun(tmp_path: Path) -> None:
    begun = [Store.new(tmp_path, {"scenarios": []}) for _ in range(4)]
    assert Store.newest(tmp_path) == begun[-1]


def test_without_an_id_the_last_unfinished_run_is_found(tmp_path: Path) -> None:
    with pytest.raises(NoRun):
        Store.find(tmp_path)
    left, done = Store.new(tmp_path, {}), Store.new(tmp_path, {})
    done.note(state=FINISHED)
    assert Store.find(tmp_path) == left
    left.note(state=FINISHED)
    assert Store.find(tmp_path) == done
    assert Store.find(tmp_path, left.run) == left
