"""Problems, allergies, acts, measures, history, devices, comments: FR templates over IHE PCC."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

from norms.cda.build.entries.base import (
    LOINC,
    ROLE,
    Time,
    act,
    boolean,
    cd,
    loinc,
    pq,
    related,
    snomed,
    statement,
)
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Ident, Organisation, Professional
from norms.cda.build.parties import assigned
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import Child, E, address, coded, ident, moment, reference, span, telecoms
from norms.cda.document import Element

DIAGNOSIS = snomed("282291009", "interprétation diagnostique")
_STATUS = Code("33999-4", LOINC, "Statut")
_CLINICAL = "2.16.840.1.113883.4.642.4.1373"
_CONDITION = "2.16.840.1.113883.4.642.1.1074"


def problem(
    ids: Ids,
    value: Code | None,
    anchor: str,
    since: Time,
    until: Time = None,
    *,
    kind: Code = DIAGNOSIS,
    status: str = "active",
    template: str = "39",
    negated: bool = False,
    more: Child = None,
) -> Element:
    """A problem in its concern act. ``status`` active or completed; completed needs ``until``."""
    one = problem_only(ids, value, anchor, since, until, kind=kind, negated=negated, more=more)
    return concern(ids, one, since, until, status=status, template=template)


def problem_only(
    ids: Ids,
    value: Code | None,
    anchor: str,
    since: Time,
    until: Time = None,
    *,
    kind: Code = DIAGNOSIS,
    negated: bool = False,
    more: Child = None,
) -> Element:
    """A problem without the act that follows it."""
    told = value and value.at(anchor)
    return statement(
        "37", ids.new(), kind, cd(told), anchor=anchor, time=span(since, until), more=more, negated=negated
    )


def concern(ids: Ids, one: Element, since: Time, until: Time, *, status: str, template: str) -> Element:
    """The act that follows a problem or an allergy over time."""
    return act(
        "act",
        template,
        ident(ids.new()),
        E("code", nullFlavor="NA"),
        E("statusCode", code=status),
        span(since, until),
        related("SUBJ", one, inverted=False),
        kind="ACT",
    )


class Reaction(NamedTuple):
    """What an allergy did: a manifestation and how severe (``LA6752-5``…)."""

    what: Code
    anchor: str
    severity: Code | None = None


def allergy(
    ids: Ids,
    kind: Code,
    agent: Code | None,
    anchor: str,
    since: Time,
    *,
    agent_anchor: str = "",
    reaction: Reaction | None = None,
    until: Time = None,
    status: str = "active",
) -> Element:
    """An allergy in its concern act; ``agent`` None with a kind that says none is known."""
    told = agent and agent.at(agent_anchor or anchor)
    culprit = (
        E(
            "participant",
            E(
                "participantRole",
                E("playingEntity", coded("code", told), E("name", agent.display), classCode="MMAT"),
                classCode="MANU",
            ),
            typeCode="CSM",
        )
        if agent
        else None
    )
    reactions = related("MFST", _reaction(ids, reaction, since), inverted=True) if reaction else None
    value = E("value", E("originalText", E("reference", value=f"#{anchor}")), xsi_type="CD")
    one = statement(
        "41", ids.new(), kind, value, anchor=anchor, time=span(since, until), more=[culprit, reactions], negated=False
    )
    return concern(ids, one, since, until, status=status, template="40")


def _reaction(ids: Ids, reaction: Reaction, since: Time) -> Element:
    severity = (
        related("SUBJ", severity_of(reaction.severity, reaction.anchor), inverted=True) if reaction.severity else None
    )
    told = reaction.what.at(reaction.anchor)
    made = statement(
        "37", ids.new(), DIAGNOSIS, cd(told), anchor=reaction.anchor, time=span(since), more=severity, negated=False
    )
    made.insert(0, E("templateId", root="2.16.840.1.113883.10.20.1.54"))
    return made


def severity_of(value: Code, anchor: str) -> Element:
    """How severe a problem is."""
    return statement("29", None, Code("SEV", "2.16.840.1.113883.5.4", "Sévérité"), cd(value), anchor=anchor)


def status_of(value: str, display: str, anchor: str, *, allergy: bool = False) -> Element:
    """Whether a problem is active, resolved…"""
    told = Code(value, _CLINICAL if allergy else _CONDITION, display)
    return related("REFR", statement("30", None, _STATUS, cd(told, kind="CE"), anchor=anchor), inverted=False)


def procedure(
    ids: Ids,
    code: Code,
    anchor: str,
    time: Time,
    *,
    reason: Code | None = None,
    reason_anchor: str = "",
    performer: Professional | None = None,
    mood: str = "EVN",
    site: Code | None = None,
    template: str = "62",
    more: Child = None,
) -> Element:
    """An act, done (EVN) or planned (INT)."""
    done = "2.16.840.1.113883.10.20.1.29" if mood == "EVN" else "2.16.840.1.113883.10.20.1.25"
    made = act(
        "procedure",
        template,
        ident(ids.new()),
        coded("code", code),
        reference(anchor),
        E("statusCode", code="completed" if mood == "EVN" else "active"),
        moment("effectiveTime", time),
        coded("targetSiteCode", site) if site else None,
        E("performer", assigned(performer), typeCode="PRF") if performer else None,
        related("RSON", internal(ids, reason, reason_anchor or anchor)) if reason else None,
        more,
        kind="PROC",
        mood=mood,
    )
    templates = [t for t in made if t.get("root", "").startswith("2.16.840.1.113883.10.20.1.2")]
    for template_id in templates:
        template_id.set("root", done)
    if not templates:
        made.insert(0, E("templateId", root=done))
    return made


def internal(ids: Ids, code: Code, anchor: str) -> Element:
    """A reference to a reason told elsewhere in the document."""
    told = code.at(anchor)
    return act("act", "36", ident(ids.new()), coded("code", told), kind="ACT")


def observation(
    ids: Ids,
    code: Code,
    value: Child,
    anchor: str,
    time: Time,
    *,
    template: str = "48",
    more: Child = None,
    interpretation: Code | None = None,
) -> Element:
    """A simple observation."""
    seen = coded("interpretationCode", interpretation) if interpretation else None
    return statement(
        template, ids.new(), code, value, anchor=anchor, time=moment("effectiveTime", time), more=[seen, more]
    )


def results(ids: Ids, kind: Code, time: Time, found: Sequence[Element]) -> Element:
    """Results of one kind (26436-6 biology, 18748-4 imaging…) in a summary."""
    return act(
        "organizer",
        "208",
        ident(ids.new()),
        coded("code", kind),
        E("statusCode", code="completed"),
        moment("effectiveTime", time),
        [E("component", one, typeCode="COMP") for one in found],
        kind="CLUSTER",
    )


class Measure(NamedTuple):
    """A vital sign."""

    code: Code
    value: str
    unit: str
    anchor: str
    interpretation: Code | None = None


def vital_signs(ids: Ids, time: Time, measures: Sequence[Measure]) -> Element:
    """Vital signs taken together."""
    taken = [
        E(
            "component",
            observation(
                ids, m.code, pq(m.value, m.unit), m.anchor, time, template="50", interpretation=m.interpretation
            ),
            typeCode="COMP",
        )
        for m in measures
    ]
    group = loinc("85353-1", "Signes vitaux")
    return act(
        "organizer",
        "49",
        ident(ids.new()),
        coded("code", group),
        E("statusCode", code="completed"),
        moment("effectiveTime", time),
        taken,
        kind="CLUSTER",
    )


def family(ids: Ids, relation: Code, sex: str, value: Code, anchor: str, time: Time = None) -> Element:
    """A relative's problem; ``relation`` of RoleCode (MTH, FTH…)."""
    told = value.at(anchor)
    one = statement("51", ids.new(), DIAGNOSIS, cd(told), anchor=anchor, time=moment("effectiveTime", time))
    person = Code(relation.code, ROLE, relation.display, f"#{anchor}")
    gender = E("administrativeGenderCode", code=sex, codeSystem="2.16.840.1.113883.5.1")
    subject = E(
        "subject",
        template_ids("1.2.250.1.213.1.1.3.60"),
        E("relatedSubject", coded("code", person), E("subject", gender), classCode="PRS"),
        typeCode="SBJ",
    )
    return act(
        "organizer",
        "59",
        E("statusCode", code="completed"),
        subject,
        E("component", one, typeCode="COMP"),
        kind="CLUSTER",
    )


def device(
    ids: Ids,
    code: Code,
    anchor: str,
    since: Time,
    until: Time = None,
    *,
    maker: str = "",
    serial: str = "",
    more: Child = None,
) -> Element:
    """A medical device carried or implanted; ``serial`` its identifier."""
    identity = E("id", root="1.2.250.1.213.99.9.7", extension=serial) if serial else ident(ids.new())
    playing = E(
        "playingDevice",
        coded("code", code.at(anchor)),
        E("manufacturerModelName", maker) if maker else None,
        classCode="DEV",
        determinerCode="INSTANCE",
    )
    participant = E("participant", E("participantRole", identity, playing, classCode="MANU"), typeCode="DEV")
    return act(
        "supply",
        "20",
        ident(ids.new()),
        reference(anchor),
        E("statusCode", code="completed"),
        span(since, until, typed=True),
        participant,
        more,
        kind="SPLY",
    )


def directive(ids: Ids, code: Code, anchor: str, since: Time, document: Ident) -> Element:
    """Advance directives, and the document that holds them."""
    mark = E("templateId", root="2.16.840.1.113883.10.20.1.36")
    pointed = E(
        "reference",
        mark,
        E("externalDocument", ident(document), reference(anchor), classCode="DOC", moodCode="EVN"),
        typeCode="REFR",
    )
    return statement("54", ids.new(), code, boolean(True), anchor=anchor, time=span(since), more=pointed)


def disposition(ids: Ids, code: Code, place: Organisation, anchor: str) -> Element:
    """Where the patient is to go."""
    unknown = E("time", nullFlavor="UNK")

    def role(kind: str) -> Element:
        inner = E(
            "participantRole",
            ident(place.id),
            address(place.address),
            telecoms(place.phone, use="EC"),
            E("playingEntity", E("name", place.name)),
            classCode="ROL",
        )
        return E("participant", deepcopy(unknown), inner, typeCode=kind)

    return act(
        "act",
        "97",
        ident(ids.new()),
        coded("code", code),
        reference(anchor),
        E("statusCode", code="normal"),
        E("effectiveTime", nullFlavor="UNK"),
        [role(kind) for kind in ("RCV", "ORG", "DST")],
        kind="ACT",
        mood="INT",
    )


def comment(anchor: str, who: Element | None = None) -> Element:
    """A comment on the entry that holds it."""
    code = loinc("48767-8", "Commentaire")
    one = act("act", "32", coded("code", code), reference(anchor), E("statusCode", code="completed"), who, kind="ACT")
    return related("SUBJ", one, inverted=True)


def encounter(
    ids: Ids,
    code: Code,
    anchor: str,
    time: Child,
    *,
    mood: str = "EVN",
    who: Professional | None = None,
    more: Child = None,
) -> Element:
    """A past (EVN) or planned (ARQ, INT…) encounter; ``time`` is its effectiveTime."""
    mark = "2.16.840.1.113883.10.20.1.21" if mood == "EVN" else "2.16.840.1.113883.10.20.1.25"
    performer = E("performer", assigned(who), typeCode="PRF") if who else None
    return act(
        "encounter",
        "58",
        E("templateId", root=mark),
        ident(ids.new()),
        coded("code", code.at(anchor)),
        reference(anchor),
        time,
        performer,
        more,
        kind="ENC",
        mood=mood,
    )
