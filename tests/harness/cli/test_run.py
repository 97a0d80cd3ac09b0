"""``segur run``, ``scenarios`` and ``sut`` as a user types them: exit codes, messages, files."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import uvicorn
import yaml
from typer.testing import CliRunner, Result

from harness.bench import Bench
from harness.cli.common import BENCH_ERROR, FAILED, PASSED, USAGE
from harness.cli.run import app as run_app
from harness.cli.scenarios import app as scenarios_app
from harness.cli.sut import app as sut_app
from harness.drive.open import insi_settings
from harness.drive.reference.app import build
from harness.drive.reference.config import read
from harness.drive.reference.software import Software
from harness.scenario.store import Store

cli = CliRunner()


@pytest.fixture(scope="module")
def sut(live_bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The reference software served in this process, as a user's own software behind an http drive."""
    status = live_bench.status()
    config = {
        "insi": insi_settings("ps", status, status["endpoints"]),
        "professionals": [{"id": "dr-romarin", "national_id": "899700900014", "sector": "SA07"}],
    }
    server = uvicorn.Server(uvicorn.Config(build(Software(read(config))), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    path = tmp_path_factory.mktemp("sut") / "sut.toml"
    path.write_text(
        f'schema = 1\n[sut]\nproduct = "LGC"\n[drive]\nkind = "http"\nurl = "http://127.0.0.1:{port}"\n'
        '[auth]\ninsi = "ps"\n',
        encoding="utf-8",
    )
    yield str(path)
    server.should_exit = True
    thread.join(timeout=10)


def segur_run(bench: Bench, *words: str) -> Result:
    """``segur run`` on a bench that is up."""
    return cli.invoke(run_app, [*words, "--home", str(bench.options.home.root), "-q"])


def test_passing_and_failing(live_bench: Bench, sut: str, tmp_path: Path) -> None:
    report, junit = tmp_path / "r.json", tmp_path / "r.xml"
    files = ["--json", str(report), "--junit", str(junit)]
    asked = segur_run(live_bench, "H.INS.01", "H.INS.08", "--sut", sut, *files)
    assert asked.exit_code == PASSED, asked.output
    found = json.loads(report.read_text(encoding="utf-8"))
    assert [(row["id"], row["verdict"]) for row in found["scenarios"]] == [("H.INS.01", "pass"), ("H.INS.08", "pass")]
    assert found["suite"]["rules"]
    assert ET.parse(junit).getroot().get("failures") == "0"
    assert "✓ H.INS.01" in asked.output

    defect = ["--sut", "reference", "--defect", "no-first-name-alert", "--json", str(report)]
    broken = segur_run(live_bench, "H.INS.01", "H.INS.08", *defect)
    assert broken.exit_code == FAILED
    assert "✗ H.INS.08" in broken.output
    assert "✓ H.INS.01" in broken.output
    assert "INS/va1.51" in broken.output

    only = segur_run(live_bench, "--only-failed", "--sut", sut)
    assert only.exit_code == PASSED  # the software without its defect
    assert "H.INS.08" in only.output
    assert "H.INS.01" not in only.output


def test_known_failures_do_not_fail(live_bench: Bench, sut: str, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    path = tmp_path / "wrong.yaml"
    cli.invoke(scenarios_app, ["new", "MES.INS.01", "--out", str(tmp_path)])
    text = (tmp_path / "MES.INS.01.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("MES.INS.01", "MES.INS.02").replace("recuperee", "validee"), encoding="utf-8")
    words = ["MES.INS.02", "--scenarios", str(path), "--sut", sut]
    assert segur_run(live_bench, *words, "--json", str(report)).exit_code == FAILED
    assert segur_run(live_bench, *words, "--baseline", str(report)).exit_code == PASSED


def test_a_manual_part_fails_unless_allowed(live_bench: Bench, sut: str) -> None:
    assert segur_run(live_bench, "H.INS.03", "--sut", sut).exit_code == FAILED
    assert segur_run(live_bench, "H.INS.03", "--sut", sut, "--allow-manual").exit_code == PASSED


def test_resuming_runs_what_is_left(live_bench: Bench, sut: str) -> None:
    assert segur_run(live_bench, "H.INS.01", "H.INS.08", "--sut", sut).exit_code == PASSED
    store = Store.newest(live_bench.options.home.runs)
    (store.folder / "scenarios" / "H.INS.08.json").unlink()  # as a kill would leave it
    before = (store.folder / "scenarios" / "H.INS.01.json").read_bytes()
    left = segur_run(live_bench, "--only-failed", "--sut", "nowhere.toml")
    assert "nowhere.toml" in left.output  # what was not reached did not pass
    again = segur_run(live_bench, "--resume", store.run)
    assert again.exit_code == PASSED, again.output
    assert Store(store.folder).result("H.INS.08")
    assert (store.folder / "scenarios" / "H.INS.01.json").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["H.INX"], "H.INX"),
        (["--sut", "none.toml"], "none.toml"),
        (["--defect", "no-first-name-alart"], "no-first-name-alert"),
        (["--baseline", "none.json"], "none.json"),
        (["--scenarios", "nowhere"], "nowhere"),
        (["--resume", "never"], "never"),
        (["H.INS.01", "--product", "PFI", "--sut", "reference", "H.INS.0"], "H.INS.0"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(words: list[str], says: str, tmp_path: Path) -> None:
    asked = cli.invoke(run_app, [*words, "--home", str(tmp_path)])
    assert asked.exit_code == USAGE, asked.output
    assert says in asked.output
    assert "Traceback" not in asked.output


def test_a_software_that_does_not_answer(live_bench: Bench, tmp_path: Path, free_port: int) -> None:
    path = tmp_path / "sut.toml"
    path.write_text(
        f'schema = 1\n[drive]\nkind = "http"\nurl = "http://127.0.0.1:{free_port}"\n[bind]\nclient_id = "x"\n',
        encoding="utf-8",
    )
    before = Store.newest(live_bench.options.home.runs)
    asked = segur_run(live_bench, "H.INS.01", "--sut", str(path))
    assert asked.exit_code == USAGE
    assert str(free_port) in asked.output
    assert Store.newest(live_bench.options.home.runs) == before  # no run that never began is left to be resumed


def test_a_defect_is_for_the_reference_whatever_the_folder_describes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sut.toml").write_text('schema = 1\n[drive]\nkind = "guided"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = ["H.INX.01", "--defect", "no-first-name-alert", "--home", str(tmp_path)]
    asked = cli.invoke(run_app, words)
    assert "H.INS.01" in asked.output  # the near name: the defect was accepted
    assert "segur scenarios list" in asked.output
    assert "--sut" in cli.invoke(run_app, [*words, "--sut", "sut.toml"]).output


def test_ones_own_scenario_runs_beside_ours(live_bench: Bench, sut: str, tmp_path: Path) -> None:
    made = cli.invoke(scenarios_app, ["new", "MES.INS.01", "--out", str(tmp_path)])
    assert made.exit_code == PASSED, made.output
    path = tmp_path / "MES.INS.01.yaml"
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["id"] == "MES.INS.01"
    assert cli.invoke(scenarios_app, ["check", str(tmp_path)]).exit_code == PASSED
    asked = segur_run(live_bench, "MES", "--scenarios", str(tmp_path), "--sut", sut)
    assert asked.exit_code == PASSED, asked.output
    defect = ["--sut", "reference", "--defect", "matricule-without-nature"]
    broken = segur_run(live_bench, "MES.INS.01", "--scenarios", str(tmp_path), *defect)
    assert broken.exit_code == FAILED, broken.output
    assert cli.invoke(scenarios_app, ["new", "MES.INS.01", "--out", str(tmp_path)]).exit_code == USAGE


def test_a_mistake_in_a_file_is_said_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    cli.invoke(scenarios_app, ["new", "MES.INS.01", "--out", str(tmp_path)])
    text = (tmp_path / "MES.INS.01.yaml").read_text(encoding="utf-8").replace("MES.INS.01", "MES.INS.02")
    path.write_text(text.replace("action: ins.search", "action: ins.serch"), encoding="utf-8")
    checked = cli.invoke(scenarios_app, ["check", str(path), "--json"])
    assert checked.exit_code == FAILED
    (problem,) = json.loads(checked.stdout)["problems"]
    assert (problem["code"], problem["line"]) == ("choice", 22)
    assert "ins.search" in problem["message"]


def test_listing_and_showing() -> None:
    listed = cli.invoke(scenarios_app, ["list", "H.INS", "--json"])
    rows = json.loads(listed.stdout)["scenarios"]
    assert len(rows) >= 16
    shown = cli.invoke(scenarios_app, ["show", "H.INS.09"])
    assert shown.exit_code == PASSED
    assert "INS/va1.08" in shown.stdout
    document = json.loads(cli.invoke(scenarios_app, ["show", "H.INS.09", "--json"]).stdout)["scenarios"][0]
    assert [step["id"] for step in document["steps"]][:2] == ["login", "take-over"]
    assert cli.invoke(scenarios_app, ["show", "H.NONE"]).exit_code == USAGE


def test_describing_a_software(tmp_path: Path) -> None:
    path = tmp_path / "sut.toml"
    words = ["init", "--name", 'Mon "LGC"', "--product", "lgc", "--kind", "command", "--argv", "sh", "--argv", "d.sh"]
    made = cli.invoke(sut_app, [*words, "--cert", "insi-manu", "--yes", "--out", str(path)])
    assert made.exit_code == PASSED, made.output
    checked = cli.invoke(sut_app, ["check", str(path), "--json"])
    assert json.loads(checked.stdout)["sut"]["name"] == 'Mon "LGC"'
    assert cli.invoke(sut_app, ["init", "--out", str(path), "--yes"]).exit_code == USAGE  # not over a file
    path.write_text(path.read_text(encoding="utf-8").replace("argv", "arg"), encoding="utf-8")
    wrong = cli.invoke(sut_app, ["check", str(path)])
    assert wrong.exit_code == USAGE
    assert f"{path}:" in wrong.output
    assert cli.invoke(sut_app, ["init", "--product", "XYZ", "--yes", "--out", str(tmp_path / "x")]).exit_code == USAGE
    assert BENCH_ERROR == 3
