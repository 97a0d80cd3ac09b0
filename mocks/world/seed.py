"""The seed: the packaged files and, over them, the file an editor gives. Also the way back to YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from mocks.world.binder import Misfit, Oids, bind, check_id, check_keys, plain, show_path
from mocks.world.errors import Hint
from mocks.world.model import Organisation, Patient, Professional
from mocks.world.reader import Source, read

KINDS = ("patients", "professionals", "organisations")
MODELS: Mapping[str, type] = {"patients": Patient, "professionals": Professional, "organisations": Organisation}
_SECTIONS = (*KINDS, "oids")
_OID_NAMES = ("nir", "nia", "dmp")


@cache
def _packaged() -> tuple[Source, ...]:
    """The packaged files, parsed once per process (they do not change while it runs)."""
    folder = files("mocks.world").joinpath("data")
    with as_file(folder) as real:
        return tuple(read(real / f"{kind}.yaml") for kind in KINDS)


def read_seed(path: Path | None) -> tuple[Oids, dict[str, dict[str, Any]]]:
    """The OIDs and the entries by kind and id; raises WorldError with file, line and column."""
    sources = [*_packaged(), *([read(path)] if path else [])]
    oids, tables = Oids(), {kind: {} for kind in KINDS}  # type: dict[str, dict[str, Any]]
    for source in sources:
        try:
            oids = _read_oids(source, oids)
            for kind in KINDS:
                _merge(source, kind, tables[kind], oids)
        except Misfit as error:
            raise source.error(error.path, error.key, **{"path": show_path(error.path), **error.args_}) from None
    for source in reversed(sources):  # organisations may come from any file
        _check_references(source, tables)
    return oids, tables


def _read_oids(source: Source, oids: Oids) -> Oids:
    if not isinstance(source.data, dict):
        if source.data in ("", None):
            return oids
        raise Misfit((), "value.mapping", {})
    for section in source.data:
        if section not in _SECTIONS:
            raise Misfit(
                (section,), "value.unknown", {"name": section, "path": source.file, "hint": Hint(section, _SECTIONS)}
            )
    given = source.data.get("oids", {})
    if not isinstance(given, dict):
        raise Misfit(("oids",), "value.mapping", {})
    for name in given:
        if name not in _OID_NAMES:
            raise Misfit(
                ("oids", name), "value.unknown", {"name": name, "path": "oids", "hint": Hint(name, _OID_NAMES)}
            )
    return replace(oids, **given)


def _merge(source: Source, kind: str, table: dict[str, Any], oids: Oids) -> None:
    rows = source.data.get(kind) if isinstance(source.data, dict) else None
    if rows in (None, "", "~", "null"):
        return
    if not isinstance(rows, dict):
        raise Misfit((kind,), "value.mapping", {})
    for id, raw in rows.items():
        path = (kind, id)
        check_id(id, path)
        given = bind(MODELS[kind], raw, path, oids)
        entry = replace(table[id], **given) if id in table else MODELS[kind](id=id, **given)
        if isinstance(entry, Patient):
            check_keys(entry, path)
        table[id] = entry


def _check_references(source: Source, tables: dict[str, dict[str, Any]]) -> None:
    rows = source.data.get("professionals") if isinstance(source.data, dict) else None
    for id in rows or ():
        for n, activity in enumerate(tables["professionals"][id].activities):
            if activity.organisation not in tables["organisations"]:
                at = ("professionals", id, "activities", n)
                hint = Hint(activity.organisation, tables["organisations"])
                raise source.error(at, "value.reference", path=show_path(at), found=activity.organisation, hint=hint)


def to_yaml(oids: Oids, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """One YAML text of a whole world; fields at their defaults are left out."""
    data: dict[str, Any] = {"oids": {name: getattr(oids, name) for name in _OID_NAMES}}
    for kind, table in tables.items():
        data[kind] = {id: _lean(entry) for id, entry in table.items()}
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)


def _lean(value: Any) -> Any:
    """Plain values of an entry without its id and without what a default gives."""
    defaults = {field.name: field.default for field in fields(value)}
    out = {}
    for name, default in defaults.items():
        if name == "id" or (held := getattr(value, name)) == default:
            continue
        if isinstance(held, tuple):
            out[name] = [one if isinstance(one, str) else _lean(one) for one in held]
        else:
            out[name] = plain(held) if isinstance(held, str | bool | int) else _lean(held)
    return out
