"""What the software prints: identity label and sheet, and simple documents, with the datamatrix INS (règle 32)."""

from __future__ import annotations

import textwrap

import zxingcpp

from harness.drive.reference.defects import Defects
from harness.drive.reference.identity import outgoing_ins
from harness.drive.reference.model import Ins, Patient
from harness.drive.reference.pdf import Image, Line, page
from harness.drive.reference.screen import Screen, day
from norms.ins import datamatrix, oids

LABEL, SHEET = (90.0, 70.0), (210.0, 297.0)
PIXELS_PER_MODULE = 4


def label(patient: Patient, screen: Screen, defects: Defects) -> bytes:
    """A label of 90 × 70 mm."""
    ins = printed_ins(patient, defects)
    texts = _wrapped(identity_lines(patient, ins, screen), 40)
    lines = [Line(text, 4, 6 + 3.9 * n, 7.5) for n, text in enumerate(texts)]
    image = _datamatrix(patient, ins, defects, 62, 10, 22) if ins else None
    if image:
        lines.append(Line(screen.words("print.scan"), 62, 36, 7))
    return page(*LABEL, lines, image, screen.words("print.label"))


def sheet(patient: Patient, screen: Screen, defects: Defects, title: str, body: str = "") -> bytes:
    """An A4 page: the title, the identity with its datamatrix, and a text below."""
    ins = printed_ins(patient, defects)
    lines = [Line(title, 20, 25, 16, bold=True)]
    texts = _wrapped(identity_lines(patient, ins, screen), 60)
    lines += [Line(text, 20, 40 + 6 * n, 11) for n, text in enumerate(texts)]
    lines += [Line(text, 20, 130 + 6 * n) for n, text in enumerate(body.splitlines())]
    image = _datamatrix(patient, ins, defects, 150, 35, 30) if ins else None
    if image:
        lines.append(Line(screen.words("print.scan"), 150, 70, 8))
    return page(*SHEET, lines, image, title)


def printed_ins(patient: Patient, defects: Defects) -> Ins | None:
    """The INS on paper."""
    if patient.status == "recuperee" and defects.on("prints-ins-when-only-recuperee"):
        return patient.ins
    return outgoing_ins(patient)


def identity_lines(patient: Patient, ins: Ins | None, screen: Screen) -> list[str]:
    """Labelled traits in clear, then matricule and nature."""
    t = patient.traits
    rows = [
        ("birth_name", t.birth_name),
        ("first_given_name", t.first_given_name),
        ("given_names", t.given_names),
        ("sex", t.sex),
        ("birth_date", day(t.birth_date)),
        ("birth_place", t.birth_place),
        ("used_name", t.used_name),
        ("matricule", f"{ins.full} {ins.kind}" if ins else ""),
    ]
    return [screen.labelled(name, value) for name, value in rows if value]


def _wrapped(texts: list[str], columns: int) -> list[str]:
    """Long values go on below, so that nothing is cut and nothing covers the datamatrix."""
    return [line for text in texts for line in textwrap.wrap(text, columns, subsequent_indent="  ")]


def _datamatrix(patient: Patient, ins: Ins, defects: Defects, x: float, y: float, side: float) -> Image:
    t = patient.traits
    oid = oids.NIR_TEST if defects.on("datamatrix-wrong-oid") else ins.oid
    payload = datamatrix.write(
        datamatrix.Content(ins.full, oid, t.given_names, t.birth_name, t.sex, t.birth_date, t.birth_place)
    )
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    picture = memoryview(code.to_image(scale=PIXELS_PER_MODULE))  # type: ignore[arg-type]
    height, width = picture.shape or (0, 0)
    return Image(width, height, picture.tobytes(), x, y, side)
