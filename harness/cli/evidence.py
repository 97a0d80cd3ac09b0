"""``segur evidence verify``: is this pack what the run wrote?"""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import FAILED, fail, out, say, t

app = typer.Typer(no_args_is_help=True, add_completion=False, help=t("evidence.help"), pretty_exceptions_enable=False)


@app.callback()
def evidence() -> None:
    """Evidence packs written by ``segur run --evidence``."""


@app.command("verify", help=t("evidence.verify"))
def verify_pack(
    pack: Path = typer.Argument(..., exists=True, dir_okay=False, metavar="F.zip", help=t("evidence.pack")),
) -> None:
    """0 when every file is as the manifest says, 1 when not, 2 when this is no evidence pack."""
    from harness.report.evidence import BadPack, verify

    try:
        wrong = verify(pack)
    except BadPack as error:
        fail(t("evidence.bad", error=error))
    for line in wrong:
        out(line)
    if wrong:
        raise typer.Exit(FAILED)
    say(t("evidence.whole", pack=pack))
