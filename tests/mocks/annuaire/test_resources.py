"""What is served is FHIR R4, and what the public profiles of the guide say; the extraction's lines and packaging."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from mocks.annuaire import extraction
from norms.annuaire import PARAMETERS, RESOURCES, REVERSE, systems
from tests.annuaire_kit import Annuaire, Json, seed

PUBLISHED = "annuaire-ig"  # folder of the published guide's sources beside the checkout's shared material


def every(annuaire: Annuaire, kind: str) -> list[Json]:
    return annuaire.get(f"/{kind}?_count=1000").resources


@pytest.mark.parametrize("kind", RESOURCES)
def test_bundles_are_fhir(annuaire: Annuaire, kind: str) -> None:
    reply = annuaire.get(f"/{kind}?_count=5&_include=*" if kind != "Practitioner" else f"/{kind}?_count=5")
    bundle = Bundle.model_validate_json(reply.body)
    assert bundle.type == "searchset"
    assert {entry.fullUrl for entry in bundle.entry}
    Bundle.model_validate_json(annuaire.get(f"/{kind}?_id=nothing").body)


def test_public_profiles(annuaire: Annuaire) -> None:
    """Cardinalities of as-dp-practitioner, as-dp-practitionerrole, as-dp-organization."""
    for one in every(annuaire, "Practitioner"):
        kinds = [i["type"]["coding"][0]["code"] for i in one["identifier"]]
        assert kinds == ["IDNPS", "RPPS"]
        assert not {"gender", "birthDate", "photo", "address", "communication"} & set(one)
        assert len(one.get("name", [])) <= 1
        assert all("period" not in q and "issuer" not in q for q in one.get("qualification", []))
    for one in every(annuaire, "PractitionerRole"):
        assert not {"specialty", "period", "healthcareService", "endpoint", "availableTime"} & set(one)
        assert len(one["identifier"]) == 1
        assert one["practitioner"]
    for one in every(annuaire, "Organization"):
        assert not {"contact", "endpoint"} & set(one)
        kinds = [e["valueCode"] for t in one["type"] for e in t.get("extension", [])]
        assert kinds[0] == "organizationType"
    for kind in RESOURCES:
        for one in every(annuaire, kind):
            assert one["meta"]["profile"] == list(systems.PROFILES[kind])
            assert one["meta"]["source"] == systems.SOURCE


def mailboxes(annuaire: Annuaire) -> Iterator[tuple[str, Json]]:
    for kind in ("Practitioner", "PractitionerRole", "Organization"):
        for one in every(annuaire, kind):
            for point in one.get("telecom", []):
                yield kind, point


def test_mailboxes_are_those_that_may_be_seen(annuaire: Annuaire) -> None:
    shown: dict[str, str] = {}
    for kind, point in mailboxes(annuaire):
        extensions = {one["url"]: one for one in point.get("extension", [])}
        if kind != "Organization":
            assert point["system"] == "email"  # closed slicing: nothing but mailboxes is public there
        if systems.MAILBOX in extensions:
            inner = {one["url"]: one for one in extensions[systems.MAILBOX]["extension"]}
            assert not {"responsible", "listeRouge", "digitization", "phone"} & set(inner)
            coding = inner["type"]["valueCodeableConcept"]["coding"][0]
            assert coding["system"] == systems.MAILBOX_TYPE
            shown[point["value"]] = coding["code"]
            assert (kind == "Organization") == (coding["code"] in ("ORG", "APP"))
    world = seed()
    assert shown == {b.id: b.kind for b in world.mailboxes.values() if b.active and not b.red_list}


def test_capability_statement(annuaire: Annuaire) -> None:
    statement = CapabilityStatement.model_validate_json(annuaire.get("/metadata").body)
    known = {one.type: one for one in statement.rest[0].resource}
    assert set(known) == set(RESOURCES)
    for kind, one in known.items():
        assert {(p.name, p.type) for p in one.searchParam} == set(PARAMETERS[kind].items())
        assert tuple(one.searchRevInclude or ()) == REVERSE[kind]


def test_extraction(annuaire: Annuaire) -> None:
    reply = annuaire.get(extraction.PATH, key=None)
    name = reply.headers["content-disposition"].partition("filename=")[2]
    assert name.startswith("Extraction_Correspondance_MSSante_2")
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(reply.body)) as packed:
        (inner,) = packed.namelist()
        assert inner == name.replace(".zip", ".txt")
        lines = packed.read(inner).decode("utf-8").splitlines()
    rows = [dict(zip(lines[0].split("|"), line.split("|"), strict=True)) for line in lines[1:]]
    assert len(lines[0].split("|")) == 31
    assert {row["Type de BAL"] for row in rows} == {"PER", "ORG"}
    shown = {row["Adresse BAL"]: row for row in rows}
    assert "victor.absinthe@medecins.formation.mssante.fr" not in shown
    romarin = shown["claire.romarin@tilleuls.formation.mssante.fr"]
    assert (romarin["Identifiant PP"], romarin["Raison Sociale structure BAL"]) == ("99700900014", "")
    assert shown["infirmerie@ehpad-saule.formation.mssante.fr"]["Département"] == "2A"
    annuaire.switch(extraction="text")
    assert annuaire.get(extraction.PATH, key=None).body.decode().splitlines() == lines
    assert annuaire.call("POST", extraction.PATH, b"").status == 405


def published(shared_dir: Path, name: str) -> str:
    """A source file of the published guide, when a copy is there."""
    file = shared_dir / "real" / PUBLISHED / name
    if not file.is_file():
        pytest.skip("published material: no copy of the guide « Annuaire Santé »")
    return file.read_text(encoding="utf-8")


def test_the_published_capability_statement_has_the_same_parameters(shared_dir: Path) -> None:
    known: dict[str, set[str]] = {}
    kind = ""
    for line in published(shared_dir, "AsServerDPCapabilityStatement.fsh").splitlines():
        if ".type = #" in line and "rest.resource[" in line and "searchParam" not in line:
            kind = line.rpartition("#")[2].strip()
        elif ".searchParam[" in line and ".name = " in line:
            known.setdefault(kind, set()).add(line.partition('"')[2].rstrip('" '))
    assert len(known) == len(RESOURCES)
    for kind, names in known.items():
        assert names <= set(PARAMETERS[kind]), kind


@pytest.mark.parametrize("kind", ["Practitioner", "PractitionerRole", "Organization"])
def test_the_published_profiles_are_kept(annuaire: Annuaire, shared_dir: Path, kind: str) -> None:
    """Every plain cardinality of the profile: what it forbids is absent, what it requires is there."""
    rule = re.compile(r"^\* ([A-Za-z.]+) (\d)\.\.(\d|\*)", re.MULTILINE)
    rules = rule.findall(published(shared_dir, f"AsDp{kind}Profile.fsh"))
    assert len(rules) >= 3
    for path, least, most in rules:
        for one in every(annuaire, kind):
            held = reached([one], path.split("."))
            assert len(held) >= int(least), (path, one["id"])
            assert most != "0" or not held, (path, one["id"])


def reached(nodes: list[Json], path: list[str]) -> list[object]:
    """The values at a path, lists opened."""
    found: list[object] = list(nodes)
    for name in path:
        held = [node[name] for node in found if isinstance(node, dict) and name in node]
        found = [value for one in held for value in (one if isinstance(one, list) else [one])]
    return found
