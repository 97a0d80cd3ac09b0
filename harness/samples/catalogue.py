"""The library on disk: ``cda_samples/valid``, ``cda_samples/faulty`` and ``catalogue.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lxml import etree

from harness.samples import core
from harness.samples.faults import Fault, faults, faulty
from harness.samples.people import People
from norms.cda.document import Document, Element, each, first, words
from norms.cda.preflight import read
from norms.cda.volets import identify
from norms.codes import Tables

SCHEMA = 1
_MODULES = (
    "levels", "synthesis", "summaries", "specialities", "letters", "biology", "imaging", "medication", "vaccination",
    "perinatal", "wrapped",
)  # fmt: skip


def samples() -> Mapping[str, core.Sample]:
    """Every positive sample, by id."""
    for module in _MODULES:
        import_module(f"harness.samples.{module}")
    return core.VALID


def build(folder: Path, people: People | None = None) -> list[Path]:
    """Write the whole library into a folder; what is no longer made is removed. Returns the files written.

    A signed sample is kept as it stands when the document it signs has not changed: its key is gone.
    """
    people = people or People()
    made: dict[str, bytes] = {}
    for key, sample in samples().items():
        path = folder / "valid" / f"{key}.xml"
        kept = _kept(path, sample, people) if key in core.SIGNED else None
        made[f"valid/{key}.xml"] = kept if kept is not None else sample.build(people)
    for key, fault in faults().items():
        made[f"faulty/{key}.xml"] = faulty(fault, made[f"valid/{fault.base}.xml"])
    made["catalogue.json"] = (json.dumps(_catalogue(made), ensure_ascii=False, indent=1) + "\n").encode()
    for name, data in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
    for old in [*(folder / "valid").glob("*.xml"), *(folder / "faulty").glob("*.xml")]:
        if f"{old.parent.name}/{old.name}" not in made:
            old.unlink()
    return [folder / name for name in made]


def signed_content(data: bytes) -> bytes | None:
    """The canonical bytes of the ClinicalDocument of a file, whatever wraps it; None when there is none."""
    document, _ = read(data, tables=Tables(), today=None)
    return None if document is None else _canonical(document.root)


def _canonical(root: Element) -> bytes:
    data: bytes = etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
    return data


def _kept(path: Path, sample: core.Sample, people: People) -> bytes | None:
    if not path.is_file():
        return None
    held = path.read_bytes()
    return held if signed_content(held) == signed_content(sample.build(people)) else None


def _catalogue(made: Mapping[str, bytes]) -> dict[str, Any]:
    rows = []
    for key, sample in samples().items():
        row = _row(f"valid/{key}.xml", made[f"valid/{key}.xml"])
        rows.append({"id": key, "kind": "valid", **row, "shows": {"fr": sample.shows_fr, "en": sample.shows_en}})
    for key, fault in faults().items():
        row = _row(f"faulty/{key}.xml", made[f"valid/{fault.base}.xml"])
        rows.append({"id": key, "kind": "faulty", **row, **_told(fault)})
    return {"schema": SCHEMA, "samples": rows}


def _told(fault: Fault) -> dict[str, Any]:
    return {
        "base": fault.base, "edit": list(fault.edit), "rule": fault.rule, "severity": fault.severity,
        "relation": fault.relation, "official": fault.official, "shows": {"fr": fault.fr, "en": fault.en},
    }  # fmt: skip


def _row(file: str, data: bytes) -> dict[str, Any]:
    document, _ = read(data, tables=Tables(), today=None)
    assert document is not None
    volet, _, version = identify(document)
    code = first(document.root, "code")
    return {
        "file": file,
        "volet": volet,
        "version": version,
        "code": code.get("code", "") if code is not None else "",
        "title": words(first(document.root, "title")),
        "sections": list(_sections(document)),
    }


def _sections(document: Document) -> Iterator[str]:
    for section in each(document.root, "component/structuredBody/component/section"):
        code = first(section, "code")
        yield f"{code.get('code', '') if code is not None else ''} {words(first(section, 'title'))}"
