"""The software as a process: its API over HTTP, its configuration, its OpenAPI document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from harness.drive import open as opened
from harness.drive.reference import openapi
from harness.drive.reference.__main__ import main
from harness.drive.reference.actions import ACTIONS
from harness.drive.reference.app import build
from harness.drive.reference.config import read
from harness.drive.reference.software import Software
from harness.drive.sut import REFERENCE

SOMEONE = {"birth_name": "A", "first_given_name": "B", "sex": "F", "birth_date": "2000-01-01", "birth_place": "99999"}


@pytest.fixture
def http():
    with TestClient(build(Software(read({})))) as client:
        yield client


def test_says_what_it_offers(http):
    said = http.get("/").json()
    assert (said["name"], set(said["actions"])) == ("segur-reference", set(ACTIONS))


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("letter.fold", b"{}", 501, "not-offered"),
        ("reset", b"{", 400, "bad-json"),
        ("reset", b"\xff", 400, "bad-json"),
        ("reset", b"[]", 400, "bad-request"),
        ("reset", b"[" * 100_000, 400, "bad-json"),
        ("patient.get", b"{}", 400, "bad-request"),
        ("ins.search", b'{"patient": "P1", "by": "name"}', 400, "bad-request"),
        ("patient.create", b'{"traits": {"birth_name": 1}}', 400, "bad-request"),
        ("reset", b" " * 2_000_001, 413, "too-large"),
        ("patient.get", b'{"patient": "P1"}', 200, "unknown-patient"),
        ("ins.search", b'{"patient": "P1"}', 200, "unknown-patient"),
    ],
)
def test_bad_requests_say_why(http, path, body, status, code):
    answer = http.post(f"/actions/{path}", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]
    assert answer.json()["ok"] is False


def test_bad_request_names_the_place(http):
    answer = http.post("/actions/patient.create", json={"traits": {"sex": 1}})
    assert "$.traits.sex" in answer.json()["error"]["message"]


def test_an_empty_body_is_an_empty_object(http):
    assert http.post("/actions/reset").json() == {"ok": True, "result": {}, "shown": []}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_openapi_describes_every_action(http, lang):
    document = http.get("/openapi.json", params={"lang": lang}).json()
    assert {path.removeprefix("/actions/") for path in document["paths"] if path.startswith("/actions/")} == set(
        ACTIONS
    )
    summary = document["paths"]["/actions/ins.search"]["post"]["summary"]
    assert ("Rechercher" in summary) == (lang == "fr")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "')[1:]]
    for reference in references:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def test_openapi_document_is_valid_for_its_standard():
    schemathesis = pytest.importorskip("schemathesis")
    schema = schemathesis.openapi.from_dict(openapi.document("en"))
    assert len(list(schema.get_all_operations())) == len(ACTIONS) + 2


def test_no_insi_configured_is_said(http):
    patient = http.post("/actions/patient.create", json={"traits": SOMEONE}).json()["result"]["patient"]
    assert http.post("/actions/ins.search", json={"patient": patient}).json()["error"]["code"] == "no-insi"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "not JSON"),
        ("[]", "configuration"),
        ('{"lang": "de"}', "lang"),
        ('{"professionals": {}}', "professionals"),
        ('{"professionals": [{"id": "x"}]}', "professionals[0].national_id"),
        ('{"insi": {"url": "ftp://x"}}', "insi.url"),
        ('{"insi": {"url": "https://x", "mode": "card"}}', "insi.mode"),
        ('{"insi": {"url": "https://x", "mode": "tlsm"}}', "insi.cert"),
        ('{"insi": {"url": "https://x", "mode": "tlsm", "cert": "absent.pem"}}', "absent.pem"),
        ('{"insi": {"url": "https://x", "mode": "psc", "timeout_s": "long"}}', "insi"),
        ('{"insi": {"url": "https://x", "mode": "psc", "instance": "1"}}', "insi"),
        ('{"insi": {"url": "https://x", "mode": "ps", "sign_cert": "c.json", "sign_key": "c.json"}}', "certificate"),
        ('{"insi": {"url": "https://x", "mode": "psc", "ca": "c.json"}}', "certificate"),
        ('{"defects": ["ko-keep-ins"]}', "ko-keeps-ins"),
    ],
)
def test_wrong_configuration_is_told_in_one_line(tmp_path, capsys, monkeypatch, config, said):
    monkeypatch.setenv("SEGUR_LANG", "en")
    (tmp_path / "c.json").write_text(config, encoding="utf-8")
    assert main(["--port", "0", "--config", str(tmp_path / "c.json")]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_absent_configuration(tmp_path, capsys):
    assert main(["--port", "0", "--config", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_runs_as_its_own_process_without_the_mocks(tmp_path, free_port, pem):
    settings = {"mode": "tlsm", "url": "https://127.0.0.1:1/lps", **pem}
    (tmp_path / "c.json").write_text(json.dumps({"insi": settings, "lang": "en"}), encoding="utf-8")
    argv = [
        sys.executable,
        "-m",
        "harness.drive.reference",
        "--port",
        str(free_port),
        "--config",
        str(tmp_path / "c.json"),
    ]
    process = subprocess.Popen(argv, env={**os.environ, "PYTHONUTF8": "1"})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{free_port}", trust_env=False) as client:
            for _ in range(600):
                try:
                    client.get("/")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            patient = client.post("/actions/patient.create", json={"traits": SOMEONE}).json()["result"]["patient"]
            answer = client.post("/actions/ins.search", json={"patient": patient}).json()
            assert (answer["result"]["code"], answer["result"]["fault"]) == ("error", "connection")
            assert answer["shown"][0]["text"].startswith("The connection to INSi failed")
    finally:
        process.terminate()
        process.wait(60)


def test_shares_nothing_with_the_bench():
    code = "import sys, harness.drive.reference.__main__, harness.drive.reference.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    forbidden = ("mocks", "harness.bench", "harness.scenario", "harness.report", "harness.console", "harness.client")
    assert [name for name in loaded if name.startswith(forbidden)] == []


def test_defects_are_switched_and_tell_which_places_were_reached(http):
    assert http.get("/defects").json() == {"on": [], "reached": []}
    assert http.put("/defects", json={"on": ["ko-keeps-ins"]}).json() == {"on": ["ko-keeps-ins"], "reached": []}
    http.post("/actions/patient.create", json={"traits": SOMEONE})
    assert "no-user-in-traces" not in http.get("/defects").json()["reached"]
    http.post("/actions/patient.edit", json={"patient": "P000001", "traits": {"used_name": "C"}})
    assert "no-user-in-traces" in http.get("/defects").json()["reached"]
    for wrong in ({"on": ["ko-keep-ins"]}, {}, [], {"on": 1}):
        assert http.put("/defects", json=wrong).status_code == 400
    assert http.get("/defects").json()["on"] == ["ko-keeps-ins"]


def test_started_ahead_it_waits_for_its_configuration_and_goes_with_whoever_started_it():
    opened.ahead()
    early = opened._early[-1]
    status = {"ca": "", "credentials": {"cps-sign": {"cert": "", "key": ""}}}
    places = dict.fromkeys(("insi_ps", "psc", "psc_api"), "https://127.0.0.1:1")
    software = opened.reference(REFERENCE, status, places, [], [], "en")
    assert software.ready_url == f"http://127.0.0.1:{early.port}/"
    assert software._process is early.process
    software.close()
    assert early.process.poll() is not None
