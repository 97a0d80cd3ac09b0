"""The data files of the volets: every line reads, every path compiles, every name leads somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

import pytest

from norms.cda.volets import paths, sheets
from norms.cda.volets.lines import BadLine, Line, parse

DATA = files("norms.cda.volets").joinpath("data")
ADDITIONS = sorted(f.name.removesuffix(".txt") for f in DATA.iterdir() if "_" in f.name or f.name == "anywhere.txt")


def _lines(line: Line | None) -> Iterator[Line]:
    while line is not None:
        yield line
        line = line.inner


def _compile(line: Line) -> None:
    for one in _lines(line):
        if one.test:
            paths.compiled(one.test)
        for path in one.words if one.kind == "any" else [one.path] if one.path else []:
            paths.compiled(path)


def test_every_sheet_reads() -> None:
    assert len(sheets.known()) > 600
    for sheet in sheets.known().values():
        assert sheet.name, sheet.oid
        for line in sheet.lines:
            _compile(line)


@pytest.mark.parametrize("file", ADDITIONS)
def test_every_addition_reads(file: str) -> None:
    places = sheets.additions(file)
    assert places or file == "BIO-CR-BIO_2023.01"
    for place, lines in places:
        paths.compiled(f"*[{place}]" if place.startswith("#") else place.lstrip("/"))
        for line in lines:
            _compile(line)


def test_no_template_twice() -> None:
    heads = Counter(
        line.split("]")[0]
        for name in ("sections.txt", "entries.txt", "models.txt")
        for line in DATA.joinpath(name).read_text(encoding="utf-8").splitlines()
        if line.startswith("[")
    )
    assert [head for head, times in heads.items() if times > 1] == []


def test_every_version_with_rules_has_its_file() -> None:
    known = {model.file(extension) for model in sheets.models().values() for extension in model.versions}
    assert {name for name in ADDITIONS if name != "anywhere"} <= known


def test_every_volet_of_the_ci_sis_is_named_in_both_languages() -> None:
    for model in sheets.models().values():
        assert all((model.fr, model.en)), model.name


def test_companions_are_known_templates() -> None:
    unknown = {c for s in sheets.known().values() for c in s.companions if sheets.sheet(c) is None}
    assert unknown == set()


@pytest.mark.parametrize("line", ["is", "with ", "1", "if a b", "each x", "one id", "++ id"])
def test_a_bad_line_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        parse(line)


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        ("1 id", 1, 1),
        ("+ id", 1, -1),
        ("? id", 0, 1),
        ("0 id", 0, 0),
        ("3 id", 3, 3),
        ("2+ id", 2, -1),
        ("-2 id", 0, 2),
    ],
)
def test_counts(line: str, low: int, high: int) -> None:
    read = parse(line)
    assert (read.low, read.high, read.path) == (low, high, "id")
