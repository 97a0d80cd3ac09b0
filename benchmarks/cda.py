"""How fast documents are judged: ours, the start of the command, a folder, the official rules beside.

    python -m benchmarks.cda [DOCUMENTS …] [--pack DIR] [--rounds 5] [--folder 1000]

DOCUMENTS: folders of CDA, beside our own samples (without any: ``../shared/real/cda`` where it exists). ``--pack``, or
``SEGUR_OFFICIAL``, is the user's copy of TestContenuCDA and adds the official rules. Some two minutes in all. Wall and
processor times of this machine, in this run; lxml parsing the same bytes is given as the measure of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lxml import etree

from harness.samples import shelf
from harness.validate.engine import Options, judge_bytes

Documents = dict[str, bytes]
Clock = Callable[[], float]


def main(argv: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, nargs="*", metavar="DOCUMENTS")
    parser.add_argument("--pack", type=Path, default=os.environ.get("SEGUR_OFFICIAL"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=int, default=1000)
    given = parser.parse_args(argv)
    documents = _documents(given.documents)
    with tempfile.TemporaryDirectory() as scratch:
        ours = _ours(documents, given.rounds)
        _command(documents, given.folder, Path(scratch))
        if given.pack:
            _official(documents, Path(given.pack), Path(scratch), ours)


def _documents(folders: list[Path]) -> Documents:
    beside = Path(__file__).resolve().parents[2] / "shared" / "real" / "cda"
    held = [*(folders or [folder for folder in (beside,) if folder.is_dir()]), shelf.library() / "valid"]
    files = [file for folder in held for file in sorted(folder.rglob("*.xml"))]
    return {f"{rank:02}-{file.name}": file.read_bytes() for rank, file in enumerate(files)}


def _ours(documents: Documents, rounds: int) -> list[float]:
    options = Options()
    for name, data in documents.items():
        judge_bytes(name, data, options)  # tables and rules read once
    _line("lxml parse alone", _times(documents, rounds, lambda name, data: etree.fromstring(data)))
    ours = _times(documents, rounds, lambda name, data: judge_bytes(name, data, options))
    _line("ours (≤ 12 median, ≤ 40 p95)", ours)
    cpu = _times(documents, rounds, lambda name, data: judge_bytes(name, data, options), time.process_time)
    _line("ours, processor time", cpu)
    return ours


def _times(
    documents: Documents, rounds: int, judge: Callable[[str, bytes], object], clock: Clock = time.perf_counter
) -> list[float]:
    """Milliseconds by document, the best of the rounds."""
    best: list[float] = []
    for name, data in documents.items():
        spent = []
        for _ in range(rounds):
            began = clock()
            judge(name, data)
            spent.append((clock() - began) * 1000)
        best.append(min(spent))
    return best


def _line(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    median = statistics.median(times)
    print(f"{name:<34}{median:>8.2f} ms median {p95:>8.2f} p95 {ordered[-1]:>8.2f} max ({len(times)} documents)")


def _command(documents: Documents, count: int, scratch: Path) -> None:
    """The whole command in a new process: on one document, and on a folder."""
    # An installed copy has its bytecode: a checkout where none may be written gets some of its own.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")
    folder = scratch / "folder"
    folder.mkdir()
    names = list(documents)
    for at in range(count):
        name = names[at % len(names)]
        (folder / f"{at:05}-{name}").write_bytes(documents[name])
    one = next(folder.iterdir())
    _spent([str(one)], environ)
    before = os.times()
    starts = [_spent([str(one)], environ)[0] for _ in range(7)]
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    label = "segur validate, one file (≤ 0.3 s)"
    print(f"{label:<34}{statistics.median(starts):>8.2f} s median  {min(starts):>8.2f} best {cpu / 7:>8.2f} processor")
    spent, out = _spent([str(folder), "-j", "2", "--format", "json"], environ)
    judged = len(json.loads(out))
    print(f"{'folder, -j 2 (≥ 100 /s)':<34}{judged / spent:>8.0f} documents/s ({judged} in {spent:.1f} s)")
    print(f"{'memory of a process (≤ 150 MB)':<34}{_memory()}")


def _spent(words: list[str], environ: dict[str, str]) -> tuple[float, bytes]:
    """Seconds of ``segur validate`` from the start of its process, and what it said."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "harness", "validate", *words]
    done = subprocess.run(command, capture_output=True, check=False, env=environ)
    return time.perf_counter() - began, done.stdout


def _memory() -> str:
    """The most that any process started here held; unknown where the system does not tell."""
    try:
        import resource
    except ImportError:
        return " unknown"
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return f"{held / (1024 * 1024 if sys.platform == 'darwin' else 1024):>8.0f} MB"


def _official(documents: Documents, pack: Path, scratch: Path, ours: list[float]) -> None:
    from harness.official.engine import Official

    options = Options(packs=(str(pack),))
    with Official(pack, scratch / "official") as official:
        print(f"{'official rules, first start':<34}{official.seconds:>8.1f} s")
        results = {name: judge_bytes(name, data, options) for name, data in documents.items()}
        for name, data in documents.items():
            official.judge(data, results[name])  # the volet compiled, value sets read
        said = [official.judge(data, results[name]) for name, data in documents.items()]
    passed = sum(row["verdict"] == "pass" for row in said)
    warm = [row["ms"] for row in said]
    work = [sum(row["timings_ms"].values()) for row in said]
    _line("official, warm (≤ 500 median)", warm)
    _line("official, one rule after the other", work)
    print(
        f"{'official / ours (≥ 30)':<34}{_ratio(work, ours)} one after the other, {_ratio(warm, ours)} in two workers"
    )
    print(f"{'official rules pass':<34}{passed:>8} of {len(said)}")


def _ratio(theirs: list[float], ours: list[float]) -> str:
    """The median, over the documents, of how many times ours goes into theirs."""
    return f"{statistics.median(one / other for one, other in zip(theirs, ours, strict=True)):.0f} ×"


if __name__ == "__main__":
    main(sys.argv[1:])
