"""The sense of a scenario whose form is right: names that exist, steps in order, numbers that agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import mocks
from harness.scenario import checks, operations
from harness.scenario.match import KEYS
from harness.scenario.model import KINDS
from harness.scenario.problems import Problem, near
from harness.scenario.values import references
from harness.scenario.yamlread import Document, Steps
from harness.words import Words
from mocks.addresses import ADDRESSES
from mocks.control import BadSwitch, Registry
from mocks.world import KINDS as WORLD_KINDS
from mocks.world import World, WorldError
from mocks.world.seed import MODELS

DERIVED = {"patients": ("traits", "matricule")}  # what the runner adds to a world item
ROOTS = (*WORLD_KINDS, "sut", "run")
ANSWER = ("ok", "result", "shown", "error")  # what a path into an answer begins with


@dataclass(eq=False)
class Known:
    """What a scenario may name: the world it will meet, the switches of the services, the addresses."""

    world: World
    switches: Registry
    addresses: tuple[str, ...] = tuple(row.name for row in ADDRESSES)

    @classmethod
    def here(cls, world: World | None = None) -> Known:
        """What this installation has; raises WorldError."""
        return cls(world, declared_switches()) if world else _here()


@cache
def _here() -> Known:
    """With the packaged world, read once per process."""
    return Known(World.load(), declared_switches())


def declared_switches() -> Registry:
    """Every switch that a service declares in its ``switches`` module."""
    registry = Registry()
    for package in iter_modules(mocks.__path__):
        if package.ispkg:
            try:
                module = import_module(f"mocks.{package.name}.switches")
            except ModuleNotFoundError as error:
                if error.name != f"mocks.{package.name}.switches":
                    raise
                continue
            registry.add(module.SWITCHES)
    return registry


def problems(document: Document, known: Known) -> list[Problem]:
    """What does not make sense in the file, in its order; its form must be right."""
    found = list(_Reader(document, known).all())
    return sorted(found, key=lambda problem: (problem.line, problem.column, problem.code))


@dataclass
class _Reader:
    document: Document
    known: Known
    steps: list[str] = field(default_factory=list)  # read so far
    labels: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # usable as ${name}

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.document.data)

    def all(self) -> Iterator[Problem]:
        variants = self.data.get("variants", [])
        self.variants = [variant["id"] for variant in variants]
        self.requirements = [each["id"] for each in self.data["requirements"]]
        self.names |= set(self.data.get("values", {}))
        self.names |= {name for variant in variants for name in variant.get("values", {})}
        yield from self._twice(("variants",), self.variants)
        for n, need in enumerate(self.data.get("needs", [])):
            if need not in self.known.addresses:
                yield self._say(("needs", n), "need", found=need, hint=near(need, self.known.addresses))
        for path in ((), *(("variants", n) for n in range(len(variants)))):
            yield from self._setting(path)
        for n, variant in enumerate(variants):
            for name in variant.get("when", {}):
                yield from self._references(("variants", n, "when", name), f"${{{name}}}")
        for n, step in enumerate(self.data["steps"]):
            yield from self._step(("steps", n), step)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _step(self, path: Steps, step: Mapping[str, Any]) -> Iterator[Problem]:
        if step["id"] in self.steps:
            yield self._say((*path, "id"), "twice_id", found=step["id"])
        self.steps.append(step["id"])
        yield from self._only(path, step)
        yield from self._setting(path)
        yield from self._references((*path, "incoming"), step.get("incoming", []))
        self.names |= {order["as"] for order in step.get("incoming", []) if "as" in order}
        yield from self._references((*path, "do"), step.get("do", {}))
        yield from self._asked((*path, "do"), step.get("do", {}))
        self.names |= set(step.get("save", {}))
        for name, place in step.get("save", {}).items():
            if (first := place.partition(".")[0]) not in ANSWER:
                yield self._say((*path, "save", name), "answer_path", found=first, hint=near(first, ANSWER))
        yield from self._twice((*path, "expect"), [each["id"] for each in step.get("expect", [])])
        for n, expect in enumerate(step.get("expect", [])):
            yield from self._expect((*path, "expect", n), expect)
        for n, proof in enumerate(step.get("evidence", [])):
            yield from self._only((*path, "evidence", n), proof)
            if not any(proof["proof"].startswith(f"{each}.") for each in self.requirements):
                where = (*path, "evidence", n, "proof")
                yield self._say(where, "proof", found=proof["proof"], known=", ".join(self.requirements))

    def _asked(self, path: Steps, do: Mapping[str, Any]) -> Iterator[Problem]:
        """Parameters that the action does not have; the test-driver API's document says which it has."""
        from harness.drive.reference import openapi  # slow to import, and not needed before a scenario is read

        params = openapi.parameters(do["action"]) if do.get("with") else ()
        for name in do.get("with", {}):
            if name not in params:
                where, hint = f"do.with ({do['action']})", near(name, params)
                yield self.document.problem(
                    (*path, "with", name), "unknown_key", at_key=True, name=name, where=where, hint=hint
                )

    def _operation(self, path: Steps, spec: Mapping[str, Any]) -> Iterator[Problem]:
        """Operations that the service never keeps; a pattern, or what a variant gives, is not judged."""
        wanted, path = spec.get("operation"), (*path, "operation")
        if isinstance(wanted, Mapping):
            key = next((key for key in ("equals", "not", "in") if key in wanted), "")
            wanted, path = wanted.get(key), (*path, key)
        listed = isinstance(wanted, list)
        for n, name in enumerate(wanted if isinstance(wanted, list) else [wanted]):
            known = operations.known(spec.get("service", ""))
            if isinstance(name, str) and name not in known and not list(references(name)):
                place = (*path, n) if listed else path
                yield self._say(place, "choice", where="operation", found=name, hint=near(name, known))

    def _expect(self, path: Steps, expect: Mapping[str, Any]) -> Iterator[Problem]:
        yield from self._only(path, expect)
        for n, each in enumerate(expect.get("requirements", [])):
            if each not in self.requirements:
                hint = near(each, self.requirements)
                yield self._say((*path, "requirements", n), "requirement", found=each, hint=hint)
        kinds = [kind for kind in KINDS if kind in expect]
        if len(kinds) != 1:
            yield self._say(path, "kind", found=", ".join(kinds) or "—", known=", ".join(KINDS))
            return
        kind, spec, path = kinds[0], expect[kinds[0]], (*path, kinds[0])
        yield from self._references(path, spec)
        yield from self._patterns(path, spec)
        earlier = {"since": self.steps, "of": self.steps, "after": self.labels, "exchanges": self.labels}
        for key, names in earlier.items():
            if key in spec and spec[key] not in names:
                yield self._say((*path, key), "earlier", found=spec[key], hint=near(spec[key], names))
        if kind == "absence" and "ins" in spec and (other := set(spec) - {"ins", "oids", "since"}):
            yield self._say((*path, sorted(other)[0]), "not_with_ins", found=", ".join(sorted(other)))
        for name in spec.get("fields", ()) if kind == "answer" else ():
            if (first := name.partition(".")[0]) not in ANSWER:
                hint = near(first, ANSWER)
                yield self.document.problem((*path, "fields", name), "answer_path", at_key=True, found=first, hint=hint)
        if kind in ("exchange", "absence"):
            yield from self._operation(path, spec)
        if kind == "check":
            yield from self._check(path, spec)
        if kind == "exchange" and "as" in spec:
            self.labels.add(spec["as"])

    def _check(self, path: Steps, spec: Mapping[str, Any]) -> Iterator[Problem]:
        params, given = checks.named(spec["name"]).params, spec.get("with", {})
        for name in given:
            if name not in params:
                hint = near(name, params)
                yield self.document.problem(
                    (*path, "with", name), "check_param", at_key=True, name=name, check=spec["name"], hint=hint
                )
        for name, required in params.items():
            if required and name not in given:
                yield self._say(path, "check_lacks", name=name, check=spec["name"])

    # -- what may stand anywhere -----------------------------------------------------------------------------------

    def _setting(self, path: Steps) -> Iterator[Problem]:
        holder = self.data
        for part in path:
            holder = holder[part]  # type: ignore[index]
        yield from self._references((*path, "values"), holder.get("values", {}))
        yield from self._references((*path, "world"), holder.get("world", {}))
        for kind, items in holder.get("world", {}).items():
            for name, changes in items.items():
                yield from self._change((*path, "world", kind, name), kind, name, changes)
        for name, value in holder.get("faults", {}).items():
            try:
                self.known.switches.get(name)
            except BadSwitch:
                hint = near(name, [switch.name for switch in self.known.switches])
                yield self.document.problem((*path, "faults", name), "switch", at_key=True, name=name, hint=hint)
                continue
            wanted = value["next"] if isinstance(value, Mapping) else value
            try:
                if not list(references(wanted)):
                    self.known.switches.get(name).accept(wanted)
            except BadSwitch as error:
                yield self._say((*path, "faults", name), "switch_value", detail=str(error))

    def _change(self, path: Steps, kind: str, name: str, changes: Mapping[str, Any]) -> Iterator[Problem]:
        if name not in (ids := getattr(self.known.world, kind)):
            yield self.document.problem(path, "item", at_key=True, kind=kind, name=name, hint=near(name, ids))
            return
        fixed = {key: value for key, value in changes.items() if not list(references(value))}
        try:
            self.known.world.fork().patch(kind, name, fixed)
        except WorldError as error:
            told = Words(error.shown("fr"), error.shown("en"))
            place = next((key for key in fixed if f".{key}" in str(error.words.get("path", ""))), "")
            name = str(error.words.get("name", ""))
            wrong = place or (name if name in fixed else "")
            yield self.document.problem((*path, wrong) if wrong else path, "world", at_key=True, detail=told)

    def _references(self, path: Steps, node: Any) -> Iterator[Problem]:
        for inner, name in references(node):
            root, _, rest = name.partition(".")
            if root in WORLD_KINDS:
                yield from self._item((*path, *inner), root, rest)
            elif root not in self.names and root not in ROOTS:
                yield self._say((*path, *inner), "name", name=name, hint=near(root, self.names | set(ROOTS)))

    def _item(self, path: Steps, kind: str, rest: str) -> Iterator[Problem]:
        item, _, inner = rest.partition(".")
        if item not in (ids := getattr(self.known.world, kind)):
            yield self._say(path, "item", kind=kind, name=item, hint=near(item, ids))
        elif inner:
            known = [*(each.name for each in fields(MODELS[kind])), *DERIVED.get(kind, ())]
            if (first := inner.partition(".")[0]) not in known:
                yield self._say(path, "item_field", kind=kind, name=first, hint=near(first, known))

    def _patterns(self, path: Steps, node: Any) -> Iterator[Problem]:
        if isinstance(node, Mapping):
            for key, value in node.items():
                if key == "matches" and isinstance(value, str) and set(node) <= set(KEYS):
                    try:
                        re.compile(value)
                    except re.error as error:
                        yield self._say((*path, key), "regex", detail=str(error))
                yield from self._patterns((*path, key), value)

    def _only(self, path: Steps, holder: Mapping[str, Any]) -> Iterator[Problem]:
        for n, name in enumerate(holder.get("only", [])):
            if name not in self.variants:
                yield self._say((*path, "only", n), "variant", found=name, hint=near(name, self.variants))

    def _twice(self, path: Steps, ids: list[str]) -> Iterator[Problem]:
        for n, name in enumerate(ids):
            if name in ids[:n]:
                yield self._say((*path, n, "id"), "twice_id", found=name)

    def _say(self, path: Steps, code: str, /, **args: object) -> Problem:
        return self.document.problem(path, code, at_key=False, **args)
