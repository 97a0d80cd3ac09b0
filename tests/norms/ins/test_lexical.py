"""Names: the profile of INSi inputs and the way to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import lexical

PROFILE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ '-"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("D’ÆION", "D'AEION"),  # CNDA test 2.03 case 3
        ("CŒUR", "COEUR"),
        ("cœur", "COEUR"),
        ("D'Artagnan de l'Hérault", "D'ARTAGNAN DE L'HERAULT"),
        ("Pierre-Alain", "PIERRE-ALAIN"),
        ("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸÑ", "AAACEEEEIIOOUUUYN"),
        ("e\u0301tienne", "ETIENNE"),  # decomposed as a Mac types it
        ("Jean\u00a0Paul", "JEAN PAUL"),
        ("Jean‑Paul", "JEAN-PAUL"),
        ("", ""),
        ("  X", "  X"),  # blanks are the profile's affair
    ],
)
def test_normalisation(typed: str, sent: str) -> None:
    assert lexical.normalise(typed) == sent


@pytest.mark.parametrize(
    ("typed", "char", "position"),
    [("JEAN2", "2", 5), ("ŁUKASZ", "Ł", 1), ("STRAßE", "ß", 5), ("A_B", "_", 2), ("MÜLLER€", "€", 7), ("Ж", "Ж", 1),
     ("ﬁn", "ﬁ", 1), ("A\tB", "\t", 2), ("\u0301A", "\u0301", 1), ("А", "А", 1), ("J.P", ".", 2)],
)  # fmt: skip
def test_what_has_no_equivalent_is_refused_with_its_place(typed: str, char: str, position: int) -> None:
    with pytest.raises(lexical.Unmappable) as caught:
        lexical.normalise(typed)
    assert (caught.value.char, caught.value.position) == (char, position)


@given(st.text(max_size=40))
def test_normalised_or_refused_never_shortened(name: str) -> None:
    try:
        out = lexical.normalise(name)
    except lexical.Unmappable as error:
        held = unicodedata.normalize("NFC", name)
        assert held[error.position - 1] == error.char  # noqa: PT017
        return
    assert set(out) <= set(PROFILE)
    assert len(out) >= len(unicodedata.normalize("NFC", name))
    assert lexical.normalise(out) == out


@given(st.text(PROFILE, max_size=30))
def test_the_profile_is_left_alone(name: str) -> None:
    assert lexical.normalise(name) == name
    assert "INS-LEX-01" not in [f.rule for f in lexical.check(name, "birth_name")]


@pytest.mark.parametrize(
    ("name", "family", "given_name"),
    [
        ("D'ARTAGNAN DE L'HERAULT", [], []),
        ("'T HOEN", [], []),
        ("DUPONT--DURAND", [], [("INS-LEX-06", 7)]),
        ("dupont", [("INS-LEX-01", n) for n in range(1, 7)], [("INS-LEX-01", n) for n in range(1, 7)]),
        ("É2", [("INS-LEX-01", 1), ("INS-LEX-01", 2)], [("INS-LEX-01", 1), ("INS-LEX-01", 2)]),
        (" DUPONT", [("INS-LEX-02", 1)], [("INS-LEX-02", 1)]),
        ("-DUPONT", [("INS-LEX-02", 1)], [("INS-LEX-02", 1)]),
        ("DE  LA", [("INS-LEX-03", 3)], [("INS-LEX-03", 3)]),
        ("D''ARC", [("INS-LEX-04", 2)], [("INS-LEX-04", 2)]),
        ("D 'ARC", [("INS-LEX-05", 2)], [("INS-LEX-05", 2)]),
        ("D' ARC", [("INS-LEX-05", 2)], [("INS-LEX-05", 2)]),
        ("JEAN-", [], [("INS-LEX-07", 5)]),
        ("JEAN'", [], [("INS-LEX-07", 5)]),
        ("", [], []),
    ],
)
def test_the_profile_says_what_and_where(
    name: str, family: list[tuple[str, int]], given_name: list[tuple[str, int]]
) -> None:
    for kind, expected in (("birth_name", family), ("given_name", given_name)):
        found = lexical.check(name, kind)  # type: ignore[arg-type]
        assert [(f.rule, f.args["position"]) for f in found] == expected
        assert all(name in f.message("fr") for f in found)


def test_double_hyphen_in_a_given_name_is_not_an_error() -> None:
    (found,) = lexical.check("A--B", "given_name")
    assert found.severity == "warning"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jean-Pierre", "JEAN PIERRE"), ("D’Æion", "d'aeion"), ("DUPONT--DURAND", "Dupont-Durand"), ("É", "e")],
)
def test_folding_ignores_what_a_search_ignores(one: str, other: str) -> None:
    assert lexical.fold(one) == lexical.fold(other)
