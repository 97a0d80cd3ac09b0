"""What a sample is, and the header that samples share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from harness.samples.people import People
from norms.cda.build import Act, Code, Encounter, Header, Level1, Patient, Professional, Section, document
from norms.cda.build.ids import oid
from norms.cda.volets import sheets
from norms.cda.volets.lines import system

AMBULATORY = Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire (hors établissement)")
INPATIENT = Code("IMP", "2.16.840.1.113883.5.4", "Hospitalisation (établissement, y compris HAD)")


@dataclass(frozen=True, slots=True)
class Sample:
    """A document of the library. ``id`` is its file name without ``.xml``; ``shows`` what a reader learns from it."""

    id: str
    build: Callable[[People], bytes]
    shows_fr: str
    shows_en: str
    sections: Sequence[str] = ()


VALID: dict[str, Sample] = {}
SIGNED: set[str] = set()  # made with a key that is thrown away: never twice the same bytes


def sample(id: str, fr: str, en: str) -> Callable[[Callable[[People], bytes]], Callable[[People], bytes]]:
    """Put a builder in the library under an id."""

    def keep(build: Callable[[People], bytes]) -> Callable[[People], bytes]:
        VALID[id] = Sample(id, build, fr, en)
        return build

    return keep


def head(
    people: People,
    name: str,
    *,
    volet: str = "",
    version: str = "",
    code: Code | None = None,
    title: str,
    time: datetime,
    patient: Patient,
    author: Professional,
    acts: Sequence[Act] = (),
    encounter: Encounter | None = None,
    **more: Any,
) -> Header:
    """A header with what most documents share: the author signs and keeps, the act is theirs, at their place."""
    model = next((m for m in sheets.models().values() if m.name == volet), None)
    if code is None:
        assert model is not None
        code = people.label("J07", model.codes[0][1], system(model.codes[0][0]))
    place = author.organisation
    assert place is not None
    act = Act(None, time, performer=author)
    sector = "SA07" if place.setting and place.setting.code == "AMBULATOIRE" else "SA01"
    stay = encounter or Encounter(AMBULATORY, time, people.facility(sector))
    return Header(
        template=model.oid if model else "",
        version=version,
        id=oid(f"{name}:id"),
        set_id=oid(f"{name}:set"),
        code=code,
        title=title,
        time=time,
        patient=patient,
        authors=((author, time),),
        custodian=place,
        signer=author,
        acts=tuple(acts) or (act,),
        encounter=stay,
        **more,
    )


def written(spec: Header, body: Sequence[Section] | Level1, **changes: Any) -> bytes:
    """The bytes of a document, some header fields changed."""
    return document(replace(spec, **changes) if changes else spec, body)
