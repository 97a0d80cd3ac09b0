"""Checks on the software's own journal: every call to INSi is found there, with what règles 37, 39, 48 and 53 ask."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.match import shown
from harness.scenario.values import at
from harness.scenario.verdict import Failed, Inconclusive, Seen
from harness.words import Words, words

_P = "harness.scenario"
TOLERANCE = 2.0  # seconds between a trace and its call
MODALITIES = {"WS_INS1": "vitale", "WS_INS2": "traits", "WS_INS3": "verification"}
OUTCOMES = ("00", "01", "02", "OK", "KO")
_TRAITS = {
    "birth_name": "NomNaissance",
    "given_names": "ListePrenom",
    "sex": "Sexe",
    "birth_date": "DateNaissance",
    "birth_place": "LieuNaissance",
}


@check(
    "trace.calls",
    fr="Le journal du logiciel a chaque appel à INSi : heure (±2 s), modalité, code.",
    en="The software's journal has each call to INSi: time (±2 s), modality, code.",
)
def calls(context: Context, on: list[Traffic], *, traces: Sequence[Mapping[str, Any]]) -> Seen:
    """``traces``: the result of trace.export. Looks at the calls named by ``exchanges``, else at every call so far."""
    return _reconciled(context, on, traces)


@check(
    "trace.complete",
    fr="Le journal du logiciel a chaque appel à INSi : utilisateur, heure (±2 s), modalité, code, données reçues.",
    en="The software's journal has each call to INSi: user, time (±2 s), modality, code, data received.",
)
def complete(
    context: Context, on: list[Traffic], *, traces: Sequence[Mapping[str, Any]], user: str | Sequence[str]
) -> Seen:
    """As `calls`, and what came with 00; ``user``: what may stand for who called (national id, RPPS, name)."""
    users = [user] if isinstance(user, str) else [str(each) for each in user]
    return _reconciled(context, on, traces, users)


def _reconciled(
    context: Context, on: list[Traffic], traces: Sequence[Mapping[str, Any]], users: Sequence[str] = ()
) -> Seen:
    everything = [entry for window in context.windows.values() for entry in window.traffic if entry.is_exchange]
    named = [entry for entry in on if entry.operation in MODALITIES]
    looked_for = named or [entry for entry in everything if entry.operation in MODALITIES]
    if not looked_for:
        raise Inconclusive(words(_P, "trace.no_call"))
    left = [trace for trace in traces if isinstance(trace, Mapping)]
    for call in looked_for:
        trace = _of(call, left)
        left.remove(trace)
        if _code(trace) != _wanted_code(call):
            _differs(call, "code", call.outcome, trace.get("code"))
        if users:
            _whole(call, trace, users)
    n = len(looked_for)
    return Seen(words(_P, "trace.expected", n=n), words(_P, "trace.seen", n=n), looked_for[0].id)


def _of(call: Traffic, traces: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The trace of a call: its modality, at its time; the nearest when several."""
    modality = MODALITIES[call.operation]
    same_kind = [trace for trace in traces if trace.get("modality") == modality]
    timed = [(gap(call, trace), n) for n, trace in enumerate(same_kind)]
    near = sorted((gap, n) for gap, n in timed if gap <= TOLERANCE)
    expected = words(_P, "trace.one_expected", modality=modality, time=call.raw["started"])
    if near:
        # Several calls in the same second: the one that says the same code, else the nearest.
        agreeing = [n for _, n in near if _code(same_kind[n]) == _wanted_code(call)]
        return same_kind[agreeing[0] if agreeing else near[0][1]]
    times = ", ".join(str(trace.get("time", "—")) for trace in same_kind) or "—"
    key = "trace.missing" if not same_kind else "trace.wrong_time"
    message = words(_P, key, id=call.id, modality=modality, time=call.raw["started"], times=times)
    raise Failed(message, Seen(expected, Words.of(times), call.id))


def gap(call: Traffic, trace: Mapping[str, Any]) -> float:
    """Seconds between a call and the time of a trace; infinite when that cannot be read."""
    try:
        moment = datetime.fromisoformat(str(trace.get("time", ""))).astimezone().timestamp()
    except ValueError:
        return float("inf")
    return max(call.started - moment, moment - call.ended, 0.0)


def _wanted_code(call: Traffic) -> str:
    return call.outcome if call.outcome in OUTCOMES else "error"


def _code(trace: Mapping[str, Any]) -> str:
    code = str(trace.get("code", ""))
    return code if code in OUTCOMES or not code else "error"


def _whole(call: Traffic, trace: Mapping[str, Any], users: Sequence[str]) -> None:
    """Who called, and everything that came with 00."""
    if str(trace.get("user", "")) not in users:
        _differs(call, "user", ", ".join(users), trace.get("user"))
    if call.outcome != "00":
        return
    number = "".join(call.at("response//INSACTIF/IdIndividu/NumIdentifiant")[:1])
    if number and re.sub(r"\s", "", str(trace.get("ins", "")))[:13] != number:
        _differs(call, "ins", number, trace.get("ins"))
    oid = "".join(call.at("response//INSACTIF/OID")[:1])
    if oid and trace.get("oid") != oid:
        _differs(call, "oid", oid, trace.get("oid"))
    for name, element in _TRAITS.items():
        given = "".join(call.at(f"response//TIQ/{element}")[:1])
        if given and str(next(iter(at(trace, f"traits.{name}")), "")) != given:
            _differs(call, f"traits.{name}", given, next(iter(at(trace, f"traits.{name}")), None))
    past = call.at("response//INSHISTO/IdIndividu/NumIdentifiant")
    told = str(trace.get("history") or "")
    if missing := [number for number in past if number not in told]:
        _differs(call, "history", ", ".join(missing), shown(trace.get("history")) if told else None)


def _differs(call: Traffic, field: str, wanted: str, found: Any) -> None:
    saw = "—" if found in (None, "") else str(found)
    message = words(_P, "trace.differs", id=call.id, field=field, wanted=wanted, found=saw)
    raise Failed(message, Seen(Words.of(f"{field} = {wanted}"), Words.of(saw), call.id))
