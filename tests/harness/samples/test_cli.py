"""``segur samples`` and ``segur render`` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.render import app as render
from harness.cli.samples import app as samples
from harness.samples.__main__ import main

runner = CliRunner()


def test_list_filters() -> None:
    result = runner.invoke(samples, ["list", "BIO", "--valid", "--json"])
    rows = json.loads(result.stdout)["samples"]
    assert {row["volet"] for row in rows} == {"BIO-CR-BIO"}
    assert {row["kind"] for row in rows} == {"valid"}
    assert "ins-key" in runner.invoke(samples, ["list", "--faulty"]).stdout


def test_show_prints_the_document_or_its_record() -> None:
    assert runner.invoke(samples, ["show", "vsm_2023.01"]).stdout.startswith("<?xml")
    assert "SYNTH" in runner.invoke(samples, ["show", "VSM_2023.01", "--about"]).stdout
    assert json.loads(runner.invoke(samples, ["show", "ins-key", "--json"]).stdout)["rule"] == "CDA-PAT-03"


def test_an_unknown_id_is_told_with_close_ones() -> None:
    result = runner.invoke(samples, ["show", "VSM_2023.02"])
    assert result.exit_code == 2
    assert "VSM_2023.01" in result.stderr


def test_export_copies(tmp_path: Path) -> None:
    assert runner.invoke(samples, ["export", str(tmp_path), "VSM_2023.01", "ins-key"]).exit_code == 0
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.xml")) == [
        "faulty/ins-key.xml", "valid/VSM_2023.01.xml",
    ]  # fmt: skip
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert runner.invoke(samples, ["export", str(blocked / "x"), "VSM_2023.01"]).exit_code == 2


def test_render_writes_a_page(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    assert runner.invoke(render, ["VSM_2023.01", "-o", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "<h1>" in runner.invoke(render, ["VSM_2023.01"]).stdout


def test_render_tells_what_it_cannot_read(tmp_path: Path) -> None:
    other = tmp_path / "x.xml"
    other.write_text("<a/>")
    for argument in (str(other), str(tmp_path / "absent.xml"), "nope"):
        result = runner.invoke(render, [argument])
        assert result.exit_code == 2
        assert result.stderr.strip()


@pytest.mark.parametrize("arguments", [[], ["list"], ["build", "a", "b"]])
def test_the_generator_knows_one_command(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_a_beginning_is_enough_to_be_told_the_rest() -> None:
    result = runner.invoke(samples, ["show", "vsm"])
    assert result.exit_code == 2
    assert "VSM_2023.01" in result.stderr
