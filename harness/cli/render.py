"""``segur render FILE``: a CDA document as a readable page."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import fail, out, say, t
from harness.lang import lang, reason

app = typer.Typer(add_completion=False, help=t("render.help"), pretty_exceptions_enable=False)


@app.command(help=t("render.help"))
def render(
    file: str = typer.Argument(..., metavar="FILE|SAMPLE", help=t("render.file")),
    output: Path = typer.Option(None, "--output", "-o", metavar="FILE.html", dir_okay=False, help=t("render.output")),
) -> None:
    from harness.render import NotADocument
    from harness.render import render as page

    try:
        shown = page(_bytes(file), lang())
    except NotADocument as error:
        fail(t("render.unreadable", file=file, error=error))
    if output is None:
        out(shown)
        return
    try:
        output.write_text(shown, encoding="utf-8")
    except OSError as error:
        fail(t("render.unwritable", file=output, error=reason(error)))
    say(t("render.written", file=output))


def _bytes(file: str) -> bytes:
    path = Path(file)
    try:
        return path.read_bytes()
    except OSError as error:
        from harness.samples import shelf

        try:
            return shelf.data(file)
        except KeyError:
            fail(t("render.missing", file=file, error=reason(error)))
