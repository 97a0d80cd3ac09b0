"""``segur``: one command, one module per sub-command, loaded only when asked for."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from harness.cli.common import BENCH_ERROR, USAGE, t
from harness.lang import lang

COMMANDS = (
    "up",
    "run",
    "runs",
    "evidence",
    "demo",
    "scenarios",
    "sut",
    "defects",
    "prove",
    "journal",
    "certs",
    "validate",
    "samples",
    "render",
    "rules",
    "rulepacks",
    "doctor",
)


class Lazy(TyperGroup):
    """Imports ``harness.cli.<command>`` at first use; ``--help`` lists summaries without importing anything."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if ctx.resilient_parsing or (not ctx.invoked_subcommand and "--help" in sys.argv[1:2]):
            return _summary(cmd_name)
        module = import_module(f"harness.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command


def _summary(name: str) -> Any:
    shell = typer.Typer()
    shell.command(name, help=t(f"{name}.help"))(lambda: None)
    return typer.main.get_command(shell)


app = typer.Typer(
    cls=Lazy, no_args_is_help=True, add_completion=False, help=t("segur.help"), pretty_exceptions_enable=False
)


def _version(wanted: bool) -> None:
    if wanted:
        from harness import version as installed

        typer.echo(f"segur {installed()}")
        raise typer.Exit


@app.callback()
def _segur(
    language: str = typer.Option(lang(), "--lang", metavar="fr|en", help=t("segur.lang")),
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help=t("segur.version")),
) -> None:
    if language not in ("fr", "en"):
        raise typer.BadParameter(t("segur.bad_lang", found=language))


def main() -> None:
    """Entry point. An error of ours is one line and exit code 3; ``SEGUR_DEBUG=1`` shows where it happened."""
    # Most of what a command allocates at first, modules and tables, stays: by default 0.2 s of the bench's 1.5 s start
    # go into looking for garbage there.
    gc.set_threshold(50_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=_lang_first(sys.argv[1:]))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
    except Exception as error:
        import os

        if os.environ.get("SEGUR_DEBUG"):
            raise
        if told := _place(error):
            print(told, file=sys.stderr)
            sys.exit(USAGE)
        print(t("segur.crash", error=f"{type(error).__name__}: {error}"), file=sys.stderr)
        sys.exit(BENCH_ERROR)


def _place(error: Exception) -> str:
    """What to do about a folder or a file that the user's machine keeps from us; empty when that is not the matter."""
    from harness.home import BadHome

    if isinstance(error, BadHome):
        return t("segur.bad_home", folder=error.folder, reason=error.reason)
    if isinstance(error, PermissionError) and error.filename:
        return t("segur.denied", file=error.filename)
    return ""


def _lang_first(argv: list[str]) -> list[str]:
    """``segur run --lang fr`` means ``segur --lang fr run``: the option is the whole command's."""
    moved: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--lang":
            moved += [word, next(words, "")]
        elif word.startswith("--lang="):
            moved.append(word)
        else:
            rest.append(word)
    return moved + rest
