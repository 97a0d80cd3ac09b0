"""Reports: each is a writer on one stream of events (`harness.scenario.events`), told in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.scenario.events import Emit, Event


class Writer(Protocol):
    """Takes each event of a run as it happens."""

    def on(self, event: Event) -> None:
        """Take one event."""


def to_all(writers: Sequence[Writer]) -> Emit:
    """One function that gives each event to every writer, in order."""

    def emit(event: Event) -> None:
        for writer in writers:
            writer.on(event)

    return emit
