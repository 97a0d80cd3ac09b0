"""Prescription (eP-MED-DM) and dispensation (eDISP-MED) of medicines and devices."""

from __future__ import annotations

from harness.samples import pages, parts
from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.lab_report import copy
from harness.samples.parts import S, day
from harness.samples.people import People, at
from norms.cda.build import Act, Address, Code, Encounter, Order, Section, T, Table
from norms.cda.build.entries import prescription as rx
from norms.cda.build.entries.base import loinc, ta
from norms.cda.build.entries.medication import Product
from norms.cda.build.ids import Ids, oid
from norms.cda.build.narrative import Cell

PARACETAMOL = ("PARACETAMOL 500 mg, comprimé", "N02BE01", "Paracétamol", "63107752")
LEVOTHYROX = ("LEVOTHYROX 75 microgrammes, comprimé sécable", "H03AA01", "Lévothyroxine sodique", "62080626")
PRESCRIPTION = "eP-MED-DM_2024.01"
_SCORED = Code("10219000", "0.4.0.127.0.16.1.1.2.1", "Comprimé")


def _product(which: tuple[str, str, str, str], anchor: str, lot: str = "") -> Product:
    name, atc, atc_name, cis = which
    return Product(name, atc, atc_name, anchor, cis, lot)


@sample(
    PRESCRIPTION,
    "Ordonnance numérique : deux médicaments (substitution, ALD, renouvellement), un dispositif, signes "
    "vitaux, copie "
    "PDF/A-1.",
    "Electronic prescription: two medicines (substitution, long-term condition, "
    "renewal), a device, vital signs, PDF/A-1 copy.",
)
def prescription(people: People) -> bytes:
    ids, time = Ids(PRESCRIPTION), at(2026, 9, 14, 9, 50)
    doctor = people.pro("dr-romarin")
    older = people.patient(
        "chouette-suzanne", address=Address("7 RUE DES PLATANES", "63000", "CLERMONT-FERRAND"), phone="0639980052"
    )
    acts = [
        Act(loinc("57833-6", "Prescription de produits de santé"), time, at(2027, 3, 14), doctor),
        Act(ta("MED-1096", "Prescription de médicaments"), time, at(2027, 3, 14)),
    ]
    spec = head(
        people,
        PRESCRIPTION,
        volet="eP-MED-DM",
        version="2024.01",
        title="Prescription de produits de santé",
        time=time,
        patient=older,
        author=doctor,
        acts=acts,
    )
    items = [
        (
            rx.Item(_product(LEVOTHYROX, "med-1"), _SCORED, "20260914", "20261213", 3, 1, False, True),
            "1 comprimé le matin à jeun pendant 3 mois",
            "Ne pas substituer : équilibre thyroïdien fragile",
        ),
        (
            rx.Item(_product(PARACETAMOL, "med-2"), rx.TABLET, "20260914", "20260919", 1),
            "1 à 2 comprimés en cas de douleur, 6 par jour au plus, pendant 5 jours",
            "Aucune",
        ),
    ]
    rows: list[list[Cell]] = []
    for item, words, note in items:
        anchor = item.product.anchor
        rows.append(
            [
                T(item.product.name, anchor),
                T(words, f"{anchor}-pat"),
                f"{item.boxes} boîte(s)",
                T("oui" if item.substitution else "non substituable", f"{anchor}-subst"),
                T(note, f"{anchor}-disp"),
                [run for a, label, said in rx.facts(anchor, item.chronic) for run in (f"{label} : ", T(said, a), ". ")],
            ]
        )
    medicines = Section(
        S + "171",
        "Prescription de médicaments",
        [Table(["Médicament", "Posologie", "Quantité", "Substitution", "Note au pharmacien", "Précisions"], rows)],
        [rx.prescribed(ids, item, time) for item, _, _ in items],
        code=loinc("57828-6", "Prescription de médicaments"),
    )
    bed = Code("V0806", "1.2.250.1.213.2.68", "LITS MÉDICAUX")
    device = Section(
        S + "222",
        "Prescription de dispositifs médicaux",
        [
            Table(
                ["Dispositif", "Durée", "Précisions"],
                [
                    [
                        T("Lit médical à deux fonctions", "dm-1"),
                        "6 mois",
                        [
                            run
                            for a, label, said in rx.facts("dm-1", False, device=True)
                            for run in (f"{label} : ", T(said, a), ". ")
                        ],
                    ]
                ],
            )
        ],
        [rx.prescribed_device(ids, bed, "dm-1", "20260914", "20270314", time)],
        code=loinc("46264-8", "Dispositifs médicaux"),
    )
    weight = [(loinc("29463-7", "Poids (mesuré)"), "61", "kg"), (loinc("8302-2", "Taille"), "167", "cm")]
    body: pages.Body = [
        "# Médicaments",
        *((i.product.name, words) for i, words, _ in items),
        "# Dispositif",
        "Lit médical à deux fonctions, location six mois",
    ]
    return written(
        spec,
        [
            medicines,
            device,
            parts.vitals(ids, "20260914", weight),
            copy(ids, spec, body),
        ],
    )


@sample(
    "eDISP-MED_2024.01",
    "Dispensation : le pharmacien délivre un générique, lot et péremption, référence à l'ordonnance et à son élément.",
    "Dispensation: the pharmacist delivers a generic, lot and expiry, reference to the prescription and its item.",
)
def dispensation(people: People) -> bytes:
    name = "eDISP-MED_2024.01"
    ids, time = Ids(name), at(2026, 9, 14, 18, 5)
    doctor, pharmacist = people.pro("dr-romarin"), people.pro("pharmacien-lavande")
    spec = head(
        people,
        name,
        volet="eDISP-MED",
        version="2024.01",
        title="Dispensation de médicaments",
        time=time,
        patient=people.patient("chouette-suzanne"),
        author=pharmacist,
        orders=(Order(oid(f"{PRESCRIPTION}:id")),),
        acts=[Act(loinc("60593-1", "Dispensation médicamenteuse"), time, performer=pharmacist)],
        encounter=Encounter(AMBULATORY, time, people.facility("SA33")),
    )
    given = rx.Given(
        _product(PARACETAMOL, "med-1", "P60417"),
        rx.TABLET,
        1,
        "20290331",
        Ids(f"{PRESCRIPTION}:item").new(),
        oid(f"{PRESCRIPTION}:id"),
        doctor,
        at(2026, 9, 14, 9, 50),
    )
    table = Table(
        ["Médicament délivré", "Boîtes", "Lot", "Péremption", "Prescrit", "Substitution", "Conseil", "Note"],
        [
            [
                T(given.product.name, "med-1"),
                "1",
                given.product.lot,
                day(given.expiry),
                T("Paracétamol 500 mg, comprimé", "med-1-item"),
                T("Générique délivré", "med-1-subst"),
                T("6 comprimés par jour au plus", "med-1-pat"),
                T("Délivrance complète", "med-1-disp"),
            ]
        ],
    )
    drugs = Section(
        S + "236",
        "Médicaments délivrés",
        [table],
        [rx.dispensed(ids, given)],
        code=loinc("60590-7", "Médicaments dispensés"),
    )
    return written(spec, [drugs])
