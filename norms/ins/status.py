"""The status of an identity as RNIV has it: four exclusive statuses, what moves between them, three attributes.

RNIV and Guide d'implémentation de l'INS, règles 19 to 27, 30 and 49; EXI ID 24 and 26.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from norms.finding import NOWHERE, Finding, Where, find


class Status(StrEnum):
    """Exclusive; a new identity is provisoire (règle 20)."""

    PROVISOIRE = "provisoire"
    RECUPEREE = "recuperee"
    VALIDEE = "validee"
    QUALIFIEE = "qualifiee"


class Attribute(StrEnum):
    """Cumulative marks; see `allowed` for the combinations."""

    HOMONYME = "homonyme"
    DOUTEUSE = "douteuse"
    FICTIVE = "fictive"


class Event(StrEnum):
    """What may change a status."""

    RECOVERED = "recovered"  # the user accepted what INSi answered (00)
    VERIFIED = "verified"  # an INS received from another domain was verified OK (provisional: as a recovery)
    EVIDENCE = "evidence"  # identity checked on a document of high trust (règle 19)
    CHANGED = "changed"  # a strict trait or the INS was changed by an entitled user (règle 27)
    VERIFICATION_KO = "verification_ko"  # règle 49
    DOUBT = "doubt"  # attribute douteuse or fictive set (règle 25)


@dataclass(frozen=True, slots=True)
class Identity:
    """What the rules look at: the status, the attributes, whether a matricule and OID are held."""

    status: Status = Status.PROVISOIRE
    attributes: frozenset[Attribute] = frozenset()
    has_ins: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Where an event leads; whether the INS and OID are invalidated, whether the identity joins the worklist."""

    to: Status
    invalidates: bool = False
    worklist: bool = False


class NotAllowed(ValueError):
    """The rules forbid it; `finding` says which rule and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message("en"))
        self.finding = finding


_P, _R, _V, _Q = Status.PROVISOIRE, Status.RECUPEREE, Status.VALIDEE, Status.QUALIFIEE
_GONE = Move(_P, invalidates=True)

# The table of the statuses; a pair that is absent leaves the identity as it is.
MOVES: Mapping[tuple[Status, Event], Move] = {
    (_P, Event.RECOVERED): Move(_R),
    (_R, Event.RECOVERED): Move(_R),
    (_V, Event.RECOVERED): Move(_Q),
    (_Q, Event.RECOVERED): Move(_Q),
    (_P, Event.VERIFIED): Move(_R),
    (_R, Event.VERIFIED): Move(_R),
    (_V, Event.VERIFIED): Move(_Q),
    (_Q, Event.VERIFIED): Move(_Q),
    (_P, Event.EVIDENCE): Move(_V),
    (_R, Event.EVIDENCE): Move(_Q),
    (_R, Event.CHANGED): _GONE,
    (_Q, Event.CHANGED): Move(_V, invalidates=True),
    (_R, Event.VERIFICATION_KO): Move(_P, invalidates=True, worklist=True),
    (_Q, Event.VERIFICATION_KO): Move(_P, invalidates=True, worklist=True),
    (_P, Event.DOUBT): _GONE,
    (_R, Event.DOUBT): _GONE,
    (_V, Event.DOUBT): _GONE,
    (_Q, Event.DOUBT): _GONE,
}

_BLOCKING = frozenset({Attribute.DOUTEUSE, Attribute.FICTIVE})
_UPWARD = (Event.RECOVERED, Event.VERIFIED, Event.EVIDENCE)
_COMBINATIONS = frozenset(
    {
        frozenset[Attribute](),
        frozenset({Attribute.HOMONYME}),
        frozenset({Attribute.DOUTEUSE}),
        frozenset({Attribute.FICTIVE}),
        frozenset({Attribute.DOUTEUSE, Attribute.HOMONYME}),
    }
)


def move(status: Status, event: Event) -> Move:
    """Where that event leads from that status; the same status when the table has nothing."""
    return MOVES.get((status, event), Move(status))


def after(identity: Identity, event: Event) -> tuple[Identity, Move]:
    """The identity after an event, and what happened.

    Raises NotAllowed when an identity douteuse or fictive would rise (règle 25). `Event.DOUBT` is for `with_attribute`.
    """
    if event in _UPWARD and identity.attributes & _BLOCKING:
        raise NotAllowed(find("INS-STATUS-03", found=_said(identity.attributes)))
    step = move(identity.status, event)
    gained = event in (Event.RECOVERED, Event.VERIFIED)
    return Identity(step.to, identity.attributes, not step.invalidates and (identity.has_ins or gained)), step


def allowed(attributes: frozenset[Attribute]) -> bool:
    """Whether these attributes may stand together: the only pair is douteuse and homonyme (règle 25, EXI ID 26)."""
    return attributes in _COMBINATIONS


def with_attribute(identity: Identity, attribute: Attribute) -> tuple[Identity, Move]:
    """The identity with one attribute more; douteuse and fictive bring it back to provisoire and invalidate the INS.

    Raises NotAllowed when the attributes may not stand together.
    """
    wanted = identity.attributes | {attribute}
    if not allowed(wanted):
        raise NotAllowed(find("INS-STATUS-02", found=_said(wanted)))
    if attribute not in _BLOCKING:
        return Identity(identity.status, wanted, identity.has_ins), Move(identity.status)
    step = move(identity.status, Event.DOUBT)
    return Identity(step.to, wanted, False), step


def without_attribute(identity: Identity, attribute: Attribute) -> Identity:
    """The identity with one attribute less; its status stays."""
    return Identity(identity.status, identity.attributes - {attribute}, identity.has_ins)


def may_call_insi(identity: Identity) -> bool:
    """Whether INSi may be called: not for an identity douteuse or fictive (règle 25)."""
    return not identity.attributes & _BLOCKING


def may_transmit_ins(identity: Identity) -> bool:
    """Whether matricule and OID may leave the software, on paper or not: qualifiée only (règle 28, EXI ID 29)."""
    return identity.status is Status.QUALIFIEE


def check(status: str, attributes: tuple[str, ...], has_ins: bool, where: Where = NOWHERE) -> list[Finding]:
    """What is incoherent in an identity as a software shows it."""
    known = set(Status), set(Attribute)
    out = []
    if status not in known[0]:
        out.append(find("INS-STATUS-01", expected=", ".join(Status), found=status, where=where))
    if strange := [one for one in attributes if one not in known[1]]:
        out.append(find("INS-STATUS-06", expected=", ".join(Attribute), found=", ".join(strange), where=where))
    held = frozenset(Attribute(one) for one in attributes if one in known[1])
    if not allowed(held):
        out.append(find("INS-STATUS-02", found=_said(held), where=where))
    if held & _BLOCKING and status != Status.PROVISOIRE:
        out.append(find("INS-STATUS-04", expected="provisoire", found=status, where=where, attributes=_said(held)))
    if has_ins and (status not in (Status.RECUPEREE, Status.QUALIFIEE) or held & _BLOCKING):
        out.append(find("INS-STATUS-05", expected="recuperee, qualifiee", found=status, where=where))
    if not has_ins and status in (Status.RECUPEREE, Status.QUALIFIEE):
        out.append(find("INS-STATUS-08", found=status, where=where))
    return out


def check_change(before: str, then: str, where: Where = NOWHERE) -> list[Finding]:
    """A finding when no event leads from one status to the other (a history that jumps)."""
    pairs = {(start, step.to) for (start, _), step in MOVES.items()} | {(one, one) for one in Status}
    return [] if (before, then) in pairs else [find("INS-STATUS-07", expected=before, found=then, where=where)]


def _said(attributes: frozenset[Attribute]) -> str:
    return " + ".join(sorted(attributes))
