"""``segur prove``: the matrix scenario × defect, for those who write scenarios and checks."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import BENCH_ERROR, FAILED, PASSED, HomeOption, fail, no_scenario, out, out_json, say, t
from harness.lang import lang

if TYPE_CHECKING:
    from harness.prove import Proof
    from harness.scenario.loader import Library
    from harness.scenario.model import Scenario

INTERRUPTED = 130

app = typer.Typer(add_completion=False, help=t("prove.help"), pretty_exceptions_enable=False)


@app.command(help=t("prove.help"))
def prove(
    ids: list[str] = typer.Argument(None, metavar="[ID|PREFIX]…", help=t("run.ids")),
    defect: list[str] = typer.Option([], "--defect", metavar="NAME", help=t("prove.defect")),
    folder: Path | None = typer.Option(None, "--out", metavar="DIR", file_okay=False, help=t("prove.out")),
    as_json: bool = typer.Option(False, "--json", help=t("prove.json")),
    jobs: int = typer.Option(os.cpu_count() or 2, "-j", min=1, help=t("prove.jobs")),
    fresh: bool = typer.Option(False, "--fresh", help=t("prove.fresh")),
    home: Path = HomeOption(),
) -> None:
    """0 when each defect fails what it names and nothing else, and every automatic check is tripped; else 1."""
    from harness.drive.reference.defects import Defects, UnknownDefect
    from harness.home import Home
    from harness.prove import page
    from harness.scenario.launch import Asked, concerned
    from harness.scenario.loader import library

    found = library([])
    if found.problems:
        fail("\n".join(problem.shown(lang()) for problem in found.problems))
    try:
        Defects(defect)
    except UnknownDefect as error:
        fail(t("run.no_defect", name=error.name, near=", ".join(error.near)))
    asked = Asked("reference", tuple(ids or ()))
    scenarios, _, unmatched = concerned(asked, asked.software(), found)
    if unmatched:
        fail(no_scenario(unmatched, sorted(found.scenarios)))
    if folder:
        _whole(scenarios, found, names=defect)
    proof = _proved(scenarios, defect, Home.at(home).root / "prove.jsonl", jobs, fresh=fresh)
    if folder:
        _write(folder, proof)
    if as_json:
        wrong = {name: getattr(proof, name) for name in ("sound", "missed", "strayed", "untripped")}
        cells = [cell.stored() for cell in proof.cells]
        out_json({"schema": 2, "holds": proof.holds, **wrong, "checks": proof.checks, "cells": cells})
    else:
        out(page(proof, lang()))
    sound = not (proof.sound or proof.missed or proof.strayed) if defect else proof.holds
    raise typer.Exit(PASSED if sound else FAILED)


def _proved(scenarios: list[Scenario], names: list[str], kept: Path, jobs: int, *, fresh: bool) -> Proof:
    """The matrix, on a bench of its own; one that was interrupted goes on."""
    from harness.client import BenchError
    from harness.drive import DriveError
    from harness.home import Home
    from harness.prove import Kept, digest
    from harness.prove import prove as run
    from harness.scenario.launch import bench_of

    cells = Kept(kept, digest(), fresh=fresh)
    if cells.cells:
        say(t("prove.resumed", n=len(cells.cells)))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="segur-prove-", ignore_cleanup_errors=True) as place,
            bench_of(Home.at(place), lang()) as client,
        ):
            proof = run(
                client,
                scenarios,
                cells,
                names=names,
                workers=jobs,
                progress=lambda done, of, what: say(f"{done}/{of} {what}"),
            )
    except BenchError as error:
        fail(t("run.bench", error=error), BENCH_ERROR)
    except DriveError as error:
        fail(error.message.get(lang()), BENCH_ERROR)
    except KeyboardInterrupt:
        fail(t("prove.interrupted"), INTERRUPTED)
    cells.finished()
    return proof


def _whole(scenarios: list[Scenario], found: Library, names: list[str]) -> None:
    """A page is renewed by whole domains: a part of one must not pass for the whole."""
    asked = {scenario.id for scenario in scenarios}
    domains = dict.fromkeys(scenario.domain for scenario in scenarios)
    parts = [d for d in domains if names or any(s.domain == d and s.id not in asked for s in found.scenarios.values())]
    if parts:
        fail(t("prove.partial", domains=", ".join(parts)))


def _write(folder: Path, proof: Proof) -> None:
    """Renew the pages for the domains proved."""
    from harness.prove import renewed
    from norms.texts import LANGS

    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGS:
        path = folder / ("defects.md" if language == "en" else f"defects.{language}.md")
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        path.write_text(renewed(before, proof, language), encoding="utf-8")
