"""Named checks: what a scenario asks by name because it takes more than comparing a field.

A check is a function ``(context, on, *, params…) -> Seen`` decorated with `check`; it raises as
`harness.scenario.verdict` says. Its keyword parameters are those that a scenario may give in ``with``; those without a
default are required.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from harness.scenario.context import Context
from harness.scenario.traffic import Traffic
from harness.scenario.verdict import Seen
from harness.words import Words

MODULES = ("insi", "identity", "trace", "paper", "psc", "cda", "dmp", "dmp_deposit", "mail")
_ALL: dict[str, Check] = {}


@dataclass(frozen=True, slots=True)
class Check:
    """A named check and the parameters it takes (name -> required); ``eye``: it looks at what the software shows."""

    name: str
    about: Words
    run: Callable[..., Seen]
    params: dict[str, bool]
    eye: bool = False


def check(name: str, *, fr: str, en: str, eye: bool = False) -> Callable[[Callable[..., Seen]], Callable[..., Seen]]:
    """Register a function under a name, with one sentence about it in each language."""

    def register(function: Callable[..., Seen]) -> Callable[..., Seen]:
        given = list(inspect.signature(function).parameters.values())[2:]
        params = {each.name: each.default is inspect.Parameter.empty for each in given}
        _ALL[name] = Check(name, Words(fr, en), function, params, eye)
        return function

    return register


@cache
def catalogue() -> dict[str, Check]:
    """Every named check."""
    for module in MODULES:
        import_module(f"{__name__}.{module}")
    return dict(sorted(_ALL.items()))


def named(name: str) -> Check:
    """The check of that name; raises KeyError."""
    return catalogue()[name]


__all__ = ["Check", "Context", "Traffic", "catalogue", "check", "named"]
