"""``segur validate --as vihf``: a captured request, whatever it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from typer.testing import CliRunner

from harness.cli.validate import app
from harness.validate.engine import Options, judge_bytes
from tests.dmp_bench import get_demographics, message
from tests.vihf_kit import DOCTOR, INDIRECT, held


@pytest.fixture
def capture(pki: Any) -> bytes:
    return message(get_demographics(), INDIRECT.signed(held(pki.folder, "org-sign")))


def options(pki: Any = None) -> Options:
    return Options(kind="vihf", trust=str(pki.ca) if pki else "")


def test_an_envelope_a_package_and_an_assertion(capture: bytes, pki: Any) -> None:
    package = (
        b"POST /si-dmp-server/v2/services/repository HTTP/1.1\r\n\r\n--b\r\nContent-Type: application/xop+xml\r\n\r\n"
        + capture
        + b"\r\n--b\r\nContent-ID: <1>\r\n\r\n%PDF-1.4\r\n--b--"
    )
    alone = etree.tostring(INDIRECT.signed(held(pki.folder, "org-sign")))
    for data in (capture, package, alone):
        result = judge_bytes("x", data, options(pki))
        assert (result.verdict, result.findings) == ("pass", ())
        assert result.document_type == "VIHF 3.0 INDIRECTE"


def test_an_old_capture_is_judged_at_its_own_instant(pki: Any) -> None:
    old = INDIRECT.changed(issued=-3600 * 20).signed(held(pki.folder, "org-sign"))
    assert judge_bytes("x", etree.tostring(old), options()).verdict == "pass"


def test_what_is_wrong_is_found(pki: Any) -> None:
    wrong = INDIRECT.changed(roles=DOCTOR[:1]).signed(held(pki.folder, "org-auth-cli"))
    result = judge_bytes("x", etree.tostring(wrong), options(pki))
    assert result.verdict == "fail"
    assert {"VIHF-ROLE-05", "VIHF-CRT-01"} <= {finding.rule for finding in result.findings}
    assert [f.rule for f in judge_bytes("x", message("<x/>"), options()).findings] == ["VIHF-SEC-01"]


def test_what_is_no_xml_is_said(tmp_path: Path) -> None:
    assert judge_bytes("x", b"\xff\xfe not xml", options()).verdict == "error"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_the_command(capture: bytes, tmp_path: Path, form: str) -> None:
    file = tmp_path / "requete.xml"
    file.write_bytes(capture)
    done = CliRunner().invoke(app, [str(file), "--as", "vihf", "--format", form, "--home", str(tmp_path / "home")])
    assert done.exit_code == 0, done.output
    assert form == "sarif" or "requete.xml" in done.output
