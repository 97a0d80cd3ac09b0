"""The directory of a session: every resource made from its world, kept until the world changes.

A resource that changed has a new version and a new date: ``_lastUpdated`` finds what a session changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mocks.annuaire import people, places
from mocks.annuaire.table import Entry, Table
from mocks.annuaire.telecom import Json, Mailboxes, Shape
from mocks.world import World
from norms.annuaire import systems

SEEDED = datetime(2026, 1, 5, 5, 0, tzinfo=UTC).timestamp()  # when what nobody changed was last updated


class Directory:
    """Tables of resources over a world; `tables` makes them anew when the world or the shape asked for changed."""

    def __init__(self) -> None:
        self._made: tuple[World, int, Shape] | None = None
        self._tables: Mapping[str, Table] = {}
        self._kept: dict[tuple[str, str], tuple[str, int, float]] = {}  # (type, id) -> body, version, date

    def tables(self, world: World, shape: Shape, now: float) -> Mapping[str, Table]:
        """Resource type -> its table."""
        wanted = (world, world.version, shape)
        if self._made != wanted:
            if self._made is None or self._made[2] != shape:
                self._kept.clear()
            boxes = Mailboxes(world, shape)
            moment = now if self._kept else SEEDED
            self._tables = {
                "Practitioner": self._table("Practitioner", people.practitioners(world, boxes), moment),
                "PractitionerRole": self._table("PractitionerRole", people.roles(world, boxes), moment),
                "Organization": self._table("Organization", places.organizations(world, boxes), moment),
                "HealthcareService": self._table("HealthcareService", places.services(world), moment),
                "Device": self._table("Device", places.devices(world), moment),
            }
            self._made = wanted
        return self._tables

    def _table(self, resource: str, made: Iterable[Json], moment: float) -> Table:
        entries = []
        for raw in made:
            body = lean(raw)
            text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            key = resource, body["id"]
            held, version, updated = self._kept.get(key, ("", 0, moment))
            if held != text:
                version, updated = version + 1, moment
                self._kept[key] = text, version, updated
            whole = {"resourceType": resource, "id": body["id"], "meta": _meta(resource, version, updated), **body}
            entries.append(Entry(body["id"], whole, dumps(whole), updated))
        return Table(resource, sorted(entries, key=lambda entry: entry.id))


def lean(node: Json) -> Json:
    """Without what is empty: FHIR has neither empty lists nor empty texts."""
    out: Json = {}
    for name, value in node.items():
        if isinstance(value, dict):
            value = lean(value)
        elif isinstance(value, list):
            value = [kept for one in value if (kept := lean(one) if isinstance(one, dict) else one) not in ({}, "", [])]
        if value not in ({}, [], "", None):
            out[name] = value
    return out


def dumps(resource: Json) -> str:
    """Compact JSON of a resource, accents as they are."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


def _meta(resource: str, version: int, updated: float) -> Json:
    source = "FINESS" if resource in ("HealthcareService", "Device") else "RPPS"
    trace = {"url": systems.DATA_TRACE, "extension": [{"url": "systeme-information", "valueCode": source}]}
    when = datetime.fromtimestamp(updated, UTC).isoformat(timespec="milliseconds")
    return {
        "extension": [trace],
        "versionId": str(version),
        "lastUpdated": when,
        "source": systems.SOURCE,
        "profile": list(systems.PROFILES[resource]),
    }


@lru_cache(maxsize=8_192)
def checked(resource: str, text: str) -> str:
    """A resource's JSON, once the FHIR R4 model has accepted it; raises ValueError (the bench's own mistake)."""
    model(resource).model_validate_json(text)
    return text


@lru_cache
def model(resource: str) -> Any:
    """The model of a resource; loading the models takes a third of a second, the first time."""
    from importlib import import_module

    return getattr(import_module(f"fhir.resources.R4B.{resource.lower()}"), resource)
