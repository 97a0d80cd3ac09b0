"""``segur demo``: the whole of it at once, bench, reference software, verdicts, reports."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which

import typer

from harness.cli.common import HomeOption, say, t

app = typer.Typer(add_completion=False, help=t("demo.help"), pretty_exceptions_enable=False)


@app.command(help=t("demo.help"))
def demo(
    folder: Path = typer.Option(Path("out"), "--out", metavar="DIR", file_okay=False, help=t("demo.out")),
    home: Path = HomeOption(),
) -> None:
    """Run every scenario against the reference software; same exit codes as ``segur run``."""
    from harness.cli import run

    say(t("demo.begins"))
    report = folder / "rapport.html"
    files = {
        "--html": report,
        "--json": folder / "resultats.json",
        "--junit": folder / "junit.xml",
        "--evidence": folder / "preuves.zip",
    }
    asked = ["--sut", "reference", "--allow-manual", "--no-guide"]
    asked += [word for option, path in files.items() for word in (option, str(path))]
    asked += ["--home", str(home)] if home else []
    # Through its own command line, so that whatever option it gains later has its default here too.
    code = typer.main.get_command(run.app).main(args=asked, prog_name="segur run", standalone_mode=False)
    if report.exists():
        say(t("demo.ends", report=report.resolve(), segur=_typed()))
    raise typer.Exit(code or 0)


def _typed() -> str:
    """What to type to call this program again: its name where the shell finds it, else its path."""
    own = Path(sys.argv[0])
    return "segur" if own.stem != "segur" or which("segur") else str(own)
