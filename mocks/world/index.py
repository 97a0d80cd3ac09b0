"""Finding patients in constant time, whatever the world's size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mocks.world.model import Patient
from norms.ins import dates

Bucket = dict[str, Patient]


class Index:
    """Patients by strict traits, by matricule, and by the NIR of the opening-right holder."""

    def __init__(self, patients: Iterable[Patient] = ()) -> None:
        self.traits: dict[tuple[str, str, str], Bucket] = {}
        self.ins: dict[str, Bucket] = {}
        self.history: dict[str, Bucket] = {}
        self.nir: dict[tuple[str, str], Bucket] = {}
        for patient in patients:
            self.add(patient)

    def add(self, patient: Patient) -> None:
        """File a patient; one of the same id must have been removed before."""
        for table, key in self._keys(patient):
            table.setdefault(key, {})[patient.id] = patient

    def remove(self, patient: Patient) -> None:
        """Forget a patient filed before (the very value that was filed)."""
        for table, key in self._keys(patient):
            bucket = table.get(key, {})
            bucket.pop(patient.id, None)
            if not bucket:
                table.pop(key, None)

    def _keys(self, patient: Patient) -> Iterator[tuple[dict[Any, Bucket], Any]]:
        for day in {patient.birth_date, _recorded(patient.birth_date)}:
            yield self.traits, (patient.birth_name, patient.sex, day)
        if patient.ins:
            yield self.ins, patient.ins.value
        for old in {one.value for one in patient.history}:
            yield self.history, old
        if patient.vitale:
            for nir in {patient.vitale.nir, patient.vitale.individual_nir} - {""}:
                yield self.nir, (nir, patient.birth_date)


def _recorded(birth_date: str) -> str:
    """The date that a software records for this person: the interpretation of an incomplete one."""
    return dates.interpret(birth_date)[0] if dates.written(birth_date) else birth_date
