"""What the user is shown while an action runs, in the words of a screen; and what stays: alerts and worklist."""

from __future__ import annotations

from typing import Any

from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Patient, Refused, now
from norms.finding import Finding
from norms.ins import dates
from norms.texts import Lang, text


class Screen:
    """Collects the items shown during one action; alerts and worklist items stay until handled."""

    def __init__(self, lang: Lang, defects: Defects) -> None:
        self.lang, self.defects = lang, defects
        self.items: list[dict[str, str]] = []
        self.alerts: list[dict[str, str]] = []
        self.worklist: list[dict[str, str]] = []

    def clear(self) -> None:
        """A new action begins."""
        self.items = []

    def words(self, key: str, /, **args: object) -> str:
        """A text of the software in the language of its screen."""
        return text(__package__, key, self.lang, **args)

    def message(self, key: str, /, **args: object) -> None:
        """Tell something that needs no reaction."""
        self.items.append({"kind": "message", "text": self.words(f"message.{key}", **args)})

    def alert(self, key: str, patient: Patient | None = None, /, **args: object) -> None:
        """Tell something that the user must react to."""
        words = self.words(f"alert.{key}", **{name: self._said(name, value) for name, value in args.items()})
        self.items.append({"kind": "alert", "text": words})
        self.alerts.append({"time": now(), "text": words, **({"patient": patient.id} if patient else {})})

    def todo(self, reason: str, patient: Patient, /, **args: object) -> None:
        """Put the patient on the worklist; ``reason`` is a stable word with a text in ``[worklist]``."""
        words = self.words(f"worklist.{reason}", **args)
        self.worklist.append({"patient": patient.id, "reason": reason, "text": words, "time": now()})

    def field(self, name: str, value: str, *, locked: bool = False) -> None:
        """A labelled field; a locked one says so."""
        words = self.labelled(name, value) + (f" ({self.words('screen.locked')})" if locked else "")
        self.items.append({"kind": "field", "field": name, "value": value, "text": words})

    def labelled(self, name: str, value: str) -> str:
        """A field as it reads: label, colon, value."""
        return self.words("screen.labelled", label=self.words(f"field.{name}"), value=value)

    def line(self, patient: Patient) -> None:
        """One patient in a list."""
        t = patient.traits
        items = [t.birth_name, t.first_given_name, day(t.birth_date), t.sex, self.matricule(patient)]
        words = " · ".join(item for item in items if item)
        self.items.append({"kind": "list", "text": words, "field": "patient", "value": patient.id})

    def choice(self, n: int, name: str, *, chosen: bool) -> None:
        """One item of a list to choose from."""
        words = f"{name} ({self.words('screen.chosen')})" if chosen else name
        self.items.append({"kind": "list", "text": words, "field": "situation", "value": str(n)})

    def matricule(self, patient: Patient) -> str:
        """The matricule followed by its nature (règle 3), empty without INS."""
        if patient.ins and self.defects.on("matricule-without-nature"):
            return patient.ins.full
        return f"{patient.ins.full} {patient.ins.kind}" if patient.ins else ""

    def banner(self, patient: Patient) -> None:
        """The identity as always visible (règle 3): labelled traits, matricule and nature, status, attributes."""
        locked = patient.locked
        for name, value in patient.traits.shown().items():
            if value:
                self.field(name, day(value) if name == "birth_date" else value, locked=name in locked)
        if patient.ins:
            self.field("matricule", self.matricule(patient), locked=bool(locked))
        self.field("status", self.words(f"status.{patient.status}"))
        for attribute in sorted(patient.attributes):
            self.field("attribute", self.words(f"attribute.{attribute}"))

    def refuse(self, refused: Refused) -> str:
        """Show why an action is refused; field names are given their labels."""
        args = {name: self._said(name, value) for name, value in refused.args_shown.items()}
        words = self.words(f"refused.{refused.code}", **args)
        self.items.append({"kind": "alert", "text": words})
        return words

    def _said(self, name: str, value: object) -> object:
        if isinstance(value, Finding):
            return value.message(self.lang)
        if not isinstance(value, list):
            return value
        prefix = {"fields": "field.", "attributes": "attribute."}.get(name, "")
        return ", ".join(self.words(prefix + word) if prefix else str(word) for word in value)

    def shown(self) -> list[dict[str, Any]]:
        """The items of the action, for the answer."""
        return list(self.items)


def day(date: str) -> str:
    """JJ/MM/AAAA, as a French user reads a date; anything else unchanged."""
    return dates.to_shown(date) if dates.written(date) else date
