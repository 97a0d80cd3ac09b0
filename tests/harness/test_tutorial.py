"""The tutorial's shell software, on the bench: a second end that shares no code with the mocks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.bench import Bench
from harness.cli.run import app

TOOLS = ("sh", "curl", "jq", "xmllint", "openssl")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
HERE = Path(__file__).resolve().parents[2] / "docs" / "tutorial"

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def run(folder: Path, bench: Bench) -> tuple[int, dict[str, object]]:
    report = folder / "r.json"
    words = ["H.INS.01", "--sut", str(folder / "sut.toml"), "--json", str(report)]
    ran = CliRunner().invoke(app, [*words, "--home", str(bench.options.home.root), "-q"])
    assert report.exists(), ran.output
    return ran.exit_code, json.loads(report.read_text(encoding="utf-8"))["scenarios"][0]


def test_the_shell_software_passes(live_bench: Bench, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE, tmp_path / "t"))
    code, scenario = run(folder, live_bench)
    assert (code, scenario["verdict"]) == (0, "pass"), scenario


def test_its_first_break_is_explained(live_bench: Bench, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE, tmp_path / "t"))
    script = folder / "lps.sh"
    script.write_text(
        script.read_text(encoding="utf-8").replace("read_xml ListePrenom", "read_xml Prenom"), encoding="utf-8"
    )
    code, scenario = run(folder, live_bench)
    assert (code, scenario["verdict"]) == (1, "fail")
    assert any("given_names" in c["message"] for c in scenario["checks"] if c["verdict"] == "fail")
