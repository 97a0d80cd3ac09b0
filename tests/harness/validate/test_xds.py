"""``segur validate --as xds``: dumps with and without HTTP headers, bare XML, what is wrong in them."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.validate import app
from harness.validate.engine import Options
from harness.validate.xds import judge, unpacked
from norms.soap import envelope
from norms.soap.mtom import join
from norms.xds.names import APPROVED
from norms.xds.query import FIND_DOCUMENTS, Query, write_query
from tests.dmp_documents import Documents


@pytest.fixture(scope="module")
def dump(pki: Any) -> tuple[str, bytes]:
    lot = Documents(pki).lot()
    return join(envelope(lot.body()), lot.parts(), "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b")


def test_a_raw_dump_is_read_with_or_without_its_headers(dump: tuple[str, bytes]) -> None:
    kind, body = dump
    whole = f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    for data in (whole, body, f"Content-Type: {kind}\r\n\r\n".encode() + body):
        result = judge("a", data, Options())
        assert (result.verdict, result.document_type) == ("pass", "ITI-41"), result.findings
        assert {f.rule for f in result.findings if f.severity != "info"} == {"XDS-HASH-03"}
    assert judge("a", body, Options(strict=True)).verdict == "fail"


def test_faults_are_found_in_a_dump(dump: tuple[str, bytes]) -> None:
    _, body = dump
    assert "XDS-LANG-01" in rules(body.replace(b"<Value>fr-FR</Value>", b"<Value>fr</Value>"))
    assert rules(body[:-400]) == ["SOAP-MIME-07"]


def rules(data: bytes) -> list[str]:
    return [finding.rule for finding in judge("a", data, Options()).findings]


def test_bare_xml() -> None:
    good = envelope(write_query(Query(FIND_DOCUMENTS, {"$XDSDocumentEntryStatus": ((APPROVED,),)})))
    assert judge("a", good, Options()).document_type == "ITI-18"
    assert rules(good) == []
    assert rules(good.replace(b"$XDSDocumentEntryStatus", b"$Status")) == ["XDS-QRY-04", "XDS-QRY-02"]
    assert rules(envelope("<x/>")) == ["DMP-ACT-02"]
    assert rules(b"nothing") == ["SOAP-XML-01"]
    assert unpacked(good) == ("application/soap+xml", good)


def test_the_command(dump: tuple[str, bytes], tmp_path: Any) -> None:
    good, bad = tmp_path / "good.mtom", tmp_path / "bad.mtom"
    good.write_bytes(dump[1])
    bad.write_bytes(dump[1].replace(b"<Value>fr-FR</Value>", b"<Value>fr</Value>"))
    runner = CliRunner()
    assert runner.invoke(app, ["--as", "xds", str(good)]).exit_code == 0
    refused = runner.invoke(app, ["--as", "xds", "--format", "json", str(bad)])
    assert refused.exit_code == 1
    assert "XDS-LANG-01" in refused.output
