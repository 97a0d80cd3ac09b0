"""What an expectation may look at: the windows of the steps done so far, named exchanges, values, the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.drive import EXPORTING, Attestation, Reply
from harness.scenario.model import Step, Variant
from harness.scenario.traffic import Traffic
from harness.scenario.values import Lookup


@dataclass
class Window:
    """What happened during one step: from its start until the software had nothing left to send."""

    step: Step
    started: float  # seconds since 1970
    ended: float = 0.0
    body: Mapping[str, Any] = field(default_factory=dict)
    reply: Reply | None = None
    traffic: list[Traffic] = field(default_factory=list)

    @property
    def action(self) -> str:
        """The action of the step, empty when it has none."""
        return self.step.do.action if self.step.do else ""

    @property
    def exported(self) -> Mapping[str, Any]:
        """What the step made the software give away: nothing but the reason when it refused to."""
        if self.action not in EXPORTING or self.reply is None:
            return {}
        return self.reply.result if self.reply.ok else {"error": self.reply.error or {"code": "refused"}}


@dataclass
class Context:
    """Everything behind one expectation of the current step (the last window)."""

    variant: Variant
    windows: dict[str, Window]
    labels: dict[str, list[Traffic]]
    lookup: Lookup
    attest: Callable[..., Attestation | None] = lambda *_: None  # question, what to compare with

    @property
    def window(self) -> Window:
        """The current step's window."""
        return next(reversed(self.windows.values()))

    def since(self, step: str = "") -> list[Window]:
        """The windows from that step (absent: the current one) until now."""
        if not step:
            return [self.window]
        steps = list(self.windows)
        return [self.windows[name] for name in steps[steps.index(step) :]] if step in steps else [self.window]
