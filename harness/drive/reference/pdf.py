"""A PDF of one page, written by hand: lines of text and one grey image. Text stays readable in the bytes.

PDF 1.4 (ISO 32000-1 §7.5): header, objects, cross-reference table, trailer. Helvetica with WinAnsiEncoding, so accents
print; characters outside it become ``?``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

POINT_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; x and y in millimetres from the top left corner, size in points."""

    text: str
    x: float
    y: float
    size: float = 10
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A grey picture, one byte per pixel (0 black), drawn as a square at x, y (all in mm from the top left corner)."""

    width: int
    height: int
    pixels: bytes
    x: float
    y: float
    side: float


def page(width_mm: float, height_mm: float, lines: list[Line], image: Image | None, title: str) -> bytes:
    """The whole file."""
    width, height = width_mm * POINT_PER_MM, height_mm * POINT_PER_MM
    drawing = [_line(line, height) for line in lines]
    if image:
        side, x, y = image.side * POINT_PER_MM, image.x * POINT_PER_MM, image.y * POINT_PER_MM
        drawing.append(b"q %.2f 0 0 %.2f %.2f %.2f cm /Im0 Do Q" % (side, side, x, height - y - side))
    resources = b"/Font << /F1 5 0 R /F2 6 0 R >>" + (b" /XObject << /Im0 7 0 R >>" if image else b"")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents 4 0 R /Resources << %s >> >>"
        % (width, height, resources),
        _stream(b"", b"\n".join(drawing)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    if image:
        kind = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
        size = b"/Width %d /Height %d" % (image.width, image.height)
        objects.append(_stream(kind + b" " + size, zlib.compress(image.pixels)))
    objects.append(b"<< /Title (%s) /Producer (segur-reference) >>" % _escape(title))
    return _file(objects)


def _line(line: Line, height: float) -> bytes:
    font = b"F2" if line.bold else b"F1"
    x, y = line.x * POINT_PER_MM, height - line.y * POINT_PER_MM
    return b"BT /%s %.1f Tf %.2f %.2f Td (%s) Tj ET" % (font, line.size, x, y, _escape(line.text))


def _escape(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(out)
