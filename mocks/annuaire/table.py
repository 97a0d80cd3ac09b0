"""The resources of one kind, in order, and which of them answer a criterion. What a criterion looks at is read once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from norms.annuaire import Clause, instants
from norms.annuaire.search import GUIDE_ONLY, PARAMETERS
from norms.annuaire.systems import DATA_TRACE, MAILBOX, SMARTCARD
from norms.letters import bare

Json = dict[str, Any]
Positions = set[int]
Token = tuple[str, str]  # system, code


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource: its values, the JSON that is served, when it last changed (seconds since 1970)."""

    id: str
    resource: Json
    text: str
    updated: float


class Table:
    """The entries of one resource type; `find` gives positions in `entries`."""

    def __init__(self, resource: str, entries: Sequence[Entry]) -> None:
        self.resource, self.entries = resource, entries
        self.at = {entry.id: position for position, entry in enumerate(entries)}
        self._strings: dict[str, _Texts] = {}
        self._tokens: dict[str, tuple[dict[str, list[tuple[int, str]]], dict[str, Positions]]] = {}

    def find(self, clauses: Iterable[Clause]) -> list[int]:
        """The entries that answer every clause, in the table's order."""
        found: Positions | None = None
        for clause in clauses:
            answering = self._answering(clause)
            found = answering if found is None else found & answering
        return list(range(len(self.entries))) if found is None else sorted(found)

    def _answering(self, clause: Clause) -> Positions:
        kind = PARAMETERS[self.resource].get(clause.name, "token")
        if kind == "string":
            return self._by_string(clause)
        if kind == "date":
            wanted = [instants(value) for value in clause.values]
            return {n for n, entry in enumerate(self.entries) if any(one.accepts(entry.updated) for one in wanted)}
        if kind in ("reference", "uri"):
            known = self._token_index(clause.name)[0]
            return {n for value in clause.values for n, _ in known.get(_target(value, kind), ())}
        answering = {n for value in clause.values for n in self._by_token(clause.name, value)}
        return set(range(len(self.entries))) - answering if clause.modifier == "not" else answering

    def _by_string(self, clause: Clause) -> Positions:
        texts = self._strings.get(clause.name)
        if texts is None:
            values = _READERS[clause.name]
            texts = self._strings[clause.name] = _Texts(
                (n, v) for n, e in enumerate(self.entries) for v in values(e.resource)
            )
        return texts.find(clause.values, clause.modifier)

    def _by_token(self, name: str, wanted: str) -> Positions:
        by_code, by_system = self._token_index(name)
        system, bar, code = wanted.partition("|")
        if not bar:
            return {n for n, _ in by_code.get(wanted, ())}
        if not code:
            return by_system.get(system, set())
        return {n for n, held in by_code.get(code, ()) if not system or held == system}

    def _token_index(self, name: str) -> tuple[dict[str, list[tuple[int, str]]], dict[str, Positions]]:
        index = self._tokens.get(name)
        if index is None:
            codes: dict[str, list[tuple[int, str]]] = defaultdict(list)
            systems: dict[str, Positions] = defaultdict(set)
            values = _READERS[name]
            for n, entry in enumerate(self.entries):
                for system, code in values(entry.resource):
                    codes[code].append((n, system))
                    systems[system].add(n)
            index = self._tokens[name] = (dict(codes), dict(systems))
        return index


class _Texts:
    """The texts that one parameter looks at, each with the entries that have it."""

    def __init__(self, held: Iterable[tuple[int, str]]) -> None:
        self._raw: dict[str, Positions] = defaultdict(set)
        self._folded: dict[str, Positions] = defaultdict(set)
        for n, value in held:
            self._raw[value].add(n)
            self._folded[bare(value)].add(n)
        self._order = sorted(self._folded)

    def find(self, values: Iterable[str], modifier: str) -> Positions:
        """The entries that have a text beginning with one of the values (``contains``, ``exact``)."""
        if modifier == "exact":
            return {n for value in values for n in self._raw.get(value, ())}
        found: Positions = set()
        for wanted in map(bare, values):
            if modifier == "contains":
                answering: Iterable[str] = (text for text in self._order if wanted in text)
            else:
                answering = islice(self._order, bisect_left(self._order, wanted), None)
                answering = takewhile(lambda text, wanted=wanted: text.startswith(wanted), answering)  # type: ignore[misc]
            for text in answering:
                found |= self._folded[text]
        return found


def _target(value: str, kind: str) -> str:
    """The id that a reference aims at, however it is written: ``id``, ``Type/id``, an address."""
    return value.rstrip("/").rpartition("/")[2] if kind == "reference" else value


# ── what each parameter reads ──


def _codings(*names: str) -> Callable[[Json], Iterator[Token]]:
    def read(resource: Json) -> Iterator[Token]:
        for name in names:
            held = resource.get(name, [])
            for concept in held if isinstance(held, list) else [held]:
                for coding in concept.get("coding", []):
                    yield coding.get("system", ""), coding["code"]

    return read


def _qualification(resource: Json) -> Iterator[Token]:
    for one in resource.get("qualification", []):
        yield from _codings("code")(one)


def _identifier_types(resource: Json) -> Iterator[Token]:
    for one in resource.get("identifier", []):
        yield from _codings("type")(one)


def _plain(name: str) -> Callable[[Json], Iterator[Token]]:
    def read(resource: Json) -> Iterator[Token]:
        if name in resource:
            yield "", str(resource[name]).lower() if isinstance(resource[name], bool) else resource[name]

    return read


def _reference(name: str) -> Callable[[Json], Iterator[Token]]:
    def read(resource: Json) -> Iterator[Token]:
        if name in resource:
            yield "", resource[name]["reference"].rpartition("/")[2]

    return read


def _organization(resource: Json) -> Iterator[Token]:
    for name in ("organization", "providedBy", "owner"):
        yield from _reference(name)(resource)


def _part(*names: str) -> Callable[[Json], Iterator[str]]:
    """Parts of the names or of the addresses."""

    def read(resource: Json) -> Iterator[str]:
        held = resource.get("name" if "family" in names or "given" in names else "address", [])
        for one in held:
            for name in names:
                value = one.get(name, [])
                yield from [value] if isinstance(value, str) else value

    return read


def _name(resource: Json) -> Iterator[str]:
    if isinstance(resource.get("name"), str):
        yield resource["name"]
    else:
        yield from _part("family", "given", "prefix", "suffix")(resource)


def _extended(url: str, inner: str, holder: Json) -> Iterator[Any]:
    """The values of a sub-extension of an element's extension."""
    for extension in holder.get("extension", []):
        if extension["url"] == url:
            for one in extension.get("extension", []):
                if one["url"] == inner:
                    yield from (value for name, value in one.items() if name.startswith("value"))


def _mailbox_types(resource: Json) -> Iterator[Token]:
    for point in resource.get("telecom", []):
        for value in _extended(MAILBOX, "type", point):
            if isinstance(value, str):
                yield "", value
            else:
                yield from _codings("concept")({"concept": value})


_READERS: dict[str, Callable[[Json], Iterable[Any]]] = {
    "_id": _plain("id"),
    "_profile": lambda r: [("", url) for url in r["meta"]["profile"]],
    "data-information-system": lambda r: [("", v) for v in _extended(DATA_TRACE, "systeme-information", r["meta"])],
    "data-registration-authority": lambda r: [
        ("", v) for v in _extended(DATA_TRACE, "autorite-enregistrement", r["meta"])
    ],
    "active": _plain("active"),
    "status": _plain("status"),
    "identifier": lambda r: [(one.get("system", ""), one["value"]) for one in r.get("identifier", [])],
    "identifier-type": _identifier_types,
    "qualification-code": _qualification,
    "role": _codings("code"),
    "type": _codings("type"),
    "service-type": _codings("type"),
    "service-category": _codings("category"),
    "characteristic": _codings("characteristic"),
    GUIDE_ONLY: _mailbox_types,
    "organization": _organization,
    "practitioner": _reference("practitioner"),
    "partof": _reference("partOf"),
    "family": _part("family"),
    "given": _part("given"),
    "name": _name,
    "mailbox-mss": lambda r: [point["value"] for point in r.get("telecom", [])],
    "number-smartcard": lambda r: list(_extended(SMARTCARD, "number", r)),
    "type-smartcard": lambda r: [("", "CPS") for _ in _extended(SMARTCARD, "number", r)],
    "address": _part("line", "city", "postalCode"),
    "address-city": _part("city"),
    "address-line": _part("line"),
    "address-postalcode": _part("postalCode"),
    "pharmacy-licence": lambda r: [],
    "manufacturer": lambda r: [r["manufacturer"]] if "manufacturer" in r else [],
    "model": lambda r: [one["name"] for one in r.get("deviceName", [])],
}
