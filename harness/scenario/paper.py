"""What a printed page shows: its text and its two-dimensional codes, read back from a real PDF or picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from threading import Lock
from typing import Any

DOTS = (200, 400)  # per inch: what a scanner gives, then its fine setting
MAX_PAGES = 20
_PDFIUM = Lock()  # PDFium is not thread-safe, and several runs may read pages at once


class Unreadable(ValueError):
    """Neither a PDF nor a picture that can be opened."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Text (empty for a picture) and the contents of the data matrices."""

    text: str
    codes: tuple[str, ...]


def read(content: bytes) -> Paper:
    """Read a PDF, every page rendered as on paper, or a picture (PNG, JPEG, TIFF…). Raises Unreadable."""
    if b"%PDF" in content[:1024]:
        return _pdf(content)
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            return Paper("", tuple(_codes(picture.convert("L"))))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(str(error)) from None


def pdf_text(content: bytes) -> str:
    """The text of a PDF as a reader sees it, fonts decoded; raises Unreadable."""
    import pypdfium2

    try:
        with _PDFIUM, pypdfium2.PdfDocument(content) as document:
            return "\n".join(_page_text(document[n]) for n in range(min(len(document), MAX_PAGES)))
    except pypdfium2.PdfiumError as error:
        raise Unreadable(str(error)) from None


def _pdf(content: bytes) -> Paper:
    import pypdfium2

    text, codes = [], list[str]()
    try:
        with _PDFIUM, pypdfium2.PdfDocument(content) as document:
            for n in range(min(len(document), MAX_PAGES)):
                text.append(_page_text(document[n]))
                codes += _page_codes(document[n])
    except pypdfium2.PdfiumError as error:
        raise Unreadable(str(error)) from None
    return Paper("\n".join(text), tuple(codes))


def _page_text(page: Any) -> str:
    text_page = page.get_textpage()
    try:
        return str(text_page.get_text_bounded())
    finally:
        text_page.close()


def _page_codes(page: Any) -> list[str]:
    for dots in DOTS:
        if codes := _codes(page.render(scale=dots / 72, grayscale=True).to_pil()):
            return codes
    return []


def _codes(picture: Any) -> list[str]:
    import zxingcpp

    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix))
    return [code.bytes.decode("latin-1") for code in found]
