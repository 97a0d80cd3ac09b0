"""The OpenAPI 3.1 document of the test-driver API, kept in ``openapi.yaml``; requests are checked against it.

Descriptions are written ``{fr: …, en: …}`` in the file and one language is served.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from norms.texts import Lang, text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def document(lang: Lang) -> dict[str, Any]:
    """The document in one language."""
    raw = yaml.load(files(__package__).joinpath("openapi.yaml").read_text(encoding="utf-8"), _LOADER)  # noqa: S506
    spoken: dict[str, Any] = _speak(raw, lang)
    return spoken


def wrong(action: str, body: Any, lang: Lang = "en") -> str:
    """What is wrong with the body of an action, and the place in it (JSONPath); empty when nothing is."""
    error = best_match(_validator(action).iter_errors(body))
    if error is None:
        return ""
    wanted = error.validator_value
    said = ", ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
    key = error.validator if error.validator in ("required", "type", "enum") else "other"
    what = text(__package__, f"api.wrong.{key}", lang, wanted=said, message=error.message)
    return text(__package__, "screen.labelled", lang, label=error.json_path, value=what)


@cache
def parameters(action: str) -> tuple[str, ...]:
    """The names that the body of an action may hold."""
    return tuple(_schema(action).get("properties", ()))


@cache
def _validator(action: str) -> Draft202012Validator:
    return Draft202012Validator({**_schema(action), "components": document("en")["components"]})


def _schema(action: str) -> dict[str, Any]:
    content = document("en")["paths"][f"/actions/{action}"]["post"]["requestBody"]["content"]
    return dict(content["application/json"]["schema"])


def _speak(node: Any, lang: Lang) -> Any:
    if isinstance(node, dict):
        if set(node) == {"fr", "en"}:
            return node[lang]
        return {key: _speak(value, lang) for key, value in node.items()}
    if isinstance(node, list):
        return [_speak(value, lang) for value in node]
    return node
