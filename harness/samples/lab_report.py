"""What laboratory reports share: header, chapters, result tables, the PDF copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from harness.samples import pages
from harness.samples.core import AMBULATORY, head
from harness.samples.parts import S
from harness.samples.people import People
from norms.cda.build import Act, Code, Encounter, Header, Ident, Image, Order, P, Party, Section, T, Table
from norms.cda.build.entries import laboratory as lab
from norms.cda.build.entries.attached import PDF_COPY, attached
from norms.cda.build.entries.base import LOINC, loinc, pq
from norms.cda.build.ids import Ids
from norms.cda.build.narrative import Cell
from norms.cda.build.xml import E
from norms.cda.document import Element

TITLE = "Compte rendu d'examens biologiques"
CODE = Code("11502-2", LOINC, "CR d'examens biologiques")
CHEMISTRY = loinc("18719-5", "Biochimie")
HAEMATOLOGY = loinc("18723-7", "Hématologie")
MICROBIOLOGY = loinc("18725-2", "Microbiologie")
NABM = "1.2.250.1.213.2.7"


def report(
    people: People,
    name: str,
    chapters: Sequence[Code],
    *,
    version: str,
    taken: datetime,
    patient: str,
    out: datetime | None = None,
    status: str = "completed",
    **more: Any,
) -> Header:
    """The header of a report of the Sorbier laboratory, ordered by Dr Romarin; out six hours after the sample."""
    biologist = people.pro("dr-cerfeuil")
    doctor = people.pro("dr-romarin")
    out = out or taken + timedelta(hours=6)
    acts = [
        Act(code, taken, out, biologist if n == 0 else None, out, (E("lab:statusCode", code=status),))
        for n, code in enumerate(chapters)
    ]
    ordered = Party("REF", doctor, until=taken - timedelta(days=2), templates=("1.3.6.1.4.1.19376.1.3.3.1.6",))
    return head(
        people,
        name,
        volet="BIO-CR-BIO",
        version=version,
        code=CODE,
        title=TITLE,
        time=out,
        patient=people.patient(patient),
        author=biologist,
        acts=acts,
        authenticators=((biologist, out),),
        parties=(ordered, people.doctor_in_charge()),
        orders=(Order(Ident("1.2.250.1.213.99.9.2", f"PRESC-{taken:%Y%m%d}")),),
        encounter=Encounter(AMBULATORY, taken, people.facility("SA25"), responsible=biologist),
        **more,
    )


def in_words(number: str, unit: str) -> str:
    """A quantity as it is printed in French: decimal comma, thousands apart, µ."""
    whole, _, tenths = number.partition(".")
    apart = f"{int(whole):,}".replace(",", " ") + (f",{tenths}" if tenths else "")
    return f"{apart} {unit.replace('umol', 'µmol')}"


def _usual(one: lab.Result) -> str:
    low, high = (in_words(bound, "").strip() if bound else "" for bound in (one.low, one.high))
    unit = in_words("0", one.unit)[2:]
    if low and high:
        return f"{low} – {high} {unit}"
    return f"< {high} {unit}" if high else f"> {low} {unit}" if low else ""


def shown(title: str, rows: Sequence[tuple[lab.Result, str]]) -> Table:
    """The results in words: name, value, flag, usual values, earlier result."""
    body: list[list[Cell]] = []
    for one, value in rows:
        style = {"HH": "Bold", "LL": "Bold", "H": "Italics", "L": "Italics", "A": "Italics"}.get(
            one.flag.code if one.flag else "", ""
        )
        before = ""
        if one.previous:
            before = f"{in_words(one.previous[0].get('value', ''), one.unit)} ({one.previous[1]:%d/%m/%Y})"
        body.append(
            [
                T(one.code.display, one.anchor),
                T(value, f"{one.anchor}-val", style),
                one.flag.display if one.flag else "",
                _usual(one),
                before,
            ]
        )
    return Table(["Examen", "Résultat", "Interprétation", "Valeurs usuelles", "Antériorité"], body, caption=title)


def copy(ids: Ids, spec: Header, body: pages.Body) -> Section:
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


def figure(code: str, name: str, value: str, unit: str, anchor: str, **more: Any) -> tuple[lab.Result, str]:
    """A measured result, and how it reads."""
    return lab.Result(loinc(code, name), pq(value, unit), anchor, unit=unit, **more), in_words(value, unit)


def ionogram(before: datetime | None = None) -> list[tuple[lab.Result, str]]:
    old = (pq("4.4", "mmol/L"), before) if before else None
    return [
        figure(
            "2951-2",
            "Sodium [Moles/Volume] Sérum/Plasma ; Numérique",
            "131",
            "mmol/L",
            "na",
            low="136",
            high="145",
            flag=lab.flag("L"),
        ),
        figure(
            "2823-3",
            "Potassium [Moles/Volume] Sérum/Plasma ; Numérique",
            "6.7",
            "mmol/L",
            "k",
            low="3.5",
            high="5.1",
            flag=lab.flag("HH"),
            previous=old,
        ),
        figure(
            "2075-0",
            "Chlorure [Moles/Volume] Sérum/Plasma ; Numérique",
            "101",
            "mmol/L",
            "cl",
            low="98",
            high="107",
            flag=lab.flag("N"),
        ),
    ]


USUAL_CREATININE = {"F": ("45", "84"), "M": ("59", "104")}


def creatinine(sex: str) -> tuple[lab.Result, str]:
    """A high creatinine, against the usual values of that sex."""
    low, high = USUAL_CREATININE[sex]
    name = "Créatinine [Moles/Volume] Sérum/Plasma ; Numérique"
    return figure("14682-9", name, "184", "umol/L", "crea", low=low, high=high, flag=lab.flag("H"))


# Of a man.
BLOOD = [
    figure(
        "718-7",
        "Hémoglobine [Masse/Volume] Sang ; Numérique",
        "10.9",
        "g/dL",
        "hb",
        low="13.0",
        high="17.0",
        flag=lab.flag("A"),
    ),
    figure(
        "6690-2",
        "Leucocytes [Nombre/Volume] Sang ; Numérique ; Comptage automate",
        "7.2",
        "10*9/L",
        "gb",
        low="4.0",
        high="10.0",
        flag=lab.flag("N"),
    ),
    figure(
        "777-3",
        "Plaquettes [Nombre/Volume] Sang ; Numérique ; Comptage automate",
        "243",
        "10*9/L",
        "pla",
        low="150",
        high="400",
        flag=lab.flag("N"),
    ),
]


def blood_taken(ids: Ids, taken: datetime, anchor: str = "prel") -> Element:
    what = Code("9105", NABM, "Prélèvement de sang veineux au pli du coude", f"#{anchor}")
    return lab.specimen(ids, what, lab.nature("BLDV", "Sang veineux", anchor), taken, taken + timedelta(minutes=50))


def chapter(title: str, code: Code, blocks: Sequence[Any], entry: Element) -> Section:
    return Section(S + "70", title, blocks, [entry], code=code)


def chemistry(
    ids: Ids,
    people: People,
    taken: datetime,
    *,
    sex: str,
    before: datetime | None = None,
    out: datetime | None = None,
    complete: bool = True,
) -> Section:
    """Ionogram, then creatinine once the report is complete (``out``: when it is; six hours after the sample)."""
    rows = ionogram(before)
    first = taken + timedelta(hours=6)
    out = out or first
    panel = lab.battery(
        Code("24326-1", LOINC, "Ionogramme sanguin", "#iono"), [lab.result(one, first) for one, _ in rows]
    )
    contents = [blood_taken(ids, taken), panel]
    blocks: list[Any] = [
        P(T(f"Sang veineux prélevé le {taken:%d/%m/%Y à %H:%M}", "prel")),
        P(T("Ionogramme sanguin", "iono", "Bold")),
        shown("", rows),
    ]
    if complete:
        kidney = creatinine(sex)
        contents.append(lab.result(kidney[0], out))
        blocks.append(shown("Fonction rénale", [kidney]))
    else:
        blocks.append(P("Créatinine : analyse en cours.", "Italics"))
    by = lab.validator(people.pro("dr-cerfeuil"), out)
    done = "completed" if complete else "active"
    return chapter("Biochimie", CHEMISTRY, blocks, lab.examinations(CHEMISTRY, contents, by=by, status=done))
