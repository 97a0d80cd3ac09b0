"""The mailboxes of the world as the Annuaire publishes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mocks.world import Mailbox, World
from norms.annuaire import systems

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Oddities seen in the wild that a session may ask for (switches of the same names)."""

    mailbox_extras: bool = False
    mailbox_type_form: str = "coded"
    idnps_only: bool = False


class Mailboxes:
    """What is published of a world's mailboxes: neither red list nor closed ones, by who holds them."""

    def __init__(self, world: World, shape: Shape) -> None:
        self.shape = shape
        self._held: dict[tuple[str, str], list[Mailbox]] = {}
        self._first = {who.mail for who in world.professionals.values()}
        self._first |= {place.mail for place in world.organisations.values()}
        for box in published(world.mailboxes):
            personal = box.kind in ("PER", "CAB")
            key = (box.professional, box.organisation) if personal else ("", box.organisation)
            self._held.setdefault(key, []).append(box)

    def of(self, professional: str, organisation: str) -> list[Json]:
        """The contact points of a professional (``of(id, "")``), of an activity, of a structure (``of("", id)``)."""
        boxes = self._held.get((professional, organisation), [])
        ranked = len(boxes) > 1
        return [self._point(box, rank=1 if ranked and box.id in self._first else 0) for box in boxes]

    def _point(self, box: Mailbox, rank: int) -> Json:
        point = messaging(box.id, "MSSANTE")
        point["extension"].append({"url": systems.MAILBOX, "extension": self._metadata(box)})
        return {**point, "rank": rank} if rank else point

    def _metadata(self, box: Mailbox) -> list[Json]:
        """What the public profile says of a box: never who is responsible, and nothing of a red list."""
        system = systems.MESSAGING if self.shape.mailbox_type_form == "r256" else systems.MAILBOX_TYPE
        kind: Json = {"url": "type", "valueCodeableConcept": {"coding": [{"system": system, "code": box.kind}]}}
        if self.shape.mailbox_type_form == "valueCode":
            kind = {"url": "type", "valueCode": box.kind}
        found = [kind]
        found += [{"url": name, "valueString": said} for name, said in _said(box) if said]
        if self.shape.mailbox_extras:
            found.append({"url": "digitization", "valueBoolean": True})
            found += [{"url": "phone", "valueString": box.phone}] if box.phone else []
        return found


def published(boxes: Mapping[str, Mailbox]) -> Iterable[Mailbox]:
    """The mailboxes that anyone may see."""
    return (box for box in boxes.values() if box.active and not box.red_list)


def messaging(address: str, code: str) -> Json:
    """An e-mail address with its type of messaging (TRE_R256)."""
    kind = {"system": systems.MESSAGING, "code": code}
    return {"system": "email", "value": address, "extension": [{"url": systems.EMAIL_TYPE, "valueCoding": kind}]}


def _said(box: Mailbox) -> tuple[tuple[str, str], ...]:
    return ("description", box.label), ("service", box.service)
