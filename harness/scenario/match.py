"""Matchers: one small language for the fields of exchanges and of answers.

A plain value must be equal, ``null`` means absent, a table holds one or several of ``equals not in matches contains
lacks absent at_least at_most``, all of which must hold. A path may give several values: each must match.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.words import Words, words

KEYS = ("equals", "not", "in", "matches", "contains", "lacks", "absent", "at_least", "at_most")
_P = "harness.scenario"


def holds(matcher: Any, values: Sequence[Any]) -> bool:
    """Whether every value found at a path satisfies the matcher; no value at all counts as absent."""
    present = [value for value in values if value is not None and value != ""]
    if matcher is None:
        return not present
    if not _is_table(matcher):
        return bool(present) and all(same(value, matcher) for value in values)
    return all(_one(key, wanted, values, present) for key, wanted in matcher.items())


def _is_table(matcher: Any) -> bool:
    """A table of matchers, rather than a table to be equal to (a saved value)."""
    return isinstance(matcher, Mapping) and bool(matcher) and set(matcher) <= set(KEYS)


def _one(key: str, wanted: Any, values: Sequence[Any], present: Sequence[Any]) -> bool:
    if key == "absent":
        return bool(present) != bool(wanted)
    if key == "equals" and wanted in (None, ""):
        return not present
    if key == "not":
        return bool(present) if wanted in (None, "") else not any(same(value, wanted) for value in values)
    if key == "lacks":
        return not any(_contains(value, wanted) for value in values)
    return bool(present) and all(_TESTS[key](value, wanted) for value in values)


def same(value: Any, wanted: Any) -> bool:
    """Equality that does not stumble on how a code was typed: ``4`` and ``"4"`` are the same."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and value.keys() == wanted.keys() and covers(value, wanted)
    if isinstance(wanted, list | tuple):
        return isinstance(value, list | tuple) and len(value) == len(wanted) and all(map(same, value, wanted))
    if isinstance(value, Mapping | list | tuple):
        return False
    return value == wanted or _plain(value) == _plain(wanted)


def covers(value: Any, wanted: Any) -> bool:
    """Whether a table holds at least what is wanted; other values must be the same."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(k in value and covers(value[k], w) for k, w in wanted.items())
    return same(value, wanted)


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return _plain(wanted) in value
    if isinstance(value, list | tuple):
        return any(covers(element, wanted) for element in value)
    return isinstance(value, Mapping) and covers(value, wanted)


def _size(value: Any) -> float:
    if isinstance(value, list | tuple | Mapping):
        return len(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


_TESTS: dict[str, Any] = {
    "equals": same,
    "in": lambda value, wanted: any(same(value, each) for each in wanted),
    "matches": lambda value, wanted: re.search(str(wanted), _plain(value)) is not None,
    "contains": _contains,
    "at_least": lambda value, wanted: _size(value) >= float(wanted),
    "at_most": lambda value, wanted: _size(value) <= float(wanted),
}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def described(matcher: Any) -> Words:
    """The matcher in words: « égal à 00 », « parmi 01, 02 »…"""
    if matcher is None:
        return words(_P, "match.absent")
    if not _is_table(matcher):
        return words(_P, "match.equals", wanted=shown(matcher))
    parts = []
    for key, wanted in matcher.items():
        if key == "absent" or wanted is None:
            absent = wanted if key == "absent" else key == "equals"
            parts.append(words(_P, "match.absent" if absent else "match.present"))
        else:
            parts.append(words(_P, f"match.{key}", wanted=shown(wanted)))
    return Words(" ; ".join(p.fr for p in parts), "; ".join(p.en for p in parts))


def shown(value: Any, limit: int = 200) -> str:
    """A value as a person reads it, cut when long."""
    if isinstance(value, Mapping):
        text = ", ".join(f"{key} = {shown(each)}" for key, each in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(shown(each) for each in value)
    else:
        text = _plain(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def seen(values: Sequence[Any]) -> Words:
    """What was found at a path, in words."""
    if not [value for value in values if value is not None and value != ""]:
        return words(_P, "match.nothing")
    text = shown(values[0] if len(values) == 1 else list(values))
    return Words.of(text)
