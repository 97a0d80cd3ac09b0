"""What the patient file holds, and how an action is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from norms.ins import oids

STRICT = ("birth_name", "given_names", "first_given_name", "sex", "birth_date", "birth_place")
COMPLEMENTARY = ("used_name", "used_given_name")
REQUIRED = ("birth_name", "first_given_name", "sex", "birth_date", "birth_place")  # règle 5
UNKNOWN_PLACE = "99999"


class Refused(Exception):
    """The software refuses an action: a stable ``code`` for the caller, a text of ``[refused]`` for the user."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code)
        self.code, self.args_shown = code, args


@dataclass(frozen=True, slots=True)
class Traits:
    """Strict traits (birth) and complementary ones (used). Dates AAAA-MM-JJ, place a COG code of 5 characters."""

    birth_name: str = ""
    given_names: str = ""  # list of birth given names, separated by spaces
    first_given_name: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""
    used_name: str = ""
    used_given_name: str = ""

    def shown(self) -> dict[str, str]:
        """The traits object of the test-driver API."""
        return {name: getattr(self, name) for name in STRICT + COMPLEMENTARY}


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule (13), its key (2), its OID and, in a history, its dates (AAAA-MM-JJ or empty)."""

    value: str
    key: str
    oid: str
    start: str = ""
    end: str = ""

    @property
    def full(self) -> str:
        """The 15 characters."""
        return self.value + self.key

    @property
    def kind(self) -> str:
        """Nature of the matricule, NIR or NIA, which only the OID tells; empty when it is not the OID of an INS."""
        return oids.nature(self.oid)

    def shown(self) -> dict[str, str]:
        """One element of a history in the test-driver API."""
        return {"value": self.value, "key": self.key, "oid": self.oid, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a patient's history (règles 16 and 21)."""

    time: str
    user: str
    before: str
    after: str
    reason: str

    def shown(self) -> dict[str, str]:
        """The line as the test-driver API gives it."""
        return {"time": self.time, "user": self.user, "from": self.before, "to": self.after, "reason": self.reason}


@dataclass(slots=True)
class Patient:
    """One record of the patient file."""

    id: str
    traits: Traits
    status: str = "provisoire"
    ins: Ins | None = None
    ins_history: tuple[Ins, ...] = ()
    attributes: frozenset[str] = frozenset()
    history: list[Change] = field(default_factory=list)
    foreign_ids: set[tuple[str, str]] = field(default_factory=set)  # (domain, identifier) given by other software
    deceased: str = ""  # AAAA-MM-JJ

    @property
    def locked(self) -> list[str]:
        """Fields that only a super-user may change (règle 26)."""
        return list(STRICT) if self.status in ("recuperee", "qualifiee") else []

    def shown(self) -> dict[str, Any]:
        """The record as the test-driver API gives it."""
        return {
            "patient": self.id,
            "traits": self.traits.shown(),
            "ins": self.ins
            and {
                "value": self.ins.value,
                "key": self.ins.key,
                "oid": self.ins.oid,
                "kind": self.ins.kind,
                "history": [past.shown() for past in self.ins_history],
            },
            "status": self.status,
            "attributes": sorted(self.attributes),
            "locked": self.locked,
            "history": [change.shown() for change in self.history],
        }


def now() -> str:
    """The wall clock, ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
