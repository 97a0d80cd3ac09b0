"""Runs that the bench starts: side by side, refused, left, resumed, cancelled, found again; their pages and reports."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.bench import Bench
from harness.guide import keep
from harness.scenario.store import Store
from tests.guide_kit import SUT

DONE = ("finished", "stopped", "cancelled")


@pytest.fixture(scope="module")
def http(live_bench: Bench) -> Iterator[httpx.Client]:
    base = live_bench.status()["console"]
    with httpx.Client(base_url=base, trust_env=False, timeout=30, headers={"accept-language": "en"}) as client:
        yield client


def start(http: httpx.Client, *ids: str, **more: Any) -> str:
    answer = http.post("/api/runs", json={"ids": list(ids), **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def until(http: httpx.Client, run: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = http.get(f"/api/runs/{run}").json()
        if told["state"] in states:
            return dict(told)
        time.sleep(0.1)
    raise AssertionError(f"{run}: {told['state']}, not {states}: {told['why']}")


@pytest.fixture(scope="module")
def pair(http: httpx.Client) -> list[dict[str, Any]]:
    """Two runs of the reference software at once, the second with a defect."""
    runs = [start(http, "H.INS.01"), start(http, "H.INS.01", defects=["takes-prenom-instead-of-listeprenom"])]
    return [until(http, run, *DONE) for run in runs]


def test_two_runs_at_once_do_not_mix(pair: list[dict[str, Any]]) -> None:
    good, bad = pair
    assert [run["report"]["scenarios"][0]["verdict"] for run in pair] == ["pass", "fail"]
    assert good["session"] != bad["session"]
    assert good["endpoints"]["insi_ps"] != bad["endpoints"]["insi_ps"]
    exchanges = [{c["exchange"] for c in r["report"]["scenarios"][0]["checks"] if c["exchange"]} for r in pair]
    assert exchanges[0]
    assert not exchanges[0] & exchanges[1]


def test_the_reports_of_a_run_are_there(http: httpx.Client, pair: list[dict[str, Any]]) -> None:
    run = pair[1]["id"]
    page = http.get(f"/runs/{run}/reports/rapport.html", headers={"cookie": "lang=fr"})
    assert 'lang="fr"' in page.text
    assert page.headers["content-disposition"].startswith("attachment")
    assert http.get(f"/runs/{run}/reports/resultats.json").json()["scenarios"][0]["verdict"] == "fail"
    assert "<failure" in http.get(f"/runs/{run}/reports/junit.xml").text
    assert "H.INS.01" in http.get(f"/runs/{run}/reports/resume.md").text
    pack = zipfile.ZipFile(io.BytesIO(http.get(f"/runs/{run}/reports/preuves.zip").content))
    assert "manifeste.json" in pack.namelist()
    assert http.get(f"/runs/{run}/reports/passwd").status_code == 404


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_pages_speak_the_language_and_run_nothing_inline(
    http: httpx.Client, pair: list[dict[str, Any]], lang: str
) -> None:
    run = pair[1]["id"]
    words = {"fr": ("Nouvelle exécution", "échec", "Exigences"), "en": ("New run", "failed", "Requirements")}[lang]
    pages = {
        path: http.get(path, params={"lang": lang})
        for path in ("/scenarios", "/scenarios/H.INS.01", "/runs", "/runs/new", f"/runs/{run}", f"/runs/{run}/now-part")
    }
    for path, page in pages.items():
        assert page.status_code == 200, path
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?! src=\"/static/)|\sstyle=|\son\w+=", page.text), path
    assert words[0] in pages["/runs"].text
    assert words[1] in pages[f"/runs/{run}"].text
    assert words[2] in pages["/scenarios/H.INS.01"].text
    assert "LEONIE MARGUERITE" in pages[f"/runs/{run}"].text  # why it failed
    assert http.get("/scenarios", params={"product": "PFI"}).text.count("/scenarios/H.INS.") < 16
    assert http.get("/scenarios", params={"domain": "H.NONE"}).text.count("/scenarios/H.INS.") == 0


@pytest.mark.parametrize(
    ("asked", "code", "why"),
    [
        ({"ids": ["H.XXX"]}, 422, "H.XXX"),
        ({"ids": []}, 422, "ids"),
        ({"ids": ["H.INS.01"], "defects": ["takes-prenom"]}, 422, "takes-prenom-instead"),
        ({"ids": ["H.INS.01"], "sut": "/nowhere/sut.toml"}, 422, "/nowhere/sut.toml"),
        ({"ids": ["H.INS.01"], "sut": "/etc/passwd"}, 422, "pattern"),
        ({"ids": ["H.INS.01"], "sut": "a\x00.toml"}, 422, "pattern"),
        ({"ids": ["H.*"], "product": "XYZ"}, 422, "product"),
    ],
)
def test_what_cannot_run_is_said(http: httpx.Client, asked: dict[str, Any], code: int, why: str) -> None:
    answer = http.post("/api/runs", json=asked)
    assert (answer.status_code, why in answer.text) == (code, True), answer.text


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(http: httpx.Client) -> None:
    page = http.post("/runs?lang=en", data={"sut": "path", "path": "/nowhere/mine.toml", "ids": "H.INS.02"})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="/nowhere/mine.toml"' in page.text
    assert re.search(r'value="H.INS.02" checked', page.text)


def test_unknown_runs_are_not_found(http: httpx.Client) -> None:
    for method, path in (
        ("GET", "/api/runs/nope"),
        ("DELETE", "/api/runs/nope"),
        ("POST", "/api/runs/nope/leave"),
        ("POST", "/api/runs/nope/resume"),
        ("GET", "/runs/nope"),
        ("GET", "/runs/nope/guide"),
        ("GET", "/runs/nope/guide/live"),
        ("GET", "/runs/nope/reports/junit.xml"),
        ("GET", "/runs/nope/files/proofs/x"),
        ("GET", "/scenarios/H.NOPE.01"),
    ):
        assert http.request(method, path).status_code == 404, path
    assert http.post("/api/runs/nope/answer", json={"do": "done"}).status_code == 404
    assert http.post("/runs/nope/guide", data={"do": "done"}).status_code == 404


def guided_sut(tmp_path: Path, bind: str = "own_ports = true") -> str:
    path = tmp_path / "sut.toml"
    path.write_text(SUT.replace("own_ports = true", bind), encoding="utf-8")
    return str(path)


def test_a_person_answers_by_the_api(
    http: httpx.Client, tmp_path: Path, live_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(http, "H.INS.01", sut=guided_sut(tmp_path))
    told = until(http, run, "asking")
    answer = lambda **body: http.post(f"/api/runs/{run}/answer", json=body)  # noqa: E731
    assert told["guide"]["kind"] == "start"
    assert answer(do="done", seq=told["guide"]["seq"] + 1).status_code == 409
    assert answer(do="yes").status_code == 409
    assert answer(do="dance").status_code == 422
    assert answer(do="done", seq=told["guide"]["seq"]).status_code == 200
    told = until(http, run, "asking")
    while told["guide"]["kind"] == "start":
        told = until(http, run, "asking")
    assert told["guide"]["step"] == "login"
    assert answer(do="mark").json()["guide"]["given"]["marks"]
    assert answer(do="click", times=3).json()["guide"]["given"]["clicks"] == 3
    assert answer(do="note", text="vu").json()["guide"]["given"]["notes"] == ["vu"]
    assert answer(do="file", name="a.txt", content_base64="é").status_code == 422
    kept = answer(do="file", name="a.txt", content_base64=base64.b64encode(b"1").decode()).json()["guide"]["given"]
    assert kept["files"][0]["path"] == "proofs/sans-numero/H.INS.01-login-a.txt"
    assert answer(do="file", proof="INS/x.01.01", name="a", content_base64="MQ==").status_code == 409
    # Nothing but what was given, or is to be handed over, can be read from the run's folder.
    assert http.get(f"/runs/{run}/files/proofs/sans-numero/H.INS.01-login-a.txt").content == b"1"
    for path in ("run.json", "proofs/../run.json", "proofs/%2e%2e/run.json", "proofs"):
        assert http.get(f"/runs/{run}/files/{path}").status_code == 404, path
    with monkeypatch.context() as small:
        small.setattr(keep, "LARGEST", 1000)
        for size, refused in ((2000, "at most per file"), (200_000, "at most per file")):
            page = http.post(f"/runs/{run}/guide?lang=en", data={"do": "file"}, files={"file": ("a", b"x" * size)})
            assert (page.status_code, refused in page.text) == (409, True), size
    assert http.post(f"/api/runs/{run}/leave").status_code == 204
    told = until(http, run, "stopped")
    session = json.loads((live_bench.options.home.runs / run / "run.json").read_text(encoding="utf-8"))["left"]
    assert http.get(f"/api/sessions/{session}").status_code == 200
    assert http.post(f"/api/runs/{run}/answer", json={"do": "done"}).status_code == 409
    assert http.post(f"/api/runs/{run}/resume").status_code == 200
    told = until(http, run, "asking")
    assert (told["guide"]["step"], told["guide"]["given"]["clicks"], told["session"]) == ("login", 3, session)
    assert http.post(f"/api/runs/{run}/resume").status_code == 409
    assert http.delete(f"/api/runs/{run}").status_code == 204
    until(http, run, "cancelled")
    assert http.get(f"/api/sessions/{session}").status_code == 404
    assert http.post(f"/api/runs/{run}/resume").status_code == 409


def test_one_run_at_a_time_on_the_default_session(http: httpx.Client, tmp_path: Path) -> None:
    sut = guided_sut(tmp_path, bind="")
    first = start(http, "H.INS.01", sut=sut)
    second = http.post("/api/runs", json={"ids": ["H.INS.01"], "sut": sut})
    assert second.status_code == 409
    assert first in second.text
    until(http, first, "asking")
    http.delete(f"/api/runs/{first}")
    until(http, first, "cancelled")


def test_a_run_whose_process_died_can_be_resumed(http: httpx.Client, live_bench: Bench, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    about = {"asked": {"sut": guided_sut(tmp_path), "ids": ["H.INS.01"]}, "scenarios": ["H.INS.01"], "pid": gone.pid}
    dead = Store.new(live_bench.options.home.runs, about)
    assert http.get(f"/api/runs/{dead.run}").json()["state"] == "stopped"
    elsewhere = Store.new(live_bench.options.home.runs, {**about, "pid": 1})
    assert http.get(f"/api/runs/{elsewhere.run}").json()["state"] == "elsewhere"
    assert http.post(f"/api/runs/{dead.run}/resume").status_code == 200
    until(http, dead.run, "asking")
    http.delete(f"/api/runs/{dead.run}")
    until(http, dead.run, "cancelled")


def test_a_software_that_cannot_be_reached_is_said_on_the_run(http: httpx.Client, tmp_path: Path) -> None:
    text = SUT.replace('kind = "guided"', 'kind = "http"\nurl = "http://127.0.0.1:9"')
    (tmp_path / "sut.toml").write_text(text, encoding="utf-8")
    run = start(http, "H.INS.01", sut=str(tmp_path / "sut.toml"))
    told = until(http, run, "stopped")
    assert "http://127.0.0.1:9" in told["why"]
    assert "http://127.0.0.1:9" in http.get(f"/runs/{run}").text
