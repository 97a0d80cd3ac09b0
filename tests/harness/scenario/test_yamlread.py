"""YAML as scenarios take it: codes stay codes, each value has its place, nothing hostile gets through."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.problems import BadScenario
from harness.scenario.yamlread import LIMIT_BYTES, parse, read


def test_codes_dates_and_words_stay_text() -> None:
    data = parse(b'a: 00\nb: 1975-12-31\nc: no\nd: 007\ne: "3"\nf: 2A020\ng: 1_000\nh: 0x1F\n', "x").data
    assert data == {
        "a": "00",
        "b": "1975-12-31",
        "c": "no",
        "d": "007",
        "e": "3",
        "f": "2A020",
        "g": "1_000",
        "h": "0x1F",
    }


def test_plain_numbers_and_words_of_json_are_what_they_say() -> None:
    assert parse(b"[3, -4, 2.5, true, false, null, ~, ]", "x").data == [3, -4, 2.5, True, False, None, None]


def test_each_value_has_its_place() -> None:
    document = parse(b"a: 1\nsteps:\n  - id: one\n    do: {action: reset}\n", "x")
    assert document.places["steps", 0, "do", "action"] == (4, 18)
    assert document.keys["steps", 0, "do"] == (4, 5)


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"a: &x [1]\nb: *x\n", "alias", 1),
        (b"a: &a [*a]", "alias", 1),
        (b"a: 1\nb: !!python/object:os.system x\n", "tag", 2),
        (b"a: 1\n---\nb: 2\n", "documents", 2),
        (b"a: 1\na: 2\n", "twice", 2),
        (b"? [a]\n: 2\n", "key", 1),
        (b"a: 1\n b: 2\n", "syntax", 2),
        (b"a: 1\nb: \xff\xfe\n", "encoding", 2),
        (b"[" * 500_000, "deep", 1),
        (b"{a: " * 100_000, "deep", 1),
    ],
)
def test_what_is_refused(raw: bytes, code: str, line: int) -> None:
    with pytest.raises(BadScenario) as caught:
        parse(raw, "x.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.file) == (code, line, "x.yaml")
    assert problem.shown("fr") != problem.shown("en")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * (LIMIT_BYTES + 1))
    with pytest.raises(BadScenario, match="larger"):
        read(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="cannot be read"):
        read(tmp_path / "none.yaml")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_give_values_or_problems(raw: bytes) -> None:
    try:
        parse(raw, "x")
        found = []
    except BadScenario as error:
        found = list(error.problems)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)
