"""The search grammar: every query string is read or refused with its place, never more."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.annuaire import RESOURCES, BadQuery, Clause, instants, parse, read, string_matches, token_matches
from norms.letters import bare

WORDS = st.text(st.characters(exclude_characters=",\0", exclude_categories=("Cs",)), min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-z_][a-z-]{0,15}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["", "contains", "exact"]), st.lists(WORDS, min_size=1, max_size=3))))
def test_what_is_encoded_is_read_back(wanted: list[tuple[str, str, list[str]]]) -> None:
    query = "&".join(
        f"{name}{':' * bool(modifier)}{modifier}=" + ",".join(quote(v, safe="") for v in values)
        for name, modifier, values in wanted
    )
    assert parse(query) == [Clause(name, modifier, tuple(values)) for name, modifier, values in wanted]


def tried(query: str) -> tuple[list[Clause], int]:
    """What a query says, or the column where it stops being readable."""
    try:
        return parse(query), 1
    except BadQuery as error:
        return [], error.column


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60), st.sampled_from(RESOURCES))
def test_any_text_is_read_or_refused_with_its_place(query: str, resource: str) -> None:
    clauses, column = tried(query)
    assert column <= len(query) + 1
    search = read(resource, clauses)
    assert bool(search.refusal) == any(f.severity == "error" for f in search.findings)
    for finding in search.findings:
        assert finding.message("fr") != finding.message("en")


@given(WORDS, WORDS)
def test_texts(value: str, wanted: str) -> None:
    assert string_matches(value, value, "exact")
    assert string_matches(value + wanted, value) == bare(value + wanted).startswith(bare(value))
    if string_matches(value, wanted):
        assert string_matches(value, wanted, "contains")


@given(WORDS, WORDS)
def test_tokens(system: str, code: str) -> None:
    if "|" in system + code:
        return
    for wanted in (code, f"{system}|{code}", f"{system}|", f"|{code}"):
        assert token_matches(system, code, wanted)
    assert not token_matches(system, code, f"{system}x|{code}")


@pytest.mark.parametrize(
    ("wanted", "accepted", "refused"),
    [
        ("2026", "2026-06-01", "2027-01-01"),
        ("eq2026-02", "2026-02-28", "2026-03-01"),
        ("ge2026-02-28", "2026-02-28", "2026-02-27"),
        ("gt2026-02-28", "2026-03-01", "2026-02-28"),
        ("lt2026-02-28", "2026-02-27", "2026-02-28"),
        ("le2026-02-28", "2026-02-28", "2026-03-01"),
        ("ne2026", "2025-01-01", "2026-01-01"),
        ("sa2025", "2026-01-01", "2025-12-31"),
        ("eb2026", "2025-12-31", "2026-01-01"),
        ("ge2026-03-01T01:00:00%2B01:00", "2026-03-01", "2026-02-28"),
    ],
)
def test_dates(wanted: str, accepted: str, refused: str) -> None:
    criterion = instants(wanted.replace("%2B", "+"))
    assert criterion.accepts(instants(accepted).low)
    assert not criterion.accepts(instants(refused).low)


@pytest.mark.parametrize(
    "wrong", ["", "hier", "2026-13", "2026-02-30", "26", "ge", "2026-02-28T25:00", "2026-02-28T10:00:60", "0000"]
)
def test_wrong_dates(wrong: str) -> None:
    with pytest.raises(ValueError):
        instants(wrong)
