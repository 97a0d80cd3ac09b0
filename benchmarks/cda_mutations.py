"""What single edits of real documents our rules and the official ones refuse: kills by kind.

    python benchmarks/cda_mutations.py DOCUMENTS PACK [--count 32] [--seed 1] [--known FILE]

DOCUMENTS: a folder of conforming CDA; PACK: the user's copy of TestContenuCDA. ``--known`` keeps the official verdicts
(they take most of the time) for the next run with the same seed. A mutant is killed by ours when a finding of severity
error appears, by the official rules when they refuse something they do not refuse in the document itself; ``strict``
counts our warnings too.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from mutants import Mutant, mutants

from harness.official.engine import Official
from harness.validate.engine import Options, Result, judge_bytes
from norms.finding import Severity


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--count", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--known", type=Path)
    parser.add_argument("--only", default="", help="show survivors of the official rules' kills of this kind")
    given = parser.parse_args()
    known = json.loads(given.known.read_text()) if given.known and given.known.is_file() else {}
    options = Options(packs=(str(given.pack),))
    table: dict[str, Counter[str]] = {}
    missed: list[str] = []
    official: Official | None = None
    scratch = tempfile.TemporaryDirectory()
    for at, file in enumerate(sorted(given.documents.glob("*.xml"))):
        data = file.read_bytes()
        base = judge_bytes(file.name, data, options)
        if base.verdict != "pass":
            print(f"skipped, does not conform: {file.name} {_errors(base)}", file=sys.stderr)
            continue
        before = f"{file.name}|itself"
        for mutant in (Mutant("itself", "", data), *mutants(data, given.count, given.seed + at)):
            key = before if mutant.kind == "itself" else f"{file.name}|{given.seed}|{mutant.kind}|{mutant.place}"
            if key not in known:
                if official is None:
                    official = Official(given.pack, Path(scratch.name))
                    official.start()
                known[key] = _official(official, mutant, base)
                if given.known and len(known) % 20 == 0:
                    given.known.write_text(json.dumps(known))
            if mutant.kind == "itself":
                continue
            ours = judge_bytes(file.name, mutant.data, options)
            row = table.setdefault(mutant.kind, Counter())
            new = [words for words in known[key] if words not in known[before]]
            killed, refused = ours.verdict == "fail", bool(new)
            row["mutants"] += 1
            row["ours"] += killed
            row["strict"] += killed or _noticed(ours, base)
            row["official"] += refused
            row["both"] += killed and refused
            if refused and not killed:
                missed.append(f"{key} :: {new[0]}")
    if official is not None:
        official.stop()
    scratch.cleanup()
    if given.known:
        given.known.write_text(json.dumps(known))
    _print(table, missed)


def _official(official: Official, mutant: Mutant, base: Result) -> list[str]:
    said = official.judge(mutant.data, base)
    if said["verdict"] == "error":
        print(f"official rules failed: {mutant.kind} {mutant.place}: {said.get('error')}", file=sys.stderr)
        return []
    errors = [row for row in said["findings"] if row["weight"] == "error"]
    return [f"XSD {row['line']}: {row['text']}"[:200] for row in said["schema"]] + [
        f"{r['profile']} {r['location']} {r['text']}"[:260] for r in errors
    ]


def _errors(result: Result) -> list[str]:
    return [f"{f.rule} {f.where.path}" for f in result.findings if f.severity is Severity.ERROR]


def _noticed(result: Result, base: Result) -> bool:
    return result.count(Severity.WARNING) > base.count(Severity.WARNING)


def _print(table: dict[str, Counter[str]], missed: list[str]) -> None:
    names = ("mutants", "ours", "strict", "official", "both")
    print(f"{'kind':<22}" + "".join(f"{name:>10}" for name in names) + f"{'of official':>13}")
    total: Counter[str] = Counter()
    for kind, row in table.items():
        total += row
        _row(kind, row, names)
    _row("all", total, names)
    for line in missed:
        print("missed:", line)


def _row(kind: str, row: Counter[str], names: tuple[str, ...]) -> None:
    share = f"{100 * row['both'] / row['official']:.1f} %" if row["official"] else "—"
    print(f"{kind:<22}" + "".join(f"{row[name]:>10}" for name in names) + f"{share:>13}")


if __name__ == "__main__":
    main()
