"""Imaging: the act and its technique, contrast medium, doses, DICOM object catalogue, requested acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from norms.cda.build.entries.base import DICOM, EDQM, SNOMED, Time, act, cd, pq, related, statement
from norms.cda.build.entries.clinical import comment
from norms.cda.build.entries.medication import Product
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Ident, Professional
from norms.cda.build.parties import name
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import Child, E, coded, ident, moment, quantity, reference
from norms.cda.document import Element

INTRAVENOUS = Code("20045000", EDQM, "Voie intraveineuse")
_MODALITY = Code("121139", DICOM, "Modalité")
_TOPOGRAPHY = Code("106233006", SNOMED, "modificateur topographique")


def dcm(code: str, display: str) -> Code:
    """A DICOM code."""
    return Code(code, DICOM, display)


def requested(code: Code, modality: Code) -> Code:
    """The code of an imaging act in the header: LOINC, and its modality as a translation."""
    spoken = Code(modality.code, modality.system, modality.display, qualifiers=((_MODALITY, None),))
    return Code(code.code, code.system, code.display, translations=(spoken,))


def site(code: Code, anchor: str, side: Code | None = None) -> Code:
    """An anatomic location, and which side."""
    return Code(code.code, code.system, code.display, f"#{anchor}", qualifiers=((_TOPOGRAPHY, side),) if side else ())


def technique(
    ids: Ids, code: Code, modality: Code, where: Code, anchor: str, time: Time, *, remark: str = ""
) -> Element:
    """How the images were made."""
    return act(
        "procedure",
        "153",
        ident(ids.new()),
        coded("code", code.at(anchor)),
        reference(anchor),
        moment("effectiveTime", time),
        coded("methodCode", modality),
        coded("targetSiteCode", where, kind="CD"),
        comment(remark) if remark else None,
        kind="PROC",
    )


def contrast(ids: Ids, product: Product, volume: str, *, route: Code = INTRAVENOUS) -> Element:
    """A contrast medium; ``volume`` in mL."""
    atc = Code(product.atc, "2.16.840.1.113883.6.73", product.atc_name)
    original = E("originalText", E("reference", value=f"#{product.anchor}"))
    material = E(
        "manufacturedMaterial",
        E("code", original, coded("translation", atc), nullFlavor="NAV"),
        E("name", product.name),
        E("lotNumberText", product.lot) if product.lot else None,
    )
    return act(
        "substanceAdministration",
        "151",
        ident(ids.new()),
        reference(product.anchor),
        E("statusCode", code="completed"),
        coded("routeCode", route),
        E("doseQuantity", quantity("low", volume, "mL")),
        E("consumable", E("manufacturedProduct", material, classCode="MANU")),
        kind="SBADM",
    )


def clinical(ids: Ids, code: Code, value: Code | None, anchor: str) -> Element:
    """History, contraindication, pregnancy: a value, or what the narrative says."""
    said = (
        cd(value.at(anchor))
        if value
        else E("value", E("originalText", E("reference", value=f"#{anchor}")), xsi_type="CD")
    )
    return statement(
        "150",
        ids.new(),
        code,
        said,
        anchor=anchor,
        more=E("targetSiteCode", nullFlavor="MSK"),
    )


def dose(ids: Ids, code: Code, value: str, unit: str, where: Code, anchor: str, time: Time) -> Element:
    """A quantity of radiation."""
    return statement(
        "154",
        ids.new(),
        code,
        pq(value, unit),
        anchor=anchor,
        time=moment("effectiveTime", time),
        more=coded("targetSiteCode", where, kind="CD"),
    )


def exposure(responsible: Professional, anchor: str) -> Element:
    """Who authorised the irradiation."""
    entity = E("playingEntity", name(responsible.family, responsible.given, responsible.prefix, responsible.suffix))
    role = E(
        "participantRole", ident(responsible.id), coded("code", dcm("113850", "Autorisation d'irradiation")), entity
    )
    code = dcm("121290", "Exposition du patient aux rayonnements ionisants").at(anchor)
    return act("procedure", "165", coded("code", code), E("participant", role, typeCode="RESP"), kind="PROC")


@dataclass(frozen=True, slots=True)
class Study:
    """A DICOM study with one series and one object; ``uid`` its root, ``sop`` the SOP class."""

    uid: str
    modality: Code
    sop: Code
    time: datetime
    anchor: str


def catalogue(study: Study) -> Element:
    """The DICOM objects made."""
    link = f"http://pacs.example/wado?requestType=WADO&studyUID={study.uid}&seriesUID={study.uid}.1&objectUID={study.uid}.1.1"
    one = E(
        "observation",
        template_ids("1.2.250.1.213.1.1.3.157"),
        ident(Ident(f"{study.uid}.1.1")),
        coded("code", study.sop.at(study.anchor)),
        E("text", E("reference", value=link), mediaType="application/dicom"),
        moment("effectiveTime", study.time),
        classCode="DGIMG",
        moodCode="EVN",
    )
    series_code = Code("113015", DICOM, "Séries", qualifiers=((_MODALITY, study.modality),))
    series = act(
        "act",
        "156",
        ident(Ident(f"{study.uid}.1")),
        coded("code", series_code),
        moment("effectiveTime", study.time),
        related("COMP", one),
        kind="ACT",
    )
    return act(
        "act",
        "155",
        ident(Ident(study.uid)),
        coded("code", dcm("113014", "Examen")),
        moment("effectiveTime", study.time),
        related("COMP", series),
        kind="ACT",
    )


def demand(ids: Ids, modality: Code, where: Code, anchor: str, remark: str, *, more: Child = None) -> Element:
    """A requested imaging act."""
    return act(
        "observation",
        "27.3",
        ident(ids.new()),
        coded("code", modality.at(anchor)),
        reference(anchor),
        E("statusCode", code="active"),
        E("effectiveTime", nullFlavor="UNK"),
        coded("targetSiteCode", where, kind="CD"),
        more,
        comment(remark),
        kind="OBS",
        mood="INT",
    )
