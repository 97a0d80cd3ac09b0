"""The patient file: records, local numbers, and the search for a prior record (règle 17)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Ins, Patient, Refused, Traits
from norms.ins import lexical, matricule


class Store:
    """The records of one software, in the order they were made."""

    def __init__(self, defects: Defects) -> None:
        self.defects = defects
        self._patients: dict[str, Patient] = {}
        self.made = 0  # records ever made here: gives the next number

    def __iter__(self) -> Iterator[Patient]:
        return iter(self._patients.values())

    def new(self, traits: Traits) -> Patient:
        """A record with the next number of the software (IPP), ``provisoire`` (règle 20); not in the file yet."""
        self.made += 1
        return Patient(f"P{self.made:06d}", traits)

    def add(self, patient: Patient) -> None:
        """Put a record in the file."""
        self._patients[patient.id] = patient

    def get(self, number: object) -> Patient:
        """The record of that number; raises Refused ``unknown-patient``."""
        try:
            return self._patients[str(number)]
        except KeyError:
            raise Refused("unknown-patient", patient=number) from None

    def find(self, name: str = "", given_name: str = "", birth_date: str = "", ins: str = "") -> list[Patient]:
        """Prior records: by INS (15 characters with their own key, nothing less), else by date and first letters.

        First letters are those of any name or any given name; hyphens, apostrophes, blanks and accents do not count.
        Raises Refused ``ins-incomplete`` and ``search-too-wide``.
        """
        if ins:
            try:
                value, key = matricule.split(ins)
            except matricule.BadMatricule:
                raise Refused("ins-incomplete") from None
            if not matricule.valid(value, key):
                raise Refused("ins-bad-key", expected=matricule.key(value), found=key)
            return [p for p in self if p.ins and p.ins.full == value + key]
        if not (name or given_name or birth_date):
            raise Refused("search-too-wide")
        return [p for p in self if self._matches(p, name, given_name, birth_date)]

    def _matches(self, patient: Patient, name: str, given_name: str, birth_date: str) -> bool:
        t = patient.traits
        return (
            (not birth_date or t.birth_date == birth_date)
            and (not name or _begins(name, t.birth_name, t.used_name))
            and (not given_name or _begins(given_name, t.given_names, t.first_given_name, t.used_given_name))
        )

    def same_person(self, traits: Traits, ins: Ins | None) -> Patient | None:
        """The record of this INS, else the one with the same strict traits (given names compared by the first one)."""
        by_ins = [p for p in self if ins and p.ins and p.ins.full == ins.full]
        by_traits = [p for p in self if identity_key(p.traits) == identity_key(traits)]
        return next(iter(by_ins + by_traits), None)


def identity_key(traits: Traits) -> tuple[str, str, str, str]:
    """What makes two records the same person locally: name, first given name, sex, date."""
    return (fold(traits.birth_name), fold(traits.first_given_name), traits.sex, traits.birth_date)


def fold(name: str) -> str:
    """The letters alone: no accent, case, hyphen, apostrophe or blank."""
    return lexical.fold(name).replace(" ", "")


def _begins(letters: str, *values: str) -> bool:
    wanted = fold(letters)
    words = [value for value in values if value]
    words += [word for value in values for word in lexical.fold(value).split()]
    return any(fold(word).startswith(wanted) for word in words)
