"""``segur runs``: the runs kept in the home folder: list, reports made again, comparison."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from harness.cli.common import FAILED, PASSED, HomeOption, fail, out, out_json, say, t
from harness.lang import lang

app = typer.Typer(no_args_is_help=True, add_completion=False, help=t("runs.help"), pretty_exceptions_enable=False)


@app.command("list", help=t("runs.list"))
def list_runs(
    as_json: bool = typer.Option(False, "--json", help=t("runs.json")),
    home: Path = HomeOption(),
) -> None:
    """Every run, the newest last."""
    from harness.home import Home
    from harness.scenario.result import totals
    from harness.scenario.store import Store

    rows = []
    for folder in sorted(path.parent for path in Home.at(home).runs.glob("*/run.json")):
        asked = Store(folder).asked()
        rows.append(
            {
                "run": folder.name,
                "started": datetime.fromtimestamp(asked.get("started", 0), UTC)
                .astimezone()
                .isoformat(timespec="seconds"),
                "state": asked.get("state", ""),
                "totals": totals(Store(folder).results()),
            }
        )
    if as_json:
        out_json({"schema": 1, "runs": rows})
        return
    if not rows:
        say(t("runs.none"))
    for row in rows:
        found = "  ".join(f"{n} {verdict}" for verdict, n in row["totals"].items() if n)
        out(f"{row['run']}  {row['started']}  {row['state']}  {found}")


@app.command("report", help=t("runs.report"))
def report(
    run: str = typer.Argument("", help=t("runs.run")),
    html_file: Path | None = typer.Option(None, "--html", metavar="F", dir_okay=False, help=t("run.html")),
    json_file: Path | None = typer.Option(None, "--json", metavar="F", dir_okay=False, help=t("run.json")),
    junit_file: Path | None = typer.Option(None, "--junit", metavar="F", dir_okay=False, help=t("run.junit")),
    markdown_file: Path | None = typer.Option(None, "--markdown", metavar="F", dir_okay=False, help=t("run.markdown")),
    evidence_file: Path | None = typer.Option(
        None, "--evidence", metavar="F.zip", dir_okay=False, help=t("run.evidence")
    ),
    home: Path = HomeOption(),
) -> None:
    """Write reports of a run that is over, or of what an interrupted one did."""
    from harness.report.files import replay, writers

    chosen = writers(lang(), html_file, json_file, junit_file, markdown_file, evidence_file)
    if not chosen:
        fail(t("runs.nothing_asked"))
    replay(_found(home, run), chosen)


@app.command("compare", help=t("runs.compare"))
def compare_runs(
    before: str = typer.Argument(..., help=t("runs.before")),
    after: str = typer.Argument("", help=t("runs.after")),
    as_json: bool = typer.Option(False, "--json", help=t("runs.json")),
    home: Path = HomeOption(),
) -> None:
    """0 when nothing got worse, 1 when something did."""
    from harness.report.compare import compare
    from harness.report.explain import verdict

    (one, was), (two, now) = _verdicts(home, before), _verdicts(home, after)
    changes = compare(was, now)
    if as_json:
        out_json(
            {
                "schema": 1,
                "before": one,
                "after": two,
                "changes": [
                    {
                        "id": c.id,
                        "before": c.before,
                        "after": c.after,
                        "broke": c.broke,
                        "mended": c.mended,
                        "worse": c.worse,
                    }
                    for c in changes
                ],
            }
        )
    else:
        for c in changes:
            names = [verdict(v, lang()) if v else "—" for v in (c.before, c.after)]
            out(f"{'✗' if c.worse else '✓'} {c.id}  {names[0]} → {names[1]}")
            for mark, checks in (("+", c.mended), ("-", c.broke)):
                for check in checks:
                    out(f"    {mark} {check}")
        if not changes:
            say(t("runs.same"))
    raise typer.Exit(FAILED if any(c.worse for c in changes) else PASSED)


def _verdicts(home: Path | None, run: str) -> tuple[str, list[Any]]:
    """A run's id and results, from the home folder or from a JSON report, which is named by its path."""
    from harness.report.json import BadReport, read

    if not run.endswith(".json") and not Path(run or "-").is_file():
        kept = _found(home, run)
        return kept.run, kept.results()
    try:
        return read(Path(run))
    except BadReport as error:
        fail(t("runs.bad_report", path=run, error=error))


def _found(home: Path | None, run: str) -> Any:
    from harness.home import Home
    from harness.scenario.store import NoRun, Store

    runs = Home.at(home).runs
    try:
        return Store.find(runs, run) if run else Store.newest(runs)
    except NoRun:
        fail(t("runs.no_run", run=run, folder=runs) if run else t("runs.none"))
