"""``segur validate`` on messages and archives, alone or in a folder; messages submitted to the bench."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.validate.engine import Options
from harness.validate.mail import judge, submitted
from harness.validation import judge as judge_exchange
from norms import xdm
from norms.finding import restored
from norms.xdm.write import metadata
from tests.mail_kit import N1, N3, SENDER, THREE, TO, archive, good, sample
from tests.norms.cda.sample import INS, edited


def _segur(*words: object) -> Result:
    return CliRunner().invoke(app, ["validate", *map(str, words)], env={"SEGUR_LANG": "fr"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good message, a bad one, an archive, a document, something else."""
    (tmp_path / "bon.eml").write_bytes(good(*THREE))
    (tmp_path / "mauvais.eml").write_bytes(good(N1, ins="N"))
    (tmp_path / "IHE_XDM.ZIP").write_bytes(xdm.write(archive([sample(N3), sample(N1)])))
    (tmp_path / "doc.xml").write_bytes(sample(N1))
    (tmp_path / "notes.txt").write_bytes(b"x")
    return tmp_path


def test_a_mixed_folder_gives_one_result_by_thing(folder: Path) -> None:
    answer = _segur(folder, "--format", "json")
    rows = {Path(row["file"]).name: row for row in json.loads(answer.stdout)}
    assert {name: (row["kind"], row["verdict"]) for name, row in rows.items()} == {
        "IHE_XDM.ZIP": ("xdm", "pass"), "bon.eml": ("mail", "pass"), "doc.xml": ("cda", "pass"),
        "mauvais.eml": ("mail", "fail"),
    }  # fmt: skip
    assert answer.exit_code == 1
    assert [one["code"] for one in rows["bon.eml"]["document"]["documents"]] == ["11488-4", "11502-2", "18748-4"]
    (fault,) = [one for one in rows["mauvais.eml"]["findings"] if one["severity"] == "error"]
    assert (fault["rule"], fault["path"]) == ("MAIL-XMSS-08", "mauvais.eml › X-MSS-INS")


def test_places_go_through_the_message_and_the_archive(tmp_path: Path) -> None:
    broken = edited((INS, "12345"))
    (tmp_path / "m.eml").write_bytes(good(N1, archive=xdm.write(archive([broken]))))
    said = _segur(tmp_path / "m.eml").stdout
    assert "m.eml › IHE_XDM.zip › IHE_XDM/SUBSET01/DOC0001.XML › recordTarget/patientRole/id/@extension" in said
    assert "MSSanté (" in said
    sarif = json.loads(_segur(tmp_path / "m.eml", "--format", "sarif").stdout)
    inner = [one for one in sarif["runs"][0]["results"] if one["ruleId"].startswith("CDA-")]
    assert all("region" not in one["locations"][0]["physicalLocation"] for one in inner)


def test_what_they_are_may_be_said(folder: Path) -> None:
    assert _segur(folder / "bon.eml", "--as", "mail").exit_code == 0
    assert _segur(folder / "IHE_XDM.ZIP", "--as", "xdm").exit_code == 0
    assert _segur(folder / "doc.xml", "--as", "xdm").exit_code == 1
    assert _segur(folder / "bon.eml", "--as", "cda", "--format", "json").stdout.count('"file"') == 3
    (folder / "paquet.zip").write_bytes((folder / "IHE_XDM.ZIP").read_bytes())
    assert json.loads(_segur(folder / "paquet.zip", "--format", "json").stdout)[0]["kind"] == "xdm"


def test_a_metadata_file_alone_is_judged(folder: Path) -> None:
    one = archive([sample(N1)]).subsets[0].submission
    assert one is not None
    (folder / "METADATA.XML").write_bytes(metadata(one))
    rows = json.loads(_segur(folder / "METADATA.XML", "--format", "json").stdout)
    assert [(row["kind"], row["verdict"]) for row in rows] == [("xdm", "pass")]
    (folder / "METADATA.XML").write_bytes(metadata(one).replace(b"fr-FR", b"en-US"))
    said = _segur(folder / "METADATA.XML").stdout
    assert "XDS-LANG-01" in said
    assert "METADATA.XML › ExtrinsicObject[Document01]/languageCode" in said


def test_nothing_hostile_shows_a_traceback(tmp_path: Path) -> None:
    for name, data in (("a.eml", b""), ("b.eml", b"\xff\x00" * 500), ("IHE_XDM.ZIP", b"PK\x03\x04 nothing")):
        (tmp_path / name).write_bytes(data)
        answer = _segur(tmp_path / name)
        assert answer.exit_code == 1
        assert answer.exception is None or isinstance(answer.exception, SystemExit)


def test_what_is_no_message_is_told_in_one_finding() -> None:
    for raw in (b"", b"\r\n\r\nx", "une note\n".encode("utf-16"), b"<?xml version='1.0'?><a/>"):
        assert [one.rule for one in judge("m.eml", raw, Options()).findings] == ["MAIL-FORM-15"], raw


def test_an_archive_without_metadata_is_still_an_archive(tmp_path: Path) -> None:
    """Under another name too: the documents in it, right as they are, do not make it pass."""
    whole = zipfile.ZipFile(io.BytesIO(xdm.write(archive([sample(N1)]))))
    with whole, zipfile.ZipFile(tmp_path / "envoi.zip", "w") as less:
        for name in whole.namelist():
            if not name.endswith("METADATA.XML"):
                less.writestr(name, whole.read(name))
    (row,) = json.loads(_segur(tmp_path / "envoi.zip", "--format", "json").stdout)
    assert (row["kind"], row["verdict"]) == ("xdm", "fail")
    assert "XDM-LAY-04" in {one["rule"] for one in row["findings"]}


def test_a_broken_archive_is_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    whole = xdm.write(archive([sample(N1)]))
    (tmp_path / "IHE_XDM.ZIP").write_bytes(whole[:-30])
    (tmp_path / "cda.zip").write_bytes(b"<html>404</html>")
    for name in ("IHE_XDM.ZIP", "cda.zip"):
        said = _segur(tmp_path / name)
        assert "end of central directory record" in said.output + said.stderr
        assert "File is not" not in said.output + said.stderr


def test_strict_raises_warnings() -> None:
    raw = good(N1, text="")
    assert judge("m.eml", raw, Options()).verdict == "pass"
    assert judge("m.eml", raw, Options(strict=True)).verdict == "fail"


def test_a_message_submitted_is_judged_with_its_envelope() -> None:
    said = {
        "mail_from": SENDER.address, "rcpt": TO.address, "kind": "PER", "owner": "Claire|ROMARIN",
        "dsn": "ret=HDRS notify=SUCCESS", "mailbox": SENDER.address,
    }  # fmt: skip
    early = {"MAIL-HDR-07", "XDS-DTM-02"}  # the sample is of a fixed date
    assert {one.rule for one in submitted(said, good(N1)) if one.severity != "info"} <= early
    other = {**said, "owner": "Jean|MERLE", "rcpt": "x@y.fr"}
    rows = [restored(row) for row in judge_exchange("mssante", other, good(N1, ins="N"))]
    assert {one.rule for one in rows if one.severity != "info"} - early == {
        "MAIL-FROM-05", "MAIL-HDR-11", "MAIL-XMSS-08"
    }  # fmt: skip
