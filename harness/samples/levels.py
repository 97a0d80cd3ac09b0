"""Unstructured documents: PDF/A-1 and text bodies, and the ways an identity or an author can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from harness.samples import pages
from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.people import IPP, People, at
from norms.cda.build import (
    Act,
    Address,
    Device,
    Encounter,
    Header,
    Ident,
    Level1,
    Organisation,
    Patient,
    Professional,
    Relative,
)
from norms.cda.build.entries.base import LOINC
from norms.cda.build.ids import oid

_LETTER = [
    "# Motif",
    "Consultation de suivi.",
    "# Conclusion",
    "Examen clinique sans particularité. Contrôle dans trois mois.",
]


def letter(
    people: People,
    name: str,
    title: str,
    type_: str,
    patient: Patient,
    author: Professional,
    time: datetime,
    body: list[Any] | None = None,
    *,
    plain: bool = False,
    **changes: Any,
) -> bytes:
    """A level-1 document: a page signed by its author."""
    kind = people.label("J07", type_, LOINC)
    spec = replace(
        head(
            people,
            name,
            code=kind,
            title=title,
            time=time,
            patient=patient,
            author=author,
            acts=[Act(kind, time, performer=author)],
        ),
        **changes,
    )
    return written(spec, content(spec, _writer(spec, author), body or _LETTER, plain=plain))


def _writer(spec: Header, author: Professional) -> Professional | Patient:
    """Who the page says wrote it: the patient where they are the author."""
    first = spec.authors[0][0]
    return first if isinstance(first, Patient) else author


def content(spec: Header, author: Professional | Patient, body: list[Any], *, plain: bool = False) -> Level1:
    """The body: PDF/A-1, or text."""
    if plain:
        return Level1("text/plain", pages.text(spec.title, spec.patient, author, spec.time, body))
    return Level1("application/pdf", pages.page(spec.title, spec.patient, author, spec.time, body))


@sample(
    "N1_PDF",
    "Document non structuré : compte rendu de consultation en PDF/A-1.",
    "Unstructured document: consultation report as PDF/A-1.",
)
def n1_pdf(people: People) -> bytes:
    return letter(
        people,
        "N1_PDF",
        "Compte rendu de consultation",
        "11488-4",
        people.patient("pinson-leonie"),
        people.pro("dr-romarin"),
        at(2026, 9, 7, 10, 15),
    )


@sample(
    "N1_TEXTE",
    "Document non structuré : courrier en texte brut (text/plain, base64).",
    "Unstructured document: a letter as plain text (text/plain, base64).",
)
def n1_text(people: People) -> bytes:
    return letter(
        people,
        "N1_TEXTE",
        "Compte rendu de consultation",
        "11488-4",
        people.patient("pinson-leonie"),
        people.pro("dr-romarin"),
        at(2026, 9, 7, 10, 20),
        plain=True,
    )


@sample(
    "REMPLACE_v1",
    "Première version d'un compte rendu, remplacée ensuite (même setId, versionNumber 1).",
    "First version of a report, replaced later (same setId, versionNumber 1).",
)
def first_version(people: People) -> bytes:
    return letter(
        people,
        "REMPLACE",
        "Compte rendu de consultation de cardiologie",
        "11488-4",
        people.patient("grive-jean-pierre"),
        people.pro("dr-angelique"),
        at(2026, 9, 21, 16),
        [*_LETTER, "Traitement : bisoprolol 5 mg le matin."],
    )


@sample(
    "REMPLACE_v2",
    "Deuxième version : autre id, même setId, versionNumber 2, relatedDocument RPLC vers la première.",
    "Second version: another id, same setId, versionNumber 2, relatedDocument RPLC to the first.",
)
def second_version(people: People) -> bytes:
    body = [
        *_LETTER,
        "Traitement : bisoprolol 2,5 mg le matin.",
        "# Rectificatif",
        "Bisoprolol : 2,5 mg, et non 5 mg comme écrit le 21/09/2026.",
    ]
    return letter(
        people,
        "REMPLACE",
        "Compte rendu de consultation de cardiologie",
        "11488-4",
        people.patient("grive-jean-pierre"),
        people.pro("dr-angelique"),
        at(2026, 9, 22, 9, 5),
        body,
        id=oid("REMPLACE:id:2"),
        version_number=2,
        replaces=oid("REMPLACE:id"),
    )


@sample(
    "IDENTITE_nouveau-ne",
    "Nouveau-née : INS, mère en représentante (guardian), examen de sortie de maternité.",
    "Newborn: INS, mother as guardian, examination on leaving the maternity ward.",
)
def newborn(people: People) -> bytes:
    place = Address("14 RUE DES LILAS", "63000", "CLERMONT-FERRAND")
    mother = Relative("MESANGE", "Leonie", phone="0639980001", address=place)
    baby = people.patient("newborn-mesange", guardian=mother, address=place)
    return letter(
        people,
        "IDENTITE_nouveau-ne",
        "Compte rendu de l'examen de sortie de maternité",
        "11488-4",
        baby,
        people.pro("sage-femme-camomille"),
        at(2026, 10, 6, 10),
        ["# Examen", "Nouveau-née à terme, 3 280 g. Ictère en régression ; examen clinique normal par ailleurs."],
    )


@sample(
    "IDENTITE_jumelle",
    "Jumelle : naissance multiple (sdtc:multipleBirthInd, rang 2).",
    "Twin: multiple birth (sdtc:multipleBirthInd, order 2).",
)
def twin(people: People) -> bytes:
    father = Relative("MESANGE", "Julien", phone="0639980002")
    child = people.patient("mesange-eve", twin_order=2, guardian=father)
    return letter(
        people,
        "IDENTITE_jumelle",
        "Compte rendu de consultation",
        "11488-4",
        child,
        people.pro("dr-romarin"),
        at(2026, 9, 9, 17, 30),
    )


@sample("IDENTITE_homme", "Homme, prénoms composés.", "A man with hyphenated given names.")
def man(people: People) -> bytes:
    return letter(
        people,
        "IDENTITE_homme",
        "Compte rendu de consultation",
        "11488-4",
        people.patient("grive-jean-pierre"),
        people.pro("dr-verveine"),
        at(2026, 9, 10, 9),
    )


@sample(
    "IDENTITE_NIA",
    "Identité immatriculée par un NIA (OID 1.2.250.1.213.1.4.9), naissance à l'étranger.",
    "Identity with a NIA (OID 1.2.250.1.213.1.4.9), born abroad.",
)
def nia(people: People) -> bytes:
    return letter(
        people,
        "IDENTITE_NIA",
        "Compte rendu de consultation",
        "11488-4",
        people.patient("heron-amine"),
        people.pro("dr-verveine"),
        at(2026, 9, 10, 9, 30),
    )


@sample(
    "IDENTITE_locale",
    "Identité locale seulement : pas d'INS, identifiant de l'établissement.",
    "Local identity only: no INS, the institution's identifier.",
)
def local(people: People) -> bytes:
    patient = people.patient("fauvette-anonyme")
    assert [i.root for i in patient.ids] == [IPP]
    return letter(
        people,
        "IDENTITE_locale",
        "Compte rendu de consultation",
        "11488-4",
        patient,
        people.pro("dr-angelique"),
        at(2026, 9, 11, 14),
    )


@sample(
    "AUTEUR_dispositif",
    "Auteur dispositif : un électrocardiographe produit le document, la cardiologue le signe.",
    "Device author: an electrocardiograph makes the document, the cardiologist signs it.",
)
def device(people: People) -> bytes:
    doctor, time = people.pro("dr-angelique"), at(2026, 9, 16, 8, 45)
    machine = Device(
        Ident("1.2.250.1.213.99.9.4", "ECG-0042"), "Cardiographe de démonstration", "ECG-Edit 4.2", doctor.organisation
    )
    return letter(
        people,
        "AUTEUR_dispositif",
        "Électrocardiogramme",
        "70004-7",
        people.patient("cigogne-karl"),
        doctor,
        time,
        ["# Tracé", "Rythme sinusal à 64/min, PR 160 ms, QRS 92 ms, QTc 410 ms."],
        authors=((machine, time),),
    )


@sample(
    "AUTEUR_patient",
    "Auteur patient : document d'expression personnelle, conservé par l'hébergeur (1.2.250.1.213.4.1).",
    "Patient author: a personal document, kept by the hosting organisation (1.2.250.1.213.4.1).",
)
def patient_author(people: People) -> bytes:
    time, me = at(2026, 9, 20, 20, 10), people.patient("pinson-leonie")
    setting = people.label("J04", "EXP_PATIENT", "1.2.250.1.213.1.1.4.6")
    host = Organisation(Ident("1.2.250.1.213.4.1", "1"), "HEBERGEUR DE DEMONSTRATION", Address("", "", ""), "")
    kind = people.label("J07", "DOCPAT02", "1.2.250.1.213.1.1.4.12")
    return letter(
        people,
        "AUTEUR_patient",
        "Document d'expression personnelle",
        "11488-4",
        me,
        people.pro("dr-romarin"),
        time,
        ["Je souhaite que mon époux soit prévenu en cas d'hospitalisation."],
        code=kind,
        authors=((me, time),),
        custodian=host,
        signer=me,
        acts=(Act(kind, time, performer=me, place=replace(host, setting=setting)),),
        encounter=Encounter(AMBULATORY, time, people.label("J02", "SA05", "1.2.250.1.71.4.2.4")),
    )
