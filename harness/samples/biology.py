"""Laboratory reports (CR-BIO), 2021 and 2024."""

from __future__ import annotations

from datetime import timedelta

from harness.samples import pages
from harness.samples.core import sample, written
from harness.samples.lab_report import (
    BLOOD,
    CHEMISTRY,
    HAEMATOLOGY,
    MICROBIOLOGY,
    NABM,
    blood_taken,
    chapter,
    chemistry,
    copy,
    figure,
    report,
    shown,
)
from harness.samples.parts import S
from harness.samples.people import People, at
from norms.cda.build import Code, Image, P, Section, T, Table
from norms.cda.build.entries import laboratory as lab
from norms.cda.build.entries.attached import attached
from norms.cda.build.entries.base import LOINC, loinc, pq, snomed, string
from norms.cda.build.ids import Ids, oid


@sample(
    "BIO-CR-BIO_2021.01",
    "Compte rendu de biologie, modèle 2021 (sans extension) : batterie, bornes, alerte critique, "
    "antériorité, commentaire.",
    "Laboratory report, 2021 model (no extension): battery, reference ranges, critical flag, earlier result, comment.",
)
def bio_2021(people: People) -> bytes:
    ids = Ids("BIO-CR-BIO_2021.01")
    taken = at(2026, 9, 2, 8, 5)
    spec = report(people, "BIO-CR-BIO_2021.01", [CHEMISTRY], version="", taken=taken, patient="pinson-leonie")
    comment = Section(
        S + "73", "Commentaire", [P("Kaliémie critique, médecin prescripteur joint par téléphone à 14 h 20.")]
    )
    return written(spec, [chemistry(ids, people, taken, sex="F", before=at(2026, 3, 4, 8, 0)), comment])


_PARTIAL = [
    ("Sodium", "131 mmol/L (136 – 145)"),
    ("Potassium", "6,7 mmol/L (3,5 – 5,1) ALERTE"),
    ("Chlorure", "101 mmol/L"),
]


@sample(
    "BIO-CR-BIO_2024.01_partiel",
    "Compte rendu partiel : chapitre et acte à l'état « active », copie PDF/A-1 en tête.",
    "Partial report: chapter and act still “active”, PDF/A-1 copy first.",
)
def bio_partial(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01"
    ids, taken = Ids(f"{name}_partiel"), at(2026, 10, 5, 7, 50)
    spec = report(people, name, [CHEMISTRY], version="2024.01", taken=taken, patient="mesange-julien", status="active")
    body: pages.Body = ["# Biochimie", *_PARTIAL, ("Créatinine", "en cours")]
    return written(
        spec,
        [
            copy(ids, spec, body),
            chemistry(ids, people, taken, sex="M", complete=False),
        ],
    )


@sample(
    "BIO-CR-BIO_2024.01_complet",
    "Compte rendu complet, version 2 : remplace le partiel (setId, "
    "versionNumber, relatedDocument RPLC), deux chapitres.",
    "Complete report, version 2: replaces the partial one (setId, versionNumber, relatedDocument RPLC), two chapters.",
)
def bio_complete(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01"
    ids, taken, out = Ids(f"{name}_complet"), at(2026, 10, 5, 7, 50), at(2026, 10, 5, 17, 30)
    spec = report(
        people,
        name,
        [CHEMISTRY, HAEMATOLOGY],
        version="2024.01",
        taken=taken,
        patient="mesange-julien",
        out=out,
        version_number=2,
        replaces=oid(f"{name}:id"),
    )
    count = lab.battery(Code("58410-2", LOINC, "Hémogramme", "#nfs"), [lab.result(one, out) for one, _ in BLOOD])
    blood = chapter(
        "Hématologie",
        HAEMATOLOGY,
        [P(T("Hémogramme", "nfs", "Bold")), shown("", BLOOD)],
        lab.examinations(
            HAEMATOLOGY, [blood_taken(ids, taken, "nfs"), count], by=lab.validator(people.pro("dr-cerfeuil"), out)
        ),
    )
    body: pages.Body = [
        "# Biochimie",
        *_PARTIAL,
        ("Créatinine", "184 µmol/L (59 – 104)"),
        "# Hématologie",
        ("Hémoglobine", "10,9 g/dL (13,0 – 17,0)"),
        ("Leucocytes", "7,2 G/L"),
        ("Plaquettes", "243 G/L"),
    ]
    return written(
        spec,
        [copy(ids, spec, body), chemistry(ids, people, taken, sex="M", out=out), blood],
        id=oid(f"{name}:id:2"),
    )


@sample(
    "BIO-CR-BIO_2024.01_ECBU",
    "Microbiologie : prélèvement, isolat (Escherichia coli) avec dénombrement et antibiogramme S/I/R.",
    "Microbiology: specimen, isolate (Escherichia coli) with count and S/I/R antibiogram.",
)
def bio_urine(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01_ECBU"
    ids, taken = Ids(name), at(2026, 10, 12, 7, 30)
    out = taken + timedelta(days=2)
    spec = report(people, name, [MICROBIOLOGY], version="2024.01", taken=taken, patient="pinson-leonie", out=out)
    cells = [
        figure(
            "30405-5",
            "Leucocytes [Nombre/Volume] Urine ; Numérique",
            "250000",
            "/mL",
            "leuco",
            high="10000",
            flag=lab.flag("H"),
        ),
        figure(
            "30391-7",
            "Érythrocytes [Nombre/Volume] Urine ; Numérique",
            "4000",
            "/mL",
            "hema",
            high="10000",
            flag=lab.flag("N"),
        ),
    ]
    drugs = [
        ("20-8", "Amoxicilline+clavulanate [Sensibilité] Isolat ; Alphanumérique ; CMI", "R", "amc", "> 8 mg/L"),
        ("267-5", "Gentamicine [Sensibilité] Isolat ; Alphanumérique ; CMI", "S", "gen", "< 1 mg/L"),
        ("20396-8", "Lévofloxacine [Sensibilité] Isolat ; Alphanumérique ; CMI", "I", "lev", "1 mg/L"),
    ]
    tested = [
        lab.Result(loinc(code, label), string(shown_), anchor, flag=lab.flag(sir))
        for code, label, sir, anchor, shown_ in drugs
    ]
    germ = snomed("112283007", "Escherichia coli", "#germe")
    number = lab.Result(
        loinc("51480-2", "Bactérie [Nombre/Volume] Urine ; Numérique"), pq("1000000", "/mL"), "denomb", unit="/mL"
    )
    isolate = lab.isolate(
        ids,
        germ,
        out,
        [
            lab.result(number, out),
            lab.battery(Code("18769-0", LOINC, "Antibiogramme", "#atb"), [lab.result(one, out) for one in tested]),
        ],
    )
    urine = lab.specimen(
        ids,
        Code("5201", NABM, "Examen cytobactériologique des urines", "#ecbu"),
        lab.nature("UR", "Urine", "ecbu"),
        taken,
        taken + timedelta(minutes=40),
    )
    cytology = lab.battery(
        Code("58445-8", LOINC, "Cytologie urinaire", "#cyto"), [lab.result(one, out) for one, _ in cells]
    )
    blocks = [
        P(T("Examen cytobactériologique des urines, prélèvement du milieu de jet", "ecbu")),
        P(T("Cytologie", "cyto", "Bold")),
        shown("", cells),
        P([T("Germe isolé : ", style="Bold"), T("Escherichia coli", "germe")]),
        P([T("Bactérie [Nombre/Volume] Urine : ", "denomb"), "1 000 000 UFC/mL"]),
        P(T("Antibiogramme", "atb", "Bold")),
        Table(
            ["Antibiotique", "CMI", "Catégorie"],
            [[T(label.split(" [")[0], anchor), value, lab.flag(sir).display] for _, label, sir, anchor, value in drugs],
        ),
    ]
    urines = chapter(
        "Microbiologie",
        MICROBIOLOGY,
        blocks,
        lab.examinations(MICROBIOLOGY, [urine, cytology, isolate], by=lab.validator(people.pro("dr-cerfeuil"), out)),
    )
    body: pages.Body = [
        "# Examen cytobactériologique des urines",
        ("Leucocytes", "250 000 /mL"),
        ("Érythrocytes", "4 000 /mL"),
        ("Culture", "Escherichia coli, 1 000 000 UFC/mL"),
        "# Antibiogramme",
        *((label.split(" [")[0], f"{value} – {lab.flag(sir).display}") for _, label, sir, _, value in drugs),
    ]
    return written(spec, [copy(ids, spec, body), urines])


@sample(
    "BIO-CR-BIO_2024.01_2nde-intention",
    "Résultats de seconde intention : le compte rendu du laboratoire spécialisé est joint en PDF/A-1.",
    "Second-line results: the specialised laboratory's report is attached as PDF/A-1.",
)
def bio_second(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01_2nde-intention"
    ids, taken = Ids(name), at(2026, 10, 19, 8, 15)
    spec = report(people, name, [CHEMISTRY], version="2024.01", taken=taken, patient="corbeau-lucia")
    biologist = people.pro("dr-cerfeuil")
    other = pages.page(
        "Dosage des métanéphrines plasmatiques",
        spec.patient,
        biologist,
        spec.time,
        [
            "# Laboratoire spécialisé",
            ("Métanéphrine", "0,21 nmol/L (< 0,33)"),
            ("Normétanéphrine", "0,48 nmol/L (< 1,07)"),
        ],
    )
    second = Section(
        S + "60",
        "Résultats de laboratoire de seconde intention",
        [P(T("Compte rendu du laboratoire spécialisé", "cr2-type")), Image("cr2-pdf")],
        [attached(ids, "cr2-pdf", "application/pdf", other, "cr2-type")],
        code=loinc("101792-0", "Résultats de laboratoire de seconde intention"),
    )
    body: pages.Body = [
        "# Biochimie",
        *_PARTIAL,
        ("Créatinine", "184 µmol/L (45 – 84)"),
        "# Seconde intention",
        "Voir le document joint.",
    ]
    return written(spec, [copy(ids, spec, body), chemistry(ids, people, taken, sex="F"), second])
