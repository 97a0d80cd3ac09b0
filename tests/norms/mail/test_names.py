"""The grammars: what is written strictly is read as strict; what others write is read all the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms.mail import names

NAME = st.from_regex(r"[A-ZÉÈ]{2,8}([ '-][A-ZÉÈ]{2,8})?", fullmatch=True)
LABEL = st.lists(st.from_regex(r"[A-Za-zéèà'().,-]{1,9}", fullmatch=True), min_size=1, max_size=6).map(" ".join)
DATE = st.dates().map(lambda day: day.isoformat())


@given(LABEL, NAME, NAME, DATE)
@settings(max_examples=25)
def test_a_subject_written_reads_back(label: str, name: str, given_name: str, birth: str) -> None:
    read = names.read_subject(names.subject(label, name, given_name, birth))
    assert read is not None
    assert read.strict
    assert (read.before, read.birth_date, read.label(name, given_name)) == ("", birth, label)


@pytest.mark.parametrize(
    ("text", "before", "birth", "strict"),
    [
        ("XDM/1.0/DDM+CR PINSON Léonie 12/05/1985", "", "1985-05-12", True),
        ("[KO Intégration système !][902] XDM/1.0/DDM+CR PINSON Léonie 12/05/1985",
         "[KO Intégration système !][902]", "1985-05-12", False),
        ("Re: XDM/1.0/DDM+CR PINSON Léonie 12/05/1985", "Re:", "1985-05-12", False),
        ("xdm/1.0/ddm CR PINSON Léonie 12/05/1985", "", "1985-05-12", False),
        ("XDM/1.0/DDM+CR PINSON Léonie 1985-05-12", "", "1985-05-12", False),
        ("XDM/1.0/DDM+CR PINSON Léonie", "", "", True),
        ("XDM/1.0/DDM+PINSON Léonie 12/05/1985", "", "1985-05-12", False),
        ("XDM/1.0/DDM+CR PINSON Léonie 12/05/1985 [FIN]", "", "1985-05-12", False),
    ],
)  # fmt: skip
def test_subjects_of_others(text: str, before: str, birth: str, strict: bool) -> None:
    read = names.read_subject(text)
    assert read is not None
    assert (read.before, read.birth_date, read.strict) == (before, birth, strict)


def test_a_subject_without_the_mark_is_none() -> None:
    assert names.read_subject("Bonjour") is None


@given(st.dates(), LABEL, NAME, NAME, st.just("") | st.from_regex(r"[A-Z0-9]{1,9}", fullmatch=True))
@settings(max_examples=25)
def test_a_pdf_name_written_reads_back(day: object, label: str, name: str, given_name: str, number: str) -> None:
    act = f"{day:%Y}".zfill(4) + f"{day:%m%d}"
    read = names.read_pdf_name(names.pdf_name(act, label, name, given_name, number))
    assert read == names.PdfName(act, label[:40].strip(), name, given_name, number)


@pytest.mark.parametrize(
    "bad", ["CR.pdf", "2026_CR_A_B.pdf", "20261120_CR_A_B", "20261120__A_B.pdf", f"20261120_{'x' * 41}_A_B.pdf"]
)
def test_names_that_are_not_of_the_grammar(bad: str) -> None:
    assert names.read_pdf_name(bad) is None


def test_a_pdf_name_holds_nothing_that_a_file_system_refuses() -> None:
    assert (
        names.pdf_name("20261120", 'a/b\\c:"d"_e', "O'NEIL", "Jean\nPaul") == "20261120_a b c d e_O'NEIL_Jean Paul.pdf"
    )


@given(NAME, NAME, st.sampled_from(["", "Dr", "Mme"]), st.sampled_from(["", "Cabinet des Tilleuls"]))
@settings(max_examples=25)
def test_a_display_name_written_reads_back(given_name: str, name: str, title: str, entity: str) -> None:
    read = names.read_person_name(names.person_name(given_name.capitalize(), name, title, entity))
    assert read == names.PersonName(title, given_name.capitalize(), name, entity)


@pytest.mark.parametrize(
    "bad", ["", "Claire Romarin", "ROMARIN", "Claire_Romarin", "Secrétariat de radiologie", "Dr_ROMARIN"]
)
def test_display_names_that_are_not_a_persons(bad: str) -> None:
    assert names.read_person_name(bad) is None
