"""Checks on an identity as the software shows it: status transitions of RNIV, traits and INS taken from INSi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.match import shown
from harness.scenario.values import at
from harness.scenario.verdict import Failed, Follows, Seen, kept, mended, said
from harness.words import Words, words
from norms.ins.status import Event, Status, move
from norms.ins.status import check as incoherences

_P = "harness.scenario"
_GAINS = (Event.RECOVERED, Event.VERIFIED)


@check(
    "ins.status-transition",
    fr="Le statut suit la table des transitions du RNIV ; matricule et OID sont gardés ou invalidés avec lui.",
    en="The status follows the RNIV table of transitions; matricule and OID are kept or invalidated with it.",
)
def status_transition(
    context: Context, on: list[Traffic], *, before: str, event: str, after: Mapping[str, Any], history: bool = True
) -> Seen:
    """``before``: a status; ``event``: a word of `norms.ins.status.Event`; ``after``: the result of patient.get."""
    step = move(Status(before), Event(event))
    expected = words(_P, "status.expected", before=before, event=words(_P, f"event.{event}"), to=step.to.value)
    status, ins = str(after.get("status", "")), after.get("ins")
    saw = words(_P, "status.seen", status=status or "—", ins=shown(at(after, "ins.value") or "—"))
    if status != step.to:
        raise Failed(words(_P, "status.wrong", expected=expected, status=status or "—"), Seen(expected, saw))
    if step.invalidates and ins:
        raise Failed(words(_P, "status.ins_kept", status=status), Seen(expected, saw))
    if Event(event) in _GAINS and not ins:
        raise Failed(words(_P, "status.ins_missing", status=status), Seen(expected, saw))
    attributes = tuple(str(each) for each in after.get("attributes") or ())
    if wrong := incoherences(status, attributes, bool(ins)):
        message = words(_P, "status.incoherent", said=said(wrong))
        raise Failed(message, Seen(expected, saw, findings=kept(wrong)), fix=mended(wrong))
    if history and before != status:
        _in_history(after, before, status, expected)
    return Seen(expected, saw)


def _in_history(record: Mapping[str, Any], before: str, status: str, expected: Words) -> None:
    """Règle 21: each change of status is kept, with its author and its time."""
    lines = [line for line in record.get("history") or () if isinstance(line, Mapping)]
    found = [line for line in lines if line.get("from") == before and line.get("to") == status]
    saw = Words(shown(lines), shown(lines))
    if not found:
        raise Failed(words(_P, "status.no_history", before=before, status=status), Seen(expected, saw))
    if missing := [name for name in ("time", "user") if not found[-1].get(name)]:
        raise Failed(words(_P, "status.history_lacks", names=", ".join(missing)), Seen(expected, saw))


_TAKEN = {  # field of the record -> element of the answer
    "traits.birth_name": "NomNaissance",
    "traits.given_names": "ListePrenom",
    "traits.sex": "Sexe",
    "traits.birth_date": "DateNaissance",
    "traits.birth_place": "LieuNaissance",
    "ins.value": "INSACTIF/IdIndividu/NumIdentifiant",
    "ins.key": "INSACTIF/IdIndividu/Cle",
    "ins.oid": "INSACTIF/OID",
}


@check(
    "ins.taken-from-insi",
    fr="Matricule, clé, OID et traits stricts sont ceux de la réponse d'INSi (règle 6), historique compris.",
    en="Matricule, key, OID and strict traits are those of INSi's answer (règle 6), history included.",
)
def taken_from_insi(context: Context, on: list[Traffic], *, record: Mapping[str, Any]) -> Seen:
    """Compares the record (patient.get result) with the bytes of the last answer 00 among the exchanges."""
    answers = [entry for entry in on if entry.service == "insi" and entry.outcome == "00"]
    if not answers:
        raise Follows(words(_P, "identity.no_answer"))
    answer = answers[-1]
    seen_fields = []
    for field, element in _TAKEN.items():
        wanted = answer.at(f"response//{element if '/' in element else f'TIQ/{element}'}")
        if not wanted or not wanted[0]:
            continue  # INSi gave nothing to take
        found = [str(value) for value in at(record, field)]
        expected = Words.of(f"{field} = {wanted[0]}")
        saw = shown(found) or "—"
        if found != wanted[:1]:
            message = words(_P, "identity.not_taken", field=field, wanted=wanted[0], found=saw, id=answer.id)
            fix = words(_P, "identity.take", element=element)
            raise Failed(message, Seen(expected, Words.of(saw), answer.id), fix=fix)
        seen_fields.append(f"{field} = {saw}")
    _history_taken(answer, record)
    return Seen(seen=Words(", ".join(seen_fields), ", ".join(seen_fields)), exchange=answer.id)


def _history_taken(answer: Traffic, record: Mapping[str, Any]) -> None:
    wanted = set(answer.at("response//INSHISTO/IdIndividu/NumIdentifiant"))
    found = {str(value) for value in at(record, "ins.history.*.value")}
    if missing := sorted(wanted - found):
        names = ", ".join(missing)
        saw = ", ".join(sorted(found)) or "—"
        expected = Words.of(f"ins.history ⊇ {names}")
        raise Failed(words(_P, "identity.history", names=names, id=answer.id), Seen(expected, Words.of(saw), answer.id))
