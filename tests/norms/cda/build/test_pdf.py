"""The PDF/A-1b writer: what level B asks, seen by an independent reader."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms.cda.build.pdf import Line, pdf
from norms.cda.build.strokes import advance, outline, spelled

NOW = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
TEXT = [Line(("Compte rendu d’échographie",), "title"), Line(("Patient", "PINSON Léonie")), "# Œdème : 5 µg/L ≥ 3", ""]


@pytest.fixture(scope="module")
def made() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf("Titre à accents", TEXT, created=NOW, author="Dr Bourrache")))


def test_it_says_pdf_a_1b_and_its_metadata_agree(made: pikepdf.Pdf) -> None:
    assert str(made.docinfo["/CreationDate"]) == "D:20260914093000+00'00'"
    with made.open_metadata(update_docinfo=False) as xmp:
        assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"]) == ("1", "B")
        assert xmp["dc:title"] == "Titre à accents" == str(made.docinfo["/Title"])
        assert xmp["dc:creator"] == ["Dr Bourrache"]
        assert xmp["xmp:CreateDate"] == "2026-09-14T09:30:00+00:00"
    assert "/Filter" not in made.Root.Metadata.stream_dict
    assert made.pdf_version == "1.4"
    assert not made.is_encrypted
    assert made.trailer["/ID"]


def test_fonts_are_embedded_and_colour_is_device_independent(made: pikepdf.Pdf) -> None:
    resources = made.pages[0].Resources
    for font in resources.Font.values():
        assert font.Subtype == "/Type3"
        names = {str(n) for n in font.Encoding.Differences if isinstance(n, pikepdf.Name)}
        assert set(font.CharProcs.keys()) <= names
        assert font.ToUnicode
    assert resources.ColorSpace.C[0] == "/CalGray"
    drawn = made.pages[0].Contents.read_bytes()
    assert b" rg" not in drawn
    assert b" g\n" not in drawn


def test_nothing_forbidden(made: pikepdf.Pdf) -> None:
    for item in made.objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            keys = set(item.keys())
            assert not keys & {"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/SMask", "/Encrypt", "/AA"}


def test_same_input_same_bytes() -> None:
    assert pdf("t", TEXT, created=NOW, author="a") == pdf("t", TEXT, created=NOW, author="a")


def test_long_texts_take_more_pages() -> None:
    pages = pikepdf.open(io.BytesIO(pdf("t", ["mot " * 60] * 80, created=NOW, author="a"))).pages
    assert len(pages) > 3


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_written(text: str) -> None:
    data = pdf("t", [text], created=NOW, author="a")
    assert pikepdf.open(io.BytesIO(data)).pages
    for char in spelled(text):
        assert advance(char) > 0
        for shape in outline(char):
            assert all(-3 <= y <= 12 for _, y in shape)
