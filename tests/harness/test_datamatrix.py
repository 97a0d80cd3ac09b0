"""Datamatrix INS through real images: drawn, damaged as a printer and a scanner do, read back."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from harness import datamatrix as image
from mocks.world import Patient, World
from norms.ins import datamatrix
from norms.ins.datamatrix import Content

PATIENTS = [p for p in World.load().patients.values() if p.ins and p.birth_name and p.given_names and p.sex]


def content(p: Patient) -> Content:
    assert p.ins
    day = p.birth_date.replace("-00", "-01")
    return Content(p.ins.full, p.ins.oid, p.given_list, p.birth_name, p.sex, day, p.birth_place)


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: p.id)
def test_every_patients_symbol_reads_back_from_its_picture(patient: Patient) -> None:
    wanted = content(patient)
    (text,) = image.read(image.png(datamatrix.write(wanted)))
    assert datamatrix.parse(text) == wanted


@settings(max_examples=15)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-", min_size=1, max_size=100), st.integers(2, 6))
def test_any_name_survives_the_picture(name: str, pixels: int) -> None:
    payload = datamatrix.write(Content("160012B02077713", "1.2.250.1.213.1.4.8", name, name, "F", "1977-01-21"))
    assert image.read(image.png(payload, pixels)) == [payload]


def test_the_symbol_is_square_and_lies_in_a_page() -> None:
    payload = datamatrix.write(content(PATIENTS[0]))
    with Image.open(io.BytesIO(image.png(payload))) as symbol:
        assert symbol.width == symbol.height
        page = Image.new("RGB", (900, 700), "white")
        page.paste(symbol.rotate(90), (300, 200))
    out = io.BytesIO()
    page.resize((1350, 1050)).save(out, "JPEG", quality=80)
    assert image.read(out.getvalue()) == [payload]


def test_svg_is_plain_xml() -> None:
    root = etree.fromstring(image.svg("IS01"))
    assert etree.QName(root).localname == "svg"


def test_no_symbol_and_no_image() -> None:
    blank = io.BytesIO()
    Image.new("L", (50, 50), 255).save(blank, "PNG")
    assert image.read(blank.getvalue()) == []
    with pytest.raises(image.BadImage):
        image.read(b"not an image")
    with pytest.raises(image.BadImage):
        image.read(blank.getvalue()[:40])


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        image.png("A" * 5000)
