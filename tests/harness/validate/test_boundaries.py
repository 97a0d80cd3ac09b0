"""What a user points ``segur validate`` and ``segur rulepacks`` at by mistake, or through a pipe."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.lang import reason
from harness.validate import engine
from harness.validate.sources import Unreadable, find
from norms.texts import table
from tests.norms.cda.sample import INS, LEVEL_1, edited

run = CliRunner()


def _segur(*words: object, given: bytes = b"") -> Result:
    return run.invoke(app, [str(word) for word in words], input=given, env={"SEGUR_LANG": "fr"})


def test_a_document_or_an_archive_comes_through_standard_input(tmp_path: Path) -> None:
    assert _segur("validate", "-", given=LEVEL_1.encode()).exit_code == 0
    assert _segur("validate", "-", given=b"").exit_code == 1
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as held:
        held.writestr("lettre.xml", LEVEL_1)
    said = _segur("validate", "-", "--format", "json", given=archive.read_bytes())
    assert [row["file"] for row in json.loads(said.stdout)] == ["-!lettre.xml"]


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "gros.xml"
    file.write_text(LEVEL_1, encoding="utf-8")
    monkeypatch.setattr(engine, "LIMIT", 100)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read"))
    (source,) = find([file])
    result = engine.judge(source, engine.Options())
    assert (result.verdict, [f.rule for f in result.findings]) == ("fail", ["CDA-PRE-06"])
    assert str(file.stat().st_size) in result.findings[0].message("fr")


def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refused)
    assert [(s.reason, s.name) for s in find([tmp_path]) if isinstance(s, Unreadable)] == [
        ("unreadable", str(tmp_path))
    ]


def test_what_the_system_refuses_is_told_in_our_words() -> None:
    said = table("harness", "fr")["reason"]
    assert reason(FileNotFoundError(2, "No such file")) in (said["ENOENT"], table("harness", "en")["reason"]["ENOENT"])
    assert reason(OSError(9999, "odd")) == "odd"


def test_a_copy_that_cannot_be_made_leaves_nothing_and_one_that_holds_rubbish_is_told(tmp_path: Path) -> None:
    copy, home = tmp_path / "copie", tmp_path / "home"
    copy.mkdir()
    (copy / "JDV_a.xml").write_text('<ValueSet id="1.2"><Concept', encoding="utf-8")
    (copy / "JDV_b.xml").write_text("<html/>", encoding="utf-8")
    said = _segur("rulepacks", "import", copy, "--name", "nos", "--home", home)
    assert said.exit_code == 0
    assert "JDV_a.xml" in said.stderr
    assert "JDV_b.xml" in said.stderr
    try:
        (copy / "JDV_c.xml").symlink_to(tmp_path / "absent")
    except OSError:
        pytest.skip("no symbolic links here")
    refused = _segur("rulepacks", "import", copy, "--name", "autre", "--home", home)
    assert refused.exit_code == 2
    assert "JDV_c.xml" in refused.stderr
    assert [one.name for one in (home / "rulepacks").iterdir()] == ["nos"]


def test_sarif_rules_show_no_placeholder(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(edited((INS, "12345")))
    log = json.loads(_segur("validate", file, "--format", "sarif", "--info").stdout)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules
    assert all("{" not in rule["shortDescription"]["text"] + rule["help"]["text"] for rule in rules)
