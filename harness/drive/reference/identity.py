"""The rules of identity (RNIV, Guide d'implémentation de l'INS) applied to records of the patient file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.drive.reference.answers import Individual
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import COMPLEMENTARY, REQUIRED, STRICT, Change, Ins, Patient, Refused, Traits, now
from norms.ins import dates, lexical, matricule, status
from norms.ins import traits as rules
from norms.ins.status import Attribute, Event, Status

NAMES = ("birth_name", "given_names", "first_given_name", *COMPLEMENTARY)


class Identities:
    """Changes records as the rules say; every change is written in the record's history with its author."""

    def __init__(self, defects: Defects, high_trust: tuple[str, ...] = ()) -> None:
        self.defects, self.high_trust = defects, high_trust

    def typed(self, raw: Mapping[str, str]) -> Traits:
        """Traits as typed by a user, normalised (règle 1) and complete (règle 5).

        Raises Refused: ``missing-traits``, ``bad-name``, ``bad-date``, ``bad-sex``, ``bad-place``.
        """
        values = {name: " ".join(str(raw.get(name) or "").split()) for name in STRICT + COMPLEMENTARY}
        if missing := [name for name in REQUIRED if not values[name]]:
            raise Refused("missing-traits", fields=missing)
        for name in NAMES:
            if self.defects.on("sends-names-as-typed"):
                continue
            try:
                values[name] = lexical.normalise(values[name])
            except lexical.Unmappable as bad:
                raise Refused("bad-name", fields=[name], char=bad.char, position=bad.position) from None
        values["given_names"] = values["given_names"] or values["first_given_name"]
        values["birth_place"] = values["birth_place"].upper()
        if values["sex"] not in ("M", "F"):
            raise Refused("bad-sex", found=values["sex"])
        if not dates.exists(values["birth_date"]):
            raise Refused("bad-date", found=values["birth_date"])
        if not rules.place(values["birth_place"]):
            raise Refused("bad-place", found=values["birth_place"])
        return Traits(**values)

    def happen(self, patient: Patient, event: Event, user: str, reason: str) -> None:
        """A status event: the table of the norm says what becomes of status and INS, the history keeps it."""
        before, step = patient.status, status.move(Status(patient.status), event)
        patient.status = step.to.value
        if step.invalidates:
            patient.ins, patient.ins_history = None, ()
        self.note(patient, user, before, patient.status, reason)

    def note(self, patient: Patient, user: str, before: str, after: str, reason: str) -> None:
        """One line of history (règles 16 and 21)."""
        patient.history.append(Change(now(), user, before, after, reason))

    def refusal(self, found: Individual) -> tuple[str, dict[str, object]] | None:
        """Why an identity of INSi must not be taken (règles 11 and 12, key of the matricule), None when it may."""
        if dates.incomplete(found.birth_date) and not self.defects.on("accepts-00-date"):
            return "refused-date", {"found": found.birth_date}
        empty = [name for name in ("birth_name", "given_names", "sex") if not getattr(found, name)]
        if self.defects.on("accepts-empty-sex"):
            empty = [name for name in empty if name != "sex"]
        if self.defects.on("accepts-empty-name"):
            empty = [name for name in empty if name != "birth_name"]
        if empty:
            return "refused-empty", {"fields": empty}
        if not matricule.valid(found.active.number, found.active.key):
            return "refused-key", {"found": found.active.value}
        return None

    def take(self, patient: Patient, found: Individual, user: str) -> None:
        """Règle 6: matricule, OID and strict traits become those of INSi; the first given name stays the user's."""
        given_names = found.given_names
        if self.defects.on("takes-prenom-instead-of-listeprenom"):
            given_names = found.first_name or found.given_names.partition(" ")[0]
        if self.defects.on("overwrites-first-given-name"):
            patient.traits = replace(patient.traits, first_given_name=found.given_names.partition(" ")[0])
        patient.traits = replace(
            patient.traits,
            birth_name=found.birth_name,
            given_names=given_names,
            sex=found.sex,
            birth_date=found.birth_date,
            birth_place=found.birth_place or patient.traits.birth_place,
        )
        if self.defects.on("erases-used-name"):
            patient.traits = replace(patient.traits, used_name="", used_given_name="")
        again = patient.ins is not None
        patient.ins = Ins(found.active.number, found.active.key, found.active.oid)
        if not self.defects.on("drops-ins-history"):
            patient.ins_history = tuple(Ins(p.number, p.key, p.oid, p.start, p.end) for p in found.history)
        if again and self.defects.on("second-recovery-demotes"):
            self.happen(patient, Event.VERIFICATION_KO, user, "insi-recovery")
            return
        if not (patient.status == "validee" and self.defects.on("validated-stays-on-00")):
            self.happen(patient, Event.RECOVERED, user, "insi-recovery")

    def edit(self, patient: Patient, raw: Mapping[str, str], user: str, *, superuser: bool) -> list[str]:
        """Change traits; gives the names of those that changed. Strict traits of a locked record need a super-user.

        Raises Refused ``locked`` and those of `typed`.
        """
        known = {name: value for name, value in raw.items() if name in STRICT + COMPLEMENTARY}
        wanted = self.typed({**patient.traits.shown(), **known})
        changed = [name for name in STRICT + COMPLEMENTARY if getattr(wanted, name) != getattr(patient.traits, name)]
        locked = [name for name in changed if name in patient.locked]
        if patient.locked and self.defects.on("locks-used-name"):
            locked = changed
        if locked and superuser and self.defects.on("superuser-locked-out"):
            raise Refused("locked", fields=locked)
        if locked and not superuser and not self.defects.on("edits-locked-traits"):
            raise Refused("locked", fields=locked)
        for name in changed:
            reason = f"{name}: {getattr(patient.traits, name)} → {getattr(wanted, name)}"
            self.note(patient, user, patient.status, patient.status, reason)
        patient.traits = wanted
        if any(name in STRICT for name in changed) and not self.defects.on("edit-keeps-ins"):
            self.happen(patient, Event.CHANGED, user, "strict-trait-changed")
        return changed

    def validate(self, patient: Patient, evidence: str, trust: str, user: str) -> bool:
        """The user saw a proof of identity; True when its trust is high and the status changed (règles 19 and 20).

        ``trust`` is ``high``, ``low`` or empty: then the list of high-trust proofs of the site decides.
        Raises Refused ``blocked-status`` for an identity douteuse or fictive (règle 25).
        """
        if blocking(patient) and not self.defects.on("validates-doubtful"):
            raise Refused("blocked-status", attributes=blocking(patient))
        if patient.status == "recuperee" and self.defects.on("refuses-evidence-after-insi"):
            raise Refused("locked", fields=[])
        if self.defects.on("evidence-changes-nothing"):
            return False
        before = patient.status
        if (trust or ("high" if evidence in self.high_trust else "low")) == "high":
            self.happen(patient, Event.EVIDENCE, user, f"evidence {evidence}")
        else:
            self.note(patient, user, before, before, f"low-trust evidence {evidence}")
        return patient.status != before

    def mark(self, patient: Patient, wanted: frozenset[str], user: str) -> None:
        """Set the attributes; a doubtful or fictitious identity goes back to provisoire without INS (règle 25).

        Raises Refused ``bad-attributes``: the only combination is douteuse with homonyme.
        """
        if not wanted <= set(Attribute) or not status.allowed(frozenset(Attribute(one) for one in wanted)):
            raise Refused("bad-attributes", attributes=sorted(wanted))
        before = set(blocking(patient))
        patient.attributes = wanted
        if (added := set(blocking(patient)) - before) and not self.defects.on("doubtful-keeps-ins"):
            self.happen(patient, Event.DOUBT, user, f"attribute {', '.join(sorted(added))}")
        if self.defects.on("forgets-attribute"):
            patient.attributes = frozenset()

    def take_over(self, patient: Patient, raw: Mapping[str, Any]) -> None:
        """The state that a record had in an earlier file. Raises Refused when it contradicts itself."""
        state, attributes = str(raw.get("status", "provisoire")), tuple(raw.get("attributes", ()))
        if raw.get("ins") and not self.defects.on("takeover-loses-ins"):
            full = str(raw["ins"]) + str(raw.get("key", ""))
            try:
                value, key = matricule.split(full if len(full) > 13 else full + matricule.key(full))
            except matricule.BadMatricule:
                raise Refused("bad-ins", found=full) from None
            patient.ins = Ins(value, key, str(raw.get("oid", "")))
            if patient.ins.kind == "" or not matricule.valid(value, key):
                raise Refused("bad-ins", found=full)
        if findings := status.check(state, attributes, bool(raw.get("ins"))):
            raise Refused("incoherent-identity", reason=findings[0])
        patient.status, patient.attributes = state, frozenset(attributes)


def blocking(patient: Patient) -> list[str]:
    """The attributes that forbid calling INSi and rising in status."""
    return sorted(patient.attributes & {Attribute.DOUTEUSE.value, Attribute.FICTIVE.value})


def outgoing_ins(patient: Patient) -> Ins | None:
    """The INS that may leave the software: that of a qualified identity, no other (règle 28)."""
    identity = status.Identity(Status(patient.status), has_ins=patient.ins is not None)
    return patient.ins if status.may_transmit_ins(identity) else None
