"""``segur scenarios``: list, show, check, new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from harness.cli.common import FAILED, fail, no_scenario, out, out_json, say, t
from harness.lang import lang

app = typer.Typer(add_completion=False, no_args_is_help=True, help=t("scenarios.help"), pretty_exceptions_enable=False)


def _own() -> Any:
    return typer.Option([], "--scenarios", metavar="DIR", help=t("run.scenarios"))


def _as_json() -> Any:
    return typer.Option(False, "--json", help=t("scenarios.json"))


@app.command("list", help=t("scenarios.list_help"))
def list_(
    ids: list[str] = typer.Argument(None, metavar="[ID|PREFIX]…"),
    scenarios: list[Path] = _own(),
    as_json: bool = _as_json(),
) -> None:
    """One line per scenario."""
    from harness.scenario.loader import library
    from harness.scenario.suites import suites

    found = library(scenarios, only=ids or [])
    picked, _ = found.pick(ids or [])
    if as_json:
        rows = [
            {
                "id": s.id,
                "title": s.title.get(lang()),
                "products": list(s.products),
                "waves": list(s.waves),
                "profiles": list(s.profiles),
                "requirements": [r.id for r in s.requirements],
                "variants": [v.id for v in s.variants if v.id],
                "file": str(s.file),
            }
            for s in picked
        ]
        named = [
            {"name": s.name, "about": s.about.get(lang()), "scenarios": list(s.scenarios)} for s in suites().values()
        ]
        problems = [p.stored(lang()) for p in found.problems]
        out_json({"schema": 1, "scenarios": rows, "suites": named, "problems": problems})
        return
    for scenario in picked:
        waves = "+".join(map(str, scenario.waves))
        out(f"{scenario.id}  {scenario.title.get(lang())}  [{', '.join(scenario.products)} | {waves}]")
    if not ids:
        for suite in suites().values():
            out(f"{suite.name}  {suite.about.get(lang())}  [{', '.join(suite.scenarios)}]")
    for problem in found.problems:
        say(problem.shown(lang()))


@app.command(help=t("scenarios.show_help"))
def show(
    id: str = typer.Argument(..., metavar="ID"),
    scenarios: list[Path] = _own(),
    as_json: bool = _as_json(),
) -> None:
    """Everything about one scenario, as a tester reads it."""
    from harness.scenario.loader import library
    from harness.scenario.show import document, text

    found = library(scenarios, only=[id])
    picked, _ = found.pick([id])
    if not picked:
        fail(no_scenario([id], found.ids))
    if as_json:
        out_json({"schema": 1, "scenarios": [document(each, lang()) for each in picked]})
        return
    out("\n\n".join(text(each, lang()) for each in picked))


@app.command(help=t("scenarios.check_help"))
def check(
    paths: list[Path] = typer.Argument(None, metavar="[FILE|DIR]…", help=t("scenarios.check_paths")),
    scenarios: list[Path] = _own(),
    seed: Path | None = typer.Option(None, "--seed", metavar="F.yaml", dir_okay=False, help=t("scenarios.seed")),
    as_json: bool = _as_json(),
) -> None:
    """Say what is wrong in scenario files, with line and column; 0 when nothing is, 1 otherwise."""
    from harness.scenario.loader import library
    from harness.scenario.sense import Known
    from mocks.world import World, WorldError

    try:
        known = Known.here(World.load(seed))
    except WorldError as error:
        fail(error.shown(lang()))
    found = library([*(paths or []), *scenarios], known)
    if as_json:
        out_json({"schema": 1, "checked": len(found.scenarios), "problems": [p.stored(lang()) for p in found.problems]})
    else:
        for problem in found.problems:
            out(problem.shown(lang()))
        say(t("scenarios.checked", n=len(found.scenarios), bad=len(found.problems)))
    if found.problems:
        raise typer.Exit(FAILED)


@app.command(help=t("scenarios.new_help"))
def new(
    id: str = typer.Argument(..., metavar="ID", help=t("scenarios.new_id")),
    folder: Path = typer.Option(Path(), "--out", metavar="DIR", file_okay=False, help=t("scenarios.new_out")),
) -> None:
    """Write a scenario to begin from, with the schema that editors complete from."""
    import re
    from importlib.resources import files

    from harness.scenario import form
    from harness.scenario.loader import OURS
    from harness.scenario.show import template

    if not re.fullmatch(form.schema()["properties"]["id"]["pattern"], id):
        fail(t("scenarios.bad_id", id=id))
    if id.startswith(OURS):
        fail(t("scenarios.our_id", id=id))
    path = folder / f"{id}.yaml"
    if path.exists():
        fail(t("scenarios.exists", path=path))
    folder.mkdir(parents=True, exist_ok=True)
    schema = folder / "schema.json"
    schema.write_text(files("scenarios").joinpath("schema.json").read_text(encoding="utf-8"), encoding="utf-8")
    path.write_text(template(id), encoding="utf-8")
    out(str(path))
    say(t("scenarios.written", id=id, folder=folder))
