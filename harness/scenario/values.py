"""``${name}`` in a scenario: where it may stand, what it names, how it is filled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{\s*([^{}]+?)\s*\}")
Path = tuple[str | int, ...]
Lookup = Callable[[str], Any]


class Unset(LookupError):
    """Nothing has that name: never saved, or not there in what was saved."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def references(node: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every ``${name}`` in plain values, with the path of the text that holds it."""
    if isinstance(node, str):
        yield from ((path, found[1]) for found in _REFERENCE.finditer(node))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from references(value, (*path, key))
    elif isinstance(node, list | tuple):
        for n, value in enumerate(node):
            yield from references(value, (*path, n))


def fill(node: Any, lookup: Lookup) -> Any:
    """The same plain values, references replaced; a text that is one reference becomes its value. Raises Unset."""
    if isinstance(node, str):
        if whole := _REFERENCE.fullmatch(node):
            return lookup(whole[1])
        return _REFERENCE.sub(lambda found: str(lookup(found[1])), node)
    if isinstance(node, Mapping):
        return {key: fill(value, lookup) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [fill(value, lookup) for value in node]
    return node


def at(node: Any, path: str) -> list[Any]:
    """The values at a dotted path: names, list positions (``-1`` from the end), ``*`` for each element."""
    found = [node]
    for part in path.split("."):
        found = [value for holder in found for value in _children(holder, part)]
    return found


def _children(holder: Any, part: str) -> list[Any]:
    if part == "*":
        return list(holder.values()) if isinstance(holder, Mapping) else list(holder) if _listed(holder) else []
    if isinstance(holder, Mapping):
        return [holder[part]] if part in holder else []
    if _listed(holder) and re.fullmatch(r"-?\d+", part):
        position = int(part)
        return [holder[position]] if -len(holder) <= position < len(holder) else []
    return []


def _listed(holder: Any) -> bool:
    return isinstance(holder, list | tuple)
