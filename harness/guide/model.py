"""What a person is told and what he gives back: plain values, JSON both ways, both languages."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from harness.words import NO_WORDS, Words

Kind = Literal["start", "step", "question"]
Did = Literal["done", "refused", "not_applicable", "yes", "no", "skip"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence asked for: its REM number, what goes in (exchanges, answer, capture, document)."""

    number: str
    keeps: tuple[str, ...] = ()
    text: Words = NO_WORDS

    @property
    def by_person(self) -> bool:
        """Whether something in it can only come from a person."""
        return bool({"capture", "document"} & set(self.keeps))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that the bench put into a mailbox before the step: its mailbox, who wrote it, its subject."""

    to: str
    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands: the scenario, its variant, the step among the variant's, what is looked at meanwhile."""

    scenario: str
    title: Words
    variant: str = ""
    variant_text: Words = NO_WORDS
    goal: Words = NO_WORDS
    before: Words = NO_WORDS
    step: str = ""
    type: str = ""
    text: Words = NO_WORDS
    number: int = 0
    total: int = 0
    watches: tuple[Words, ...] = ()  # what the bench checks by itself
    asks: tuple[Words, ...] = ()  # what only a person can see
    proofs: tuple[Proof, ...] = ()
    refusal: bool = False  # the software must refuse
    calls: bool = False  # the software must call the bench in this step
    services: tuple[str, ...] = ()  # of the bench, that the scenario looks at
    arrived: tuple[Arrival, ...] = ()

    @property
    def key(self) -> str:
        """One per step of a run."""
        return f"{self.scenario}/{self.variant}/{self.step}"


@dataclass(frozen=True, slots=True)
class Value:
    """A value to type or to compare with."""

    label: Words
    value: Words


@dataclass(frozen=True, slots=True)
class Sheet:
    """An action, worded for a person: gestures in order, what must be seen, values to type.

    ``hands``: path, below the run's folder, of a file that he gives to the software; ``wants``: the software makes a
    file that he should give back.
    """

    gestures: tuple[Words, ...] = ()
    observe: Words = NO_WORDS
    values: tuple[Value, ...] = ()
    hands: str = ""
    wants: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is on the screen: the start of a variant, a step to do, or a question on what was seen."""

    kind: Kind
    place: Place
    sheet: Sheet = field(default_factory=Sheet)
    question: Words = NO_WORDS
    compare: tuple[Value, ...] = ()
    seq: int = 0  # one more for each prompt of the run

    def stored(self) -> dict[str, Any]:
        """JSON form; `Prompt.of` reads it back."""
        return asdict(self)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Prompt:
        """The prompt that `stored` wrote."""
        place = dict(raw["place"])
        for name in ("title", "variant_text", "goal", "before", "text"):
            place[name] = Words.of(place[name])
        for name in ("watches", "asks"):
            place[name] = tuple(Words.of(each) for each in place[name])
        place["services"] = tuple(place["services"])
        place["arrived"] = tuple(Arrival(**each) for each in place.get("arrived", ()))
        place["proofs"] = tuple(Proof(p["number"], tuple(p["keeps"]), Words.of(p["text"])) for p in place["proofs"])
        sheet = dict(raw["sheet"])
        sheet["gestures"] = tuple(Words.of(each) for each in sheet["gestures"])
        sheet["observe"], sheet["values"] = Words.of(sheet["observe"]), _values(sheet["values"])
        return cls(
            raw["kind"],
            Place(**place),
            Sheet(**sheet),
            Words.of(raw["question"]),
            _values(raw["compare"]),
            raw["seq"],
        )


def _values(rows: list[dict[str, Any]]) -> tuple[Value, ...]:
    return tuple(Value(Words.of(row["label"]), Words.of(row["value"])) for row in rows)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a person answered a prompt, with his note (a reason, what the software said, what he saw).

    ``by``: his name, where it is known; ``at``: when, seconds since 1970.
    """

    did: Did
    note: str = ""
    by: str = field(default="", compare=False)
    at: float = field(default=0.0, compare=False)


@dataclass(slots=True)
class Given:
    """What a person gave during a step besides his answers."""

    marks: list[float] = field(default_factory=list)  # seconds since 1970: « je viens de valider »
    clicks: int = 0
    notes: list[str] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)  # {proof, name, path below the run, size, sha256}
    made: str = ""  # path, below the run's folder, of the file that the software made in this step

    def __bool__(self) -> bool:
        return bool(self.marks or self.clicks or self.notes or self.files)
