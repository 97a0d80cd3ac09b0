"""A rule pack: the user's own copy of value sets (IHE SVS) and code systems (SKOS), read when asked for.

`Folder` takes a copy of the official tool's tree (``jeuxDeValeurs``, ``schematrons/profils/terminologies``), or any
folder of SVS files. Files are read as they stand; one that cannot be read counts as not loaded (`Folder.defects`).
"""

from __future__ import annotations

import re
from functools import cached_property
from html import unescape
from pathlib import Path

from norms.codes.tables import CodeSystem, Table, short
from norms.xml import BadXml, parse

_SVS = "{urn:ihe:iti:svs:2008}"
_UCUM = "2.16.840.1.113883.6.8"
_NOTATION = re.compile(rb"<skos:notation[^>]*>([^<]*)<")
_CODE = re.compile(rb"<code>([^<]*)</code>")
_ID = re.compile(rb'<ValueSet\b[^>]*?\bid="([^"]+)"', re.S)


class Folder:
    """A rule pack on disk. Raises NotADirectoryError when the path is no folder."""

    def __init__(self, path: Path | str, name: str = "") -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise NotADirectoryError(str(self.path))
        self.name = name or self.path.name
        self.defects: list[str] = []

    @cached_property
    def sets(self) -> dict[str, Path]:
        """Short name → file of each value set."""
        nested = self.path / "jeuxDeValeurs"
        folder = nested if nested.is_dir() else self.path
        return {short(file.name): file for file in sorted(folder.glob("*.xml"))}

    @cached_property
    def systems(self) -> dict[str, Path]:
        """OID → file of each code system."""
        nested = self.path / "schematrons" / "profils" / "terminologies" / "terminologie"
        folder = nested if nested.is_dir() else self.path
        return {file.stem: file for file in sorted([*folder.glob("*.rdf"), *folder.glob(f"{_UCUM}.xml")])}

    @cached_property
    def _oids(self) -> dict[str, str]:
        """OID → short name, found by a look into each file."""
        found: dict[str, str] = {}
        for name, file in self.sets.items():
            if hit := _ID.search(file.read_bytes()[:4000]):
                found.setdefault(hit[1].decode(), name)
        return found

    def table(self, name: str) -> Table | None:
        """The value set of that short name or OID, or None when the pack has none that can be read."""
        file = self.sets.get(name) or self.sets.get(self._oids.get(name, "") if name[:1].isdigit() else "")
        if file is None:
            return None
        try:
            root = parse(file.read_bytes())
        except BadXml as error:
            self.defects.append(f"{file.name}: {error}")
            return None
        held = root.find(f"{_SVS}ValueSet")
        said = held if held is not None else root
        day = said.get("dateMaj") or said.get("dateValid") or ""
        labels = {
            (concept.get("code", ""), concept.get("codeSystem", "")): concept.get("displayName", "")
            for concept in root.iter(f"{_SVS}Concept")
        }
        date = f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) >= 8 else ""
        return Table(file.stem, said.get("id", ""), date, self.name, labels)

    def system(self, oid: str) -> CodeSystem | None:
        """The code system of that OID, or None when the pack has none."""
        file = self.systems.get(oid)
        if file is None:
            return None
        data = file.read_bytes()
        pattern = _CODE if file.suffix == ".xml" else _NOTATION
        codes = frozenset(unescape(code.decode("utf-8", "replace")).strip() for code in pattern.findall(data))
        return CodeSystem(oid, file.stem, "", codes) if codes else None

    @cached_property
    def commit(self) -> str:
        """The commit of the copy, where it says one (a git work tree, or the pack's own note), else ``""``."""
        note = self.path / "pack.toml"
        if note.is_file() and (hit := re.search(r'^commit = "([0-9a-f]*)"', note.read_text(encoding="utf-8"), re.M)):
            return hit[1]
        return git_commit(self.path)

    def shown(self) -> dict[str, str]:
        """What a report says of the pack."""
        return self._shown

    @cached_property
    def _shown(self) -> dict[str, str]:
        days = sorted(day for name in ("J07", "J01", "J02") if (held := self.table(name)) and (day := held.date))
        said = {"name": self.name, "sets": str(len(self.sets)), "code_systems": str(len(self.systems))}
        return {**said, **({"commit": self.commit} if self.commit else {}), **({"date": days[-1]} if days else {})}


def git_commit(folder: Path) -> str:
    """The commit checked out in a folder, read from ``.git`` without running git; ``""`` when there is none."""
    head = folder / ".git" / "HEAD"
    try:
        text = head.read_text(encoding="utf-8").strip()
        if not text.startswith("ref: "):
            return text
        loose = head.parent / text[5:]
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
        for line in (head.parent / "packed-refs").read_text(encoding="utf-8").splitlines():
            if line.endswith(" " + text[5:]):
                return line.split()[0]
    except OSError:
        pass
    return ""
