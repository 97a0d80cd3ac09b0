"""The header of a document: Structuration minimale de documents de santé, element by element."""

from __future__ import annotations

from collections.abc import Iterator

from norms.cda.build import parties
from norms.cda.build.model import Act, Encounter, Header, Ident, Patient
from norms.cda.build.xml import E, address, coded, ident, moment, span, telecoms
from norms.cda.document import Element
from norms.cda.volets import sheets

_HL7_FRANCE = "2.16.840.1.113883.2.8.2.1"
_CI_SIS = "1.2.250.1.213.1.1.1.1"
_XDS_SD = "1.3.6.1.4.1.19376.1.2.20"
_LABORATORY = "1.2.250.1.213.1.1.1.55"
_GENDERS = {"F": "Féminin", "M": "Masculin", "U": "Inconnu"}
_CONFIDENTIALITY = {"N": "Normal", "R": "Restreint", "V": "Très restreint"}


def header(spec: Header) -> Iterator[Element]:
    """The children of ClinicalDocument that precede ``component``, in order."""
    yield E("realmCode", code="FR")
    yield E("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    for template in _templates(spec):
        yield E("templateId", root=template.root, extension=template.extension or None)
    yield E("id", root=spec.id.root, extension=spec.id.extension or None)
    yield coded("code", spec.code)
    yield E("title", spec.title)
    yield moment("effectiveTime", spec.time)
    level = spec.confidentiality
    yield E("confidentialityCode", code=level, codeSystem="2.16.840.1.113883.5.25", displayName=_CONFIDENTIALITY[level])
    yield E("languageCode", code="fr-FR")
    yield E("setId", root=spec.set_id.root, extension=spec.set_id.extension or None)
    yield E("versionNumber", value=str(spec.version_number))
    yield E("recordTarget", _patient_role(spec.patient))
    for who, time in spec.authors:
        one = parties.author(who, time)
        if spec.author_function:
            one.insert(0, coded("functionCode", spec.author_function))
        yield one
    for relative in spec.informants:
        yield parties.informant(relative)
    custodian = parties.organisation(spec.custodian, "representedCustodianOrganization", setting=False)
    yield E("custodian", E("assignedCustodian", custodian))
    for person in spec.recipients:
        yield _recipient(parties.assigned(person))
    yield parties.signer(spec.signer, spec.signed or spec.time)
    for person, time in spec.authenticators:
        marks = [E("templateId", root="1.3.6.1.4.1.19376.1.3.3.1.5")] if spec.template == _LABORATORY else []
        yield E("authenticator", marks, moment("time", time), E("signatureCode", code="S"), parties.assigned(person))
    for party in spec.parties:
        yield parties.participant(party)
    for order in spec.orders:
        accession = ident(order.accession, "ps3-20:accessionNumber") if order.accession else None
        yield E("inFulfillmentOf", E("order", ident(order.id), accession))
    for act in spec.acts:
        yield _act(act, spec)
    if spec.replaces:
        yield E("relatedDocument", E("parentDocument", ident(spec.replaces)), typeCode="RPLC")
    yield E("componentOf", _encounter(spec.encounter))


def _templates(spec: Header) -> Iterator[Ident]:
    yield Ident(_HL7_FRANCE)
    yield Ident(_CI_SIS)
    if not spec.template:
        yield Ident(_XDS_SD)
    else:
        for oid in sheets.models()[spec.template].companions:
            yield Ident(oid)
    yield from spec.templates
    if spec.template:
        yield Ident(spec.template, spec.version)


def _patient_role(patient: Patient) -> Element:
    place = patient.birth_place
    birthplace = E("addr", E("county", place), E("city", patient.birth_city) if patient.birth_city else None)
    born = patient.birth_date.replace("-", "")
    person = E(
        "patient",
        parties.patient_name(patient),
        E(
            "administrativeGenderCode", code=patient.sex, codeSystem="2.16.840.1.113883.5.1",
            displayName=_GENDERS[patient.sex],
        ),
        E("birthTime", value=born) if born else E("birthTime", nullFlavor="UNK"),
        _birth_rank(patient.twin_order),
        _guardian(patient) if patient.guardian else None,
        E("birthplace", E("place", birthplace)) if place else None,
        classCode="PSN",
    )  # fmt: skip
    ids = [ident(i) for i in patient.ids]
    return E(
        "patientRole", ids, address(patient.address, "H" if patient.address else None),
        telecoms(patient.phone, patient.mail), person, classCode="PAT",
    )  # fmt: skip


def _birth_rank(order: int) -> list[Element]:
    if not order:
        return []
    return [E("sdtc:multipleBirthInd", value="true"), E("sdtc:multipleBirthOrderNumber", value=str(order))]


def _guardian(patient: Patient) -> Element:
    relative = patient.guardian
    assert relative is not None
    return E(
        "guardian", address(relative.address, "H" if relative.address.city else None), telecoms(relative.phone),
        E("guardianPerson", parties.name(relative.family, relative.given)),
    )  # fmt: skip


def _recipient(entity: Element) -> Element:
    """An assignedEntity turned into the ``intendedRecipient`` of an ``informationRecipient``."""
    entity.tag = E("intendedRecipient").tag
    for old, new in (("assignedPerson", "informationRecipient"), ("representedOrganization", "receivedOrganization")):
        for child in entity.iterchildren(E(old).tag):
            child.tag = E(new).tag
    for extra in list(entity.iter(E("code").tag, E("standardIndustryClassCode").tag)):
        above = extra.getparent()
        assert above is not None
        above.remove(extra)
    return E("informationRecipient", entity, typeCode="PRCP")


def _act(act: Act, spec: Header) -> Element:
    templates = ("1.3.6.1.4.1.19376.1.3.3.1.7",) if spec.template == _LABORATORY else ()
    moment_done = act.performer_time or act.low
    done = parties.performer(act.performer, moment_done, act.place, templates=templates) if act.performer else None
    return E(
        "documentationOf",
        E(
            "serviceEvent",
            ident(act.id),
            coded("code", act.code) if act.code else None,
            list(act.extra),
            span(act.low, act.high),
            done,
            classCode="ACT", moodCode="EVN",
        ),
    )  # fmt: skip


def _encounter(encounter: Encounter) -> Element:
    responsible = encounter.responsible
    facility = E("healthCareFacility", coded("code", encounter.facility))
    if encounter.place:
        facility.append(E("location", E("name", encounter.place.name), address(encounter.place.address)))
    return E(
        "encompassingEncounter",
        coded("code", encounter.code),
        span(encounter.low, encounter.high),
        E("responsibleParty", parties.assigned(responsible)) if responsible else None,
        E("location", facility),
    )  # fmt: skip
