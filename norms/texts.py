"""User-visible texts in French and English, one TOML file per language beside what uses them.

A package with texts holds ``texts/fr.toml`` and ``texts/en.toml``: tables of strings, keys joined by a dot when
looked up (``[step] wait = "…"`` is ``step.wait``). Placeholders are ``{name}``. The files are package data that never
change while the program runs, so they are read once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Lang = Literal["fr", "en"]
LANGS: tuple[Lang, Lang] = ("fr", "en")


@cache
def table(package: str, lang: Lang) -> Mapping[str, Any]:
    """The whole text table of a package in one language; raises FileNotFoundError when the package has none."""
    return tomllib.loads(files(package).joinpath("texts", f"{lang}.toml").read_text(encoding="utf-8"))


def text(package: str, key: str, lang: Lang, /, **args: object) -> str:
    """One text, placeholders filled; raises KeyError naming package, language and key when it is missing."""
    node: Any = table(package, lang)
    for part in key.split("."):
        try:
            node = node[part]
        except (KeyError, TypeError):
            raise KeyError(f"no text {key!r} in {package}/texts/{lang}.toml") from None
    return fill(str(node), args)


class _Blanks(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, args: Mapping[str, object]) -> str:
    """Fill ``{name}`` placeholders; a missing one becomes empty rather than an error in front of the user."""
    return template.format_map(_Blanks(args)) if "{" in template else template
