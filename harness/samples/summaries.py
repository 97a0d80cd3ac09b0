"""Other summaries: IPS-FR, emergency file of a nursing home (DLU)."""

from __future__ import annotations

from harness.samples import pages, parts
from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.letters import AMLODIPINE, PENICILLIN
from harness.samples.parts import Problem, S, Seen, Taken, Worn
from harness.samples.people import People, at
from harness.samples.synthesis import (
    AMOXICILLIN,
    APPENDIX,
    ASTHMA,
    DIABETIC_MOTHER,
    LEVOTHYROXINE,
    THYROID,
    TOBACCO,
    TSH,
)
from norms.cda.build import Act, Code, Encounter, Image, P, Section, T, Table
from norms.cda.build.entries import attached as files
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries.base import TA, boolean, loinc, snomed
from norms.cda.build.ids import Ids, oid

EMDN = "1.2.250.1.213.2.68"


@sample(
    "IPS-FR_2024.01",
    "Synthèse médicale internationale (IPS) : problèmes, actes, allergie, traitements, dispositif, "
    "tabac, famille, résultat.",
    "International patient summary: problems, acts, allergy, treatments, device, tobacco, family, result.",
)
def ips(people: People) -> bytes:
    name = "IPS-FR_2024.01"
    ids, time = Ids(name), at(2026, 9, 15, 10)
    doctor = people.pro("dr-romarin")
    kind = people.label("J07", "60591-5", "2.16.840.1.113883.6.1")
    spec = head(
        people,
        name,
        volet="IPS-FR",
        version="2024.01",
        code=kind,
        title="Synthèse médicale",
        time=time,
        patient=people.patient("pinson-leonie"),
        author=doctor,
        acts=[Act(kind, time, performer=doctor)],
        parties=(people.doctor_in_charge(),),
    )
    glasses = Worn(Code("Q0210", EMDN, "Verres correcteurs"), "2003")
    return written(
        spec,
        [
            parts.problems(ids, "132", "Problèmes actifs", [ASTHMA, THYROID]),
            parts.acts(ids, [APPENDIX], "Historique des actes"),
            parts.allergies(ids, [AMOXICILLIN], "Allergies et hypersensibilités"),
            parts.treatments(ids, "143", "Traitements", [LEVOTHYROXINE], entry="42.3"),
            parts.devices(ids, [glasses]),
            parts.observed(ids, "141", "Habitus et mode de vie", [TOBACCO]),
            parts.relatives(ids, [DIABETIC_MOTHER]),
            Section(
                S + "244",
                "Résultats",
                [Table(["Examen", "Date", "Résultat"], [[TSH.code.display, "02/09/2026", T(TSH.shown, "tsh")]])],
                [
                    c.results(
                        ids,
                        loinc("26436-6", "Biologie polyvalente"),
                        TSH.date,
                        [c.observation(ids, TSH.code, TSH.value, "tsh", TSH.date, template="209")],
                    )
                ],
            ),
        ],
    )


@sample(
    "DLU-EHPAD-DLU_2022.01",
    "Dossier de liaison d'urgence d'une résidente d'EHPAD : établissement de "
    "préférence, état, directives, pièces jointes.",
    "Emergency file of a nursing-home resident: preferred hospital, state, directives, attachments.",
)
def emergency(people: People) -> bytes:
    name = "DLU-EHPAD-DLU_2022.01"
    ids, time = Ids(name), at(2026, 9, 3, 15)
    doctor, hospital = people.pro("dr-romarin"), people.place("ch-alisier-nord")
    home = people.place("ehpad-saule")
    resident = people.patient("chouette-suzanne", address=home.address, phone=home.phone or "0199000012")
    spec = head(
        people,
        name,
        volet="DLU-EHPAD-DLU",
        version="2022.01",
        title="Dossier de liaison d'urgence",
        time=time,
        patient=resident,
        author=doctor,
        acts=[Act(loinc("34117-2", "Historique et clinique"), time, performer=doctor)],
        parties=(people.doctor_in_charge(),),
        encounter=Encounter(AMBULATORY, time, people.facility("SA17")),
    )
    preferred = loinc("11302-7", "Établissement de santé de préférence")
    where = Section(
        S + "172",
        "Établissement de santé de préférence",
        [P(T(f"{hospital.name}, {hospital.address.city}", "prefere"))],
        [c.disposition(ids, preferred, hospital, "prefere")],
    )
    state = [
        Seen(snomed("288575003", "capable de communiquer"), boolean(True), "Oui", "20260903"),
        Seen(snomed("247663003", "bien orienté"), boolean(False), "Non", "20260903"),
        Seen(snomed("161898004", "chutes"), boolean(True), "Oui, deux en 2026", "20260903"),
        Seen(snomed("285304000", "à risque d'escarre"), boolean(True), "Oui", "20260903"),
    ]
    directives = Section(
        S + "157",
        "Directives anticipées",
        [P(T("Directives anticipées du 12/02/2024, conservées au dossier", "directives"))],
        [
            c.directive(
                ids, loinc("42348-3", "Directives anticipées"), "directives", "20240212", oid(f"{name}:directives")
            )
        ],
    )
    grid = pages.page(
        "Grille AGGIR", resident, doctor, time, ["Groupe iso-ressources : GIR 3 (évaluation du 20/08/2026)."]
    )
    annexes = Section(
        S + "37",
        "Documents annexés",
        [P(T("Grille AGGIR (la plus récente)", "annexe-1")), Image("aggir")],
        [
            files.attached(
                ids, "aggir", "application/pdf", grid, "annexe-1", Code("DLU_009", TA, "Grille AGGIR (la plus récente)")
            )
        ],
    )
    germs = Seen(
        Code("U83.71", "2.16.840.1.113883.6.3", "Bactérie multirésistante [BMR]"), boolean(False), "Non", "20260820"
    )
    return written(
        spec,
        [
            where,
            parts.problems(
                ids,
                "132",
                "Pathologies en cours",
                [
                    Problem("I10", "Hypertension essentielle (primitive)", "2008"),
                    Problem("G30.1", "Maladie d'Alzheimer à début tardif", "2024"),
                ],
            ),
            parts.problems(
                ids,
                "134",
                "Antécédents médicaux",
                [Problem("S72.0", "Fracture du col du fémur", "20230114", "20230420")],
            ),
            parts.allergies(ids, [PENICILLIN], "Allergies et hypersensibilités"),
            parts.treatments(ids, "143", "Traitements au long cours", [replaced(AMLODIPINE)]),
            directives,
            parts.observed(ids, "163", "État du patient", state),
            parts.observed(
                ids, "151", "Résultats d'examens", [germs], before=[parts.evaluated(ids, "obs151-1", "20260820")]
            ),
            annexes,
            parts.free("73", "Commentaires", "Fille joignable à toute heure au 06 39 98 00 01."),
        ],
    )


def replaced(row: Taken) -> Taken:
    """A treatment that goes on."""
    return row._replace(until="")
