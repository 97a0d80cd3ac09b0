"""Which calls a search by traits makes, in what order, and where it stops (insi guide; CNDA tests 2.06 and 2.07).

Each birth given name alone, in order, without place of birth, until one identity is found; then all of them joined.
Several identities: again with the other given names, then with the place. A technical error ends everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from harness.drive.reference import misbehaviour
from harness.drive.reference.answers import Answer
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import UNKNOWN_PLACE, Traits

Call = Callable[[Mapping[str, str]], Answer]


def by_traits(traits: Traits, call: Call, defects: Defects) -> Answer:
    """Search with those traits; ``call`` makes one WS_INS2 call and traces it. Gives the answer that ended it all."""
    names = traits.given_names.split()
    joined = " ".join(names)
    last = Answer("01")
    if defects.on("joins-given-names-at-once"):
        names = [joined]
    for name in [*names, joined] if len(names) > 1 else names:
        wanted = request(traits, name, place=defects.on("place-at-once"))
        if defects.on("sends-used-name") and traits.used_name:
            wanted["NomNaissance"] = traits.used_name
        last = call(wanted)
        if last.code == "02":
            if defects.on("gives-up-on-02"):
                return last
            return _narrow(traits, name, joined, last, call)
        if last.code == "error" and defects.on("retries-forever-on-fault"):
            last = misbehaviour.insist(wanted, call)
        if last.code == "01" and defects.on("stops-at-first-given-name"):
            return last
        if last.code != "01":
            return last
    return last


def request(traits: Traits, given_name: str, *, place: bool = False) -> dict[str, str]:
    """The children of RECSANSVITALE for one call."""
    values = {
        "NomNaissance": traits.birth_name,
        "Prenom": given_name,
        "Sexe": traits.sex,
        "DateNaissance": traits.birth_date,
    }
    return {**values, "LieuNaissance": traits.birth_place} if place else values


def _narrow(traits: Traits, name: str, joined: str, ambiguous: Answer, call: Call) -> Answer:
    for wanted in _narrower(traits, name, joined):
        answer = call(wanted)
        if answer.code not in ("01", "02"):
            return answer
    return ambiguous  # still several people: nobody may choose for the user


def _narrower(traits: Traits, name: str, joined: str) -> Iterator[dict[str, str]]:
    if joined != name:
        yield request(traits, joined)
    if traits.birth_place and traits.birth_place != UNKNOWN_PLACE:
        yield request(traits, name, place=True)
