"""World: the seed that all sessions share, and what one session changed of it.

A fork shares the seed and keeps an overlay of its own: opening a session costs nothing, a change is seen there only.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mocks.world.binder import Misfit, Oids, bind, check_entry, plain
from mocks.world.errors import Hint, WorldError
from mocks.world.index import Bucket, Index
from mocks.world.model import Client, Ins, Mailbox, Organisation, Patient, Professional
from mocks.world.seed import KINDS, MODELS, Tables, read_seed, to_yaml
from norms.ins import matricule

__all__ = ["KINDS", "PATIENT_DOMAIN", "World"]
PATIENT_DOMAIN = "patient.mssante.fr"  # of the messaging of Mon espace santé


@dataclass(frozen=True)
class _Seed:
    """What every fork shares and none changes."""

    oids: Oids
    tables: Tables
    index: Index


class World:
    """Patients, mailboxes, professionals, organisations and clients by id; `patch` changes one for this world only."""

    def __init__(self, seed: _Seed) -> None:
        self._seed = seed
        self.version = 0  # moves with every change, so that what is made from a world knows when it is stale
        self.reset()

    @classmethod
    def load(cls, path: Path | None = None) -> World:
        """The packaged world; with a path, that file's entries added to it or overriding its fields.

        Raises WorldError with file, line and column.
        """
        oids, tables = read_seed(path)
        return cls(_Seed(oids, tables, Index(tables["patients"].values())))

    def fork(self) -> World:
        """A world of its own with the same content, changes included; neither sees the other's later changes."""
        twin = World(self._seed)
        twin.restore(self.snapshot())
        return twin

    def reset(self) -> None:
        """Forget every change: the world as it was seeded."""
        self.version += 1
        self._changed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._fields: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self._index = Index()
        views: Any = {k: MappingProxyType(ChainMap(self._changed[k], self._seed.tables[k])) for k in KINDS}
        self.patients: Mapping[str, Patient] = views["patients"]
        self.mailboxes: Mapping[str, Mailbox] = views["mailboxes"]
        self.professionals: Mapping[str, Professional] = views["professionals"]
        self.organisations: Mapping[str, Organisation] = views["organisations"]
        self.clients: Mapping[str, Client] = views["clients"]

    # ── changes ──

    def patch(self, kind: str, id: str, changes: Mapping[str, Any]) -> None:
        """Change fields of one entry; values as in the YAML files (nested ones are replaced whole).

        Raises WorldError on an unknown kind, id or field, or a value that does not fit; nothing is changed then.
        """
        if kind not in KINDS:
            raise WorldError("change.kind", {"found": kind, "choices": ", ".join(KINDS)})
        table = getattr(self, kind)
        if id not in table:
            raise WorldError("change.id", {"kind": kind, "found": id, "hint": Hint(id, table)})
        try:
            given = bind(MODELS[kind], changes, (kind, id), self._seed.oids)
            new = replace(table[id], **given)
            check_entry(new, (kind, id), {name: getattr(self, name) for name in KINDS})
        except Misfit as error:
            raise WorldError(error.key, error.words) from None
        if kind == "patients":
            if id in self._changed[kind]:
                self._index.remove(self._changed[kind][id])
            self._index.add(new)
        self._changed[kind][id] = new
        self.version += 1
        self._fields[kind].setdefault(id, {}).update({name: plain(value) for name, value in given.items()})

    def snapshot(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What was changed since the seed, JSON-ready: kind -> id -> field -> value."""
        return {kind: {id: dict(given) for id, given in rows.items()} for kind, rows in self._fields.items() if rows}

    def restore(self, snapshot: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """Go back to a snapshot: forget every change, then make the snapshot's. Raises WorldError as `patch` does."""
        kept = self.snapshot()
        self.reset()
        try:
            self._replay(snapshot)
        except WorldError:
            self.reset()
            self._replay(kept)
            raise

    def _replay(self, snapshot: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        for kind, rows in snapshot.items():
            for id, changes in rows.items():
                self.patch(kind, id, changes)

    def dump(self) -> str:
        """The whole world as one YAML text that `load` reads back."""
        return to_yaml(self._seed.oids, {kind: getattr(self, kind) for kind in KINDS})

    # ── finding ──

    def search(
        self, birth_name: str, given_name: str, sex: str, birth_date: str, birth_place: str = ""
    ) -> list[Patient]:
        """Who INSi finds by these traits: known persons only, names compared strictly (hyphens included).

        `given_name` matches when it is any one of the birth given names, or all of them separated by spaces. A trait
        that INSi holds empty matches anything, an incomplete date its RNIV interpretation too (both provisional: what
        the real service does is not known; without this nobody could meet règles 11 and 12).
        """
        found: Bucket = {}
        for key in ((birth_name, sex, birth_date), ("", sex, birth_date), (birth_name, "", birth_date)):
            found |= self._bucket("traits", key)
        return [
            patient
            for patient in found.values()
            if patient.known
            and (not patient.given_names or given_name in patient.given_names or given_name == patient.given_list)
            and birth_place in ("", patient.birth_place)
        ]

    def by_ins(self, value: str, *, history: bool = False) -> Patient | None:
        """Whose active matricule this is (13 characters, or 15 with a right or wrong key); with `history`, or was.

        Persons unknown to INSi included.
        """
        found = self._bucket("ins", value[:13]) or (self._bucket("history", value[:13]) if history else {})
        return next(iter(found.values()), None)

    def by_nir(self, nir: str, birth_date: str, rank: int | str = "", *, individual: str = "") -> list[Patient]:
        """Beneficiaries of a Vitale card: NIR of the opening-right holder (13 characters), birth date, rank.

        An empty rank or individual NIR is not compared. Known persons only.
        """
        return [
            patient
            for patient in self._bucket("nir", (nir[:13], birth_date)).values()
            if patient.known
            and patient.vitale
            and patient.vitale.nir == nir[:13]
            and str(rank) in ("", str(patient.vitale.rank))
            and individual[:13] in ("", patient.vitale.individual_nir)
        ]

    def mailbox(self, address: str) -> Mailbox | None:
        """The mailbox of that address, upper and lower case alike."""
        return self.mailboxes.get(address.strip().lower())

    def mailboxes_of(self, professional: str) -> list[Mailbox]:
        """The mailboxes that a professional (its id) may open, the inactive ones too."""
        return [box for box in self.mailboxes.values() if box.opened_by(professional)]

    def patient_box(self, address: str) -> tuple[Patient | None, str]:
        """Whose messaging of Mon espace santé an address is, and its state.

        The state is the patient's (open, closed, not-activated, absent); without a patient: ``unknown``, ``bad-key``,
        ``malformed`` (not 15 characters of a matricule), or empty when the domain is not the patients'.
        """
        local, _, domain = address.strip().rpartition("@")
        if domain.lower() != PATIENT_DOMAIN:
            return None, ""
        value, key = local[:13].upper(), local[13:]
        if not matricule.well_formed(value) or not re.fullmatch(r"\d\d", key, re.ASCII):
            return None, "malformed"
        patient = self.by_ins(value)
        if patient and patient.ins and patient.ins.key == key:
            return patient, patient.mes
        return None, "unknown" if matricule.valid(value, key) else "bad-key"

    def _bucket(self, table: str, key: Any) -> Bucket:
        """The patients filed under that key, in this world: the seed's that were not changed, then the changed ones."""
        seeded: Bucket = getattr(self._seed.index, table).get(key, {})
        changed = self._changed["patients"]
        if not changed:
            return seeded
        own: Bucket = getattr(self._index, table).get(key, {})
        return {id: patient for id, patient in seeded.items() if id not in changed} | own

    # ── OIDs per environment ──

    @property
    def insi_oid_nir(self) -> str:
        """The OID that INSi answers with a NIR."""
        return self._seed.oids.nir

    @property
    def insi_oid_nia(self) -> str:
        """The OID that INSi answers with a NIA."""
        return self._seed.oids.nia

    def dmp_oid(self, ins: Ins) -> str:
        """The OID that the DMP test environment knows this INS by: the test one for a NIR, its own otherwise."""
        return self._seed.oids.dmp if ins.oid == self._seed.oids.nir else ins.oid
