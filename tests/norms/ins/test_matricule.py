"""Matricules and keys, against the documented fixtures and by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import matricule, oids

DOCUMENTED = [
    "2751263220749 74",
    "1810163220751 40",
    "297022A020778 78",
    "1010663220754 60",
    "160012B020777 13",
    "1090763220834 89",
    "2090763220834 39",
    "2090663220123 55",
    "1090763220888 35",
    "2360663220836 56",
    "180032B020401 23",
    "1100863220830 60",
]
WRONG = ["1810163220751 42", "1810363220456 60", "2810363220456 10"]  # the last two stand in documented answers

places = st.one_of(st.integers(1, 99).map(lambda n: f"{n:02d}"), st.sampled_from(["2A", "2B"]))
matricules = st.builds(
    lambda head, place, tail: f"{head:05d}{place}{tail:06d}", st.integers(0, 99999), places, st.integers(0, 999999)
)


@pytest.mark.parametrize("ins", DOCUMENTED)
def test_documented_keys(ins: str) -> None:
    assert matricule.valid(*matricule.split(ins))
    assert matricule.check(*matricule.split(ins)) == []


@pytest.mark.parametrize("ins", WRONG)
def test_wrong_keys_are_found(ins: str) -> None:
    assert not matricule.valid(*matricule.split(ins))
    (found,) = matricule.check(*matricule.split(ins))
    assert found.rule == "INS-KEY-01"
    assert found.expected == {"42": "40", "60": "76", "10": "26"}[found.found]
    assert found.expected in found.message("fr")


@given(matricules)
def test_the_key_is_two_digits_and_makes_a_multiple_of_97(value: str) -> None:
    key = matricule.key(value)
    assert len(key) == 2
    assert 1 <= int(key) <= 97
    number = int(value[:5] + {"2A": "19", "2B": "18"}.get(value[5:7], value[5:7]) + value[7:])
    assert (number + int(key)) % 97 == 0


@given(matricules, st.integers(0, 12), st.integers(0, 9))
def test_any_changed_digit_is_caught(value: str, position: int, digit: int) -> None:
    changed = value[:position] + str(digit) + value[position + 1 :]
    if changed != value and value[5:7].isdigit():  # in Corsica a changed letter may make another department
        assert not matricule.valid(changed, matricule.key(value))


@given(st.text(max_size=16))
def test_other_texts_are_refused(value: str) -> None:
    if not matricule.well_formed(value):
        assert [f.rule for f in matricule.check(value, "00")] == ["INS-MAT-01"]
        with pytest.raises(matricule.BadMatricule):
            matricule.key(value)


@pytest.mark.parametrize(
    "value",
    ["", "275126322074", "27512632207499", "2751263220749\n", "297022C020778", "2970202A20778", "²751263220749",
     "297022a020778", "２751263220749"],
)  # fmt: skip
def test_near_misses_are_not_well_formed(value: str) -> None:
    assert not matricule.well_formed(value)


def test_splitting_ignores_blanks() -> None:
    assert matricule.split(" 2 75 12 63 220 749 74") == ("2751263220749", "74")
    with pytest.raises(matricule.BadMatricule):
        matricule.split("2751263220749")


def test_nature_comes_from_the_oid() -> None:
    assert [oids.nature(f"1.2.250.1.213.1.4.{n}") for n in (8, 9, 10, 11, 12)] == ["NIR", "NIA", "NIR", "NIR", ""]
    assert [oids.production(oid) for oid in oids.ALL] == [True, True, False, False]
    assert oids.check(oids.NIA) == []
    assert [f.rule for f in oids.check("1.2.3")] == ["INS-OID-01"]
