"""Immunization: history (VAC) and note (VAC-NOTE)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.parts import S, day
from harness.samples.people import People, at
from norms.cda.build import Act, Encounter, Professional, Section, T, Table
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries.base import EDQM, icd10, loinc, related, snomed
from norms.cda.build.entries.medication import Product, Shot, immunization
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code
from norms.cda.document import Element

INTRAMUSCULAR = Code("20035000", EDQM, "Voie intramusculaire")
LEFT_ARM = snomed("16217701000119102", "deltoïde gauche", "#vac-site")
REVAXIS = (
    "REVAXIS, suspension injectable en seringue préremplie",
    "J07CA01",
    "Diphtérie-poliomyélite-tétanos",
    "60917345",
)
VAXIGRIP = (
    "VAXIGRIPTETRA, suspension injectable en seringue préremplie",
    "J07BB02",
    "Virus grippal inactivé",
    "61402736",
)
# Under five kilograms; without CIS: the code is left unknown rather than guessed.
BEYFORTUS = ("BEYFORTUS 50 mg, solution injectable en seringue préremplie", "J06BD08", "Nirsévimab", "")


def product(which: tuple[str, str, str, str], anchor: str, lot: str) -> Product:
    """A vaccine and its lot, named at an anchor."""
    name, atc, atc_name, cis = which
    return Product(name, atc, atc_name, anchor, cis, lot)


def shots(ids: Ids, rows: Sequence[tuple[Shot, str]], title: str, more: dict[int, Element] | None = None) -> Section:
    """Vaccinations: (shot, remark)."""
    table = Table(
        ["Date", "Vaccin", "Lot", "Rang", "Voie", "Région", "Vaccinateur", "Remarque"],
        [
            [
                day(s.date),
                T(s.product.name, s.product.anchor),
                s.product.lot,
                str(s.rank or ""),
                s.route.display if s.route else "",
                T(s.site.display, s.site.original.lstrip("#")) if s.site else "",
                f"{s.by.given} {s.by.family}" if s.by else "",
                T(remark, f"{s.product.anchor}-rq") if remark else "",
            ]
            for s, remark in rows
        ],
    )
    entries = [immunization(ids, s, more=(more or {}).get(n)) for n, (s, _) in enumerate(rows)]
    return Section(S + "147", title, [table], entries)


def _site(n: int) -> Code:
    return snomed(LEFT_ARM.code, LEFT_ARM.display, f"#vac-{n}-site")


@sample(
    "VAC-NOTE_2023.01",
    "Note de vaccination d'une jumelle : rappel diphtérie-tétanos-poliomyélite, lot, voie, région, "
    "réaction, commentaire.",
    "Immunization note of a twin: booster, lot, route, site, reaction, comment.",
)
def note(people: People) -> bytes:
    name = "VAC-NOTE_2023.01"
    # Written the day after: it tells of the reaction.
    ids, given, time = Ids(name), at(2026, 5, 20, 17, 15), at(2026, 5, 21, 9, 30)
    doctor = people.pro("dr-romarin")
    kind = loinc("87273-9", "Note de vaccination")
    spec = head(
        people,
        name,
        volet="VAC-NOTE",
        version="2023.01",
        title="Note de vaccination",
        time=time,
        patient=people.patient("mesange-ada", twin_order=1),
        author=doctor,
        acts=[Act(kind, given, performer=doctor)],
        encounter=Encounter(AMBULATORY, given, people.facility("SA07")),
    )
    reaction = c.problem_only(
        ids,
        icd10("R50.2", "Fièvre due à des médicaments"),
        "vac-1-rq",
        "20260520",
        kind=snomed("418799008", "symptôme rapporté par le patient ou le répondant"),
    )
    shot = Shot(product(REVAXIS, "vac-1", "D0427A"), "20260520", 3, True, INTRAMUSCULAR, _site(1), doctor, given)
    more = {0: related("CAUS", reaction, inverted=False)}
    return written(
        spec,
        [
            shots(
                ids,
                [(shot, "Fébricule le soir même, signalée le lendemain par les parents")],
                "Note de vaccination",
                more,
            )
        ],
    )


@sample(
    "VAC_2023.01",
    "Historique de vaccination : trois vaccinations, rangs, vaccinateurs différents.",
    "Immunization history: three vaccinations, ranks, different vaccinators.",
)
def history(people: People) -> bytes:
    name = "VAC_2023.01"
    ids, time = Ids(name), at(2026, 10, 21, 12)
    doctor, pharmacist = people.pro("dr-romarin"), people.pro("pharmacien-lavande")
    kind = loinc("11369-6", "Historique des vaccinations")
    spec = head(
        people,
        name,
        volet="VAC",
        version="2023.01",
        title="Historique de vaccination",
        time=time,
        patient=people.patient("pinson-leonie"),
        author=doctor,
        acts=[Act(kind, time, performer=doctor)],
    )

    def shot(n: int, which: tuple[str, str, str, str], lot: str, date: str, rank: int, by: Professional) -> Shot:
        when = at(int(date[:4]), int(date[4:6]), int(date[6:]), 18)
        return Shot(product(which, f"vac-{n}", lot), date, rank, rank > 1, INTRAMUSCULAR, _site(n), by, when)

    rows = [
        (shot(1, REVAXIS, "B1193C", "20050614", 6, doctor), ""),
        (shot(2, REVAXIS, "C7702F", "20250616", 7, doctor), ""),
        (shot(3, VAXIGRIP, "X3C441V", "20261020", 1, pharmacist), ""),
    ]
    return written(spec, [shots(ids, rows, "Historique des vaccinations")])
