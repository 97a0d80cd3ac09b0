"""``segur validate``: documents judged, with what is wrong, where, and how to mend it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli.common import FAILED, USAGE, HomeOption, HomePath, fail, out, say, t
from harness.lang import lang

if TYPE_CHECKING:
    from harness.official.engine import Official
    from harness.validate.engine import Options, Result
    from harness.validate.sources import Source, Unreadable

app = typer.Typer(add_completion=False, help=t("validate.help"), pretty_exceptions_enable=False)

KINDS = ("auto", "cda", "xdm", "mail", "vihf", "xds")
FORMATS = ("text", "json", "sarif", "junit")


@app.command(help=t("validate.help"))
def validate(
    paths: list[Path] = typer.Argument(..., metavar="PATH…", help=t("validate.paths")),
    kind: str = typer.Option("auto", "--as", metavar="|".join(KINDS), help=t("validate.as")),
    strict: bool = typer.Option(False, "--strict", help=t("validate.strict")),
    rulepack: list[str] = typer.Option([], "--rulepack", metavar="NAME|DIR", help=t("validate.rulepack")),
    official: bool = typer.Option(True, "--official/--no-official", help=t("validate.official")),
    pdfa: str = typer.Option("warning", "--pdfa", metavar="error|warning|info", help=t("validate.pdfa")),
    form: str = typer.Option("text", "--format", metavar="|".join(FORMATS), help=t("validate.format")),
    info: bool = typer.Option(False, "--info", help=t("validate.info")),
    jobs: int = typer.Option(0, "-j", "--jobs", min=0, help=t("validate.jobs")),
    home: HomePath = HomeOption(),
) -> None:
    from harness.validate.engine import Options
    from norms.finding import Severity

    if kind not in KINDS:
        fail(t("validate.bad_kind", found=kind, known=", ".join(KINDS)))
    if form not in FORMATS:
        fail(t("validate.bad_format", found=form, known=", ".join(FORMATS)))
    if pdfa not in list(Severity):
        fail(t("validate.bad_pdfa", found=pdfa))
    packs = tuple(str(_pack(name, home)) for name in rulepack)
    options = Options(strict, packs, Severity(pdfa), datetime.now(UTC), kind, _trust(home) if kind == "vihf" else "")
    engine = _official(packs, home) if packs and official and kind in ("auto", "cda") else None
    try:
        results = _results(paths, options, jobs, form, info, engine)
    finally:
        if engine is not None:
            engine.stop()
    if any(result.verdict == "error" for result in results):
        raise typer.Exit(USAGE)
    if any(result.verdict == "fail" for result in results):
        raise typer.Exit(FAILED)


def _pack(name: str, home: Path | None) -> Path:
    """The folder of a rule pack: a path, or the name under which it was imported."""
    folder = Path(name)
    if folder.is_dir():
        return folder
    from harness.home import Home

    imported = Home.at(home).rulepacks / name
    if not name.startswith(".") and "/" not in name and imported.is_dir():
        return imported
    return fail(t("validate.no_pack", found=name))


def _trust(home: Path | None) -> str:
    """The authorities of the test PKI, when this home has one."""
    from harness.home import Home

    bundle = Home.at(home).pki / "ca.pem"
    return str(bundle) if bundle.is_file() else ""


def _official(packs: tuple[str, ...], home: Path | None) -> Official | None:
    """The official rules of the first copy that has them, started; None when there is none or they cannot run."""
    from harness.official.pack import Pack

    missing = {pack: Pack(Path(pack)).missing for pack in packs}
    folder = next((Path(pack) for pack, names in missing.items() if not names), None)
    if folder is None:
        for pack, names in missing.items():
            if (Path(pack) / "schematrons").is_dir():
                say(t("validate.incomplete", name=pack, found=", ".join(names)))
        return None
    from harness.home import Home
    from harness.official.engine import Official, OfficialError
    from norms.texts import text

    try:
        engine = Official(folder, Home.at(home).cache / "official")
        say(text("harness.validate", "official.starting", lang()))
        engine.start()
    except OfficialError as error:
        say(t("validate.no_saxon") if str(error) == "saxonche" else t("validate.no_official", found=error))
        return None
    say(text("harness.validate", "official.started", lang(), seconds=f"{engine.seconds:.1f}"))
    return engine


def _results(
    paths: list[Path], options: Options, jobs: int, form: str, info: bool, official: Official | None
) -> list[Result]:
    from harness.validate import engine, sources
    from harness.validate.writers.text import Style, defects, lines, summary

    found = list(sources.find(paths, options.kind))
    bar = _Bar(len(found))
    style = Style(lang(), sys.stdout.isatty(), info)
    results: list[Result] = []
    for source, result in zip(found, engine.run(found, options, jobs, bar.step), strict=True):
        results.append(result if official is None else _both(result, source, official, options))
        if form == "text":
            bar.clear()
            out("\n".join(lines(results[-1], style)))
    bar.clear()
    if form != "text":
        from importlib import import_module

        out(import_module(f"harness.validate.writers.{form}").write(results, lang()))
        return results
    for line in defects(official.defects if official is not None else (), style):
        out(style.paint(line, "dim"))
    if len(results) > 1:
        out(summary(results, style))
    out(style.paint(style.t("text.rehearsal"), "dim"))
    return results


def _both(result: Result, source: Source | Unreadable, official: Official, options: Options) -> Result:
    """The result with the official verdict beside ours; what either refuses is refused."""
    from harness.validate.sources import Unreadable
    from norms.codes.packs import Folder

    if isinstance(source, Unreadable) or result.error is not None or result.kind != "cda":
        return result
    said = official.judge(source.read(), result)
    said["pack"] = Folder(official.pack.folder).shown()
    result.engines["own"]["verdict"] = result.verdict
    result.engines["official"] = said
    if said["verdict"] == "fail":
        result.verdict = "fail"
    return result


class _Bar:
    """How far we are, on stderr, when it is a terminal and there is much to do."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._wanted = total > 20 and sys.stderr.isatty()

    def step(self, done: int) -> None:
        if self._wanted:
            full = 30 * done // self._total
            print(f"\r[{'█' * full}{'·' * (30 - full)}] {done}/{self._total}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._wanted:
            print("\r" + " " * 50 + "\r", end="", file=sys.stderr, flush=True)
