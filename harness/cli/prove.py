"""``segur prove``: the matrix scenario × defect, for those who write scenarios and checks."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import typer

from harness.cli.common import BENCH_ERROR, FAILED, PASSED, fail, out, out_json, say, t
from harness.lang import lang

app = typer.Typer(add_completion=False, help=t("prove.help"), pretty_exceptions_enable=False)


@app.command(help=t("prove.help"))
def prove(
    ids: list[str] = typer.Argument(None, metavar="[ID|PREFIX]…", help=t("run.ids")),
    defect: list[str] = typer.Option([], "--defect", metavar="NAME", help=t("prove.defect")),
    folder: Path | None = typer.Option(None, "--out", metavar="DIR", file_okay=False, help=t("prove.out")),
    as_json: bool = typer.Option(False, "--json", help=t("prove.json")),
    jobs: int = typer.Option(os.cpu_count() or 2, "-j", min=1, help=t("prove.jobs")),
) -> None:
    """0 when each defect fails what it names and nothing else, and every automatic check is tripped; else 1."""
    from harness.client import BenchError
    from harness.home import Home
    from harness.prove import page
    from harness.prove import prove as run
    from harness.scenario.launch import Asked, bench_of, concerned
    from harness.scenario.loader import library
    from norms.texts import LANGS

    found = library([])
    if found.problems:
        fail("\n".join(problem.shown(lang()) for problem in found.problems))
    asked = Asked("reference", tuple(ids or ()))
    scenarios, _, unmatched = concerned(asked, asked.software(), found)
    if unmatched:
        fail(t("run.no_scenario", names=", ".join(unmatched), known=", ".join(sorted(found.scenarios))))
    with tempfile.TemporaryDirectory(prefix="segur-prove-", ignore_cleanup_errors=True) as place:
        home = Home.at(place)
        with bench_of(home, lang()) as client:
            try:
                proof = run(
                    client,
                    scenarios,
                    home.runs,
                    names=defect,
                    workers=jobs,
                    progress=lambda name: say(f"· {name or '—'}"),
                )
            except BenchError as error:
                fail(t("run.bench", error=error), BENCH_ERROR)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for language in LANGS:
            name = "defects.md" if language == "en" else f"defects.{language}.md"
            (folder / name).write_text(page(proof, language), encoding="utf-8")
    if as_json:
        out_json(
            {
                "schema": 1,
                "failed": proof.failed,
                "sound": proof.sound,
                "missed": proof.missed,
                "strayed": proof.strayed,
                "untripped": proof.untripped,
            }
        )
    else:
        out(page(proof, lang()))
    raise typer.Exit(PASSED if proof.holds or (defect and not (proof.missed or proof.strayed)) else FAILED)


def _progress(defect: str) -> None:
    say(f"· {defect or '—'}")
