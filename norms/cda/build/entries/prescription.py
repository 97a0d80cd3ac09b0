"""Prescription and dispensation of medicines and devices (IHE Pharmacy PRE and DIS, French templates)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from norms.cda.build.entries.base import ATC, EDQM, TA, act, boolean, related, statement
from norms.cda.build.entries.medication import DRUG, Product
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Ident, Professional
from norms.cda.build.parties import author
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import E, coded, ident, moment, quantity, reference, span
from norms.cda.document import Element

BOX = "30009000"  # EDQM packaging: box
TABLET = Code("10219000", EDQM, "Comprimé")
_INSTRUCTIONS = "1.3.6.1.4.1.19376.1.5.3.2"
_ITEMS = "1.3.6.1.4.1.19376.1.9.2.2"
_SUBSTITUTION = "2.16.840.1.113883.5.1070"
_MEMBERS: Mapping[str, tuple[str, str]] = {
    "48.13": ("MED-574", "En rapport avec une affection de longue durée (ALD)"),
    "48.14": ("GEN-180", "En rapport avec un accident du travail ou une maladie professionnelle"),
    "48.34": ("GEN-295", "En rapport avec la prévention"),
    "48.15": ("GEN-181", "Non remboursable"),
    "48.12": ("GEN-179", "Hors autorisation de mise sur le marché (AMM)"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A prescribed medicine. ``form`` its dosage form, ``boxes`` how many, ``repeats`` renewals, ``substitution``
    False when the doctor forbids it. Anchors: the product's own, and ``<anchor>-pat``, ``-disp``, ``-ald``… for the
    instructions and the yes/no facts."""

    product: Product
    form: Code
    low: str
    high: str
    boxes: int = 1
    repeats: int = 0
    substitution: bool = True
    chronic: bool = False


def _material(product: Product, form: Code, *, expiry: str = "") -> Element:
    atc = Code(product.atc, ATC, product.atc_name)
    code = Code(product.cis, "1.2.250.1.213.2.3.1", product.name, f"#{product.anchor}")
    kind = E(
        "pharm:asSpecializedKind",
        E(
            "pharm:generalizedMedicineClass",
            coded("pharm:code", atc),
            E("pharm:name", product.atc_name),
            classCode="MMAT",
        ),
        classCode="GRIC",
    )
    inner = E(
        "manufacturedMaterial",
        template_ids("1.3.6.1.4.1.19376.1.9.1.3.1"),
        coded("code", code),
        E("name", product.name),
        coded("pharm:formCode", form),
        E("lotNumberText", product.lot) if product.lot else None,
        E("pharm:expirationTime", value=expiry) if expiry else None,
        kind,
        classCode="MMAT",
        determinerCode="KIND",
    )
    return E("manufacturedProduct", template_ids("1.2.250.1.213.1.1.3.43"), inner, classCode="MANU")


def _instruction(template: str, code: str, anchor: str) -> Element:
    told = Code(code, _INSTRUCTIONS)
    one = act(
        "act",
        template,
        coded("code", told),
        reference(anchor),
        E("statusCode", code="completed"),
        kind="ACT",
        mood="INT",
    )
    return related("SUBJ", one, inverted=True)


def _facts(ids: Ids, anchor: str, time: datetime, chronic: bool, *, device: bool = False) -> list[Element]:
    facts = []
    for template, (code, label) in _MEMBERS.items():
        if device and template == "48.12":
            continue
        said = boolean(chronic and template == "48.13")
        one = statement(
            template,
            ids.new(),
            Code(code, TA, label),
            said,
            anchor=f"{anchor}-{code.lower()}",
            time=moment("effectiveTime", time),
        )
        facts.append(related("COMP", one))
    return facts


def facts(anchor: str, chronic: bool, *, device: bool = False) -> list[tuple[str, str, str]]:
    """(anchor, label, yes or no) of the facts of a prescribed item, for the narrative."""
    return [
        (f"{anchor}-{code.lower()}", label, "oui" if chronic and template == "48.13" else "non")
        for template, (code, label) in _MEMBERS.items()
        if not (device and template == "48.12")
    ]


def prescribed(ids: Ids, item: Item, time: datetime) -> Element:
    """A prescribed medicine, dosage in words (the patient's instructions)."""
    anchor = item.product.anchor
    amount = E(
        "supply",
        template_ids("1.2.250.1.213.1.1.3.86"),
        E("independentInd", value="false"),
        quantity("quantity", str(item.boxes), BOX),
        classCode="SPLY",
        moodCode="RQO",
    )
    allowed = Code("G", _SUBSTITUTION, "Substitution autorisée par un produit générique", f"#{anchor}-subst")
    refused = Code("N", _SUBSTITUTION, "Aucune substitution permise", f"#{anchor}-subst")
    substitution = act(
        "act",
        "87",
        coded("code", allowed if item.substitution else refused),
        E("statusCode", code="completed"),
        kind="ACT",
        mood="DEF",
    )
    return act(
        "substanceAdministration",
        "83",
        E("templateId", root="1.3.6.1.4.1.19376.1.5.3.1.4.7.1"),
        ident(ids.new()),
        coded("code", DRUG),
        reference(anchor),
        E("statusCode", code="completed"),
        span(item.low, item.high, typed=True),
        E("repeatNumber", value=str(item.repeats)),
        E("consumable", _material(item.product, item.form)),
        _instruction("33", "PINSTRUCT", f"{anchor}-pat"),
        _instruction("34", "FINSTRUCT", f"{anchor}-disp"),
        related("COMP", amount),
        related("COMP", substitution),
        _facts(ids, anchor, time, item.chronic),
        kind="SBADM",
        mood="INT",
    )


def prescribed_device(
    ids: Ids, code: Code, anchor: str, low: str, high: str, time: datetime, *, number: int = 1
) -> Element:
    """A prescribed device."""
    device = E("playingDevice", coded("code", code.at(anchor)), classCode="DEV", determinerCode="INSTANCE")
    return act(
        "supply",
        "20",
        ident(ids.new()),
        reference(anchor),
        span(low, high, typed=True),
        E("repeatNumber", value="0"),
        E("quantity", value=str(number)),
        E("participant", E("participantRole", device, classCode="MANU"), typeCode="DEV"),
        _facts(ids, anchor, time, False, device=True),
        kind="SPLY",
        mood="INT",
    )


@dataclass(frozen=True, slots=True)
class Given:
    """A dispensed medicine: what, how many boxes, expiry, for which item of which prescription."""

    product: Product
    form: Code
    boxes: int
    expiry: str
    item: Ident
    prescription: Ident
    prescriber: Professional
    prescribed: datetime


def dispensed(ids: Ids, given: Given) -> Element:
    """A dispensed medicine."""
    anchor = given.product.anchor
    nothing = E(
        "consumable", E("manufacturedProduct", E("manufacturedMaterial", E("name", nullFlavor="NA"), nullFlavor="NA"))
    )
    asked = act(
        "substanceAdministration",
        "90",
        ident(given.item),
        coded("code", Code("PREItem", _ITEMS, "Élément de prescription", f"#{anchor}-item")),
        nothing,
        author(given.prescriber, given.prescribed),
        E("reference", E("externalDocument", ident(given.prescription)), typeCode="XCRPT"),
        kind="SBADM",
        mood="INT",
    )
    swapped = act(
        "act",
        "206",
        coded("code", Code("G", _SUBSTITUTION, "Substitution par un produit générique", f"#{anchor}-subst")),
        E("statusCode", code="completed"),
        kind="ACT",
    )
    return act(
        "supply",
        "204",
        ident(ids.new()),
        reference(anchor),
        quantity("quantity", str(given.boxes), BOX),
        E("product", _material(given.product, given.form, expiry=given.expiry)),
        related("REFR", asked, inverted=False),
        _instruction("33", "PINSTRUCT", f"{anchor}-pat"),
        _instruction("207", "FINSTRUCT", f"{anchor}-disp"),
        related("COMP", swapped),
        kind="SPLY",
    )
