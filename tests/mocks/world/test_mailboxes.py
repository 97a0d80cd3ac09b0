"""Mailboxes of the world: found by address and by who may open them, changed, refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mocks.world import World, WorldError

WORLD = World.load()
ROMARIN = "claire.romarin@tilleuls.formation.mssante.fr"
LEONIE = "285055503991010@patient.mssante.fr"


def test_a_mailbox_is_found_in_any_case_and_by_its_readers() -> None:
    box = WORLD.mailbox(f" {ROMARIN.title()} ")
    assert box is not None
    assert (box.id, box.professional) == (ROMARIN, "dr-romarin")
    assert WORLD.mailbox("personne@tilleuls.formation.mssante.fr") is None
    assert [box.id for box in WORLD.mailboxes_of("secretaire-menthe")] == ["contact@tilleuls.formation.mssante.fr"]
    assert ROMARIN in [box.id for box in WORLD.mailboxes_of("dr-romarin")]
    assert WORLD.mailboxes_of("") == []


@pytest.mark.parametrize(
    ("address", "patient", "state"),
    [
        (LEONIE, "pinson-leonie", "open"),
        (LEONIE.upper(), "pinson-leonie", "open"),
        ("170085513991668@patient.mssante.fr", "grive-jean-pierre", "closed"),
        ("264035523991744@patient.mssante.fr", "hirondelle-marie", "not-activated"),
        ("294025518992451@patient.mssante.fr", "moineau-camille-a", "absent"),
        ("285055503991011@patient.mssante.fr", "", "bad-key"),
        ("275126322074875@patient.mssante.fr", "", "unknown"),
        ("leonie@patient.mssante.fr", "", "malformed"),
        (ROMARIN, "", ""),
        ("", "", ""),
    ],
)
def test_the_address_of_a_patient(address: str, patient: str, state: str) -> None:
    found, seen = WORLD.patient_box(address)
    assert (found.id if found else "", seen) == (patient, state)


def test_a_session_changes_its_own_mailboxes(tmp_path: Path) -> None:
    mine = WORLD.fork()
    mine.patch("mailboxes", ROMARIN, {"active": False, "members": ["dr-verveine"], "quota_mb": 2})
    mine.patch("patients", "pinson-leonie", {"mes": "closed"})
    assert ROMARIN in [box.id for box in mine.mailboxes_of("dr-verveine")]
    assert mine.patient_box(LEONIE)[1] == "closed"
    assert WORLD.mailboxes[ROMARIN].active
    twin = WORLD.fork()
    twin.restore(mine.snapshot())
    assert dict(twin.mailboxes) == dict(mine.mailboxes)
    (tmp_path / "world.yaml").write_text(mine.dump(), encoding="utf-8")
    assert dict(World.load(tmp_path / "world.yaml").mailboxes) == dict(mine.mailboxes)


@pytest.mark.parametrize(
    ("lines", "place", "said"),
    [
        ("  Moi@ici.fr: {professional: dr-romarin}", ":2:", "not a mail address in lower case"),
        ("  moi@ici.fr: {kind: BAL, professional: dr-romarin}", ":2:", "BAL is not one of PER, ORG, APP, CAB"),
        ("  moi@ici.fr:\n    professional: dr-romarain", ":3:", "did you mean dr-romarin?"),
        ("  moi@ici.fr: {kind: APP}", ":2:", "organisation is missing"),
        ("  moi@ici.fr: {kind: PER, organisation: cabinet-tilleuls}", ":2:", "professional is missing"),
        ("  moi@ici.fr: {professional: dr-romarin, members: [personne]}", ":2:", "personne does not exist"),
        ("  moi@ici.fr: {professional: dr-romarin, quota_mb: big}", ":2:", "a whole number is expected"),
    ],
)
def test_a_wrong_mailbox_is_refused_with_its_line(tmp_path: Path, lines: str, place: str, said: str) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(f"mailboxes:\n{lines}\n", encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        World.load(file)
    assert place in str(caught.value)
    assert said in str(caught.value)
