"""People and structures as the header writes them."""

from __future__ import annotations

from datetime import datetime

from norms.cda.build.model import Device, Organisation, Party, Patient, Professional, Relative
from norms.cda.build.xml import E, address, coded, ident, moment, span, stamp, telecoms
from norms.cda.document import Element


def name(family: str, given: str, prefix: str = "", suffix: str = "") -> Element:
    """A person's name."""
    parts = (("prefix", prefix), ("given", given), ("family", family), ("suffix", suffix))
    return E("name", [E(tag, text) for tag, text in parts if text])


def patient_name(patient: Patient) -> Element:
    """The name of the patient: birth names (BR, and the list without qualifier), then used names (CL)."""
    used = patient.used_name or patient.used_given_name
    return E(
        "name",
        E("family", patient.birth_name, qualifier="BR"),
        E("given", " ".join(patient.given_names)),
        E("given", patient.given_names[0], qualifier="BR"),
        E("family", patient.used_name or patient.birth_name, qualifier="CL") if used else None,
        E("given", patient.used_given_name or patient.given_names[0], qualifier="CL") if used else None,
    )


def organisation(
    place: Organisation | None, tag: str = "representedOrganization", *, setting: bool = True
) -> Element | None:
    """A structure, with its practice setting where the place allows one."""
    if place is None:
        return None
    return E(
        tag, ident(place.id), E("name", place.name), telecoms(place.phone, use="WP"), address(place.address),
        coded("standardIndustryClassCode", place.setting) if setting and place.setting else None,
    )  # fmt: skip


def _party(person: Professional) -> list[Element | None]:
    where = address(person.organisation.address if person.organisation else None)
    code = coded("code", person.code) if person.code else None
    return [ident(person.id), code, where, *telecoms(person.phone, person.mail, "WP")]


def _name(person: Professional) -> Element:
    return name(person.family, person.given, person.prefix, person.suffix)


def assigned(person: Professional | Patient, place: Organisation | None = None) -> Element:
    """An ``assignedEntity``; ``place`` is the structure of a patient who acts."""
    if isinstance(person, Patient):
        who = E("assignedPerson", name(person.used_name or person.birth_name, person.given_names[0]))
        contact = [address(person.address), *telecoms(person.phone, person.mail)]
        return E("assignedEntity", ident(person.ids[0]), contact, who, organisation(place))
    return E("assignedEntity", _party(person), E("assignedPerson", _name(person)), organisation(person.organisation))


def author(
    who: Professional | Device | Patient, time: datetime | str | None, *, templates: tuple[str, ...] = ()
) -> Element:
    """An author: a professional, a device, or the patient; templateIds go before the time."""
    match who:
        case Professional():
            inner = [*_party(who), E("assignedPerson", _name(who)), organisation(who.organisation)]
        case Device():
            place = address(who.organisation.address if who.organisation else None)
            phone = who.organisation.phone if who.organisation else ""
            device = E(
                "assignedAuthoringDevice", E("manufacturerModelName", who.model), E("softwareName", who.software)
            )
            inner = [ident(who.id), place, *telecoms(phone, use="WP"), device, organisation(who.organisation)]
        case Patient():
            inner = [
                *(ident(i) for i in who.ids), address(who.address, "H"), *telecoms(who.phone, who.mail),
                E("assignedPerson", name(who.used_name or who.birth_name, who.given_names[0])),
            ]  # fmt: skip
    marks = [E("templateId", root=root) for root in templates]
    return E("author", marks, moment("time", time), E("assignedAuthor", inner, classCode="ASSIGNED"))


def signer(who: Professional | Patient, time: datetime) -> Element:
    """The person who answers for the document."""
    entity = assigned(who)
    return E("legalAuthenticator", moment("time", time), E("signatureCode", code="S"), entity)


def informant(relative: Relative) -> Element:
    """Someone to call, or who gave information."""
    return E(
        "informant",
        E(
            "relatedEntity",
            coded("code", relative.relation) if relative.relation else None,
            address(relative.address),
            telecoms(relative.phone),
            E("relatedPerson", name(relative.family, relative.given)),
            classCode=relative.role,
        ),
    )


def participant(party: Party) -> Element:
    """A ``participant``: the doctor in charge, a correspondent…"""
    person = party.person
    return E(
        "participant",
        [E("templateId", root=root) for root in party.templates],
        coded("functionCode", party.function) if party.function else None,
        _during(party),
        E(
            "associatedEntity", _party(person), E("associatedPerson", _name(person)),
            organisation(person.organisation, "scopingOrganization"), classCode="PROV",
        ),
        typeCode=party.type,
    )  # fmt: skip


def _during(party: Party) -> Element:
    if party.since:
        return span(party.since, party.until, tag="time", typed=True)
    if party.until:
        return E("time", E("high", value=stamp(party.until)), xsi_type="IVL_TS")
    return E("time", nullFlavor="NA")


def performer(
    person: Professional | Patient,
    time: datetime | None,
    place: Organisation | None = None,
    *,
    templates: tuple[str, ...] = (),
) -> Element:
    """Who carried out an act."""
    marks = [E("templateId", root=root) for root in templates]
    done = E("time", E("high", value=stamp(time))) if time else None
    return E("performer", marks, done, assigned(person, place), typeCode="PRF")
