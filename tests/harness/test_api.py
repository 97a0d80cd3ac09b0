"""The control API: its own errors, its feed, and its OpenAPI document held against it by schemathesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import httpx
import pytest

from harness.bench import Bench
from harness.client import BenchClient, BenchError


def test_unknown_things_are_said(client: BenchClient) -> None:
    with pytest.raises(BenchError, match="404 no session 'nope'"):
        client.session("nope")
    with pytest.raises(BenchError, match=r"422 .*insi\.nope"):
        client.set_switches("default", {"insi.nope": True})
    with pytest.raises(BenchError, match="422 unknown binding keys"):
        client.open_session("x", {"colour": ["blue"]})
    with pytest.raises(BenchError, match="422"):
        client.patch_world("default", "patients", "adrun-zoe", {"birth_nam": "X"})


def test_the_world_is_changed_and_reset(client: BenchClient) -> None:
    session = client.open_session("world")["id"]
    client.patch_world(session, "patients", "adrun-zoe", {"used_name": "DURAND"})
    assert [p["used_name"] for p in client.world(session, "patients") if p["id"] == "adrun-zoe"] == ["DURAND"]
    client.reset_session(session)
    assert [p["used_name"] for p in client.world(session, "patients") if p["id"] == "adrun-zoe"] != ["DURAND"]
    client.close_session(session)


def test_the_feed_speaks_of_its_session_only(live_bench: Bench, client: BenchClient) -> None:
    mine, other = (client.open_session(name)["id"] for name in ("mine", "other"))
    got: list[dict[str, object]] = []
    ready = threading.Event()

    def listen() -> None:
        url = f"{client.base_url}/api/feed?session={mine}"
        with httpx.stream("GET", url, timeout=30, trust_env=False) as stream:
            for line in stream.iter_lines():
                ready.set()
                if line.startswith("data: "):
                    got.append(json.loads(line.removeprefix("data: ")))
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert ready.wait(30)
    from mocks.journal.model import Exchange

    loop = live_bench.loop
    for session in (other, mine):
        loop.call_soon_threadsafe(live_bench.journal.record, Exchange(session=session, service="insi", started=1.0))
    thread.join(30)
    assert [event["session"] for event in got] == [mine]


def test_a_page_of_another_site_cannot_drive_the_bench(client: BenchClient) -> None:
    url = f"{client.base_url}/api/sessions/default/reset"
    assert httpx.post(url, headers={"origin": "https://evil.invalid"}, trust_env=False).status_code == 403
    assert httpx.post(url, headers={"host": "evil.invalid"}, trust_env=False).status_code == 421


def test_schemathesis_finds_nothing(client: BenchClient) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    start = "from schemathesis.cli import schemathesis; schemathesis()"
    command = [sys.executable, "-c", start, "run", f"{client.base_url}/api/openapi.json"]
    command += ["--checks", checks, "-n", os.environ.get("SEGUR_EXAMPLES", "3"), "--seed", "1"]
    command += ["--exclude-path", "/api/feed", "--phases", "coverage,fuzzing"]  # no link joins two of our operations
    ran = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:]
