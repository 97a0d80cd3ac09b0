"""Selecting exchanges: by service, operation, outcome, listener, facts, order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.scenario.context import Context
from harness.scenario.match import described, holds
from harness.scenario.traffic import Traffic
from harness.scenario.verdict import Follows
from harness.words import Words, words

_P = "harness.scenario"


def pool(context: Context, spec: Mapping[str, Any]) -> list[Traffic]:
    """Every entry of the windows that the selection looks at, oldest first."""
    return [entry for window in context.since(spec.get("since", "")) for entry in window.traffic]


def chosen(context: Context, spec: Mapping[str, Any]) -> list[Traffic]:
    """The exchanges that the selection wants. Raises Follows when it refers to exchanges that never came."""
    found = [entry for entry in pool(context, spec) if entry.is_exchange and _wanted(entry, spec)]
    if after := spec.get("after"):
        reference = context.labels.get(after)
        if not reference:
            raise Follows(words(_P, "exchange.no_reference", name=after))
        last = max(entry.id for entry in reference)
        found = [entry for entry in found if entry.id > last]
    if nth := spec.get("nth"):
        position = nth - 1 if nth > 0 else nth
        found = [found[position]] if -len(found) <= position < len(found) else []
    return found


def _wanted(entry: Traffic, spec: Mapping[str, Any]) -> bool:
    if spec.get("service", entry.service) != entry.service:
        return False
    plain = all(
        holds(spec[key], [value])
        for key, value in (
            ("operation", entry.operation),
            ("outcome", entry.outcome),
            ("listener", entry.raw["listener"]),
        )
        if key in spec
    )
    return plain and all(holds(matcher, entry.at(f"facts.{name}")) for name, matcher in spec.get("facts", {}).items())


def selection(spec: Mapping[str, Any]) -> Words:
    """The selection in words: « insi, opération WS_INS2, issue 00 »."""
    parts = [Words(spec["service"], spec["service"])] if "service" in spec else []
    for key in ("operation", "outcome", "listener"):
        if key in spec:
            parts.append(words(_P, f"select.{key}", wanted=_short(spec[key])))
    for name, matcher in spec.get("facts", {}).items():
        parts.append(words(_P, "select.fact", name=name, wanted=described(matcher)))
    if not parts:
        return words(_P, "select.any")
    return Words(", ".join(part.fr for part in parts), ", ".join(part.en for part in parts))


def _short(matcher: Any) -> Words | str:
    return described(matcher) if isinstance(matcher, Mapping) or matcher is None else str(matcher)


def listed(entries: Sequence[Traffic], limit: int = 5) -> Words:
    """What was seen, in words: « échange 12 (WS_INS2 → 01) »."""
    if not entries:
        return words(_P, "select.none")
    more = f", +{len(entries) - limit}" if len(entries) > limit else ""
    french = ", ".join(entry.label("fr") for entry in entries[:limit])
    english = ", ".join(entry.label("en") for entry in entries[:limit])
    return Words(french + more, english + more)


def counted(spec: Mapping[str, Any]) -> tuple[int, int | None]:
    """The least and the most (None: no limit) that ``count`` allows; absent, at least one."""
    count = spec.get("count", {"min": 1})
    if isinstance(count, Mapping):
        return int(count.get("min", 0)), int(count["max"]) if "max" in count else None
    return int(count), int(count)


def count_words(least: int, most: int | None) -> Words:
    """« exactement 1 », « au moins 1 », « de 1 à 4 »."""
    if most is None:
        return words(_P, "count.least", least=least)
    if least == most:
        return words(_P, "count.exactly", least=least)
    return words(_P, "count.between", least=least, most=most)
