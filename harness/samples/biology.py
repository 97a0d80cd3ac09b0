"""Laboratory reports (CR-BIO), 2021 and 2024."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from harness.samples import pages
from harness.samples.core import AMBULATORY, head, sample, written
from harness.samples.parts import S
from harness.samples.people import People, at
from norms.cda.build import Act, Code, Encounter, Header, Ident, Image, Order, P, Party, Section, T, Table
from norms.cda.build.entries import laboratory as lab
from norms.cda.build.entries.attached import PDF_COPY, attached
from norms.cda.build.entries.base import LOINC, loinc, pq, snomed, string
from norms.cda.build.ids import Ids, oid
from norms.cda.build.xml import E
from norms.cda.document import Element

TITLE = "Compte rendu d'examens biologiques"
CODE = Code("11502-2", LOINC, "CR d'examens biologiques")
CHEMISTRY = loinc("18719-5", "Biochimie")
HAEMATOLOGY = loinc("18723-7", "Hématologie")
MICROBIOLOGY = loinc("18725-2", "Microbiologie")
_NABM = "1.2.250.1.213.2.7"


def report(
    people: People, name: str, chapters: Sequence[Code], *, version: str, taken: datetime, patient: str, status: str = "completed",
    **more: Any,
) -> Header:  # fmt: skip
    """The header of a report of the Sorbier laboratory, ordered by Dr Romarin."""
    biologist = people.pro("dr-cerfeuil")
    doctor = people.pro("dr-romarin")
    out = taken + timedelta(hours=6)
    acts = [
        Act(code, taken, out, biologist if n == 0 else None, out, (E("lab:statusCode", code=status),))
        for n, code in enumerate(chapters)
    ]
    ordered = Party("REF", doctor, until=taken - timedelta(days=2), templates=("1.3.6.1.4.1.19376.1.3.3.1.6",))
    return head(
        people, name, volet="BIO-CR-BIO", version=version, code=CODE, title=TITLE, time=out, patient=people.patient(patient),
        author=biologist, acts=acts, authenticators=((biologist, out),), parties=(ordered, people.doctor_in_charge()),
        orders=(Order(Ident("1.2.250.1.213.99.9.2", f"PRESC-{taken:%Y%m%d}")),),
        encounter=Encounter(AMBULATORY, taken, people.facility("SA25"), responsible=biologist), **more,
    )  # fmt: skip


def shown(title: str, rows: Sequence[tuple[lab.Result, str]]) -> Table:
    """The results in words: name, value, flag, usual values, earlier result."""
    body = []
    for one, value in rows:
        usual = " – ".join(bound for bound in (one.low, one.high) if bound)
        style = {"HH": "Bold", "LL": "Bold", "H": "Italics", "L": "Italics", "A": "Italics"}.get(
            one.flag.code if one.flag else "", ""
        )
        before = f"{one.previous[0].get('value')} {one.unit} ({one.previous[1]:%d/%m/%Y})" if one.previous else ""
        body.append([
            T(one.code.display, one.anchor), T(value, f"{one.anchor}-val", style), one.flag.display if one.flag else "",
            f"{usual} {one.unit}" if usual else "", before,
        ])  # fmt: skip
    return Table(["Examen", "Résultat", "Interprétation", "Valeurs usuelles", "Antériorité"], body, caption=title)


def copy(ids: Ids, spec: Header, body: Sequence[str | tuple[str, ...]]) -> Section:
    """The PDF copy of the report, shown first."""
    author = spec.authors[0][0]
    data = pages.page(spec.title, spec.patient, author, spec.time, body)  # type: ignore[arg-type]
    entry = attached(ids, "copie-pdf", "application/pdf", data, "copie-type", PDF_COPY)
    return Section(
        S + "243",
        "Copie du document",
        [P(T("Copie du document au format PDF", "copie-type")), Image("copie-pdf")],
        [entry],
    )


def _figure(code: str, name: str, value: str, unit: str, anchor: str, **more: Any) -> tuple[lab.Result, str]:
    return lab.Result(
        loinc(code, name), pq(value, unit), anchor, unit=unit, **more
    ), f"{value.replace('.', ',')} {unit}"


def _ionogram(before: datetime | None = None) -> list[tuple[lab.Result, str]]:
    old = (pq("4.4", "mmol/L"), before) if before else None
    return [
        _figure("2951-2", "Sodium [Moles/Volume] Sérum/Plasma ; Numérique", "131", "mmol/L", "na", low="136", high="145",
                flag=lab.flag("L")),
        _figure("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique", "6.7", "mmol/L", "k", low="3.5", high="5.1",
                flag=lab.flag("HH"), previous=old),
        _figure("2075-0", "Chlorure [Moles/Volume] Sérum/Plasma ; Numérique", "101", "mmol/L", "cl", low="98", high="107",
                flag=lab.flag("N")),
    ]  # fmt: skip


_CREATININE = _figure("14682-9", "Créatinine [Moles/Volume] Sérum/Plasma ; Numérique", "184", "umol/L", "crea", low="45",
                      high="84", flag=lab.flag("H"))  # fmt: skip
_BLOOD = [
    _figure("718-7", "Hémoglobine [Masse/Volume] Sang ; Numérique", "10.9", "g/dL", "hb", low="12.0", high="16.0",
            flag=lab.flag("A")),
    _figure("6690-2", "Leucocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate", "7.2", "10*9/L", "gb", low="4.0",
            high="10.0", flag=lab.flag("N")),
    _figure("777-3", "Plaquettes [Nombre/Volume] Sang ; Numérique ; Comptage automate", "243", "10*9/L", "pla", low="150",
            high="400", flag=lab.flag("N")),
]  # fmt: skip


def _blood_taken(ids: Ids, taken: datetime, anchor: str = "prel") -> Element:
    what = Code("9105", _NABM, "Prélèvement de sang veineux au pli du coude", f"#{anchor}")
    return lab.specimen(ids, what, lab.nature("BLDV", "Sang veineux", anchor), taken, taken + timedelta(minutes=50))


def _chapter(title: str, code: Code, blocks: Sequence[Any], entry: Element) -> Section:
    return Section(S + "70", title, blocks, [entry], code=code)


def _chemistry(ids: Ids, people: People, taken: datetime, *, before: datetime | None, complete: bool = True) -> Section:
    rows = _ionogram(before)
    out = taken + timedelta(hours=6)
    panel = lab.battery(
        Code("24326-1", LOINC, "Ionogramme sanguin", "#iono"), [lab.result(one, out) for one, _ in rows]
    )  # fmt: skip
    contents = [_blood_taken(ids, taken), panel]
    blocks: list[Any] = [
        P(T(f"Sang veineux prélevé le {taken:%d/%m/%Y à %H:%M}", "prel")), P(T("Ionogramme sanguin", "iono", "Bold")),
        shown("Ionogramme sanguin", rows),
    ]  # fmt: skip
    if complete:
        contents.append(lab.result(_CREATININE[0], out))
        blocks.append(shown("Fonction rénale", [_CREATININE]))
    else:
        blocks.append(P("Créatinine : analyse en cours.", "Italics"))
    by = lab.validator(people.pro("dr-cerfeuil"), out)
    done = "completed" if complete else "active"
    return _chapter("Biochimie", CHEMISTRY, blocks, lab.examinations(CHEMISTRY, contents, by=by, status=done))


@sample(
    "BIO-CR-BIO_2021.01",
    "Compte rendu de biologie, modèle 2021 (sans extension) : batterie, bornes, alerte critique, antériorité, commentaire.",
    "Laboratory report, 2021 model (no extension): battery, reference ranges, critical flag, earlier result, comment.",
)
def bio_2021(people: People) -> bytes:
    ids = Ids("BIO-CR-BIO_2021.01")
    taken = at(2026, 9, 2, 8, 5)
    spec = report(people, "BIO-CR-BIO_2021.01", [CHEMISTRY], version="", taken=taken, patient="pinson-leonie")
    comment = Section(
        S + "73", "Commentaire", [P("Kaliémie critique, médecin prescripteur joint par téléphone à 14 h 20.")]
    )
    return written(spec, [_chemistry(ids, people, taken, before=at(2026, 3, 4, 8, 0)), comment])


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
    body = ["# Biochimie", *_PARTIAL, ("Créatinine", "en cours")]
    return written(spec, [
        copy(ids, spec, body), _chemistry(ids, people, taken, before=None, complete=False),
    ])  # fmt: skip


@sample(
    "BIO-CR-BIO_2024.01_complet",
    "Compte rendu complet, version 2 : remplace le partiel (setId, versionNumber, relatedDocument RPLC), deux chapitres.",
    "Complete report, version 2: replaces the partial one (setId, versionNumber, relatedDocument RPLC), two chapters.",
)
def bio_complete(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01"
    ids, taken = Ids(f"{name}_complet"), at(2026, 10, 5, 7, 50)
    spec = report(
        people, name, [CHEMISTRY, HAEMATOLOGY], version="2024.01", taken=taken, patient="mesange-julien", version_number=2,
        replaces=oid(f"{name}:id"),
    )  # fmt: skip
    out = taken + timedelta(hours=6)
    count = lab.battery(
        Code("58410-2", LOINC, "Hémogramme", "#nfs"), [lab.result(one, out) for one, _ in _BLOOD]
    )  # fmt: skip
    blood = _chapter(
        "Hématologie", HAEMATOLOGY, [P(T("Hémogramme", "nfs", "Bold")), shown("Hémogramme", _BLOOD)],
        lab.examinations(HAEMATOLOGY, [_blood_taken(ids, taken, "nfs"), count], by=lab.validator(people.pro("dr-cerfeuil"), out)),
    )  # fmt: skip
    body = [
        "# Biochimie", *_PARTIAL, ("Créatinine", "184 µmol/L (45 – 84)"), "# Hématologie",
        ("Hémoglobine", "10,9 g/dL (12,0 – 16,0)"), ("Leucocytes", "7,2 G/L"), ("Plaquettes", "243 G/L"),
    ]  # fmt: skip
    return written(
        spec, [copy(ids, spec, body), _chemistry(ids, people, taken, before=None), blood],
        id=oid(f"{name}:id:2"),
    )  # fmt: skip


@sample(
    "BIO-CR-BIO_2024.01_ECBU",
    "Microbiologie : prélèvement, isolat (Escherichia coli) avec dénombrement et antibiogramme S/I/R.",
    "Microbiology: specimen, isolate (Escherichia coli) with count and S/I/R antibiogram.",
)
def bio_urine(people: People) -> bytes:
    name = "BIO-CR-BIO_2024.01_ECBU"
    ids, taken = Ids(name), at(2026, 10, 12, 7, 30)
    out = taken + timedelta(days=2)
    spec = report(people, name, [MICROBIOLOGY], version="2024.01", taken=taken, patient="pinson-leonie")
    cells = [
        _figure("30405-5", "Leucocytes [Nombre/Volume] Urine ; Numérique", "250000", "/mL", "leuco", high="10000",
                flag=lab.flag("H")),
        _figure("30391-7", "Érythrocytes [Nombre/Volume] Urine ; Numérique", "4000", "/mL", "hema", high="10000",
                flag=lab.flag("N")),
    ]  # fmt: skip
    drugs = [
        ("20-8", "Amoxicilline+clavulanate [Sensibilité] Isolat ; Alphanumérique ; CMI", "R", "amc", "> 8 mg/L"),
        ("18928-2", "Gentamicine [Sensibilité] Isolat ; Alphanumérique ; CMI", "S", "gen", "< 1 mg/L"),
        ("20396-8", "Norfloxacine [Sensibilité] Isolat ; Alphanumérique ; CMI", "I", "nor", "0,5 mg/L"),
    ]
    tested = [
        lab.Result(loinc(code, label), string(shown_), anchor, flag=lab.flag(sir))
        for code, label, sir, anchor, shown_ in drugs
    ]
    germ = snomed("112283007", "Escherichia coli", "#germe")
    number = lab.Result(
        loinc("51480-2", "Bactérie [Nombre/Volume] Urine ; Numérique"), pq("1000000", "/mL"), "denomb", unit="/mL"
    )
    isolate = lab.isolate(ids, germ, out, [
        lab.result(number, out),
        lab.battery(Code("18769-0", LOINC, "Antibiogramme", "#atb"), [lab.result(one, out) for one in tested]),
    ])  # fmt: skip
    urine = lab.specimen(
        ids, Code("5201", _NABM, "Examen cytobactériologique des urines", "#ecbu"), lab.nature("UR", "Urine", "ecbu"), taken,
        taken + timedelta(minutes=40),
    )  # fmt: skip
    cytology = lab.battery(
        Code("58445-8", LOINC, "Cytologie urinaire", "#cyto"), [lab.result(one, out) for one, _ in cells]
    )
    blocks = [
        P(T("Examen cytobactériologique des urines, prélèvement du milieu de jet", "ecbu")), P(T("Cytologie", "cyto", "Bold")),
        shown("Cytologie", cells), P([T("Germe isolé : ", style="Bold"), T("Escherichia coli", "germe")]),
        P([T("Bactérie [Nombre/Volume] Urine : ", "denomb"), "1 000 000 UFC/mL"]), P(T("Antibiogramme", "atb", "Bold")),
        Table(["Antibiotique", "CMI", "Catégorie"], [[T(label.split(" [")[0], anchor), value, lab.flag(sir).display]
                                                      for _, label, sir, anchor, value in drugs]),
    ]  # fmt: skip
    chapter = _chapter(
        "Microbiologie", MICROBIOLOGY, blocks,
        lab.examinations(MICROBIOLOGY, [urine, cytology, isolate], by=lab.validator(people.pro("dr-cerfeuil"), out)),
    )  # fmt: skip
    body = [
        "# Examen cytobactériologique des urines", ("Leucocytes", "250 000 /mL"), ("Érythrocytes", "4 000 /mL"),
        ("Culture", "Escherichia coli, 1 000 000 UFC/mL"), "# Antibiogramme",
        *((label.split(" [")[0], f"{value} – {lab.flag(sir).display}") for _, label, sir, _, value in drugs),
    ]  # fmt: skip
    return written(spec, [copy(ids, spec, body), chapter])


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
        "Dosage des métanéphrines plasmatiques", spec.patient, biologist, spec.time,
        ["# Laboratoire spécialisé", ("Métanéphrine", "0,21 nmol/L (< 0,33)"), ("Normétanéphrine", "0,48 nmol/L (< 1,07)")],
    )  # fmt: skip
    second = Section(
        S + "60", "Résultats de laboratoire de seconde intention",
        [P(T("Compte rendu du laboratoire spécialisé", "cr2-type")), Image("cr2-pdf")],
        [attached(ids, "cr2-pdf", "application/pdf", other, "cr2-type")],
        code=loinc("101792-0", "Résultats de laboratoire de seconde intention"),
    )  # fmt: skip
    body = [
        "# Biochimie",
        *_PARTIAL,
        ("Créatinine", "184 µmol/L (45 – 84)"),
        "# Seconde intention",
        "Voir le document joint.",
    ]
    return written(spec, [copy(ids, spec, body), _chemistry(ids, people, taken, before=None), second])
