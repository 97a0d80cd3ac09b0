"""Plain values (YAML text or JSON) into the model's values, and back.

A mistake raises `Misfit` with the path of the value; who knows where the value came from turns it into a WorldError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from mocks.world.errors import Hint
from mocks.world.model import Ins, Mailbox, Patient, Professional, Vitale
from mocks.world.reader import At
from norms.ins import matricule

INVALID_KEY = "invalid-key"  # tag of a patient whose key is wrong on purpose
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)  # a client's id is chosen by its editor
_ADDRESS = re.compile(r"(?=.{6,254}\Z)[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_CHOICES = {
    "Patient.sex": ("M", "F", ""),
    "Patient.mes": ("open", "closed", "not-activated", "absent"),
    "Mailbox.kind": ("PER", "ORG", "APP", "CAB"),
    "Patient.verify": ("OK", "KO", ""),
    "Dmp.status": ("open", "absent", "closed"),
    "Right.status": ("VALIDE", "EXPIRE", "INTERDIT"),
}
_DATES = {"Patient.birth_date", "Ins.start", "Ins.end", "Dmp.closed_on", "Right.since", "Right.last"}
_REQUIRED = {"Right": ("who",), "Ins": ("value",), "Vitale": ("serial", "nir"), "Activity": ("organisation",)}


class Misfit(Exception):
    """A value that does not fit: the way to it, the text key, what fills the text."""

    def __init__(self, at: At, key: str, words: dict[str, object]) -> None:
        super().__init__(key)
        self.at, self.key, self.words = at, key, {"path": show_path(at), **words}


@dataclass(frozen=True)
class Oids:
    """The OIDs of the INS per environment: INSi answers the first two, the DMP takes the third for a NIR."""

    nir: str = "1.2.250.1.213.1.4.8"
    nia: str = "1.2.250.1.213.1.4.9"
    dmp: str = "1.2.250.1.213.1.4.10"


def show_path(at: At) -> str:
    """A path as a person reads it: ``patients.adrun-zoe.history[0]``."""
    out = ""
    for part in at:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


@cache
def shape(cls: type) -> Mapping[str, Any]:
    """Field name -> type of a model class, in order."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def bind(cls: type, raw: Any, at: At, oids: Oids) -> dict[str, Any]:
    """The checked field values of `cls` that `raw` (a table) gives; raises Misfit."""
    if not isinstance(raw, Mapping):
        raise Misfit(at, "value.mapping", {})
    known = shape(cls)
    out: dict[str, Any] = {}
    for name, value in raw.items():
        here = (*at, str(name))
        if name == "id":
            raise Misfit(here, "value.fixed", {})
        if name not in known:
            words = {"name": name, "path": show_path(at), "hint": Hint(str(name), known)}
            raise Misfit(here, "value.unknown", words)
        out[name] = _value(known[name], value, here, oids, f"{cls.__name__}.{name}")
    for name in _REQUIRED.get(cls.__name__, ()):
        if not out.get(name):
            raise Misfit(at, "value.missing", {"name": name})
    return out


def check_id(raw: str, at: At) -> None:
    """Raise Misfit unless this is an id: lowercase letters, digits and single hyphens (a client's id: also . _ A-Z;
    a mailbox's: an address in lower case)."""
    if at[0] == "mailboxes":
        if not _ADDRESS.fullmatch(raw):
            raise Misfit(at, "value.address", {"found": raw})
    elif not (_CLIENT_ID if at[0] == "clients" else _ID).fullmatch(raw):
        raise Misfit(at, "value.id", {"found": raw})


def check_entry(entry: Any, at: At, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise Misfit on a wrong key without the tag that excuses it, a reference to nobody, an ownerless mailbox."""
    if isinstance(entry, Patient) and INVALID_KEY not in entry.tags:
        if entry.ins:
            _check_key(entry.ins, (*at, "ins"))
        for n, former in enumerate(entry.history):
            _check_key(former, (*at, "history", n))
    if isinstance(entry, Professional):
        for n, activity in enumerate(entry.activities):
            _check_reference(activity.organisation, (*at, "activities", n), tables["organisations"])
    if isinstance(entry, Mailbox):
        owner = "professional" if entry.kind in ("PER", "CAB") else "organisation"
        if not getattr(entry, owner):
            raise Misfit(at, "value.missing", {"name": owner})
        for name in ("professional", "organisation"):
            if found := getattr(entry, name):
                _check_reference(found, (*at, name), tables[f"{name}s"])
        for n, member in enumerate(entry.members):
            _check_reference(member, (*at, "members", n), tables["professionals"])


def _check_reference(found: str, at: At, known: Mapping[str, Any]) -> None:
    if found not in known:
        raise Misfit(at, "value.reference", {"found": found, "hint": Hint(found, known)})


def _check_key(ins: Ins, at: At) -> None:
    expected = matricule.key(ins.value)
    if ins.key != expected:
        raise Misfit(at, "value.ins_key", {"value": ins.value, "expected": expected, "found": ins.key})


def _value(kind: Any, raw: Any, at: At, oids: Oids, name: str) -> Any:
    if kind is bool:
        return _yes_no(raw, at)
    if kind is int:
        return _whole(raw, at)
    if kind is str:
        return _text(raw, at, name)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        if isinstance(raw, str) and item is str:
            raw = raw.split()
        if not isinstance(raw, list | tuple):
            raise Misfit(at, "value.list", {})
        return tuple(_value(item, one, (*at, n), oids, name) for n, one in enumerate(raw))
    options = [one for one in get_args(kind) or (kind,) if one is not NoneType]
    if NoneType in get_args(kind) and (raw is None or raw in ("", "~", "null")):
        return None
    cls = options[0]
    if cls is Ins:
        return _ins(raw, at, oids)
    if cls is Vitale:
        return _vitale(raw, at, oids)
    return cls(**bind(cls, raw, at, oids))


def _ins(raw: Any, at: At, oids: Oids) -> Ins:
    """An INS: a table, or in short ``"13 characters key"`` (the key may be left out: it is computed)."""
    if isinstance(raw, str):
        value, _, key = raw.strip().partition(" ")
        raw = {"value": value, "key": key.strip()}
    given = bind(Ins, raw, at, oids)
    if not matricule.well_formed(given["value"]) or not re.fullmatch(r"\d\d|", given.get("key", "")):
        raise Misfit(at, "value.matricule", {"found": f"{given['value']} {given.get('key', '')}".strip()})
    given["key"] = given.get("key") or matricule.key(given["value"])
    word = given.get("oid") or "NIR"
    given["oid"] = {"NIR": oids.nir, "NIA": oids.nia}.get(word.upper(), word)
    return Ins(**given)


def _vitale(raw: Any, at: At, oids: Oids) -> Vitale:
    """A card; the key of its NIR may be left out."""
    given = bind(Vitale, raw, at, oids)
    for name in ("nir", "individual_nir"):
        if (nir := given.get(name)) and not matricule.well_formed(nir):
            raise Misfit((*at, name), "value.matricule", {"found": nir})
    return Vitale(**{**given, "key": given.get("key") or matricule.key(given["nir"])})


def _text(raw: Any, at: At, name: str) -> str:
    if not isinstance(raw, str):
        raise Misfit(at, "value.text", {})
    choices = _CHOICES.get(name)
    if choices and raw not in choices:
        raise Misfit(at, "value.choice", {"found": raw, "choices": ", ".join(c or '""' for c in choices)})
    if name in _DATES and raw and not _DATE.fullmatch(raw):
        raise Misfit(at, "value.date", {"found": raw})
    return raw


def _yes_no(raw: Any, at: At) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "false", "yes", "no"):
        return raw.lower() in ("true", "yes")
    raise Misfit(at, "value.yesno", {"found": raw})


def _whole(raw: Any, at: At) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"\d{1,9}", raw, re.ASCII):
        return int(raw)
    raise Misfit(at, "value.whole", {"found": raw})


def plain(value: Any) -> Any:
    """A model value as JSON-ready plain values; `bind` reads them back."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in shape(type(value))}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value
