"""Perinatal documents: newborn summary in maternity (OBP-SEM)."""

from __future__ import annotations

from harness.samples import parts
from harness.samples.core import INPATIENT, head, sample, written
from harness.samples.parts import S, Seen
from harness.samples.people import People, at
from harness.samples.vaccination import BEYFORTUS, INTRAMUSCULAR, product, shots
from norms.cda.build import Act, Address, Encounter, Party, Relative, Section, T, Table
from norms.cda.build.entries import clinical as c
from norms.cda.build.entries.base import cd, icd10, loinc, snomed, ta
from norms.cda.build.entries.medication import Shot
from norms.cda.build.ids import Ids

FINDING = snomed("404684003", "constatation clinique")


@sample(
    "OBP-SEM_2024.01",
    "Synthèse enfant en maternité : nouveau-née, dépistages, vaccination, problème des suites de "
    "couches, alimentation, suivi.",
    "Newborn summary in maternity: screenings, immunization, a problem after birth, feeding, follow-up.",
)
def newborn(people: People) -> bytes:
    name = "OBP-SEM_2024.01"
    ids, start, time = Ids(name), at(2026, 10, 2, 4, 12), at(2026, 10, 6, 10, 30)
    midwife = people.pro("sage-femme-camomille")
    home = Address("14 RUE DES LILAS", "63000", "CLERMONT-FERRAND")
    mother = Relative("MESANGE", "Leonie", phone="0639980001", address=home)
    kind = ta("MED-1176", "Séjour en maternité du nouveau-né")
    spec = head(
        people,
        name,
        volet="OBP-SEM",
        version="2024.01",
        title="Synthèse enfant en maternité",
        time=time,
        patient=people.patient("newborn-mesange", guardian=mother, address=home),
        author=midwife,
        acts=[Act(kind, start, time, midwife)],
        parties=(Party("INF", people.pro("dr-romarin"), since=time),),
        encounter=Encounter(INPATIENT, start, people.facility("SA04"), time),
    )
    hearing = Section(
        S + "90",
        "Dépistage de l'audition",
        [Table(["Examen", "Résultat"], [["Otoémissions", T("Normal", "audition")]])],
        [
            c.problem_only(
                ids, snomed("275727004", "examen auditif ou vestibulaire normal"), "audition", "20261004", kind=FINDING
            )
        ],
    )
    blood = parts.acts(
        ids,
        [
            parts.Done(snomed("275977009", "test néonatal de 14 maladies congénitales"), "20261005"),
            parts.Done(
                ta("GEN-092.04.13", "Autre acte"), "20261004", icd10("P59.9", "Ictère néonatal, sans précision")
            ),
        ],
        "Actes réalisés en suites de couches",
        "118",
    )
    problems = Section(
        S + "163",
        "Problèmes des suites de couches et sortie",
        [
            Table(
                ["Élément", "Valeur"],
                [
                    ["Problème", T("Ictère néonatal, sans précision", "pb-1")],
                    ["Mode de sortie", T("Avec sa mère", "sortie")],
                ],
            )
        ],
        [
            c.problem_only(ids, icd10("P59.9", "Ictère néonatal, sans précision"), "pb-1", "20261004"),
            c.observation(
                ids, ta("ORG-074", "Mode de sortie"), cd(ta("GEN-302", "Avec sa mère")), "sortie", "20261006"
            ),
        ],
    )
    feeding = Seen(
        loinc("63895-7", "Allaitement"),
        cd(ta("MED-1256", "Alimentation lait maternel exclusif")),
        "Lait maternel exclusif",
        "20261006",
    )
    status = Seen(ta("GEN-065", "Statut du document"), cd(snomed("385651009", "validé")), "Validé", "20261006", "48.16")
    vaccine = Shot(
        product(BEYFORTUS, "vac-1", "NR2291"),
        "20261005",
        1,
        False,
        INTRAMUSCULAR,
        snomed("61396006", "cuisse gauche", "#vac-1-site"),
        midwife,
        time,
    )
    return written(
        spec,
        [
            blood,
            Section(S + "84", "Dépistages", parts=[hearing]),
            shots(ids, [(vaccine, "Anticorps monoclonal anti-VRS")], "Vaccinations et immunisations"),
            problems,
            parts.observed(ids, "162", "Alimentation du nouveau-né", [feeding]),
            parts.free(
                "154",
                "Suivi du nouveau-né",
                "Pesée à domicile à J7 ; contrôle de la bilirubine à J6 par la sage-femme.",
            ),
            parts.observed(ids, "35", "Statut du document", [status]),
        ],
    )
