"""``segur demo`` asks ``segur run`` for the reference software and every report, whatever options run has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import demo, run


@pytest.mark.parametrize("code", [0, 1, 3])
def test_demo_is_a_run_with_its_reports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int) -> None:
    seen: dict[str, Any] = {}

    def instead(asked: Any, place: Any, store: Any, writers: Any, guide: Any) -> Any:
        seen.update(asked=asked, guide=guide, writers=writers)
        return "finished"

    monkeypatch.setattr(run, "_run", instead)
    monkeypatch.setattr(run, "_code", lambda *_, **__: code)
    answer = CliRunner().invoke(demo.app, ["--out", str(tmp_path / "out"), "--home", str(tmp_path / "home")])
    assert answer.exit_code == code
    assert seen["asked"].sut == "reference"
    assert seen["guide"] is False
    assert len(seen["writers"]) == 5
