"""``segur demo``: the whole of it at once, bench, reference software, verdicts, reports."""

from __future__ import annotations

from pathlib import Path

import typer

from harness.cli.common import HomeOption, say, t

app = typer.Typer(add_completion=False, help=t("demo.help"), pretty_exceptions_enable=False)


@app.command(help=t("demo.help"))
def demo(
    folder: Path = typer.Option(Path("out"), "--out", metavar="DIR", file_okay=False, help=t("demo.out")),
    home: Path = HomeOption(),
) -> None:
    """Run every scenario against the reference software; same exit codes as ``segur run``."""
    from harness.cli.run import run

    say(t("demo.begins"))
    report = folder / "rapport.html"
    try:
        run(
            ids=[],
            sut="reference",
            product="",
            wave=0,
            profile=[],
            defect=[],
            scenarios=[],
            only_failed=False,
            resume=False,
            baseline=None,
            allow_manual=True,
            json_file=folder / "resultats.json",
            junit_file=folder / "junit.xml",
            html_file=report,
            markdown_file=None,
            evidence_file=folder / "preuves.zip",
            quiet=False,
            home=home,
        )
    finally:
        if report.exists():
            say(t("demo.ends", report=report.resolve()))
