"""``segur run``: drive a software through scenarios, show the verdicts, write the reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from harness.cli.common import BENCH_ERROR, FAILED, PASSED, HomeOption, fail, no_scenario, say, t
from harness.lang import lang

INTERRUPTED = 130  # what a shell expects after Ctrl-C

app = typer.Typer(add_completion=False, help=t("run.help"), pretty_exceptions_enable=False)


@app.command(help=t("run.help"))
def run(
    ids: list[str] = typer.Argument(None, metavar="[ID|PREFIX]…", help=t("run.ids")),
    sut: str = typer.Option("", "--sut", metavar="FILE|reference", help=t("run.sut")),
    product: str = typer.Option("", "--product", help=t("run.product")),
    wave: int = typer.Option(0, "--wave", min=0, max=2, help=t("run.wave")),
    profile: list[str] = typer.Option([], "--profile", help=t("run.profile")),
    defect: list[str] = typer.Option([], "--defect", metavar="NAME", help=t("run.defect")),
    scenarios: list[Path] = typer.Option([], "--scenarios", metavar="DIR", help=t("run.scenarios")),
    only_failed: bool = typer.Option(False, "--only-failed", help=t("run.only_failed")),
    resume: bool = typer.Option(False, "--resume", help=t("run.resume")),
    baseline: Path | None = typer.Option(None, "--baseline", metavar="F.json", dir_okay=False, help=t("run.baseline")),
    allow_manual: bool = typer.Option(False, "--allow-manual", help=t("run.allow_manual")),
    json_file: Path | None = typer.Option(None, "--json", metavar="F", dir_okay=False, help=t("run.json")),
    junit_file: Path | None = typer.Option(None, "--junit", metavar="F", dir_okay=False, help=t("run.junit")),
    html_file: Path | None = typer.Option(None, "--html", metavar="F", dir_okay=False, help=t("run.html")),
    markdown_file: Path | None = typer.Option(None, "--markdown", metavar="F", dir_okay=False, help=t("run.markdown")),
    evidence_file: Path | None = typer.Option(
        None, "--evidence", metavar="F.zip", dir_okay=False, help=t("run.evidence")
    ),
    guide: bool | None = typer.Option(None, "--guide/--no-guide", help=t("run.guide")),
    quiet: bool = typer.Option(False, "--quiet", "-q", help=t("run.quiet")),
    home: Path = HomeOption(),
) -> None:
    """Run scenarios; 0 all passed, 1 something failed, 2 wrong usage, 3 the bench's own error, 130 interrupted."""
    from harness.home import Home
    from harness.scenario import baseline as known_failures
    from harness.scenario.launch import Asked

    place = Home.at(home)
    try:
        known = known_failures.read(baseline) if baseline else frozenset()
    except known_failures.BadBaseline as error:
        fail(t("run.bad_baseline", error=error))
    store = None
    if resume:
        store = _found(place, ids[0] if ids else "")
        asked = Asked.of(store.asked()["asked"])
    else:
        chosen = sut or ("sut.toml" if Path("sut.toml").is_file() and not defect else "reference")
        wanted = tuple(ids or ())
        if only_failed:
            wanted = _failed(place, wanted)
        own = tuple(str(path.absolute()) for path in scenarios)
        path = chosen if chosen == "reference" else str(Path(chosen).absolute())
        asked = Asked(path, wanted, own, product.upper(), wave, tuple(profile), tuple(defect))
    files = (html_file, json_file, junit_file, markdown_file, evidence_file)
    writers = _writers(files, allow_manual=allow_manual, quiet=quiet)
    finished = _run(asked, place, store, writers, guide)
    raise typer.Exit(_code(finished, known, allow_manual=allow_manual))


def _run(asked: Any, place: Any, store: Any, writers: Any, guide: bool | None) -> Any:
    """Everything between the options and the verdicts; what the user can mend is said in one line, exit code 2."""
    from harness.client import BenchError
    from harness.drive import DriveError
    from harness.drive.open import ahead
    from harness.drive.sut import BadSut
    from harness.report import to_all
    from harness.scenario.launch import bench_of, concerned, launch
    from harness.scenario.loader import library
    from harness.scenario.store import Store

    try:
        software = asked.software()
    except BadSut as error:
        fail(error.message.get(lang()))
    if asked.defects:
        _check_defects(asked, software)
    if software.drive.kind == "reference":
        ahead()
    found = library((Path(path) for path in asked.own), only=asked.ids)
    if found.problems:
        fail("\n".join(problem.shown(lang()) for problem in found.problems))
    scenarios, left_out, unmatched = concerned(asked, software, found)
    if unmatched:
        fail(no_scenario(unmatched, found.ids))
    if not scenarios:
        fail(t("run.none_concerned", n=left_out))
    kept = store or Store.new(place.runs, {"asked": asked.stored(), "scenarios": [s.id for s in scenarios]})
    person = _person(software, guide, writers[0].hush)
    writers += [person] if person else []
    try:
        with bench_of(place, lang()) as client:
            return launch(
                asked, scenarios, client, kept, to_all(writers), lang=lang(), left_out=left_out, person=person
            )
    except (BadSut, DriveError) as error:
        kept.drop_if_empty()
        fail(error.message.get(lang()))
    except (BenchError, OSError) as error:  # OSError: no free port, disk full…
        kept.drop_if_empty()
        fail(t("run.bench", error=error), BENCH_ERROR)
    except KeyboardInterrupt:
        fail(t("run.interrupted", run=kept.run), INTERRUPTED)


def _person(software: Any, guide: bool | None, hush: Any) -> Any:
    """Whoever is at the terminal: asked for, needed by the drive, or there to do what the drive does not offer."""
    import sys

    kind = software.drive.kind
    there = sys.stdin.isatty() and sys.stderr.isatty()
    if guide is False or (guide is None and kind != "guided" and not (there and kind in ("http", "command"))):
        return None
    from harness.drive.guided.terminal import Terminal

    return Terminal(lang(), hush=hush)


def _writers(files: tuple[Path | None, ...], *, allow_manual: bool, quiet: bool) -> list[Any]:
    import sys

    from rich.console import Console

    from harness.report.console import ConsoleReport
    from harness.report.files import writers

    screen = ConsoleReport(Console(file=sys.stdout, highlight=False), lang(), quiet=quiet)
    return [screen, *writers(lang(), *files, allow_manual=allow_manual)]


def _code(finished: Any, known: Any, *, allow_manual: bool) -> int:
    from harness.scenario.baseline import new_failures
    from harness.scenario.verdict import Verdict

    verdicts = {result.verdict for result in finished.results}
    if finished.interrupted:
        return INTERRUPTED
    if Verdict.ERROR in verdicts:
        return BENCH_ERROR
    fresh = new_failures(finished.results, known)
    if known:
        bad = [r for r in finished.results if r.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
        say(t("run.baseline_said", known=len(bad) - len(fresh), fresh=len(fresh)))
    if fresh or (any(result.pending for result in finished.results) and not allow_manual):
        return FAILED
    return PASSED


def _found(place: Any, run_id: str) -> Any:
    from harness.scenario.store import NoRun, Store

    try:
        store = Store.find(place.runs, run_id)
    except NoRun:
        fail(t("run.no_run", run=run_id or "—", folder=place.runs))
    if "asked" not in store.asked():
        fail(t("run.no_run", run=store.run, folder=place.runs))
    return store


def _failed(place: Any, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The scenarios of the last run that did not pass, or were not reached, among those asked for."""
    from harness.scenario.store import NoRun, Store
    from harness.scenario.verdict import Verdict

    try:
        last = Store.newest(place.runs)
    except NoRun:
        fail(t("runs.none"))
    good = {r.id for r in last.results() if r.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    bad = [name for name in last.asked().get("scenarios", ()) if name not in good]
    bad = [name for name in bad if not wanted or any(name == w or name.startswith(f"{w}.") for w in wanted)]
    if not bad:
        say(t("run.nothing_failed"))
        raise typer.Exit(PASSED)
    return tuple(bad)


def _check_defects(asked: Any, software: Any) -> None:
    from harness.drive.reference.defects import Defects, UnknownDefect

    if software.drive.kind != "reference":
        fail(t("run.defect_only_reference"))
    try:
        Defects(asked.defects)
    except UnknownDefect as error:
        fail(t("run.no_defect", name=error.name, near=", ".join(error.near)))
