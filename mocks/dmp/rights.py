"""Access rights to a patient's DMP, kept in the session's world: declared, used, expired, blocked, removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from mocks.http import Call
from mocks.session import Session
from mocks.sessions_store import saving
from mocks.world import Dmp, Patient, Right
from mocks.world.binder import plain

NONE, VALID, EXPIRED, BLOCKED = "NON_EXISTE", "VALIDE", "EXPIRE", "INTERDIT"


def today(session: Session) -> str:
    """The day on the session's clock, AAAA-MM-JJ."""
    return datetime.fromtimestamp(session.clock.now(), UTC).date().isoformat()


def status(dmp: Dmp, who: str, structure: str, day: str, months: int) -> str:
    """NON_EXISTE, VALIDE, EXPIRE or INTERDIT: the user's own right, else that of the structure."""
    found = dmp.right(who) or dmp.right(structure)
    if found is None:
        return NONE
    if found.status == VALID and found.last and _past(found.last, day, months):
        return EXPIRED
    return found.status


def _past(last: str, day: str, months: int) -> bool:
    """Whether more than ``months`` months went by since ``last``."""
    start, end = date.fromisoformat(last), date.fromisoformat(day)
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day) >= months


def declare(call: Call, patient: Patient, who: str, *, treating: bool) -> Patient:
    """Declare (or renew) the right of a professional or structure; ``treating``: also as treating doctor."""
    held, day = patient.dmp.right(who), today(call.session)
    fresh = Right(who, VALID, held.since if held and held.since else day, day)
    others = tuple(right for right in patient.dmp.rights if right.who != who)
    changed = replace(patient.dmp, rights=(*others, fresh), treating=who if treating else patient.dmp.treating)
    return keep(call, patient, changed)


def remove(call: Call, patient: Patient, who: str, *, treating_only: bool) -> Patient:
    """Remove one's own right, or only one's role of treating doctor."""
    dmp = patient.dmp
    changed = replace(dmp, treating="" if dmp.treating == who else dmp.treating)
    if not treating_only:
        changed = replace(changed, rights=tuple(right for right in dmp.rights if right.who != who))
    return keep(call, patient, changed)


def keep(call: Call, patient: Patient, dmp: Dmp) -> Patient:
    """Keep the patient's DMP as it now is, with the exchange of this call; the patient as changed."""
    world = call.session.world
    before = world.snapshot()
    world.patch("patients", patient.id, {"dmp": plain(dmp)})
    call.keep(saving(call.session), undo=lambda: world.restore(before))
    return world.patients[patient.id]
