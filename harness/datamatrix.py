"""Datamatrix symbols as images: drawing one, finding those of a picture. What they say is `norms.ins.datamatrix`."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image, UnidentifiedImageError

LEGEND = "INS à scanner"  # printed beside the symbol (ANS, Format datamatrix INS)


class BadImage(ValueError):
    """The bytes are not an image we can read."""


def _symbol(payload: str) -> zxingcpp.Barcode:
    """A square ISO 16022 ECC 200 symbol."""
    return zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)


def png(payload: str, module_pixels: int = 4) -> bytes:
    """The symbol as a PNG image, quiet zone included; raises ValueError when the text is too long for one symbol."""
    drawn = memoryview(_symbol(payload).to_image(scale=module_pixels, add_quiet_zones=True))  # type: ignore[arg-type]
    height, width = drawn.shape or (0, 0)
    out = io.BytesIO()
    Image.frombytes("L", (width, height), drawn.tobytes()).save(out, "PNG", optimize=True)
    return out.getvalue()


def svg(payload: str, module_pixels: int = 4) -> bytes:
    """The symbol as an SVG image; raises ValueError when the text is too long for one symbol."""
    drawn: str = _symbol(payload).to_svg(scale=module_pixels, add_quiet_zones=True)
    return drawn[drawn.index("<svg") :].encode()  # without the document type, which XML readers here refuse


def read(image: bytes) -> list[str]:
    """The texts of all datamatrix symbols of an image (PNG, JPEG, TIFF, BMP…), GS kept as 0x1D; raises BadImage."""
    try:
        with Image.open(io.BytesIO(image)) as opened:
            grey = opened.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadImage(str(error)) from None
    only = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    found = zxingcpp.read_barcodes(grey, formats=only, text_mode=zxingcpp.TextMode.Plain)
    return [one.text for one in found]
