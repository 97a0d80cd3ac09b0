"""Sections made from lists of facts: each fact is worded in a table and coded in an entry that points at its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from norms.cda.build import Code, P, Professional, Section, T, Table
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries import medication as m
from norms.cda.build.entries.base import icd10, snomed
from norms.cda.build.ids import Ids
from norms.cda.document import Element

S = "1.2.250.1.213.1.1.2."  # the arc of the French section templates


def day(date: str) -> str:
    """``20260914`` → 14/09/2026, ``201103`` → 03/2011; empty stays empty."""
    parts = [date[6:8], date[4:6], date[:4]]
    return "/".join(part for part in parts if part)


def free(template: str, title: str, *lines: str, code: Code | None = None) -> Section:
    """A section that is only text."""
    return Section(S + template, title, [P(line) for line in lines], code=code)


class Problem(NamedTuple):
    """A problem: CIM-10 code and label, since, until (then it is over)."""

    code: str
    label: str
    since: str
    until: str = ""


def problems(ids: Ids, template: str, title: str, rows: Sequence[Problem], *, concern: str = "39") -> Section:
    """Problems, present or past."""
    key = f"pb{template.replace('.', '')}"
    table = Table(
        ["Pathologie", "Début", "Fin"],
        [[T(row.label, f"{key}-{n}"), day(row.since), day(row.until)] for n, row in enumerate(rows, 1)],
    )
    entries = [
        c.problem(
            ids,
            icd10(row.code, row.label),
            f"{key}-{n}",
            row.since,
            row.until or None,
            status="completed" if row.until else "active",
            template=concern,
        )
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + template, title, [table], entries)


class Allergy(NamedTuple):
    """An allergy: its kind, the agent, since, and what it did."""

    kind: Code
    agent: Code
    since: str
    reaction: Code | None = None


def allergies(ids: Ids, rows: Sequence[Allergy], title: str = "Allergies et intolérances") -> Section:
    """Allergies."""
    table = Table(
        ["Type", "Agent", "Depuis", "Réaction"],
        [
            [
                T(row.kind.display, f"al-{n}"),
                T(row.agent.display, f"al-{n}-agent"),
                day(row.since),
                T(row.reaction.display, f"al-{n}-reac") if row.reaction else "",
            ]
            for n, row in enumerate(rows, 1)
        ],
    )
    entries = [
        c.allergy(
            ids,
            row.kind,
            row.agent,
            f"al-{n}",
            row.since,
            agent_anchor=f"al-{n}-agent",
            reaction=c.Reaction(row.reaction, f"al-{n}-reac") if row.reaction else None,
        )
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + "137", title, [table], entries)


class Done(NamedTuple):
    """An act: its code, when, what for."""

    code: Code
    date: str
    reason: Code | None = None


def acts(
    ids: Ids,
    rows: Sequence[Done],
    title: str,
    template: str = "136",
    *,
    mood: str = "EVN",
    performer: Professional | None = None,
) -> Section:
    """Acts, done or planned."""
    key = f"acte{template.replace('.', '')}"
    table = Table(
        ["Acte", "Date", "Motif"],
        [
            [T(r.code.display, f"{key}-{n}"), day(r.date), T(r.reason.display, f"{key}-{n}-motif") if r.reason else ""]
            for n, r in enumerate(rows, 1)
        ],
    )
    entries = [
        c.procedure(
            ids,
            r.code,
            f"{key}-{n}",
            r.date,
            reason=r.reason,
            reason_anchor=f"{key}-{n}-motif",
            mood=mood,
            performer=performer,
        )
        for n, r in enumerate(rows, 1)
    ]
    return Section(S + template, title, [table], entries)


class Seen(NamedTuple):
    """An observation: what, its value as an element, as the narrative shows it, when."""

    code: Code
    value: Element
    shown: str
    date: str
    template: str = "48"


def observed(
    ids: Ids,
    template: str,
    title: str,
    rows: Sequence[Seen],
    *,
    blocks: Sequence[str] = (),
    code: Code | None = None,
    before: Sequence[Element] = (),
) -> Section:
    """Observations, after free paragraphs."""
    key = f"obs{template.replace('.', '')}"
    table = Table(
        ["Élément", "Valeur", "Date"],
        [[row.code.display, T(row.shown, f"{key}-{n}"), day(row.date)] for n, row in enumerate(rows, 1)],
    )
    entries = [
        c.observation(ids, row.code, row.value, f"{key}-{n}", row.date or None, template=row.template)
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + template, title, [*(P(b) for b in blocks), table], [*before, *entries], code=code)


def vitals(ids: Ids, date: str, rows: Sequence[tuple[Code, str, str]], title: str = "Signes vitaux") -> Section:
    """Vital signs: (code, value, unit)."""
    table = Table(
        ["Mesure", "Valeur", "Unité"],
        [[code.display, T(value, f"sv-{n}"), unit] for n, (code, value, unit) in enumerate(rows, 1)],
        caption=f"Mesures du {day(date[:8])}",
    )
    taken = [c.Measure(code, value, unit, f"sv-{n}") for n, (code, value, unit) in enumerate(rows, 1)]
    return Section(S + "75", title, [table], [c.vital_signs(ids, date, taken)])


class Taken(NamedTuple):
    """A treatment: the product's name and ATC class, how it is taken in words and in figures, since, what for."""

    name: str
    atc: str
    atc_name: str
    words: str
    since: str
    every: tuple[str, str] | None = None
    dose: tuple[str, ...] | None = None
    route: Code | None = m.ORAL
    reason: Code | None = None
    until: str = ""


def treatments(ids: Ids, template: str, title: str, rows: Sequence[Taken], *, entry: str = "42") -> Section:
    """Treatments."""
    key = f"med{template.replace('.', '')}"
    table = Table(
        ["Médicament", "Posologie", "Depuis", "Motif"],
        [
            [
                T(row.name, f"{key}-{n}"),
                row.words,
                day(row.since),
                T(row.reason.display, f"{key}-{n}-motif") if row.reason else "",
            ]
            for n, row in enumerate(rows, 1)
        ],
    )
    entries = [
        m.treatment(
            ids,
            m.Product(row.name, row.atc, row.atc_name, f"{key}-{n}"),
            since=row.since,
            until=row.until or None,
            every=row.every,
            dose=row.dose,
            route=row.route,
            reason=row.reason,
            reason_anchor=f"{key}-{n}-motif",
            template=entry,
        )
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + template, title, [table], entries)


class Kin(NamedTuple):
    """A relative's problem: relation (RoleCode) and its label, sex, CIM-10 code and label."""

    relation: str
    who: str
    sex: str
    code: str
    label: str


def relatives(ids: Ids, rows: Sequence[Kin], title: str = "Antécédents familiaux") -> Section:
    """Family history."""
    role = "2.16.840.1.113883.5.111"
    table = Table(["Parent", "Pathologie"], [[row.who, T(row.label, f"fam-{n}")] for n, row in enumerate(rows, 1)])
    entries = [
        c.family(ids, Code(row.relation, role, row.who), row.sex, icd10(row.code, row.label), f"fam-{n}")
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + "139", title, [table], entries)


class Worn(NamedTuple):
    """A device: its code, since when, maker, serial number."""

    code: Code
    since: str
    maker: str = ""
    serial: str = ""


def devices(ids: Ids, rows: Sequence[Worn], title: str = "Dispositifs médicaux") -> Section:
    """Devices."""
    table = Table(
        ["Dispositif", "Fabricant", "Depuis"],
        [[T(row.code.display, f"dm-{n}"), row.maker, day(row.since)] for n, row in enumerate(rows, 1)],
    )
    entries = [
        c.device(ids, row.code, f"dm-{n}", row.since, maker=row.maker, serial=row.serial)
        for n, row in enumerate(rows, 1)
    ]
    return Section(S + "1", title, [table], entries)


def evaluated(ids: Ids, anchor: str, date: str) -> Element:
    """The act whose results a section of results tells."""
    return c.procedure(ids, snomed("129265001", "évaluation"), anchor, date)
