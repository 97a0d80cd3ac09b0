"""Where a scenario stands that a person goes through, kept after each step: left, it goes on at the same step.

``progress/<scenario>.json`` below the run's folder: the result so far, the traffic, the values saved, the place, and
the bench's session (world, switches, armed values), which is put back as it was. Removed once the scenario is decided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.drive import Reply
from harness.scenario.context import Context, Window
from harness.scenario.model import Step
from harness.scenario.result import ScenarioResult
from harness.scenario.store import packed, unpacked
from harness.scenario.traffic import Traffic

Json = dict[str, Any]


@dataclass
class Point:
    """A point of a scenario. ``step`` is the one under way, empty between two; its window began at ``began``."""

    variant: str
    result: ScenarioResult
    traffic: list[Traffic] = field(default_factory=list)
    done: list[str] = field(default_factory=list)  # variants decided
    steps: list[str] = field(default_factory=list)  # steps of the variant that are over
    step: str = ""
    began: float = 0.0
    spent: float = 0.0  # seconds of the variant's time
    saved: Json = field(default_factory=dict)
    windows: list[Json] = field(default_factory=list)
    labels: dict[str, list[int]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    read: int = 0  # where the journal was read up to
    state: Json = field(default_factory=dict)  # of the bench's session

    def take(self, context: Context, step: str, traffic: list[Traffic]) -> None:
        """Take the context as it is, in that step or (empty) between two."""
        self.variant, self.step, self.traffic = context.variant.id, step, traffic
        self.began = context.windows[step].started if step else 0.0
        self.windows = [_kept(window) for name, window in context.windows.items() if name != step]
        self.labels = {name: [entry.id for entry in found] for name, found in context.labels.items()}

    def restore(self, context: Context, steps: Mapping[str, Step]) -> None:
        """Put windows and named exchanges back into the context."""
        entries = {entry.id: entry for entry in self.traffic}
        for raw in self.windows:
            reply = Reply.of(raw["reply"]) if raw["reply"] else None
            came = [entries[number] for number in raw["traffic"] if number in entries]
            step = steps[raw["step"]]
            context.windows[step.id] = Window(step, raw["started"], raw["ended"], raw["body"], reply, came)
        for name, ids in self.labels.items():
            context.labels[name] = [entries[number] for number in ids if number in entries]


class Progress:
    """The points of one run's scenarios."""

    def __init__(self, run: Path) -> None:
        self._folder = run / "progress"

    def keep(self, point: Point) -> None:
        """Replace the scenario's point."""
        self._folder.mkdir(exist_ok=True)
        row = {
            **vars(point),
            "schema": 1,
            "result": point.result.stored(),
            "traffic": [packed(entry.raw) for entry in point.traffic],
        }
        path = self._path(point.result.id)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    def find(self, scenario: str) -> Point | None:
        """The scenario's point; None when it was not begun, or cannot be read."""
        try:
            row = json.loads(self._path(scenario).read_text(encoding="utf-8"))
            row.pop("schema")
            row["result"] = ScenarioResult.of(row["result"])
            if row["step"]:  # the record of a step under way is begun again
                row["result"].steps.pop()
            row["traffic"] = [Traffic(unpacked(each)) for each in row["traffic"]]
            return Point(**row)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def forget(self, scenario: str) -> None:
        """The scenario is decided."""
        self._path(scenario).unlink(missing_ok=True)

    def _path(self, scenario: str) -> Path:
        return self._folder / f"{scenario}.json"


def _kept(window: Window) -> Json:
    return {
        "step": window.step.id,
        "started": window.started,
        "ended": window.ended,
        "body": dict(window.body),
        "reply": window.reply.stored() if window.reply else None,
        "traffic": [entry.id for entry in window.traffic],
    }
