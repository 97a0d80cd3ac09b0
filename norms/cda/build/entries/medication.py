"""Treatments, prescriptions, dispensations, immunizations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from norms.cda.build.entries.base import ACT, ATC, CIS, EDQM, LOINC, Time, act, related
from norms.cda.build.entries.clinical import internal
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Professional
from norms.cda.build.parties import assigned, author
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import Child, E, coded, ident, quantity, reference, span
from norms.cda.document import Element

ORAL = Code("20053000", EDQM, "Voie orale")
INHALED = Code("20020000", EDQM, "Voie inhalée")
DRUG = Code("DRUG", ACT, "Médicament")


@dataclass(frozen=True, slots=True)
class Product:
    """A medicine: what the narrative calls it, its ATC class, its CIS code when it has one, where it is named."""

    name: str
    atc: str
    atc_name: str
    anchor: str
    cis: str = ""
    lot: str = ""


def manufactured(product: Product, *, template: str = "1.2.250.1.213.1.1.3.43", material: Child = None) -> Element:
    """The ``consumable`` of a medicine."""
    atc = Code(product.atc, ATC, product.atc_name)
    translations = [coded("translation", atc)]
    original = E("originalText", E("reference", value=f"#{product.anchor}"))
    if product.cis:
        code = E("code", original, translations, code=product.cis, codeSystem=CIS, displayName=product.name)
    else:
        code = E("code", original, translations, nullFlavor="NAV")
    inner = E(
        "manufacturedMaterial",
        material,
        code,
        E("name", product.name),
        E("lotNumberText", product.lot) if product.lot else None,
    )
    return E("consumable", E("manufacturedProduct", template_ids(template), inner))


def treatment(
    ids: Ids,
    product: Product,
    *,
    since: Time,
    until: Time = None,
    every: tuple[str, str] | None = None,
    dose: tuple[str, ...] | None = None,
    route: Code | None = None,
    reason: Code | None = None,
    reason_anchor: str = "",
    mood: str = "EVN",
    template: str = "42",
    more: Child = None,
) -> Element:
    """A treatment; ``dose`` is (value, unit) or (low, high, unit), ``every`` a period such as ("1", "d")."""
    period = E("effectiveTime", quantity("period", *every), xsi_type="PIVL_TS", operator="A") if every else None
    times = span(since, until, typed=True)
    if not until:
        times.append(E("high", nullFlavor="UNK"))
    amount = None
    if dose:
        low, high, unit = (dose[0], dose[-2] if len(dose) == 3 else dose[0], dose[-1])
        amount = E("doseQuantity", quantity("low", low, unit), quantity("high", high, unit))
    return act(
        "substanceAdministration",
        template,
        E("templateId", root="1.3.6.1.4.1.19376.1.5.3.1.4.7.1"),
        ident(ids.new()),
        coded("code", DRUG),
        reference(product.anchor),
        E("statusCode", code="completed"),
        times,
        period,
        coded("routeCode", route) if route else None,
        amount,
        manufactured(product),
        related("RSON", internal(ids, reason, reason_anchor)) if reason else None,
        more,
        kind="SBADM",
        mood=mood,
    )


@dataclass(frozen=True, slots=True)
class Shot:
    """A vaccination: product (with CIS code and lot), day AAAAMMJJ, rank, where in the body, who gave it."""

    product: Product
    date: str
    rank: int = 0
    booster: bool = False
    route: Code | None = None
    site: Code | None = None
    by: Professional | None = None
    when: datetime | None = None


def immunization(ids: Ids, shot: Shot, *, more: Child = None) -> Element:
    """A vaccination that was given."""
    kind = (
        Code("BOOSTER", ACT, "Rappel de vaccin") if shot.booster else Code("INITIMMUNIZ", ACT, "1ère série vaccinante")
    )
    rank = None
    if shot.rank:
        number = E(
            "observation",
            template_ids("1.2.250.1.213.1.1.3.82"),
            coded("code", Code("30973-2", LOINC, "Rang de la vaccination")),
            E("statusCode", code="completed"),
            E("value", value=str(shot.rank), xsi_type="INT"),
            classCode="OBS",
            moodCode="EVN",
        )
        rank = related("SUBJ", number)
    performer = E("performer", assigned(shot.by), typeCode="PRF") if shot.by else None
    written = None
    if shot.by:
        written = author(shot.by, shot.when or shot.date)
        written.set("typeCode", "AUT")
        written.set("contextControlCode", "OP")
    return act(
        "substanceAdministration",
        "45",
        ident(ids.new()),
        coded("code", kind),
        reference(shot.product.anchor),
        E("statusCode", code="completed"),
        E("effectiveTime", value=shot.date),
        coded("routeCode", shot.route) if shot.route else None,
        coded("approachSiteCode", shot.site) if shot.site else None,
        given(shot.product),
        performer,
        written,
        rank,
        more,
        kind="SBADM",
        negationInd="false",
    )


def given(product: Product) -> Element:
    """The ``consumable`` of a vaccination."""
    made = manufactured(product)
    made.set("typeCode", "CSM")
    return made
