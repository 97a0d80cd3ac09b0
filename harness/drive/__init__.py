"""Drives: how the bench makes the software under test act, and reads back what it answered and showed.

A `Drive` acts by HTTP (`harness.drive.http`), by a command (`harness.drive.command`), or through a person
(`harness.drive.guided`, who also does what the two others do not offer). All share the action names and the answers of
the test-driver API (docs/test-driver.md). `harness.drive.sut` reads ``sut.toml``, `harness.drive.open` makes the drive
it asks for.

::

    DriveError         the software could not be driven: unreachable, nonsense in its answer
    ├── DriveTimeout   it did not answer in time
    ├── DriveCrash     it failed while it did what was asked
    └── NotOffered     it does not offer this action
        └── LeftOut    a person says that this does not concern the software, and why
    Left               a person leaves the run, to go on later: as Ctrl-C does
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.words import Words, words

if TYPE_CHECKING:
    from harness.guide.model import Place

# Every action of the test-driver API. Those of READING change nothing and send nothing.
READING = frozenset(
    (
        "session.get",
        "patient.get",
        "patient.find",
        "alerts",
        "worklist",
        "trace.export",
        "document.get",
        "mail.list",
        "mail.get",
    )
)
ACTIONS = READING | frozenset(
    (
        "reset",
        "settle",
        "login",
        "logout",
        "session.choose",
        "api.call",
        "patient.create",
        "patient.edit",
        "identity.validate",
        "identity.receive",
        "identity.export",
        "ins.search",
        "ins.verify",
        "document.create",
        "document.validate",
        "document.hold",
        "document.release",
        "document.replace",
        "document.delete",
        "document.mask",
        "dmp.status",
        "dmp.consent",
        "dmp.list",
        "dmp.get",
        "dmp.history",
        "mail.connect",
        "mail.send",
        "mail.reply",
        "mail.sync",
        "mail.file",
        "mail.receipt",
        "mail.delete",
        "mail.refusal",
        "annuaire.search",
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


class LeftOut(NotOffered):
    """A person says that this does not concern the software; ``message`` is the reason given."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(action)
        self.message = words("harness.drive", "left_out", reason=reason)


class Left(KeyboardInterrupt):
    """A person leaves the run; it goes on later at the same step."""


@dataclass(frozen=True, slots=True)
class Request:
    """An action to make; ``place`` tells a person where it stands in the scenario, a program ignores it."""

    action: str
    body: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 30.0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the software answered: ``ok`` False is its refusal, ``shown`` what its user was shown, ``took`` seconds.

    ``by_person``: a person did it and tells so. What only he saw is not in ``result``; ``marks`` are the moments
    (seconds since 1970) at which he said that he was doing it.
    """

    ok: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[Mapping[str, Any], ...] = ()
    error: Mapping[str, Any] | None = None
    took: float = 0.0
    by_person: bool = False
    marks: tuple[float, ...] = ()

    def stored(self) -> dict[str, Any]:
        """The answer's JSON; `Reply.of` reads it back. A person's has only what he gave."""
        body: dict[str, Any] = {"ok": self.ok, "result": dict(self.result), "shown": [dict(x) for x in self.shown]}
        if self.by_person:
            body = {name: value for name, value in body.items() if value or name == "ok"}
            body |= {"by_person": True, "marks": list(self.marks)}
        return body | ({"error": dict(self.error)} if self.error else {})

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Reply:
        """The answer that `stored` wrote."""
        return cls(
            raw["ok"],
            raw.get("result") or {},
            tuple(raw.get("shown") or ()),
            raw.get("error"),
            by_person=raw.get("by_person", False),
            marks=tuple(raw.get("marks", ())),
        )


@dataclass(frozen=True, slots=True)
class Software:
    """What the software says of itself; ``actions`` None when it does not say."""

    name: str = ""
    version: str = ""
    actions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person answered to a question: yes or no, a note, files given as proof, who (if known) and when."""

    yes: bool
    note: str = ""
    files: tuple[str, ...] = ()
    by: str = ""
    at: float = 0.0


class Drive(ABC):
    """One software under test, reachable for as long as the run lasts."""

    kind = ""
    by_person = False  # whether a person does steps: the run is kept step by step, and can be left
    waited = 0.0  # seconds that were a person's so far: no timeout counts them

    @abstractmethod
    def open(self) -> Software:
        """Start or reach the software; raises DriveError."""

    @abstractmethod
    def act(self, request: Request) -> Reply:
        """Make it do something; raises DriveError, DriveTimeout, NotOffered."""

    def tell(self, request: Request) -> None:
        """A step that asks nothing of the software: a person reads it. ``action`` is empty."""
        return

    def attest(self, question: Words, title: str, compare: Sequence[tuple[Words, Words]] = ()) -> Attestation | None:
        """Ask a person, ``compare`` being what to compare with; None when nobody can be asked, or cannot say."""
        return None

    def given(self) -> dict[str, Any]:
        """What a person gave during the step that ends: marks, clicks, notes, files; empty when nobody did."""
        return {}

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
