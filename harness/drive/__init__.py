"""Drives: how the bench makes the software under test act, and reads back what it answered and showed.

A `Drive` acts by HTTP (`harness.drive.http`), by a command (`harness.drive.command`), or through a person. All share
the action names and the answers of the test-driver API (docs/test-driver.md). `harness.drive.sut` reads ``sut.toml``,
`harness.drive.open` makes the drive it asks for.

::

    DriveError         the software could not be driven: unreachable, nonsense in its answer
    ├── DriveTimeout   it did not answer in time
    ├── DriveCrash     it failed while it did what was asked
    └── NotOffered     it does not offer this action
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.words import NO_WORDS, Words, words

# Every action of the test-driver API. Those of READING change nothing and send nothing.
READING = frozenset(("patient.get", "patient.find", "alerts", "worklist", "trace.export", "document.get"))
ACTIONS = READING | frozenset(
    (
        "reset",
        "settle",
        "login",
        "logout",
        "patient.create",
        "patient.edit",
        "identity.validate",
        "identity.receive",
        "identity.export",
        "ins.search",
        "ins.verify",
        "document.create",
        "print",
    )
)
# What these answer leaves the software: paper, files and messages for others.
EXPORTING = frozenset(("identity.export", "document.get", "print"))
MAX_ANSWER = 50_000_000  # bytes


class DriveError(Exception):
    """The software could not be driven; ``message`` says why and how to mend it."""

    def __init__(self, message: Words) -> None:
        super().__init__(message.en)
        self.message = message


class DriveTimeout(DriveError):
    """No answer in time."""


class DriveCrash(DriveError):
    """It failed while it did what was asked (HTTP 5xx)."""


class NotOffered(DriveError):
    """The software does not offer this action."""

    def __init__(self, action: str) -> None:
        super().__init__(words("harness.drive", "not_offered", action=action))


@dataclass(frozen=True, slots=True)
class Request:
    """An action to make. ``text`` and ``proofs`` tell a person what to do and what to keep; a program ignores them."""

    action: str
    body: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 30.0
    title: str = ""
    text: Words = NO_WORDS
    proofs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the software answered: ``ok`` False is its refusal, ``shown`` what its user was shown, ``took`` seconds."""

    ok: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[Mapping[str, Any], ...] = ()
    error: Mapping[str, Any] | None = None
    took: float = 0.0

    def stored(self) -> dict[str, Any]:
        """The answer's JSON."""
        body: dict[str, Any] = {"ok": self.ok, "result": dict(self.result), "shown": [dict(x) for x in self.shown]}
        return body | ({"error": dict(self.error)} if self.error else {})


@dataclass(frozen=True, slots=True)
class Software:
    """What the software says of itself; ``actions`` None when it does not say."""

    name: str = ""
    version: str = ""
    actions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person answered to a question: yes or no, a note, files given as proof."""

    yes: bool
    note: str = ""
    files: tuple[str, ...] = ()


class Drive(ABC):
    """One software under test, reachable for as long as the run lasts."""

    kind = ""

    @abstractmethod
    def open(self) -> Software:
        """Start or reach the software; raises DriveError."""

    @abstractmethod
    def act(self, request: Request) -> Reply:
        """Make it do something; raises DriveError, DriveTimeout, NotOffered."""

    def attest(self, question: Words, title: str) -> Attestation | None:
        """Ask a person; None when nobody can be asked."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Leave the software; stops it when the drive started it."""


def reply(raw: object, action: str, took: float = 0.0) -> Reply:
    """The answer that a JSON value holds; raises DriveError saying what is not as the test-driver API has it."""
    wrong = ""
    if not isinstance(raw, Mapping):
        wrong = "not_object"
    elif not isinstance(raw.get("ok"), bool):
        wrong = "no_ok"
    elif not isinstance(raw.get("result", {}) or {}, Mapping):
        wrong = "bad_result"
    elif not isinstance(raw.get("shown", []) or [], list) or not all(
        isinstance(each, Mapping) for each in raw.get("shown") or []
    ):
        wrong = "bad_shown"
    elif not isinstance(raw.get("error") or {}, Mapping):
        wrong = "bad_error"
    if wrong or not isinstance(raw, Mapping):
        raise DriveError(words("harness.drive", f"answer.{wrong}", action=action, found=repr(raw)[:200]))
    return Reply(raw["ok"], raw.get("result") or {}, tuple(raw.get("shown") or ()), raw.get("error") or None, took)
