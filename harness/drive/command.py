"""The command drive: one program run per action. It reads ``{"action", "body"}`` on stdin and prints the answer.

The action's name is also in the environment (``SEGUR_ACTION``), with the bench's addresses and files, so that a few
lines of shell are enough. ``{"offered": false}`` says that the action is not offered.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.drive import MAX_ANSWER, Drive, DriveError, NotOffered, Reply, Request, Software, process, reply
from harness.words import words

_P = "harness.drive"


class CommandDrive(Drive):
    """Acts by running ``argv`` in ``folder``; ``environ`` is added to the environment."""

    kind = "command"

    def __init__(
        self, argv: Sequence[str], folder: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.argv, self.folder, self.environ = list(argv), folder, dict(environ or {})

    def open(self) -> Software:
        """Nothing to reach: each action is a program of its own."""
        return Software(Path(self.argv[0]).name)

    def act(self, request: Request) -> Reply:
        """Run the program; what it prints must be one JSON object and nothing else."""
        began = time.monotonic()
        stdin = json.dumps({"action": request.action, "body": dict(request.body)}, ensure_ascii=False).encode()
        environ = {**self.environ, "SEGUR_ACTION": request.action}
        code, printed, complaint = process.run(self.argv, stdin, request.timeout, self.folder, environ)
        said = " ".join(complaint.decode("utf-8", "replace").split())[-300:] or "—"
        if len(printed) > MAX_ANSWER:
            raise DriveError(words(_P, "answer.too_large", action=request.action, limit=MAX_ANSWER))
        try:
            raw = json.loads(printed)
        except ValueError as error:
            found = " ".join(printed[:300].decode("utf-8", "replace").split()) or "—"
            raise DriveError(
                words(_P, "command.not_json", action=request.action, code=code, found=found, why=error, complaint=said)
            ) from None
        if isinstance(raw, dict) and raw.get("offered") is False:
            raise NotOffered(request.action)
        if code != 0:
            raise DriveError(words(_P, "command.exit", action=request.action, code=code, complaint=said))
        return reply(raw, request.action, time.monotonic() - began)

    def close(self) -> None:
        """Nothing stays open."""
