"""From ``segur up`` to the first answered INSi call, and what an idle bench holds in memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from benchmarks import load
from benchmarks.insi import organisation, requests

RUNS = 5


def main() -> None:
    """Start the bench `RUNS` times on certificates that exist and print the medians."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        _once(Path(folder))  # makes the certificates
        found = [_once(Path(folder)) for _ in range(RUNS)]
    first = statistics.median(row[0] for row in found)
    memory = statistics.median(row[1] for row in found)
    print(f"segur up to first answered INSi call: median {first:.2f} s of {RUNS} (≤ 1.5 s)")
    print(f"idle memory: {memory:.0f} MB (≤ 120 MB)")


def _once(home: Path) -> tuple[float, float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "harness", "up", "--json", "--home", str(home), "--base-port", "21100"]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert bench.stdout
    try:
        status = json.loads(bench.stdout.readline())
        credential = status["credentials"]["insi-auto"]
        context = load.client_context(status["ca"], credential["cert"], credential["key"])
        _, _, body = next(requests(organisation(credential["cert"]))).partition(b"\r\n\r\n")
        answer = httpx.post(
            status["endpoints"]["insi_tlsm"],
            content=body,
            headers={"content-type": "application/soap+xml"},
            verify=context,
            trust_env=False,
        )
        took = time.perf_counter() - began
        assert b"<CodeCR>00" in answer.content, answer.text
        time.sleep(0.3)
        return took, psutil.Process(bench.pid).memory_info().rss / 1e6
    finally:
        bench.terminate()
        bench.wait()


if __name__ == "__main__":
    main()
