"""What a run keeps on disk as it goes, so that a crash loses one scenario at most: ``home/runs/<run id>/``.

``run.json`` says what was asked and how far it went; ``scenarios/<id>.json`` is one result, both languages;
``exchanges/<id>.jsonl`` is the traffic of that scenario, one journal entry per line, bodies in base64.
"""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.scenario.result import ScenarioResult
from harness.scenario.traffic import Traffic

RUNNING, FINISHED, STOPPED = "running", "finished", "stopped"


class NoRun(LookupError):
    """There is no such run to read or to resume."""


@dataclass(frozen=True)
class Store:
    """One run's folder."""

    folder: Path

    @property
    def run(self) -> str:
        """The run's id."""
        return self.folder.name

    @classmethod
    def new(cls, runs: Path, asked: Mapping[str, Any]) -> Store:
        """A new run below ``runs``; ``asked`` is what a resume needs to know (JSON).

        Its id is the moment, UTC, to the microsecond: ids sort as the runs began.
        """
        store = cls(runs / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
        for name in ("scenarios", "exchanges"):
            (store.folder / name).mkdir(parents=True)
        store.note(**asked, schema=1, run=store.run, started=time.time(), state=RUNNING)
        return store

    @classmethod
    def find(cls, runs: Path, run: str = "") -> Store:
        """That run; without an id, the last one that did not finish, else the last one. Raises NoRun."""
        kept = sorted(path.parent for path in runs.glob("*/run.json"))
        if run:
            found = [folder for folder in kept if folder.name == run] or [f for f in kept if f.name.startswith(run)]
        else:
            found = [folder for folder in kept if cls(folder).asked().get("state") != FINISHED] or kept
        if not found:
            raise NoRun(run)
        return cls(found[-1])

    @classmethod
    def newest(cls, runs: Path) -> Store:
        """The last run, whatever became of it; raises NoRun."""
        kept = sorted(path.parent for path in runs.glob("*/run.json"))
        if not kept:
            raise NoRun("")
        return cls(kept[-1])

    def asked(self) -> dict[str, Any]:
        """What ``run.json`` holds; empty when it cannot be read."""
        try:
            return dict(json.loads((self.folder / "run.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def note(self, **facts: Any) -> None:
        """Add facts to ``run.json``."""
        self._write(self.folder / "run.json", {**self.asked(), **facts})

    def drop_if_empty(self) -> None:
        """Forget a run that could not begin: nothing was played, marked or joined."""
        if not any(path.is_file() and path.name != "run.json" for path in self.folder.rglob("*")):
            shutil.rmtree(self.folder, ignore_errors=True)

    def save(self, result: ScenarioResult, traffic: Iterable[Traffic] = ()) -> None:
        """Keep a scenario's result and its exchanges."""
        lines = (json.dumps(packed(entry.raw), ensure_ascii=False) for entry in traffic)
        (self.folder / "exchanges" / f"{result.id}.jsonl").write_text(
            "".join(f"{x}\n" for x in lines), encoding="utf-8"
        )
        self._write(self.folder / "scenarios" / f"{result.id}.json", result.stored())

    def result(self, scenario: str) -> ScenarioResult | None:
        """The result kept for that scenario, None when there is none that can be read."""
        try:
            raw = json.loads((self.folder / "scenarios" / f"{scenario}.json").read_text(encoding="utf-8"))
            return ScenarioResult.of(raw)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def results(self) -> list[ScenarioResult]:
        """Every result kept, in the order of the run."""
        order = self.asked().get("scenarios", [])
        return [result for name in order if (result := self.result(name))]

    def traffic(self, scenario: str) -> list[Traffic]:
        """The exchanges kept for that scenario."""
        path = self.folder / "exchanges" / f"{scenario}.jsonl"
        if not path.exists():
            return []
        return [Traffic(unpacked(json.loads(line))) for line in path.read_text(encoding="utf-8").splitlines()]

    @staticmethod
    def _write(path: Path, value: Any) -> None:
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(path)


def packed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A journal entry as JSON: bodies in base64."""
    return {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in row.items()}


def unpacked(row: dict[str, Any]) -> dict[str, Any]:
    """The journal entry that `packed` made."""
    return {k: base64.b64decode(v) if k.endswith("_body") else v for k, v in row.items()}
