"""« Rien hors INSi ne porte cet INS »: every byte sent to another service and everything the software exported."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from harness.scenario.context import Context, Window
from harness.scenario.scan import Needle, needles, search
from harness.scenario.verdict import Failed, Inconclusive, Seen
from harness.words import Words, words
from norms.ins import oids

_P = "harness.scenario"
_ENCODED = "_base64"  # test-driver API: a value whose name ends so holds base64


def no_ins_leaves(context: Context, spec: Mapping[str, Any]) -> Seen:
    """What was looked at, when no matricule (and, unless ``oids`` is false, no INS OID) was found in it.

    Raises Failed with the place of the first one found, Inconclusive when nothing was emitted or something could not
    be opened.
    """
    matricules = [spec["ins"]] if isinstance(spec["ins"], str) else [str(each) for each in spec["ins"]]
    wanted = needles(matricules, oids.ALL if spec.get("oids", True) else ())
    expected = words(_P, "leak.expected", ins=", ".join(needle.name for needle in wanted if not needle.oid))
    looked, unopened = 0, list[str]()
    for name, exchange, data in _emitted(context.since(spec.get("since", ""))):
        looked += 1
        result = search(data, wanted)
        if result.hits:
            hit = result.hits[0]
            path = " > ".join((name.en, *hit.path))
            saw = Words(f"{hit.needle} : {path} : « {hit.excerpt} »", f"{hit.needle}: {path}: “{hit.excerpt}”")
            message = words(_P, "leak.found", needle=_called(hit.needle, wanted), where=name, layers=_layers(hit.path))
            raise Failed(message, Seen(expected, saw, exchange))
        unopened += [f"{name.en}: {place}" for place in result.unopened]
    if unopened:
        message = words(_P, "leak.unopened", places="; ".join(unopened[:3]))
        raise Inconclusive(message, Seen(expected, Words("; ".join(unopened), "; ".join(unopened))))
    if not looked:
        raise Inconclusive(words(_P, "leak.nothing"), Seen(expected))
    return Seen(expected, words(_P, "leak.looked", n=looked))


def _emitted(windows: list[Window]) -> Iterator[tuple[Words, int | None, bytes]]:
    """Name, exchange id and bytes of each thing that left the software towards someone else than INSi."""
    for window in windows:
        for entry in window.traffic:
            if entry.is_exchange and entry.service != "insi":
                for part, data in entry.emitted().items():
                    name = words(_P, f"leak.{part}", id=entry.id, service=entry.service)
                    yield name, entry.id, data
        for path, data in _leaves(window.exported):
            yield words(_P, "leak.export", action=window.action, path=path), None, data


def _leaves(node: Any, path: str = "result") -> Iterator[tuple[str, bytes]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _leaves(value, f"{path}.{n}")
    else:
        raw = str(node)
        if path.endswith(_ENCODED):
            try:
                yield path, base64.b64decode(raw, validate=False)
                return
            except binascii.Error:
                pass
        yield path, raw.encode()


def _called(name: str, wanted: list[Needle]) -> Words:
    oid = any(needle.oid for needle in wanted if needle.name == name)
    return words(_P, "leak.oid" if oid else "leak.matricule", name=name)


def _layers(path: tuple[str, ...]) -> Words:
    return words(_P, "leak.inside", path=" > ".join(path)) if path else Words()
