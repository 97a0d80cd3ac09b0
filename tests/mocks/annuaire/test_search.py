"""What each parameter finds, as the documentation of the API v2 and the published server have it."""

from __future__ import annotations

import pytest

from norms.annuaire import CRITERIA, systems
from tests.annuaire_kit import FORM, Annuaire, Json

ROMARIN = "99700900014"


def names(resources: list[Json]) -> list[str]:
    """Family names of practitioners, names of organisations, sorted."""
    return sorted(r["name"][0]["family"] if r["resourceType"] == "Practitioner" else r["name"] for r in resources)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("identifier=" + ROMARIN, ["ROMARIN"]),
        ("identifier=8" + ROMARIN, ["ROMARIN"]),
        (f"identifier={systems.RPPS}%7C{ROMARIN}", ["ROMARIN"]),
        (f"identifier={systems.PERSON}%7C{ROMARIN}", []),
        (f"identifier={ROMARIN},99700900022", ["ROMARIN", "VERVEINE"]),
        ("identifier=9970090001", []),  # a token is whole
        ("name=roma", ["ROMARIN"]),
        ("name=MARIN", []),  # a text is found by its beginning
        ("name:contains=MARIN", ["ROMARIN"]),
        ("family:exact=Romarin", []),
        ("family:exact=ROMARIN", ["ROMARIN"]),
        ("family=an&given=marie", ["ANGELIQUE"]),
        ("given=marie-od%C3%ADl", ["ANGELIQUE"]),  # accents do not count
        ("name=DR&family=c", ["CERFEUIL"]),  # the name holds its suffix
        ("name=SERPOLET-L", ["SERPOLET-LARGE", "SERPOLET-LARGE"]),  # one resource per profession, name of practice
        ("family:contains=orval,houb", ["HOUBLON", "SAUGE D'ORVAL"]),
        ("family:contains=r&family:contains=o&family:contains=main", []),
        ("qualification-code=21", ["LAVANDE"]),
        (f"qualification-code={systems.PROFESSION}%7C21", ["LAVANDE"]),
        (f"qualification-code={systems.SPECIALTY}%7CSM44", ["BOURRACHE"]),
        (f"qualification-code={systems.SPECIALTY}%7C21", []),
        ("qualification-code=E", ["GENIEVRE"]),
        ("number-smartcard=9900000101", ["ROMARIN"]),
        ("mailbox-mss=claire", ["ROMARIN"]),
        ("mailbox-mss:exact=Claire.Romarin@tilleuls.formation.mssante.fr", []),
        ("mailbox-mss:contains=@infirmiers.", ["THYM"]),
        ("mailbox-mss:contains=absinthe", []),  # red list
        ("mailbox-mss:contains=ancien-operateur", []),  # closed
        ("active=false", []),
        ("active:not=true", []),
        ("_lastUpdated=ge2026-01-05&family=ro", ["ROMARIN"]),
        ("_lastUpdated=gt2026", []),
        ("identifier-type=RPPS&family=ro", ["ROMARIN"]),
        ("data-information-system=RPPS&family=ro", ["ROMARIN"]),
        ("family=ANIS", []),  # no RPPS: the public profile requires one
    ],
)
def test_practitioners(annuaire: Annuaire, query: str, found: list[str]) -> None:
    reply = annuaire.get(f"/Practitioner?{query}")
    assert reply.status == 200
    assert names(reply.resources) == found
    assert reply.json["total"] == len(found)
    assert reply.exchange.operation == "search Practitioner"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("identifier=990000317", ["CH ALISIER  SITE NORD"]),
        (f"identifier={systems.FINESS}%7C990000309", ["CENTRE HOSPITALIER DE L'ALISIER"]),
        ("identifier=99999001300016", ["CABINET DES TILLEULS"]),
        (f"identifier={systems.SIRENE}%7C&address-city=clermont", ["CABINET DES TILLEULS"]),
        ("name:contains=imagerie,sorbier", ["IMAGERIE MEDICALE DU BOULEAU", "LABORATOIRE DU SORBIER"]),
        ("name:contains=ch%20alisier&name:contains=sud", ["CH ALISIER SITE SUD"]),
        ("name:exact=CH%20ALISIER%20%20SITE%20NORD", ["CH ALISIER  SITE NORD"]),
        ("type=SA33,SA25", ["LABORATOIRE DU SORBIER", "PHARMACIE DU FRENE"]),
        (f"type={systems.ESTABLISHMENT}%7C620", ["PHARMACIE DU FRENE"]),
        ("type=LEGAL-ENTITY", ["CENTRE HOSPITALIER DE L'ALISIER"]),
        ("type=SA01&type:not=LEGAL-ENTITY", ["CH ALISIER  SITE NORD", "CH ALISIER SITE SUD"]),
        ("address-postalcode=21", ["CENTRE HOSPITALIER DE L'ALISIER", "CH ALISIER  SITE NORD", "CH ALISIER SITE SUD"]),
        ("address-postalcode=21200&address-city=BEAUNE", ["CH ALISIER SITE SUD"]),
        ("address-line:contains=fr%C3%AAne", ["PHARMACIE DU FRENE"]),
        ("mailbox-mss:contains=@pharmacie-frene.", ["PHARMACIE DU FRENE"]),
        ("mailbox-mss:contains=direction@", []),
        ("mailbox-mss:contains=accueil@", ["CENTRE HOSPITALIER DE L'ALISIER"]),  # an ordinary address all the same
    ],
)
def test_organizations(annuaire: Annuaire, query: str, found: list[str]) -> None:
    reply = annuaire.get(f"/Organization?{query}")
    assert reply.status == 200
    assert names(reply.resources) == sorted(found)


def test_an_ordinary_address_among_mailboxes_is_told(annuaire: Annuaire) -> None:
    reply = annuaire.find("Organization", mailbox_mss__contains="@")
    assert "ANN-MSS-01" in reply.rules
    assert annuaire.find("Organization", mailbox_mss__contains="pharmacie").rules == []


def test_activities_follow_their_links(annuaire: Annuaire) -> None:
    practitioner = annuaire.find("Practitioner", family="verveine").resources[0]
    for reference in (f"Practitioner/{practitioner['id']}", practitioner["id"]):
        roles = annuaire.find("PractitionerRole", practitioner=reference)
        assert roles.json["total"] == 3
    mailboxes = sorted(p["value"] for role in roles.resources for p in role.get("telecom", []))
    assert mailboxes == ["luc.verveine@ch-alisier.formation.mssante.fr", "luc.verveine@msp-chenes.formation.mssante.fr"]
    site = annuaire.find("Organization", identifier="990000317").resources[0]
    both = annuaire.find("PractitionerRole", organization=site["id"], practitioner=practitioner["id"])
    assert [r["organization"]["reference"] for r in both.resources] == [f"Organization/{site['id']}"]
    assert annuaire.find("PractitionerRole", role="FON-48").json["total"] == 1
    assert annuaire.find("PractitionerRole", role=f"{systems.PHARMACY_SECTION}|A").json["total"] == 1
    assert annuaire.find("PractitionerRole", role=f"{systems.CARE_ROLE}|331").json["total"] == 1
    assert annuaire.find("PractitionerRole", mailbox_mss__contains="apicrypt").rules == ["ANN-MSS-01"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("Practitioner?family=romarin&_revinclude=PractitionerRole:practitioner", {"Practitioner", "PractitionerRole"}),
        ("PractitionerRole?role=FON-48&_include=*", {"PractitionerRole", "Practitioner", "Organization"}),
        ("PractitionerRole?role=FON-48&_include=PractitionerRole:organization", {"PractitionerRole", "Organization"}),
        (
            "Organization?type=SA01&_revinclude=HealthcareService:organization",
            {"Organization", "HealthcareService"},
        ),
        ("Organization?name=imagerie&_revinclude=Device:organization", {"Organization", "Device"}),
        ("Device?type=05602&_include=Device:organization", {"Device", "Organization"}),
        ("HealthcareService?active=true&_include=*", {"HealthcareService", "Organization"}),
    ],
)
def test_included_resources_come_once(annuaire: Annuaire, query: str, kinds: set[str]) -> None:
    reply = annuaire.get(f"/{query}")
    assert {one["resourceType"] for one in reply.resources} == kinds
    assert len(set(reply.ids)) == len(reply.ids)
    assert reply.json["total"] == sum(one["resourceType"] == query.partition("?")[0] for one in reply.resources)


def test_sites_know_their_legal_entity(annuaire: Annuaire) -> None:
    whole = annuaire.get("/Organization?type=SA01&_include=Organization:partof")
    assert len(set(whole.ids)) == 3  # the entity is among what was found already
    entity = annuaire.find("Organization", type="LEGAL-ENTITY").resources[0]
    assert annuaire.find("Organization", partof=entity["id"]).json["total"] == 2
    assert annuaire.get("/Organization?type=LEGAL-ENTITY&_revinclude=Organization:partof").ids[1:]


def test_only_the_elements_asked_for(annuaire: Annuaire) -> None:
    (one,) = annuaire.get("/Practitioner?family=romarin&_elements=name,telecom").resources
    assert set(one) == {"resourceType", "id", "meta", "name", "telecom"}
    assert one["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_pages_follow_one_another(annuaire: Annuaire) -> None:
    whole = annuaire.get("/PractitionerRole?active=true")
    seen: list[str] = []
    reply = annuaire.get("/PractitionerRole?active=true&_count=5&_include=PractitionerRole:practitioner")
    while True:
        assert reply.json["total"] == whole.json["total"]
        page = [one for one in reply.ids if one.startswith("PractitionerRole/")]
        assert len(page) <= 5
        assert any(one.startswith("Practitioner/") for one in reply.ids)
        seen += page
        if not (target := reply.link("next")):
            break
        assert target.startswith("/fhir/v2/_page?id=")
        reply = annuaire.get(target)
        assert reply.exchange.operation == "page"
    assert seen == whole.ids
    assert whole.link("next") == ""
    assert whole.link("self") == "/fhir/v2/PractitionerRole?active=true"
    assert annuaire.get("/Practitioner?_count=0&active=true").resources == []


def test_page_links_live_and_die(annuaire: Annuaire) -> None:
    first = annuaire.get("/PractitionerRole?active=true&_count=2").link("next")
    assert annuaire.get(first).json["total"]
    annuaire.switch(previous_link=True)
    assert annuaire.get(annuaire.get(first).link("previous")).ids == annuaire.get("/PractitionerRole?_count=2").ids
    annuaire.session.clock.offset = 7200
    late = annuaire.get(first)
    assert (late.status, late.rules) == (410, ["ANN-PAGE-01"])
    assert annuaire.get("/_page?id=nothing").status == 400
    assert annuaire.get("/_page").said == "Parameter id required to fetch the next page"


def test_by_post_as_by_get(annuaire: Annuaire) -> None:
    form = b"name%3Acontains=imagerie%2Csorbier&_count=1"
    reply = annuaire.call("POST", "/Organization/_search?active=true", form, content_type=FORM + "; charset=UTF-8")
    assert (reply.status, reply.json["total"], len(reply.resources)) == (200, 2, 1)
    assert annuaire.call("POST", "/Organization/_search", b"name=h%C3%B4", content_type=FORM).json["total"] == 0
    utf8 = "address-line:contains=frêne".encode()
    assert annuaire.call("POST", "/Organization/_search", utf8, content_type=FORM).json["total"] == 1


def test_the_criteria_that_a_software_must_offer_are_kept(annuaire: Annuaire) -> None:
    searches = (
        "Practitioner?identifier=1&family=a&given=b",
        "Practitioner?qualification-code=10&qualification-code=SM26",
        "Organization?name=a&address-postalcode=2&address-city=b",
        "PractitionerRole?mailbox-mss=a",
    )
    used = {word for each in searches for word in annuaire.get(f"/{each}").exchange.facts["criteria"].split()}
    assert used == set(CRITERIA)
    facts = annuaire.get("/Practitioner?name=a&foo=1").exchange.facts
    assert (facts["resource"], facts["parameters"], facts["key"]) == ("Practitioner", "name=a&foo=1", "segu…re")


def test_reading_one(annuaire: Annuaire) -> None:
    (one,) = annuaire.find("Practitioner", family="romarin").resources
    assert annuaire.get(f"/Practitioner/{one['id']}").json == one
    missing = annuaire.get("/Practitioner/003-1")
    assert (missing.status, missing.said) == (404, "Resource not found with id: 003-1")
    assert annuaire.get("/fhir/Practitioner?family=romarin").json["total"] == 1  # no version: the second one


def test_what_a_session_changes_is_seen_and_dated(annuaire: Annuaire) -> None:
    first = annuaire.find("Practitioner", family="romarin").resources[0]
    world = annuaire.session.world
    world.patch("mailboxes", "claire.romarin@tilleuls.formation.mssante.fr", {"label": "Docteur Romarin"})
    world.patch("mailboxes", "jean-baptiste.thym@infirmiers.formation.mssante.fr", {"red_list": True})
    changed = annuaire.find("Practitioner", _lastUpdated="gt2026-01-06")
    assert names(changed.resources) == ["ROMARIN", "THYM"]
    again = next(r for r in changed.resources if r["id"] == first["id"])
    assert (first["meta"]["versionId"], again["meta"]["versionId"]) == ("1", "2")
    assert annuaire.find("Practitioner", mailbox_mss__contains="thym").json["total"] == 0
    world.patch("professionals", "dr-romarin", {"tags": ["inactive"]})
    (closed,) = annuaire.find("Practitioner", active="false").resources
    assert set(closed) == {"resourceType", "id", "meta", "language", "identifier", "active"}
    assert annuaire.find("PractitionerRole", active="false").json["total"] == 1
    other = annuaire.sessions.open("other", {"api_key": ["another-key"]})
    fresh = annuaire.get("/Practitioner?family=thym&mailbox-mss:contains=@", key="another-key")
    assert (fresh.json["total"], fresh.exchange.session) == (1, other.id)
