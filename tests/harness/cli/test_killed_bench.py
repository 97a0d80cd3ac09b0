"""A bench killed without warning: what it answered is in its journal, and on the same home it finds its sessions."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.insi import organisation, requests
from benchmarks.load import client_context
from harness.bench import Bench
from harness.client import BenchClient
from mocks.addresses import ADDRESSES
from mocks.journal import Journal

ROOT = Path(__file__).resolve().parents[3]


def free_base(seed: int) -> int:
    """A base port whose whole table is free now; not where the shared benches look first."""
    for base in range(43000 + seed % 97 * 100, 60000, 100):
        try:
            for row in ADDRESSES:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + row.offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


@contextmanager
def up(home: Path, base: int) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A bench in its own process; killed at the end, whatever happened."""
    command = [sys.executable, "-m", "harness", "up", "--json", "--home", str(home), "--base-port", str(base)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_what_was_answered_is_kept_and_sessions_come_back(live_bench: Bench, tmp_path: Path) -> None:
    shutil.copytree(live_bench.options.home.pki, tmp_path / "pki")
    base = free_base(hash(tmp_path.as_posix()))
    answered: list[str] = []
    with up(tmp_path, base) as (process, status):
        credential = status["credentials"]["insi-auto"]
        client = BenchClient(status["console"])
        session = client.open_session("killed", {"cert": [credential["sha256"]]})
        client.set_switches(session["id"], {"insi.latency_ms": 1})
        client.patch_world(session["id"], "patients", "adrun-zoe", {"known": "false"})
        context = client_context(status["ca"], credential["cert"], credential["key"])
        stream = requests(organisation(credential["cert"]))

        def call() -> None:
            with httpx.Client(verify=context, trust_env=False) as software:
                for request in stream:
                    body = request.partition(b"\r\n\r\n")[2]
                    try:
                        answer = software.post(f"https://127.0.0.1:{base + 2}/lps", content=body)
                    except httpx.HTTPError:
                        return
                    answered.append(answer.text)

        calling = threading.Thread(target=call)
        calling.start()
        while len(answered) < 40:
            calling.join(0.01)
        process.kill()
        process.wait()
        calling.join()
        client.close()

    reader = Journal.open_readonly(tmp_path / "bench.db")
    kept = reader.list(session=session["id"], limit=0)
    reader.close()
    assert [x.response_body.decode() for x in kept][: len(answered)] == answered
    assert len(kept) <= len(answered) + 1  # one may have been kept whose answer never left

    with up(tmp_path, base) as (_, status):
        client = BenchClient(status["console"])
        again = client.session(session["id"])
        assert (again["name"], again["binding"]) == ("killed", {"cert": [credential["sha256"]]})
        assert again["switches"] == {"insi.latency_ms": 1}
        patients = {row["id"]: row for row in client.world(session["id"], "patients")}
        assert patients["adrun-zoe"]["known"] is False
        assert client.exchanges(session["id"])[-1]["id"] == kept[-1].id
        client.close()
