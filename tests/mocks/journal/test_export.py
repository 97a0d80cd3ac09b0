"""Exports: complete, readable by others, safe to unpack."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.journal import Exchange, Kind
from mocks.journal.export import WRITERS, body_name, write_har, write_jsonl, write_zip
from norms.finding import find

Make = Callable[..., Exchange]

NAME_VALUE = {
    "type": "object",
    "required": ["name", "value"],
    "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
}
ENTRY = {  # HAR 1.2: what a reader relies on
    "type": "object",
    "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
    "properties": {
        "startedDateTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
        "time": {"type": "number"},
        "request": {
            "required": [
                "method",
                "url",
                "httpVersion",
                "cookies",
                "headers",
                "queryString",
                "headersSize",
                "bodySize",
            ],
            "properties": {
                "url": {"type": "string", "pattern": "^https?://"},
                "headers": {"type": "array", "items": NAME_VALUE},
                "queryString": {"type": "array", "items": NAME_VALUE},
                "postData": {"required": ["mimeType", "text"]},
            },
        },
        "response": {
            "required": [
                "status",
                "statusText",
                "httpVersion",
                "cookies",
                "headers",
                "content",
                "redirectURL",
                "headersSize",
                "bodySize",
            ],
            "properties": {"status": {"type": "integer"}, "content": {"required": ["size", "mimeType"]}},
        },
        "timings": {"required": ["send", "wait", "receive"]},
    },
}


@pytest.fixture
def kept(make: Make) -> list[Exchange]:
    return [
        make(id=1, request_body=b"<a>\xc3\xa9</a>", response_body=b"\xff\x00binary", target="/lps?a=1&b=", thread="t"),
        make(id=2, kind=Kind.HANDSHAKE, method="", target="", status=0, findings=[find("HTTP-ROUTE-01", found="/x")]),
        make(id=3, kind=Kind.EVENT, method="", target="", status=0),
        make(id=4, tls=None, peer=None, request_headers=[], response_headers=[("Location", "/cb")], status=302),
    ]


def test_json_lines_hold_every_entry_whole(kept: list[Exchange], tmp_path: Path) -> None:
    assert write_jsonl(iter(kept), tmp_path / "f.jsonl", "fr") == 4
    rows = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3, 4]
    assert base64.b64decode(rows[0]["response_body"]) == b"\xff\x00binary"
    assert rows[0]["started"] == "2023-11-14T22:13:20.250Z"
    assert rows[1]["findings"][0]["message"] == "Aucun service à l'adresse /x."


def test_zip_lists_each_file_with_its_digest(kept: list[Exchange], tmp_path: Path) -> None:
    assert write_zip(iter(kept), tmp_path / "f.zip", "en", redacted=False) == 4
    with zipfile.ZipFile(tmp_path / "f.zip") as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert (manifest["exchanges"], manifest["redacted"]) == (4, False)
        listed = {row["name"]: row for row in manifest["files"]}
        assert set(archive.namelist()) == {*listed, "manifest.json"}
        for name, row in listed.items():
            data = archive.read(name)
            assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        rows = [json.loads(line) for line in archive.read("exchanges.jsonl").splitlines()]
        assert archive.read(rows[0]["request_file"]) == b"<a>\xc3\xa9</a>"
        assert rows[0]["request_file"] == "bodies/000001-WS_INS2-request.xml"
        assert "request_file" not in rows[3]
    write_zip(iter(kept), tmp_path / "again.zip", "en", redacted=False)
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "f.zip").read_bytes()


def test_har_is_what_har_readers_expect(kept: list[Exchange], tmp_path: Path) -> None:
    assert write_har(iter(kept), tmp_path / "f.har", "en", version="1.2.3") == 2
    log = json.loads((tmp_path / "f.har").read_text())["log"]
    assert (log["version"], log["creator"]) == ("1.2", {"name": "segur-harness", "version": "1.2.3"})
    for entry in log["entries"]:
        jsonschema.validate(entry, ENTRY)
    first, last = log["entries"]
    assert first["request"]["url"] == "https://localhost:18442/lps?a=1&b="
    assert first["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert first["request"]["postData"]["text"] == "<a>é</a>"
    assert base64.b64decode(first["response"]["content"]["text"]) == b"\xff\x00binary"
    assert first["_segur"]["outcome"] == "00"
    assert (last["request"]["url"], last["response"]["redirectURL"]) == ("http://localhost/lps", "/cb")
    assert "postData" not in last["request"]


@pytest.mark.parametrize("extension", sorted(WRITERS))
def test_nothing_to_export_is_still_a_file_that_reads(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"f{extension}"
    assert WRITERS[extension](iter([]), path, "en") == 0
    if extension == ".har":
        assert json.loads(path.read_text())["log"]["entries"] == []
    if extension == ".zip":
        assert zipfile.ZipFile(path).namelist() == ["exchanges.jsonl", "manifest.json"]


words = st.text(max_size=80)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(words, words, st.integers(0, 2**62))
def test_names_of_files_are_safe_whatever_the_operation(make: Make, operation: str, media: str, id_: int) -> None:
    exchange = make(operation=operation, request_headers=[("content-type", media)], id=id_)
    path = PurePosixPath(body_name(exchange, "request"))
    assert path.parts[0] == "bodies"
    assert len(path.parts) == 2
    assert path.name.isascii()
    assert len(path.name) < 100
    assert not set(path.name) & set('\\/:*?"<>| \0')
    assert not path.name.startswith(".")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.data())
def test_any_exchange_can_be_exported(make: Make, tmp_path: Path, data: st.DataObject) -> None:
    hostile = st.text(st.characters(), max_size=20)
    given_: dict[str, Any] = {name: data.draw(hostile) for name in ("operation", "outcome", "target", "method")}
    given_ |= {"request_body": data.draw(st.binary(max_size=40)), "status": data.draw(st.integers(0, 999))}
    headers = data.draw(st.lists(st.tuples(hostile, hostile), max_size=3))
    exchange = make(**given_, request_headers=headers, response_headers=[("host", "x"), *headers])
    for extension, write in WRITERS.items():
        assert write([exchange], tmp_path / f"f{extension}", "en") == (
            1 if exchange.method or extension != ".har" else 0
        )
    json.loads((tmp_path / "f.har").read_text())
