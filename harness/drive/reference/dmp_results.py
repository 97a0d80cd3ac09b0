"""The structured form (N3) of a laboratory report: one battery of results (CI-SIS, volet CR-BIO 2024.01)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from norms.cda import build
from norms.cda.build.entries import laboratory as lab
from norms.cda.build.entries.base import LOINC, loinc, pq
from norms.cda.build.ids import Ids
from norms.cda.build.model import Professional
from norms.cda.build.xml import E
from norms.cda.volets import sheets

_CHAPTER = "1.2.250.1.213.1.1.2.70"
_CHEMISTRY = loinc("18719-5", "Biochimie")
_NABM = "1.2.250.1.213.2.7"
_RESULTS = (
    ("2951-2", "Sodium [Moles/Volume] Sérum/Plasma ; Numérique", "139", "136", "145"),
    ("2823-3", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique", "4.1", "3.5", "5.1"),
)


def report(header: build.Header) -> bytes:
    """The report under a header of the software's documents, its author being the biologist who validates."""
    biologist, out = header.authors[0][0], header.time
    assert isinstance(biologist, Professional)
    began = header.acts[0].low
    volet = next(model for model in sheets.models().values() if model.name == "BIO-CR-BIO")
    done = E("lab:statusCode", code="completed")
    spec = replace(
        header,
        template=volet.oid,
        version="2024.01",
        acts=(build.Act(_CHEMISTRY, began, out, biologist, out, (done,)),),
        authenticators=((biologist, out),),
        encounter=replace(header.encounter, responsible=biologist),
    )
    return build.document(spec, [_chapter(Ids(header.id.root), biologist, began, out)])


def _chapter(ids: Ids, biologist: Professional, taken: datetime, out: datetime) -> build.Section:
    rows = [
        lab.Result(loinc(code, name), pq(value, "mmol/L"), f"r{n}", lab.flag("N"), low, high, "mmol/L")
        for n, (code, name, value, low, high) in enumerate(_RESULTS)
    ]
    sample = build.Code("9105", _NABM, "Prélèvement de sang veineux au pli du coude", "#prel")
    blood = lab.specimen(ids, sample, lab.nature("BLDV", "Sang veineux", "prel"), taken, taken)
    panel = lab.battery(
        build.Code("24326-1", LOINC, "Ionogramme sanguin", "#iono"), [lab.result(one, out) for one in rows]
    )
    table = build.Table(
        ["Examen", "Résultat", "Valeurs usuelles"],
        [
            [build.T(name, f"r{n}"), build.T(f"{value} mmol/L", f"r{n}-val"), f"{low} – {high} mmol/L"]
            for n, (_, name, value, low, high) in enumerate(_RESULTS)
        ],
        caption="Ionogramme sanguin",
    )
    blocks: list[build.P | build.Table] = [
        build.P(build.T(f"Sang veineux prélevé le {taken:%d/%m/%Y à %H:%M}", "prel")),
        build.P(build.T("Ionogramme sanguin", "iono", "Bold")),
        table,
    ]
    entry = lab.examinations(_CHEMISTRY, [blood, panel], by=lab.validator(biologist, out))
    return build.Section(_CHAPTER, "Biochimie", blocks, [entry], code=_CHEMISTRY)
