"""What every command shares: texts, exit codes, where messages go, options used by several."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer

from harness.lang import lang
from norms.texts import text

PASSED, FAILED, USAGE, BENCH_ERROR = 0, 1, 2, 3


def t(key: str, /, **args: object) -> str:
    """A text of the command line in the user's language."""
    return text("harness.cli", key, lang(), **args)


def say(message: str) -> None:
    """A message for the person: stderr."""
    print(message, file=sys.stderr, flush=True)


def out(result: str) -> None:
    """A result: stdout."""
    print(result, flush=True)


def out_json(result: Any) -> None:
    """A result as JSON: stdout."""
    out(json.dumps(result, ensure_ascii=False, indent=2))


def fail(message: str, code: int = USAGE) -> NoReturn:
    """Say what is wrong and how to mend it, and leave with that exit code."""
    say(message)
    raise typer.Exit(code)


def HomeOption() -> Any:  # noqa: N802 - reads like typer.Option where it is used
    """The ``--home`` option."""
    return typer.Option(None, "--home", metavar="DIR", help=t("common.home"), file_okay=False)


HomePath = Path | None


def no_scenario(names: Sequence[str], known: Sequence[str]) -> str:
    """Says which names match no scenario, those that are near, and where all of them are told."""
    from difflib import get_close_matches

    close = (get_close_matches(name.upper(), known, n=2, cutoff=0.5) for name in names)
    near = ", ".join(dict.fromkeys(name for names in close for name in names))
    return t("run.no_scenario_near" if near else "run.no_scenario", names=", ".join(names), near=near)
