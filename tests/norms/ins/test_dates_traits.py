"""Birth dates, traits, what must be refused from INSi."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import dates, traits
from norms.ins.traits import Closeness, Traits


@pytest.mark.parametrize(
    ("written", "recorded", "fictive"),
    [
        ("1950-00-00", "1950-12-31", True),
        ("1962-04-00", "1962-04-01", True),
        ("1955-00-15", "1955-01-15", True),
        ("1975-12-31", "1975-12-31", False),
    ],
)
def test_incomplete_dates(written: str, recorded: str, fictive: bool) -> None:
    assert dates.interpret(written) == (recorded, fictive)
    assert dates.incomplete(written) is fictive
    assert dates.plausible(written)


@pytest.mark.parametrize("value", ["", "1975-12-3", "31/12/1975", "1975-12-31 ", "19751231", "１975-12-31"])
def test_other_forms_are_no_dates(value: str) -> None:
    assert not dates.written(value)
    assert not dates.plausible(value)
    for turn in (dates.interpret, dates.to_shown, dates.to_datamatrix):
        with pytest.raises(dates.BadDate):
            turn(value)


@pytest.mark.parametrize("value", ["2001-02-29", "2001-13-01", "2001-04-31", "0000-01-01", "2001-13-00"])
def test_dates_outside_the_calendar(value: str) -> None:
    assert dates.written(value)
    assert not dates.exists(value)
    assert not dates.plausible(value)


@given(st.dates())
def test_every_day_turns_and_turns_back(day: object) -> None:
    value = str(day)
    assert dates.exists(value)
    assert dates.from_datamatrix(dates.to_datamatrix(value)) == value
    assert dates.to_shown(value) == "/".join(reversed(value.split("-")))


def test_a_datamatrix_date_has_its_own_form() -> None:
    with pytest.raises(dates.BadDate):
        dates.from_datamatrix("1977-01-21")


INSI = Traits("ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220")


def test_equal_traits_have_no_difference() -> None:
    assert traits.compare(INSI, INSI) == ()
    assert traits.differences(replace(INSI, first_given_name="PIERRE ALAIN"), INSI) == []


@pytest.mark.parametrize(
    ("change", "field", "closeness", "rule"),
    [
        ({"birth_name": "ECETINSY"}, "birth_name", Closeness.DIFFERENT, "INS-TRAIT-01"),
        ({"birth_name": "Écetinsi"}, "birth_name", Closeness.SPELLING, "INS-TRAIT-02"),
        ({"given_names": "PIERRE ALAIN MURIEL FLORIANT"}, "given_names", Closeness.SPELLING, "INS-TRAIT-02"),
        ({"given_names": "PIERRE-ALAIN"}, "given_names", Closeness.DIFFERENT, "INS-TRAIT-01"),
        ({"birth_place": ""}, "birth_place", Closeness.MISSING, "INS-TRAIT-03"),
        ({"sex": "F"}, "sex", Closeness.DIFFERENT, "INS-TRAIT-01"),
        ({"birth_date": "2009-07-15"}, "birth_date", Closeness.DIFFERENT, "INS-TRAIT-01"),
    ],
)
def test_each_difference_is_named(change: dict[str, str], field: str, closeness: Closeness, rule: str) -> None:
    local = replace(INSI, **change)
    (gap,) = traits.compare(local, INSI)
    assert (gap.field, gap.closeness) == (field, closeness)
    (found,) = traits.differences(local, INSI)
    assert found.rule == rule
    assert traits.verified(local, INSI) is (field == "birth_place" or change == {"given_names": "PIERRE-ALAIN"})


@pytest.mark.parametrize(
    ("first", "names", "coherent"),
    [
        ("PIERRE-ALAIN", "PIERRE-ALAIN MURIEL", True),
        ("PIERRE ALAIN", "PIERRE-ALAIN MURIEL", True),
        ("MARIE-ANNE", "MARIE ANNE JEANNE", True),
        ("D'ARCY", "D ARCY N'GOLO", True),
        ("PIERRE", "PIERRE-ALAIN MURIEL", True),
        ("MURIEL", "PIERRE-ALAIN MURIEL", False),
        ("PIER", "PIERRE-ALAIN MURIEL", False),
        ("OLA", "CATARINA BELLA", False),
        ("MARIE ANNE JEANNE", "MARIE ANNE", False),
        ("", "MARIE", False),
    ],
)
def test_the_first_given_name_begins_the_list(first: str, names: str, coherent: bool) -> None:
    assert traits.first_name_coherent(first, names) is coherent
    if first:
        found = [
            f.rule for f in traits.differences(replace(INSI, first_given_name=first), replace(INSI, given_names=names))
        ]
        assert ("INS-TRAIT-04" not in found) is coherent


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, []),
        ({"birth_date": "1950-00-00"}, ["INS-REFUSE-01"]),
        ({"birth_date": "1950-04-00"}, ["INS-REFUSE-01"]),
        ({"birth_name": ""}, ["INS-REFUSE-02"]),
        ({"given_names": " "}, ["INS-REFUSE-02"]),
        ({"sex": "", "given_names": ""}, ["INS-REFUSE-02", "INS-REFUSE-02"]),
        ({"birth_place": ""}, []),
    ],
)
def test_what_must_be_refused(change: dict[str, str], rules: list[str]) -> None:
    assert [f.rule for f in traits.refusals(replace(INSI, **change))] == rules


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, []),
        ({"birth_place": "2A004"}, []),
        ({"birth_place": "99999"}, []),
        ({"birth_place": "2C004"}, ["INS-COG-01"]),
        ({"birth_place": "6322"}, ["INS-COG-01"]),
        ({"sex": "I"}, ["INS-SEX-01"]),
        ({"birth_date": "14/07/2009"}, ["INS-DATE-01"]),
        ({"birth_date": "2009-02-30"}, ["INS-DATE-02"]),
        ({"birth_name": "Écetinsi"}, ["INS-LEX-01"] * 8),
        ({"first_given_name": "MURIEL"}, ["INS-TRAIT-04"]),
    ],
)
def test_recorded_traits_are_checked(change: dict[str, str], rules: list[str]) -> None:
    assert [f.rule for f in traits.check(replace(INSI, **change))] == rules
