"""Schematrons turned into XSLT by the copy's own style sheets, then compiled; the text is kept, compiling is not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from lxml import etree

from harness.official.pack import EXPAND, SVRL, Pack

_XML = "http://www.w3.org/XML/1998/namespace"


class Compiler:
    """Turns schematrons of one copy into executables; ``cache`` keeps the XSLT text between two starts."""

    def __init__(self, pack: Pack, cache: Path) -> None:
        from saxonche import PySaxonProcessor

        self.pack, self.cache = pack, cache
        self.cache.mkdir(parents=True, exist_ok=True)
        self.processor = PySaxonProcessor(license=False)
        self._xslt = self.processor.new_xslt30_processor()
        self._steps: list[Any] = []

    def executable(self, schematron: Path) -> Any:
        """The compiled rules of a schematron; raises RuntimeError when Saxon refuses them."""
        try:
            return self._xslt.compile_stylesheet(stylesheet_text=self._sheet(schematron))
        except Exception as error:
            raise RuntimeError(f"{schematron.name}: {error}") from None

    def _sheet(self, schematron: Path) -> str:
        whole = etree.tostring(self.pack.whole(schematron), encoding="unicode")
        made = self.cache / f"{hashlib.sha256(whole.encode()).hexdigest()[:24]}.xsl"
        if made.is_file():
            text = made.read_text(encoding="utf-8")
        else:
            text = self._transformed(whole)
            draft = made.with_suffix(".part")
            draft.write_text(text, encoding="utf-8")
            draft.replace(made)
        mended = self.pack.mended(text, schematron.parent, self.cache)
        sheet = etree.fromstring(mended.encode())
        # Where the tool would have written the sheet: the paths in it start from there.
        sheet.set(f"{{{_XML}}}base", (schematron.parent / f"{schematron.stem}.xsl").as_uri())
        return etree.tostring(sheet, encoding="unicode")

    def _transformed(self, text: str) -> str:
        if not self._steps:
            for name in (EXPAND, SVRL):
                self._steps.append(self._xslt.compile_stylesheet(stylesheet_file=str(self.pack.folder / name)))
        for step in self._steps:
            text = step.transform_to_string(xdm_node=self.processor.parse_xml(xml_text=text))
        return text
