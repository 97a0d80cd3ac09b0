"""The content of a datamatrix INS: written, read, and refused with the place of the fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.ins import datamatrix, matricule
from norms.ins.datamatrix import GS, HEADER, BadDatamatrix, Content

A = Content("160012B02077713", "1.2.250.1.213.1.4.8", "A B", "C", "F", "1977-01-21", "63220")
WRITTEN = HEADER + f"S1160012B02077713S21.2.250.1.213.1.4.8{GS}S3A B{GS}S4C{GS}S5FS621-01-1977S763220"

names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-", min_size=1, max_size=100)
contents = st.builds(
    Content,
    ins=st.integers(1000000000000, 2999999999999).map(lambda n: f"{n}{matricule.key(str(n))}"),
    oid=st.sampled_from([f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)]),
    given_names=names,
    birth_name=names,
    sex=st.sampled_from(["M", "F"]),
    birth_date=st.dates().map(str),
    birth_place=st.sampled_from(["", "63220", "2A004", "99999"]),
)


def test_the_example_of_the_format() -> None:
    assert len(HEADER) == 26
    assert datamatrix.write(A) == WRITTEN
    assert datamatrix.parse(WRITTEN) == A
    assert datamatrix.check(WRITTEN) == []


def test_an_oid_of_full_length_takes_no_separator() -> None:
    assert "S21.2.250.1.213.1.4.10S3" in datamatrix.write(replace(A, oid="1.2.250.1.213.1.4.10"))


def test_names_of_full_length_take_no_separator() -> None:
    content = replace(A, birth_name="N" * 100, given_names="P" * 100)
    written = datamatrix.write(content)
    assert "N" * 100 + "S5" in written
    assert datamatrix.parse(written) == content


def test_a_variable_block_at_the_end_takes_no_separator() -> None:
    head, tail = WRITTEN.split("S4C" + GS)
    moved = head + tail + "S4C"
    assert datamatrix.parse(moved) == A
    assert datamatrix.parse(moved + GS) == A  # superfluous, harmless


@given(contents)
def test_what_is_written_reads_back(content: Content) -> None:
    assert datamatrix.parse(datamatrix.write(content)) == content


@pytest.mark.parametrize(
    ("payload", "rule", "position"),
    [
        ("", "INS-DM-01", None),
        ("DC04" + WRITTEN[4:], "INS-DM-01", None),
        ("IS01" + "1" * 22 + WRITTEN[26:], "INS-DM-02", None),
        (WRITTEN[:20], "INS-DM-02", None),
        (WRITTEN.replace("S5F", "S9F"), "INS-DM-03", 76),
        (WRITTEN + "S5F", "INS-DM-04", 98),
        (WRITTEN.replace("S5F", ""), "INS-DM-05", None),
        (HEADER, "INS-DM-05", None),
        (WRITTEN.replace("S1160012B02077713", "S1160012B020777"), "INS-DM-03", 44),
        (WRITTEN.replace(f"8{GS}S3", "8S3"), "INS-DM-03", 66),
        (WRITTEN.replace(f"S3A B{GS}", f"S3{GS}"), "INS-DM-06", 66),
        (WRITTEN.replace("S763220", "S7632"), "INS-DM-06", 91),
        (WRITTEN.replace("21-01-1977", "1977-01-21"), "INS-DM-07", None),
    ],
)
def test_structural_faults(payload: str, rule: str, position: int | None) -> None:
    (found,) = datamatrix.check(payload)
    assert found.rule == rule
    if position:
        assert found.args["position"] == position
    for lang in ("fr", "en"):
        assert "{" not in found.message(lang)


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"ins": "160012B02077714"}, ["INS-KEY-01"]),
        ({"ins": "160012C02077713"}, ["INS-MAT-01"]),
        ({"oid": "1.2.250.1.213.1.4.7"}, ["INS-OID-01"]),
        ({"birth_name": "Cœ"}, ["INS-DM-06"]),
        ({"birth_name": "c"}, ["INS-LEX-01"]),
        ({"sex": "I"}, ["INS-SEX-01"]),
        ({"birth_date": "1977-02-30"}, ["INS-DATE-02"]),
        ({"birth_place": "ABCDE"}, ["INS-COG-01"]),
    ],
)
def test_faults_of_the_values(change: dict[str, str], rules: list[str]) -> None:
    content = replace(A, **change)
    if rules == ["INS-DM-06"]:
        with pytest.raises(BadDatamatrix):
            datamatrix.write(content)
        return
    assert [f.rule for f in datamatrix.check(datamatrix.write(content))] == rules


@pytest.mark.parametrize("field", ["ins", "oid", "given_names", "birth_name", "sex", "birth_date"])
def test_nothing_incomplete_is_written(field: str) -> None:
    with pytest.raises(BadDatamatrix):
        datamatrix.write(replace(A, **{field: ""}))
    with pytest.raises(BadDatamatrix):
        datamatrix.write(replace(A, **{field: "X" * 101}))


@given(st.text(max_size=80), st.integers(0, len(WRITTEN)), st.integers(0, 30))
def test_any_text_is_read_or_refused(junk: str, at: int, cut: int) -> None:
    for payload in (junk, HEADER + junk, WRITTEN[:at] + junk + WRITTEN[at + cut :]):
        for found in datamatrix.check(payload):
            assert found.message("fr")
