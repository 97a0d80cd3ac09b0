"""What the software remembers of what was done: traces (règles 4, 31, 37, 39, 48, 53), alerts, worklist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.drive.reference.answers import Answer, Identifier
from harness.drive.reference.config import Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Ins, Patient, Refused, now
from harness.drive.reference.mss.letter import Letter


class Traces:
    """The journal of one software; entries are JSON-ready and never change."""

    def __init__(self, defects: Defects) -> None:
        self.defects = defects
        self.entries: list[dict[str, Any]] = []

    def add(self, user: str, action: str, patient: Patient, **facts: Any) -> None:
        """One act on one patient; empty facts are left out."""
        user = "" if self.defects.on("no-user-in-traces") else user
        kept = {name: value for name, value in facts.items() if value not in ("", None, [])}
        self.entries.append({"time": now(), "user": user, "action": action, "patient": patient.id, **kept})

    def call(self, user: str, modality: str, patient: Patient, answer: Answer, ins: Ins | None = None) -> None:
        """One call to INSi, with all that was returned when an identity was; ``ins`` is the one verified."""
        found = None if self.defects.on("trace-without-returned-data") else answer.individual
        self.add(
            user,
            "insi.call",
            patient,
            modality=modality,
            code=answer.traced,
            message_id=answer.message_id,
            ins=found.active.value if found else ins.full if ins else "",
            oid=found.active.oid if found else ins.oid if ins else "",
            history=[_past(past) for past in found.history] if found else [],
            traits=found.traits() if found else None,
        )

    @contextmanager
    def mail(self, user: Professional, action: str, letter: Letter) -> Iterator[Callable[[str, str], None]]:
        """One gesture on a message: who, when, what, the request and the server's answer, kept even when it fails
        (ECO.4.1.1); nothing of its content. The block says request and answer."""
        request, answer = "", "no answer"

        def said(asked: str, got: str) -> None:
            nonlocal request, answer
            request, answer = asked, got

        try:
            yield said
        except Refused as refused:
            answer = f"{refused.code} {refused.args_shown.get('said', '')}".strip()
            raise
        finally:
            if not self._untold(action):
                entry = {
                    "time": now(),
                    "user": "" if self.defects.on("no-user-in-traces") else user.national_id,
                    "action": action,
                    "mailbox": letter.mailbox,
                    "message_id": letter.message_id,
                    "request": request or action,
                    "answer": "" if self.defects.on("mss-trace-without-answer") else answer,
                }
                if self.defects.on("mss-trace-holds-content"):
                    entry["text"] = letter.text
                self.entries.append(entry)

    def _untold(self, action: str) -> bool:
        return (action == "mail.delete" and self.defects.on("mss-no-trace-of-deletion")) or (
            action == "mail.receive" and self.defects.on("mss-no-trace-of-reception")
        )


def _past(past: Identifier) -> dict[str, str]:
    return {"value": past.number, "key": past.key, "oid": past.oid, "start": past.start, "end": past.end}
