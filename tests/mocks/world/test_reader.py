"""A wrong world file is explained: file, line, column, what was meant; never a traceback."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.world import World, WorldError
from mocks.world.reader import parse

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\npatients: *b\n"

WRONG = [
    (
        "patients:\n  moi:\n    birth_nane: X\n",
        3,
        5,
        "key birth_nane in patients.moi; did you mean birth_name?",
    ),
    ("patient:\n  moi: {}\n", 1, 1, "did you mean patients?"),
    ("patients:\n  moi: {sex: X}\n", 2, 9, 'X is not one of M, F, ""'),
    ("patients:\n  moi:\n    history:\n      - {value: 12}\n", 4, 9, "history[0]: 12 is not a matricule"),
    ("patients:\n  moi:\n    ins: 2751263220749 75\n", 3, 5, "the key of 2751263220749 is 74, not 75"),
    ("patients:\n  Moi: {}\n", 2, 3, "Moi is not an id"),
    ("patients: [a]\n", 1, 1, "patients: a table of keys is expected"),
    ("patients:\n  moi: hello\n", 2, 3, "patients.moi: a table of keys is expected"),
    ("- a\n", 1, 1, "a table of keys is expected"),
    ("patients:\n  a: {}\n  a: {}\n", 3, 3, "the key a appears twice"),
    ("patients:\n  a: {sex: F\n", 3, 1, "not YAML"),
    ("patients:\n\ta: {}\n", 2, 1, "not YAML"),
    (BOMB, 1, 4, "aliases"),
    ("a: 1\n---\nb: 2\n", 2, 1, "several YAML documents"),
    ("patients:\n  moi: {? [a] : b}\n", 2, 11, "a key must be plain text"),
    ("x: " + "[" * 500 + "\n", 1, 15, "nested deeper"),
    ("oids: {nri: 1}\n", 1, 8, "did you mean nir?"),
    (
        "professionals:\n  moi:\n    activities: [{organisation: nulle-part}]\n",
        3,
        18,
        "nulle-part does not exist",
    ),
    ("patients:\n  moi: {used_name: *x}\n", 2, 20, "aliases"),
    ("patients: !!python/object:os.system {}\n", 1, 1, ""),
]


@pytest.mark.parametrize(("text", "line", "column", "said"), WRONG)
def test_the_error_names_the_place(tmp_path: Path, text: str, line: int, column: int, said: str) -> None:
    file = tmp_path / "seed.yaml"
    file.write_text(text, encoding="utf-8")
    if not said:  # a tag is only text here: the value is read as what it is
        World.load(file)
        return
    with pytest.raises(WorldError) as caught:
        World.load(file)
    error = caught.value
    assert (error.line, error.column) == (line, column), str(error)
    assert said in error.message
    assert str(error).startswith(f"{file}:{line}:{column}: ")
    assert error.shown("fr").startswith(f"{file}:{line}:{column}: ")


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read"):
        World.load(tmp_path / "none.yaml")
    with pytest.raises(WorldError, match="cannot be read"):
        World.load(tmp_path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"patients:\n  moi: {note_fr: \xe9}\n")
    with pytest.raises(WorldError, match="not UTF-8"):
        World.load(latin)


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing\n", encoding="utf-8")
    assert World.load(file).patients.keys() == World.load().patients.keys()


def test_scalars_stay_text() -> None:
    data = parse(b"a: 01004\nb: 2001-01-01\nc: yes\nd: 1e3\n", "x").data
    assert data == {"a": "01004", "b": "2001-01-01", "c": "yes", "d": "1e3"}


@given(st.binary(max_size=200) | st.text("{}[]:,-&*!|>'\"#%@ \n\tab", max_size=120).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(WorldError):
        parse(raw, "x")
