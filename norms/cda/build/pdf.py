"""A small writer of PDF/A-1b files (ISO 19005-1, level B), enough for the body of an unstructured document.

What level B asks and how it is met: fonts embedded (Type 3, our own strokes), device-independent colour (CalGray, so no
output intent), XMP metadata unfiltered and equal to the information dictionary, a file identifier, no encryption, no
transparency, nothing outside the file. Same input, same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from norms.cda.build.strokes import advance, outline, spelled

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 56
_SCALE = 0.088  # glyph units to text units
_SIZES = {"title": 16.0, "heading": 12.0, "text": 9.5, "small": 8.0}
_LEADING = 1.65


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a page: ``kind`` title, heading, text or small; ``cells`` are set in equal columns."""

    cells: tuple[str, ...]
    kind: str = "text"


def pdf(
    title: str, lines: Sequence[Line | str], *, created: datetime, author: str, producer: str = "segur-harness"
) -> bytes:
    """The bytes of a PDF/A-1b file; a plain string is a text line, an empty one a blank line."""
    pages = list(_pages([line if isinstance(line, Line) else Line((line,)) for line in lines]))
    runs = [run for page in pages for run in page]
    codes = {char: 33 + at for at, char in enumerate(sorted({char for run in runs for char in run[3]}))}
    objects: list[bytes] = []

    def put(body: str | bytes) -> int:
        objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(objects)

    def stream(data: bytes, head: str = "", *, packed: bool = True) -> int:
        data = zlib.compress(data, 9) if packed else data
        form = "/Filter /FlateDecode " if packed else ""
        return put(f"<< {head}{form}/Length {len(data)} >>\nstream\n".encode("latin-1") + data + b"\nendstream")

    unicode_map = stream(_to_unicode(codes))
    fonts = []
    for bold, weight in enumerate((0.75, 1.25)):
        used = {char: code for char, code in codes.items() if any(char in run[3] for run in runs if run[4] == bold)}
        glyphs = {code: stream(_glyph(char, weight), packed=False) for char, code in used.items()}
        fonts.append(put(_font(codes, glyphs, unicode_map)))
    tree = len(objects) + 2 * len(pages) + 1
    kids = []
    for page in pages:
        content = stream(_content(page, codes))
        resources = (
            f"<< /ColorSpace << /C [/CalGray << /WhitePoint [0.9505 1 1.089] /Gamma 2.2 >>] >> "
            f"/Font << /F0 {fonts[0]} 0 R /F1 {fonts[1]} 0 R >> >>"
        )
        kids.append(
            put(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents {content} 0 R "
                f"/Resources {resources} >>"
            )
        )
    put(f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>")
    xmp = stream(_xmp(title, author, producer, created), "/Type /Metadata /Subtype /XML ", packed=False)
    root = put(f"<< /Type /Catalog /Pages {tree} 0 R /Metadata {xmp} 0 R /Lang (fr-FR) >>")
    stamp = f"(D:{created:%Y%m%d%H%M%S}{_offset(created, chr(39))}')"
    info = put(
        f"<< /Title {_words(title)} /Author {_words(author)} /Producer {_words(producer)} /CreationDate {stamp} "
        f"/ModDate {stamp} >>"
    )
    return _file(objects, root, info)


def _pages(lines: Sequence[Line]) -> Iterator[list[tuple[float, float, float, str, int]]]:
    """Pages of (x, y, size, text, font) runs."""
    page: list[tuple[float, float, float, str, int]] = []
    y = float(_HEIGHT - _MARGIN)
    for line in lines:
        size = _SIZES[line.kind]
        bold = int(line.kind in ("title", "heading"))
        left, widths = _columns(len(line.cells))
        columns = [_wrapped(spelled(c), (w - 6) / (size * _SCALE)) for c, w in zip(line.cells, widths, strict=True)]
        height = max(len(column) for column in columns) * size * _LEADING
        y -= size * 0.8 if line.kind == "heading" else 0
        if y - height < _MARGIN and page:
            yield page
            page, y = [], float(_HEIGHT - _MARGIN)
        for at, column in enumerate(columns):
            for row, text in enumerate(column):
                if text:
                    page.append((left[at], y - (row + 1) * size * _LEADING, size, text, bold))
        y -= height
    yield page


def _columns(number: int) -> tuple[list[float], list[float]]:
    """Left edges and widths: a label then its value, else equal columns."""
    shares = [0.3, 0.7] if number == 2 else [1 / number] * number
    widths = [share * (_WIDTH - 2 * _MARGIN) for share in shares]
    return [_MARGIN + sum(widths[:at]) for at in range(number)], widths


def _wrapped(text: str, width: float) -> list[str]:
    rows = [""]
    for word in text.split(" "):
        longer = f"{rows[-1]} {word}" if rows[-1] else word
        if rows[-1] and sum(map(advance, longer)) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _content(page: list[tuple[float, float, float, str, int]], codes: dict[str, int]) -> bytes:
    out = ["/C cs 0 sc /C CS 0 SC 1 J 1 j"]
    for x, y, size, text, font in page:
        shown = "".join(f"{codes[char]:02X}" for char in text)
        out.append(f"BT /F{font} {size:g} Tf {x:.2f} {y:.2f} Td <{shown}> Tj ET")
    return "\n".join(out).encode("ascii")


def _glyph(char: str, weight: float) -> bytes:
    drawn = [f"{advance(char):g} 0 -1 -3 9 12 d1 {weight:g} w 1 J 1 j"]
    for line in outline(char):
        points = [f"{x:g} {y:g}" for x, y in line]
        drawn.append(f"{points[0]} m " + " ".join(f"{point} l" for point in points[1:]) + " S")
    return " ".join(drawn).encode("ascii")


def _font(codes: Mapping[str, int], glyphs: Mapping[int, int], unicode_map: int) -> str:
    names = " ".join(f"/g{code}" for code in codes.values())
    procedures = " ".join(f"/g{code} {glyph} 0 R" for code, glyph in glyphs.items())
    widths = " ".join(f"{advance(char):g}" for char in codes)
    return (
        f"<< /Type /Font /Subtype /Type3 /FontBBox [-1 -3 9 12] /FontMatrix [{_SCALE} 0 0 {_SCALE} 0 0] "
        f"/CharProcs << {procedures} >> /Encoding << /Type /Encoding /Differences [33 {names}] >> "
        f"/FirstChar 33 /LastChar {32 + len(codes)} /Widths [{widths}] /Resources << >> /ToUnicode {unicode_map} 0 R >>"
    )


def _to_unicode(codes: dict[str, int]) -> bytes:
    rows = [f"<{code:02X}> <{ord(char):04X}>" for char, code in codes.items()]
    blocks = "\n".join(
        f"{len(rows[at : at + 100])} beginbfchar\n" + "\n".join(rows[at : at + 100]) + "\nendbfchar"
        for at in range(0, len(rows), 100)
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        f"{blocks}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")


def _xmp(title: str, author: str, producer: str, created: datetime) -> bytes:
    date = f"{created:%Y-%m-%dT%H:%M:%S}{_offset(created, ':')}"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        "<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>"
        f"<pdf:Producer>{escape(producer)}</pdf:Producer>"
        f"<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _offset(time: datetime, mark: str) -> str:
    offset = f"{time:%z}" or "+0000"
    return f"{offset[:3]}{mark}{offset[3:]}"


def _words(text: str) -> str:
    return f"<{(chr(0xFEFF) + text).encode('utf-16-be').hex().upper()}>"


def _file(objects: list[bytes], root: int, info: int) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode("ascii") + body + b"\nendobj\n"
    start = len(out)
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    digest = hashlib.sha256(bytes(out)).hexdigest()[:32].upper()
    out += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}trailer\n<< /Size {len(objects) + 1} "
        f"/Root {root} 0 R /Info {info} 0 R /ID [<{digest}> <{digest}>] >>\nstartxref\n{start}\n%%EOF\n"
    ).encode("ascii")
    return bytes(out)
