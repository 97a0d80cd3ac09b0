"""The form of a scenario file: the published JSON Schema, its errors told with their place and a near miss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from harness.scenario.problems import Problem, near
from harness.scenario.yamlread import Document, Steps
from harness.words import Words, words

_P = "harness.scenario"


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of a scenario."""
    text = files("scenarios").joinpath("schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator  # slow to import, and not needed before a scenario is read

    return Draft202012Validator(schema())


def problems(document: Document) -> list[Problem]:
    """What in the file is not as the schema has it, in the order of the file."""
    found = [problem for error in _validator().iter_errors(document.data) for problem in _told(document, error)]
    return sorted(set(found), key=lambda problem: (problem.line, problem.column, problem.code))


def _told(document: Document, error: Any) -> Iterator[Problem]:
    path: Steps = tuple(error.absolute_path)
    rule, wanted, value = error.validator, error.validator_value, error.instance
    if rule == "additionalProperties":
        known = error.schema.get("properties", {})
        for name in value:
            if name not in known:
                yield document.problem(
                    (*path, name), "unknown_key", at_key=True, name=name, where=_where(path), hint=near(name, known)
                )
    elif rule == "required":
        yield from (
            document.problem(path, "missing_key", name=name, where=_where(path)) for name in wanted if name not in value
        )
    elif rule == "type":
        yield document.problem(path, "type", where=_where(path), wanted=_types(wanted), found=_type(value))
    elif rule == "enum":
        choices = [_shown(each) for each in wanted]
        hint = near(_shown(value), choices)
        yield document.problem(path, "choice", where=_where(path), found=_shown(value), hint=hint)
    elif rule == "pattern":
        yield document.problem(path, "pattern", where=_where(path), found=value, pattern=wanted)
    elif rule in ("minItems", "minProperties", "minLength"):
        yield document.problem(path, "empty", where=_where(path))
    else:  # minimum, maximum, exclusiveMinimum…
        yield document.problem(path, "range", where=_where(path), found=_shown(value), rule=rule, wanted=wanted)


def _where(path: Steps) -> str:
    """A path as a person reads it: ``steps[2].expect[0]``."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else str(part)
    return shown or "scenario"


def _types(wanted: str | list[str]) -> Words:
    names = [words(_P, f"type.{name}") for name in ([wanted] if isinstance(wanted, str) else wanted)]
    return Words(" ou ".join(name.fr for name in names), " or ".join(name.en for name in names))


def _type(value: Any) -> Words:
    for kind, name in ((dict, "object"), (list, "array"), (bool, "boolean"), (str, "string"), (type(None), "null")):
        if isinstance(value, kind):
            return words(_P, f"type.{name}")
    return words(_P, "type.number")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
