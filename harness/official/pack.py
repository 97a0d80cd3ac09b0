"""The user's copy of the official tool: its schematrons put together, and what is broken in it.

Nothing is written to the copy and no rule is changed. What would stop the tool on this machine is worked round and
reported as a defect: names that differ in case, included files that are absent, value sets absent or empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

SCH = "http://purl.oclc.org/dsdl/schematron"
SCHEMA = "infrastructure/cda/CDA_extended.xsd"
PROFILES: tuple[tuple[str, str], ...] = (
    ("StructurationMinimale", "schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch"),
    ("IHE", "schematrons/profils/IHE.sch"),
    ("ModelesDeContenusCDA", "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch"),
    ("Modeles_ANS", "schematrons/profils/CI-SIS_Modeles_ANS.sch"),
    ("Terminologies", "schematrons/profils/terminologies/schematron/terminologie.sch"),
)
EXPAND = "schematrons/moteur/iso_abstract_expand.xsl"
SVRL = "schematrons/moteur/iso_svrl_for_xslt2.xsl"

# The header profile asks for this file; the copy has the same set in another form.
_FILES = re.compile(r"'((?:\.\./)*(?:jeuxDeValeurs|include)/[^'<>]+\.xml)'")
_VOC = re.compile(r"include/voc-([\d.]+)-DYNAMIC\.xml")


@dataclass(slots=True)
class Pack:
    """A copy of the official tool on disk; ``defects`` gathers what was worked round."""

    folder: Path
    defects: list[str] = field(default_factory=list)
    stand_ins: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether the schema, the profiles and the two style sheets that compile them are there."""
        return not self.missing

    @property
    def missing(self) -> list[str]:
        """What `complete` asks for and the copy has not."""
        names = [SCHEMA, EXPAND, SVRL, *(path for _, path in PROFILES)]
        return [name for name in names if not (self.folder / name).is_file()]

    def volet(self, name: str, version: str) -> Path | None:
        """The schematron of a volet in a version, or None when the copy has none."""
        wanted = f"ci-sis_{name}_{version}.sch".lower() if version else f"ci-sis_{name}.sch".lower()
        held = {file.name.lower(): file for file in (self.folder / "schematrons").glob("CI-SIS_*.sch")}
        return held.get(wanted)

    def whole(self, schematron: Path) -> etree._Element:
        """A schematron with its includes put in."""
        root = etree.parse(str(schematron), _parser()).getroot()
        self._include(root, schematron.parent, schematron.name)
        return root

    def _include(self, node: etree._Element, folder: Path, owner: str) -> None:
        for include in list(node.iter(f"{{{SCH}}}include")):
            file = self._found(folder / str(include.get("href")), owner)
            parent = include.getparent()
            if parent is None:
                continue
            if file is None:
                parent.remove(include)
                continue
            part = etree.parse(str(file), _parser()).getroot()
            self._include(part, file.parent, file.name)
            part.tail = include.tail
            parent.replace(include, part)

    def _found(self, path: Path, owner: str) -> Path | None:
        """The file meant, whatever the case of its name; None (a defect) when there is none."""
        actual = any_case(path)
        if actual is None:
            self._defect(f"{owner}: {path.name} absent")
        elif str(actual) != str(path):
            self._defect(f"{owner}: {path.name} ≠ {actual.name}")
        return actual

    def _defect(self, words: str) -> None:
        if words not in self.defects:
            self.defects.append(words)

    def mended(self, stylesheet: str, folder: Path, spare: Path) -> str:
        """A compiled rule sheet whose file names all lead somewhere; ``spare`` is where stand-ins are written."""

        def mend(hit: re.Match[str]) -> str:
            actual = any_case(folder / hit[1])
            if actual is not None and actual.stat().st_size:
                if actual.name == Path(hit[1]).name:
                    return hit[0]
                self._defect(f"{Path(hit[1]).name} ≠ {actual.name}")
            else:
                self._defect(f"{Path(hit[1]).name} absent" if actual is None else f"{actual.name}: 0 octet")
                actual = self._stand_in(hit[1], spare)
            return f"'{actual.as_uri()}'"

        return _FILES.sub(mend, stylesheet)

    def doubtful(self, words: str) -> bool:
        """Whether a message speaks of a value set that the copy does not have: nothing can be said then."""
        return any(name in words for name in self.stand_ins)

    def _stand_in(self, name: str, spare: Path) -> Path:
        """An empty value set, or for the header's form the same set of ``jeuxDeValeurs`` put into it."""
        stand_in = spare / Path(name).name
        if not _VOC.search(name):
            self.stand_ins.add(stand_in.name)
        if not stand_in.is_file():
            hit = _VOC.search(name)
            concepts = self._concepts(hit[1]) if hit else ""
            body = f"<conceptList>{concepts}</conceptList>"
            stand_in.write_text(f"<x><valueSet>{body}</valueSet></x>", encoding="utf-8")
        return stand_in

    def _concepts(self, oid: str) -> str:
        for file in sorted((self.folder / "jeuxDeValeurs").glob("*.xml")):
            head = file.read_bytes()[:4000]
            if f'id="{oid}"'.encode() in head:
                root = etree.parse(str(file), _parser()).getroot()
                rows = root.iter("{urn:ihe:iti:svs:2008}Concept")
                return "".join(
                    etree.tostring(
                        etree.Element("concept", code=row.get("code", ""), codeSystem=row.get("codeSystem", ""))
                    ).decode()
                    for row in rows
                )
        return ""


def any_case(path: Path) -> Path | None:
    """The existing path that this one means when case is ignored; None when there is none."""
    if path.exists():
        return path
    folder = any_case(path.parent) if path.parent != path else None
    if folder is None or not folder.is_dir():
        return None
    return next((file for file in folder.iterdir() if file.name.lower() == path.name.lower()), None)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
