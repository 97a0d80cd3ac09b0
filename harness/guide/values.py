"""Values as a person types and reads them on a French screen: dates JJ/MM/AAAA, status words with accents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from harness.guide.model import Value
from harness.scenario.match import described, shown
from harness.scenario.traffic import Traffic
from harness.words import Words, words
from norms.ins import dates, oids
from norms.texts import table

_P = "harness.guide"
TRAITS = (
    "birth_name",
    "given_names",
    "first_given_name",
    "sex",
    "birth_date",
    "birth_place",
    "used_name",
    "used_given_name",
)


def label(name: str) -> Words:
    """The name of a field for a person; itself when it has none."""
    return _known("label", name) or Words.of(name)


def worded(name: str, value: Any) -> Words:
    """A value of that field as a person types or reads it."""
    if isinstance(value, list | tuple):
        each = [worded(name, one) for one in value]
        if not each:
            return words(_P, "word.none")
        return Words(", ".join(one.fr for one in each), ", ".join(one.en for one in each))
    if isinstance(value, bool):
        return words(_P, "word.true" if value else "word.false")
    if value in (None, ""):
        return words(_P, "word.nothing")
    text = str(value)
    if name.endswith("date") and dates.written(text):
        return Words.of(typed_date(text))
    return _known("word", text) or _known("word", f"{name}_{text}") or Words.of(text)


def _known(section: str, name: str) -> Words | None:
    """A text of that section when there is one: names come from scenarios, ours or the user's."""
    key = name.replace(".", "_").replace("-", "_")
    return words(_P, f"{section}.{key}") if key in table(_P, "fr")[section] else None


def typed_date(value: str) -> str:
    """JJ/MM/AAAA; 00 stays 00."""
    return "/".join(reversed(value.split("-"))) if dates.written(value) else value


def rows(holder: Mapping[str, Any], names: Any = None) -> tuple[Value, ...]:
    """One row per field that has a value, in the order of the names."""
    return tuple(
        Value(label(name), worded(name, holder[name]))
        for name in (names or holder)
        if holder.get(name) not in (None, "", ())
    )


def traits(holder: Mapping[str, Any]) -> tuple[Value, ...]:
    """Traits in the order of a screen; other fields after them."""
    return rows(holder, [*TRAITS, *(name for name in holder if name not in TRAITS)])


def named(holder: Mapping[str, Any]) -> str:
    """How a record is called: « PINSON LEONIE (12/05/1985) »; empty without a name."""
    given = str(holder.get("first_given_name") or "") or str(holder.get("given_names") or "").partition(" ")[0]
    name = " ".join(filter(None, (str(holder.get("birth_name") or ""), given)))
    date = typed_date(str(holder.get("birth_date") or ""))
    return f"{name} ({date})" if name and date else name


# -- what an expectation compares with -----------------------------------------------------------------------------


def expected(fields: Mapping[str, Any]) -> tuple[Value, ...]:
    """The fields that an answer must have, as a person looks for them."""
    return tuple(Value(_path(path), _matcher(path, matcher)) for path, matcher in fields.items())


def _path(path: str) -> Words:
    parts = [part for part in path.split(".") if part not in ("result", "traits", "*") and not part.isdigit()]
    whole = ".".join(parts)
    return _known("label", whole) or (label(parts[-1]) if parts else Words.of(path))


def _matcher(path: str, matcher: Any) -> Words:
    name = path.rpartition(".")[2]
    if not isinstance(matcher, Mapping):
        return worded(name, matcher)
    parts = []
    for key, wanted in matcher.items():
        if key in ("contains", "lacks") and isinstance(wanted, Mapping):
            held = [(label(n), worded(n, value)) for n, value in wanted.items()]
            wanted = Words(
                ", ".join(f"{a.fr} : {b.fr}" for a, b in held), ", ".join(f"{a.en}: {b.en}" for a, b in held)
            )
        elif key in ("equals", "not", "in", "contains", "lacks") and wanted is not None:
            wanted = worded(name, wanted)
        parts.append(words("harness.scenario", f"match.{key}", wanted=wanted) if isinstance(wanted, Words) else None)
        if parts[-1] is None:
            parts[-1] = described({key: wanted})
    found = [part for part in parts if part]
    return Words(" ; ".join(p.fr for p in found), "; ".join(p.en for p in found))


_ANSWER = {
    "birth_name": "TIQ/NomNaissance",
    "given_names": "TIQ/ListePrenom",
    "sex": "TIQ/Sexe",
    "birth_date": "TIQ/DateNaissance",
    "birth_place": "TIQ/LieuNaissance",
}


def answered(entry: Traffic) -> Iterator[Value]:
    """The identity that INSi returned in an exchange (00): what the record must hold."""
    if entry.service != "insi" or entry.outcome != "00":
        return
    found = {name: "".join(entry.at(f"response//{path}")[:1]) for name, path in _ANSWER.items()}
    number = "".join(
        "".join(entry.at(f"response//INSACTIF/IdIndividu/{part}")[:1]) for part in ("NumIdentifiant", "Cle")
    )
    oid = "".join(entry.at("response//INSACTIF/OID")[:1])
    yield from rows(found)
    if number:
        yield Value(label("ins"), Words.of(f"{number} {oids.nature(oid)}".strip()))
    if oid:
        yield Value(label("oid"), Words.of(oid))
    past = entry.at("response//INSHISTO/IdIndividu/NumIdentifiant")
    if past:
        yield Value(label("history"), Words.of(shown(past)))


def call(entry: Traffic) -> Words:
    """« 14:02:31 recherche par traits : 00 (une identité trouvée) »."""
    time = datetime.fromtimestamp(entry.started, UTC).astimezone().strftime("%H:%M:%S")
    return words(
        _P,
        "seen.call",
        time=time,
        operation=operation_words(entry.operation) or entry.service,
        outcome=outcome_words(entry.outcome) or str(entry.raw.get("status", "")),
    )


def operation_words(operation: str) -> Words:
    """The name of a service's operation; itself when it has none, empty when the request was not understood."""
    return _known("operation", operation) or Words.of(operation)


def outcome_words(outcome: str) -> Words:
    """What a service answered; its own word when there is no better one."""
    return _known("outcome", outcome) or Words.of(outcome)
