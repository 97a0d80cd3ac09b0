"""Laboratory reports: specimen, battery, isolate, result with its flags and reference range (IHE PaLM XD-LAB)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from norms.cda.build.entries.base import Time, act, related
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Ident, Professional
from norms.cda.build.parties import name
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import Child, E, address, coded, ident, moment, quantity, stamp, telecoms
from norms.cda.document import Element

INTERPRETATION = "2.16.840.1.113883.5.83"
_SPECIMENS = "2.16.840.1.113883.18.311"


@dataclass(frozen=True, slots=True)
class Result:
    """One result. ``value`` the element, ``flag`` its interpretation (H, L, HH, LL, A, S, I, R), ``low`` and ``high``
    the usual bounds, ``previous`` (value element, time) an earlier result."""

    code: Code
    value: Element
    anchor: str
    flag: Code | None = None
    low: str = ""
    high: str = ""
    unit: str = ""
    method: Code | None = None
    previous: tuple[Element, datetime] | None = None


def flag(code: str) -> Code:
    """An interpretation code (HL7 ObservationInterpretation)."""
    words = {
        "N": "Normal",
        "H": "Haut",
        "L": "Bas",
        "HH": "Haut critique",
        "LL": "Bas critique",
        "A": "Anormal",
        "S": "Sensible",
        "I": "Intermédiaire",
        "R": "Résistant",
        "POS": "Positif",
        "NEG": "Négatif",
    }
    return Code(code, INTERPRETATION, words[code])


def result(one: Result, time: Time, *, status: str = "completed") -> Element:
    """A laboratory observation."""
    told = one.code.at(one.anchor)
    bounds = None
    if one.low or one.high:
        interval = E(
            "value",
            quantity("low", one.low, one.unit) if one.low else None,
            quantity("high", one.high, one.unit) if one.high else None,
            xsi_type="IVL_PQ",
        )
        normal = E("interpretationCode", code="N", codeSystem=INTERPRETATION)
        bounds = E("referenceRange", E("observationRange", interval, normal, classCode="OBS"), typeCode="REFV")
    before = None
    if one.previous:
        value, when = one.previous
        old = E(
            "observation",
            template_ids("1.2.250.1.213.1.1.3.80"),
            coded("code", told),
            E("statusCode", code="completed"),
            moment("effectiveTime", when),
            value,
            classCode="OBS",
            moodCode="EVN",
        )
        before = related("REFR", old)
    return act(
        "observation",
        "80",
        coded("code", told),
        E("statusCode", code=status),
        moment("effectiveTime", time),
        one.value,
        coded("interpretationCode", one.flag) if one.flag else None,
        coded("methodCode", one.method) if one.method else None,
        before,
        bounds,
        kind="OBS",
    )


def battery(title: Code, results: Sequence[Element], *, status: str = "completed") -> Element:
    """A group of results made together."""
    return act(
        "organizer",
        "78",
        coded("code", title),
        E("statusCode", code=status),
        [E("component", one, typeCode="COMP") for one in results],
        kind="BATTERY",
    )


def isolate(ids: Ids, germ: Code, time: Time, contents: Sequence[Element]) -> Element:
    """A germ and what was found of it: count, antibiogram."""
    entity = E("specimenPlayingEntity", coded("code", germ), classCode="MIC")
    specimen = E("specimen", E("specimenRole", ident(ids.new()), entity, classCode="SPEC"), typeCode="SPC")
    return act(
        "organizer",
        "79",
        E("statusCode", code="completed"),
        moment("effectiveTime", time),
        specimen,
        [E("component", one, typeCode="COMP") for one in contents],
        kind="CLUSTER",
    )


def specimen(
    ids: Ids, code: Code, nature: Code, taken: datetime, received: datetime, *, accession: Ident | None = None
) -> Element:
    """The taking of a specimen, and its reception by the laboratory."""
    got = act(
        "act",
        "107",
        coded("code", Code("SPRECEIVE", "1.3.5.1.4.1.19376.1.5.3.2", "Échantillon reçu")),
        moment("effectiveTime", received),
        kind="ACT",
    )
    material = E("playingEntity", coded("code", nature))
    role = E("participantRole", ident(accession or ids.new()), material, classCode="SPEC")
    return act(
        "procedure",
        "77",
        coded("code", code),
        E("effectiveTime", E("high", value=stamp(taken))),
        E("participant", role, typeCode="PRD"),
        related("COMP", got),
        kind="PROC",
    )


def nature(code: str, display: str, anchor: str) -> Code:
    """The nature of a specimen (HL7 table 0487)."""
    return Code(code, _SPECIMENS, display, f"#{anchor}")


def validator(person: Professional, time: datetime) -> Element:
    """The biologist who validated these results."""
    where = address(person.organisation.address if person.organisation else None)
    entity = E("playingEntity", name(person.family, person.given, person.prefix, person.suffix))
    role = E("participantRole", ident(person.id), where, telecoms(person.phone, use="WP"), entity)
    return E(
        "participant",
        template_ids("1.2.250.1.213.1.1.3.109"),
        E("time", E("high", value=stamp(time))),
        role,
        typeCode="AUTHEN",
    )


def examinations(code: Code, contents: Sequence[Element], *, by: Child = None, status: str = "completed") -> Element:
    """The ``entry`` of a chapter: specimens, batteries, isolates, lone results."""
    done = E(
        "act",
        coded("code", code),
        E("statusCode", code=status),
        by,
        [related("COMP", one) for one in contents],
        classCode="ACT",
        moodCode="EVN",
    )
    return E("entry", template_ids("1.2.250.1.213.1.1.3.21"), done, typeCode="DRIV")


def text_reference(anchor: str) -> Element:
    """A value that only the narrative words."""
    return E("value", E("originalText", E("reference", value=f"#{anchor}")), xsi_type="CD")
