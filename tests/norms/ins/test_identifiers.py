"""RPPS, ADELI, FINESS, SIREN, SIRET and the national forms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import identifiers

digits = st.text("0123456789", min_size=1, max_size=20)


@given(digits)
def test_the_check_digit_is_the_only_one_that_passes(value: str) -> None:
    right = identifiers.luhn_digit(value)
    assert [last for last in "0123456789" if identifiers.luhn(value + last)] == [right]


@given(digits, st.integers(0, 19), st.integers(1, 9))
def test_luhn_catches_any_single_digit(value: str, place: int, shift: int) -> None:
    whole = value + identifiers.luhn_digit(value)
    place %= len(whole)
    changed = whole[:place] + str((int(whole[place]) + shift) % 10) + whole[place + 1 :]
    assert not identifiers.luhn(changed)


GOOD = {
    identifiers.rpps: ["99700900014"],
    identifiers.adeli: ["992800011"],
    # public numbers of French hospitals, and the fictitious ones of test certificates
    identifiers.finess: ["750712184", "690781810", "590780193", "0B0152872", "0B0172805", "0B0057881"],
    identifiers.siren: ["999990013"],
    identifiers.siret: ["99999001300016"],
    identifiers.person: [
        "899700900014",
        "0992800011",
        "3990000317/CPET00001",
        "30B0152872/X1",
        "599999001300016/CPAT00045",
        "4999990013/a.b",
    ],
    identifiers.structure: [
        "1990000317",
        "10B0152872",
        "399999001300016",
        "2999990013",
        "49970090001401",
        "099280001101",
    ],
}
BAD = {
    identifiers.rpps: ["99700900015", "9970090001", "997009000140", "", "9970090001A"],
    identifiers.adeli: ["992800012", "99280001", ""],
    identifiers.finess: ["750712185", "75071218", "B50712184", "0G0152872", ""],
    identifiers.siren: ["999990014", "99999001"],
    identifiers.siret: ["99999001300017", "9999900130001", "99999001400014"],
    identifiers.person: ["899700900015", "99700900014", "3990000317", "3990000317/", "7990000317/X", "", "8"],
    identifiers.structure: ["1990000318", "990000317", "499700900014", "599999001300016", "", "1"],
}


@pytest.mark.parametrize("check", GOOD, ids=lambda check: check.__name__)
def test_forms(check: Callable[[str], bool]) -> None:
    assert [value for value in GOOD[check] if not check(value)] == []
    assert [value for value in BAD[check] if check(value)] == []


@given(st.text(max_size=20))
def test_any_text_is_judged(value: str) -> None:
    for check in (identifiers.rpps, identifiers.finess, identifiers.siret, identifiers.person, identifiers.structure):
        assert check(value) in (True, False)
