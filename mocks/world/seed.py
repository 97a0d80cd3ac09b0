"""The seed: the packaged files and, over them, the file an editor gives. Also the way back to YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from mocks.world.binder import Misfit, Oids, bind, check_entry, check_id, plain
from mocks.world.errors import Hint
from mocks.world.model import Client, Mailbox, Organisation, Patient, Professional
from mocks.world.reader import Source, read

KINDS = ("patients", "mailboxes", "professionals", "organisations", "clients")
MODELS: Mapping[str, type] = {
    "patients": Patient,
    "mailboxes": Mailbox,
    "professionals": Professional,
    "organisations": Organisation,
    "clients": Client,
}
_SECTIONS = (*KINDS, "oids")
Tables = dict[str, dict[str, Any]]


@cache
def _packaged() -> tuple[Source, ...]:
    """The packaged files, parsed once per process (they do not change while it runs)."""
    with as_file(files("mocks.world").joinpath("data")) as folder:
        return tuple(read(folder / f"{kind}.yaml") for kind in reversed(KINDS))


def read_seed(path: Path | None) -> tuple[Oids, Tables]:
    """The OIDs and the entries by kind and id; raises WorldError with file, line and column."""
    oids = Oids()
    tables: Tables = {kind: {} for kind in KINDS}
    for source in [*_packaged(), *([read(path)] if path else [])]:
        try:
            oids = _merge(source, oids, tables)
        except Misfit as error:
            raise source.error(error.at, error.key, error.words) from None
    return oids, tables


def _merge(source: Source, oids: Oids, tables: Tables) -> Oids:
    """Put a file's entries into the tables, over those of the same id; the OIDs afterwards."""
    sections = source.data or {}
    if not isinstance(sections, dict):
        raise Misfit((), "value.mapping", {"path": source.file})
    for section in sections:
        if section not in _SECTIONS:
            words = {"name": section, "path": source.file, "hint": Hint(section, _SECTIONS)}
            raise Misfit((section,), "value.unknown", words)
    oids = replace(oids, **bind(Oids, sections.get("oids") or {}, ("oids",), oids))
    for kind in reversed(KINDS):  # backwards: an entry refers to kinds that stand after its own
        rows = sections.get(kind) or {}
        if not isinstance(rows, dict):
            raise Misfit((kind,), "value.mapping", {})
        for id, raw in rows.items():
            at = (kind, id)
            check_id(id, at)
            table = tables[kind]
            given = bind(MODELS[kind], raw, at, oids)
            table[id] = replace(table[id], **given) if id in table else MODELS[kind](id=id, **given)
            check_entry(table[id], at, tables)
    return oids


def to_yaml(oids: Oids, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """One YAML text of a whole world; fields at their defaults are left out."""
    data: dict[str, Any] = {"oids": plain(oids)}
    for kind, table in tables.items():
        data[kind] = {id: _lean(entry) for id, entry in table.items()}
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)


def _lean(entry: Any) -> dict[str, Any]:
    """Plain values of an entry without its id and without what a default gives."""
    out: dict[str, Any] = {}
    for field in fields(entry):
        held = getattr(entry, field.name)
        if field.name == "id" or held == field.default:
            continue
        if isinstance(held, tuple):
            out[field.name] = [one if isinstance(one, str) else _lean(one) for one in held]
        else:
            out[field.name] = held if isinstance(held, str | bool | int) else _lean(held)
    return out
