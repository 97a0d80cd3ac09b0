"""Forks, changes, snapshots: what one session does, another does not see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.world import KINDS, World, WorldError

WORLD = World.load()
ADRUN = ("ADRUN", "ZOE", "F", "1975-12-31")


def ids(world: World, *query: str) -> list[str]:
    return [p.id for p in world.search(*query)]


def test_a_change_is_seen_by_its_world_only() -> None:
    mine, other = WORLD.fork(), WORLD.fork()
    mine.patch("patients", "adrun-zoe", {"birth_name": "ADRUN-NEUF", "known": True})
    assert ids(mine, *ADRUN) == []
    assert ids(mine, "ADRUN-NEUF", *ADRUN[1:]) == ["adrun-zoe"]
    assert ids(other, *ADRUN) == ids(WORLD, *ADRUN) == ["adrun-zoe"]
    mine.reset()
    assert ids(mine, *ADRUN) == ["adrun-zoe"]


def test_repeated_changes_leave_no_trace_in_the_indexes() -> None:
    mine = WORLD.fork()
    for value in ("2751263220750", "2751263220751", "2751263220752"):
        mine.patch("patients", "adrun-zoe", {"ins": value})
    assert mine.by_ins("2751263220749") is None
    assert mine.by_ins("2751263220750") is None
    found = mine.by_ins("2751263220752")
    assert found is mine.patients["adrun-zoe"]
    mine.patch("patients", "adrun-zoe", {"ins": None})
    assert mine.by_ins("2751263220752") is None
    assert mine.patients["adrun-zoe"].ins is None


def test_unknown_persons_are_found_by_matricule_only() -> None:
    mine = WORLD.fork()
    mine.patch("patients", "adrun-zoe", {"known": False})
    assert ids(mine, *ADRUN) == []
    assert mine.by_ins("275126322074974") is mine.patients["adrun-zoe"]


def test_history_is_looked_up_only_when_asked() -> None:
    assert WORLD.by_ins("2090763220834") is None
    former = WORLD.by_ins("2090763220834", history=True)
    assert former
    assert former.id == "ecetinsi-pierre-alain"


def test_a_fork_of_a_changed_world_keeps_the_changes_and_then_lives_alone() -> None:
    parent = WORLD.fork()
    parent.patch("patients", "adrun-zoe", {"sex": "M"})
    child = parent.fork()
    child.patch("patients", "adrun-zoe", {"sex": "F"})
    assert parent.patients["adrun-zoe"].sex == "M"
    assert child.patients["adrun-zoe"].sex == "F"


def test_snapshot_is_json_of_the_changes_and_restores() -> None:
    mine = WORLD.fork()
    assert mine.snapshot() == {}
    mine.patch("patients", "corse-anthony", {"history": [], "vitale": {"serial": "1", "nir": "1800300000000"}})
    mine.patch("professionals", "dr-romarin", {"specialty": "SM26"})
    kept = json.loads(json.dumps(mine.snapshot()))
    assert set(kept) == {"patients", "professionals"}
    mine.patch("patients", "corse-anthony", {"sex": "F"})
    mine.restore(kept)
    assert mine.patients["corse-anthony"].sex == "M"
    assert mine.patients["corse-anthony"].history == ()
    assert mine.professionals["dr-romarin"].specialty == "SM26"
    assert mine.snapshot() == kept


def test_a_refused_restore_changes_nothing() -> None:
    mine = WORLD.fork()
    mine.patch("patients", "adrun-zoe", {"sex": "M"})
    with pytest.raises(WorldError):
        mine.restore({"patients": {"adrun-zoe": {"sex": "F"}, "nobody": {"sex": "F"}}})
    assert mine.patients["adrun-zoe"].sex == "M"


def test_tables_are_read_only() -> None:
    with pytest.raises(TypeError):
        WORLD.patients["x"] = WORLD.patients["adrun-zoe"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "id", "changes", "said"),
    [
        ("patient", "adrun-zoe", {}, "no kind patient"),
        ("patients", "adrun-zo", {}, "did you mean adrun-zoe?"),
        ("patients", "adrun-zoe", {"birth_nam": "X"}, "birth_nam in patients.adrun-zoe; did you mean birth_name?"),
        ("patients", "adrun-zoe", {"id": "x"}, "the id cannot be changed"),
        ("patients", "adrun-zoe", {"sex": "I"}, 'I is not one of M, F, ""'),
        ("patients", "adrun-zoe", {"sex": 1}, "text is expected"),
        ("patients", "adrun-zoe", {"birth_date": "31/12/1975"}, "not a date AAAA-MM-JJ"),
        ("patients", "adrun-zoe", {"known": "maybe"}, "true or false is expected, not maybe"),
        ("patients", "adrun-zoe", {"history": {"value": "x"}}, "a list is expected"),
        ("patients", "adrun-zoe", {"ins": {"value": "2751263220749", "key": "75"}}, "2751263220749 is 74, not 75"),
        ("patients", "adrun-zoe", {"ins": {"key": "75"}}, "value is missing"),
        ("patients", "adrun-zoe", {"ins": "27512632207 49"}, "not a matricule of 13 characters"),
        ("patients", "adrun-zoe", {"vitale": {"serial": "1", "nir": "x", "rank": "one"}}, "a whole number is expected"),
        ("patients", "adrun-zoe", {"vitale": {"serial": "1", "nir": "x", "rank": True}}, "a whole number is expected"),
        (
            "professionals",
            "dr-romarin",
            {"activities": [{"organisation": "cabinet-tilleul"}]},
            "did you mean cabinet-tilleuls?",
        ),
        (
            "patients",
            "adrun-zoe",
            {"history": [{"value": "2751263220749", "oid": "NIR", "since": "2001-01-01"}]},
            "unknown key since",
        ),
    ],
)
def test_a_wrong_change_is_explained_and_not_made(kind: str, id: str, changes: dict[str, object], said: str) -> None:
    mine = WORLD.fork()
    with pytest.raises(WorldError) as caught:
        mine.patch(kind, id, changes)
    assert said in str(caught.value)
    assert caught.value.shown("fr") != caught.value.shown("en")
    assert mine.snapshot() == {}


def test_an_invalid_key_is_kept_when_said_on_purpose() -> None:
    mine = WORLD.fork()
    mine.patch("patients", "adrun-zoe", {"ins": "2751263220749 75", "tags": ["invalid-key"]})
    held = mine.patients["adrun-zoe"].ins
    assert held
    assert held.key == "75"


def test_dump_reads_back_to_the_same_world(tmp_path: Path) -> None:
    mine = WORLD.fork()
    mine.patch("patients", "adrun-zoe", {"given_names": ["ZOE", "ANNE"]})
    file = tmp_path / "world.yaml"
    file.write_text(mine.dump(), encoding="utf-8")
    again = World.load(file)
    for kind in KINDS:
        assert dict(getattr(again, kind)) == dict(getattr(mine, kind))


def test_a_seed_file_adds_and_overrides(tmp_path: Path) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(
        "oids: {nir: 1.2.250.1.213.1.4.10}\n"
        "patients:\n"
        "  adrun-zoe: {sex: M}\n"
        "  moi: {birth_name: MOI, given_names: JEAN PAUL, sex: M, birth_date: 2000-02-29, ins: 2751263220750}\n"
        "organisations:\n  ici: {name: ICI}\n"
        "professionals:\n  moi: {family_name: MOI, activities: [{organisation: ici}]}\n",
        encoding="utf-8",
    )
    world = World.load(file)
    assert world.patients["adrun-zoe"].sex == "M"
    assert world.patients["adrun-zoe"].birth_name == "ADRUN"
    new = world.patients["moi"]
    assert new.ins
    assert (new.given_names, new.ins.oid, new.ins.key) == (("JEAN", "PAUL"), "1.2.250.1.213.1.4.10", "73")
    assert world.search("MOI", "PAUL", "M", "2000-02-29") == [new]
    assert "adrun-zoe" in WORLD.patients
    assert WORLD.patients["adrun-zoe"].sex == "F"


def test_oids_per_environment() -> None:
    nir, nia = WORLD.patients["adrun-zoe"].ins, WORLD.patients["provisoire-matricule"].ins
    assert nir
    assert nia
    assert (nir.oid, WORLD.dmp_oid(nir)) == ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.10")
    assert (nia.oid, WORLD.dmp_oid(nia)) == ("1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.9")


NAMES = st.sampled_from(["ADRUN", "MESANGE", "DE VINCI", "MOINEAU", ""])
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(list(WORLD.patients)),
        st.fixed_dictionaries(
            {},
            optional={
                "birth_name": NAMES,
                "sex": st.sampled_from(["M", "F", ""]),
                "birth_date": st.sampled_from(["1975-12-31", "2014-02-01", "1950-00-00"]),
                "given_names": st.lists(st.sampled_from(["ZOE", "LEONARDO", "ADA"]), max_size=3),
                "known": st.booleans(),
            },
        ),
    ),
    max_size=12,
)


@given(CHANGES, NAMES, st.sampled_from(["ZOE", "LEONARDO"]), st.sampled_from(["M", "F"]))
def test_the_index_agrees_with_looking_at_everybody(
    changes: list[tuple[str, dict[str, object]]], name: str, given_name: str, sex: str
) -> None:
    world = WORLD.fork()
    for id, change in changes:
        world.patch("patients", id, change)
    for day in ("1975-12-31", "2014-02-01", "1950-12-31", "1950-00-00"):
        lunar = {day, "1950-00-00"} if day == "1950-12-31" else {day}
        wanted = {
            p.id
            for p in world.patients.values()
            if p.known
            and p.birth_date in lunar
            and (p.birth_name, p.sex) in ((name, sex), ("", sex), (name, ""))
            and (not p.given_names or given_name in p.given_names or given_name == p.given_list)
        }
        found = ids(world, name, given_name, sex, day)
        assert set(found) == wanted
        assert len(found) == len(set(found))
