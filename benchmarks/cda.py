"""How fast documents are judged: ours, the start of the command, a folder, the official rules beside.

    python benchmarks/cda.py DOCUMENTS [--pack DIR] [--rounds 5] [--folder 1000]

DOCUMENTS: a folder of CDA. ``--pack`` adds the official rules (they take some ten seconds to start). Times are wall
times on this machine, in this run; the parse of the same bytes by lxml is given as the measure of the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from harness.validate.engine import Options, judge_bytes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=int, default=0)
    given = parser.parse_args()
    documents = {file.name: file.read_bytes() for file in sorted(given.documents.rglob("*.xml"))}
    options = Options(packs=(str(given.pack),) if given.pack else ())
    for name, data in documents.items():
        judge_bytes(name, data, options)  # tables and rules read once
    parse = _times(documents, given.rounds, lambda name, data: etree.fromstring(data))
    ours = _times(documents, given.rounds, lambda name, data: judge_bytes(name, data, options))
    _line("lxml parse alone", parse)
    _line("ours, whole", ours)
    print(f"{'memory':<28}{_memory()}")
    _starts(next(given.documents.rglob("*.xml")))
    if given.folder:
        _folder(documents, given.folder)
    if given.pack:
        _official(documents, given, options, statistics.median(ours))


def _times(documents: dict[str, bytes], rounds: int, judge: Callable[[str, bytes], object]) -> list[float]:
    """Milliseconds by document, the best of the rounds."""
    best: list[float] = []
    for name, data in documents.items():
        spent = []
        for _ in range(rounds):
            began = time.perf_counter()
            judge(name, data)
            spent.append((time.perf_counter() - began) * 1000)
        best.append(min(spent))
    return best


def _line(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    print(
        f"{name:<28}{statistics.median(times):>8.2f} ms median {p95:>8.2f} p95 {ordered[-1]:>8.2f} max ({len(times)})"
    )


def _memory() -> str:
    """The most this process ever held; unknown where the system does not tell."""
    try:
        import resource
    except ImportError:
        return "unknown"
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{held / (1024 * 1024 if sys.platform == 'darwin' else 1024):>8.0f} MB"


def _starts(document: Path) -> None:
    """The whole command on one document, in a new process."""
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "harness", "validate", str(document)], capture_output=True, check=False)
        spent.append((time.perf_counter() - began) * 1000)
    print(f"{'segur validate, one file':<28}{min(spent):>8.0f} ms best of 5, process start included")


def _folder(documents: dict[str, bytes], count: int) -> None:
    names = list(documents)
    with tempfile.TemporaryDirectory() as folder:
        for at in range(count):
            name = names[at % len(names)]
            (Path(folder) / f"{at:05}-{name}").write_bytes(documents[name])
        began = time.perf_counter()
        command = [sys.executable, "-m", "harness", "validate", folder, "-j", "2", "--format", "json"]
        done = subprocess.run(command, capture_output=True, check=False)
        spent = time.perf_counter() - began
    judged = len(json.loads(done.stdout))
    print(f"{'folder, -j 2':<28}{judged / spent:>8.0f} documents/s ({judged} in {spent:.1f} s)")


def _official(documents: dict[str, bytes], given: argparse.Namespace, options: Options, ours: float) -> None:
    from harness.official.engine import Official

    with Official(given.pack) as official:
        print(f"{'official rules, start':<28}{official.seconds:>8.1f} s")
        results = {name: judge_bytes(name, data, options) for name, data in documents.items()}
        for name, data in documents.items():
            official.judge(data, results[name])  # the volet compiled, value sets read
        times = _times(documents, 2, lambda name, data: official.judge(data, results[name]))
    _line("official rules, warm", times)
    print(f"{'official / ours':<28}{statistics.median(times) / ours:>8.0f} ×")


if __name__ == "__main__":
    main()
