"""What only a defect runs: behaviour that the honest code beside each hook never has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from harness.drive.reference.answers import Answer
from harness.drive.reference.config import Professional
from harness.drive.reference.messages import Card
from harness.drive.reference.model import Ins, Patient
from norms.ins import matricule, oids


def insist(wanted: Mapping[str, str], call: Callable[[Mapping[str, str]], Answer], times: int = 8) -> Answer:
    """The same call again and again while it fails; it ends, since the bench must see it and not suffer it."""
    answer = call(wanted)
    for _ in range(times - 1):
        if answer.code != "error":
            break
        answer = call(wanted)
    return answer


def of_holder(answer: Answer, card: Card) -> Answer:
    """The answer to a search by card, as if the INS found were the number of the card's holder."""
    found = answer.individual
    if found is None or not matricule.well_formed(card.holder_nir):
        return answer
    active = replace(found.active, number=card.holder_nir, key=matricule.key(card.holder_nir))
    return replace(answer, individual=replace(found, active=active))


def invent_ins(patient: Patient) -> None:
    """A matricule made up from the traits typed, as if INSi had given it."""
    t = patient.traits
    number = f"{'1' if t.sex == 'M' else '2'}{t.birth_date[2:4]}{t.birth_date[5:7]}{t.birth_place}001"
    patient.ins = Ins(number, matricule.key(number), oids.NIR)
    patient.status = "recuperee"


def estimate_date(patient: Patient) -> None:
    """The birth date typed, replaced by the first of January of its year."""
    patient.traits = replace(patient.traits, birth_date=f"{patient.traits.birth_date[:4]}-01-01")


def spoil(patient: Patient) -> None:
    """A record left in a state that no later change can be made from."""
    patient.traits = replace(patient.traits, birth_date="")


def colleague(user: Professional) -> Professional:
    """Another national identifier than the user's."""
    last = "1" if user.national_id.endswith("0") else "0"
    return replace(user, national_id=user.national_id[:-1] + last)
