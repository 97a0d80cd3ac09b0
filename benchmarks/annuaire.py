"""Annuaire Santé: searches over TLS, journal on, in a directory of some thousands of professionals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks import load
from benchmarks.table import Row, show

SECONDS = float(os.environ.get("SEGUR_BENCH_SECONDS", "3"))
PROFESSIONALS = int(os.environ.get("SEGUR_BENCH_PROFESSIONALS", "5000"))
WANTED_MS = 10
KEY = "segur-demo-annuaire"
SEARCHES = {
    "by RPPS": "/Practitioner?identifier=99700900014",
    "by name, one found": "/Practitioner?family=romarin",
    "text within, 50 of thousands": "/Practitioner?name:contains=essai",
    "activities with both links": "/PractitionerRole?role=FON-33&_include=*",
    "organisations with a mailbox": "/Organization?mailbox-mss:contains=%40",
}


def main() -> None:
    """Measure each search and print the table."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        seed = Path(folder) / "many.yaml"
        seed.write_text("".join(_many(PROFESSIONALS)), encoding="utf-8")
        command = [sys.executable, "-m", "harness", "up", "--json", "--home", folder, "--base-port", "28100"]
        bench = subprocess.Popen([*command, "--seed", str(seed)], stdout=subprocess.PIPE)
        assert bench.stdout
        try:
            status = json.loads(bench.stdout.readline())
            with httpx.Client(base_url=status["control"], trust_env=False) as console:
                switches = {"annuaire.calls_per_second": 0}
                console.patch("/sessions/default/switches", json=switches).raise_for_status()
            context = load.client_context(status["ca"])
            port = int(urlsplit(status["endpoints"]["annuaire"]).port or 0)
            rows = []
            for name, path in SEARCHES.items():
                with load.connected(port, context) as send:
                    send(_get(path))  # the directory is made, its resources are checked
                result = load.run(
                    port, partial(_requests, path), context=context, pid=bench.pid, seconds=SECONDS, connections=1
                )
                rows.append(Row(name, result, f"≤ {WANTED_MS} ms"))
        finally:
            bench.terminate()
            bench.wait()
    show(f"Annuaire Santé, {PROFESSIONALS} professionals", rows)


def _many(count: int) -> Iterator[str]:
    yield "professionals:\n"
    for n in range(count):
        rpps = f"9980{n:07d}"
        yield f"  essai-{n}: {{family_name: ESSAI{n}, given_name: MARIE, civility: DR, rpps: '{rpps}', "
        yield f"national_id: '8{rpps}', profession: '10', specialty: SM26, sector: SA07, "
        yield "activities: [{organisation: cabinet-tilleuls, role: FON-01, genre: GENR01, sector: SA07}]}\n"


def _get(path: str) -> bytes:
    return f"GET /fhir/v2{path} HTTP/1.1\r\nHost: localhost\r\nESANTE-API-KEY: {KEY}\r\n\r\n".encode()


def _requests(path: str) -> Iterator[bytes]:
    data = _get(path)
    while True:
        yield data


if __name__ == "__main__":
    main()
