"""``segur samples``: the CDA documents that ship with the bench, valid and faulty."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer

from harness.cli.common import fail, out, out_json, say, t
from harness.lang import lang, reason

app = typer.Typer(add_completion=False, no_args_is_help=True, help=t("samples.help"), pretty_exceptions_enable=False)


def _row(id: str) -> dict[str, Any]:
    from harness.samples import shelf

    try:
        return shelf.row(id)
    except KeyError:
        names = {row["id"].casefold(): row["id"] for row in shelf.rows()}
        begun = [name for key, name in names.items() if key.startswith(id.casefold())]
        near = begun[:5] or [names[key] for key in get_close_matches(id.casefold(), names, 5, 0.4)]
        fail(t("samples.unknown", found=id, near=", ".join(near) or "—"))


def _picked(prefix: str, faulty: bool, valid: bool) -> list[dict[str, Any]]:
    from harness.samples import shelf

    kinds = {"faulty"} if faulty and not valid else {"valid"} if valid and not faulty else {"valid", "faulty"}
    wanted = prefix.lower()
    return [
        row
        for row in shelf.rows()
        if row["kind"] in kinds and (row["id"].lower().startswith(wanted) or row["volet"].lower().startswith(wanted))
    ]


@app.command("list", help=t("samples.list"))
def list_samples(
    prefix: str = typer.Argument("", metavar="[ID|VOLET]", help=t("samples.prefix")),
    faulty: bool = typer.Option(False, "--faulty", help=t("samples.faulty")),
    valid: bool = typer.Option(False, "--valid", help=t("samples.valid")),
    as_json: bool = typer.Option(False, "--json", help=t("samples.json")),
) -> None:
    found = _picked(prefix, faulty, valid)
    if as_json:
        out_json({"schema": 1, "samples": found})
        return
    for row in found:
        mark = f" → {row['rule']}" if row["kind"] == "faulty" else ""
        out(f"{row['id']:<36} {row['shows'][lang()]}{mark}")
    say(t("samples.count", count=len(found)))


@app.command(help=t("samples.show"))
def show(
    id: str = typer.Argument(..., metavar="ID", help=t("samples.id")),
    about: bool = typer.Option(False, "--about", help=t("samples.about")),
    as_json: bool = typer.Option(False, "--json", help=t("samples.json")),
) -> None:
    row = _row(id)
    if as_json:
        out_json({"schema": 1, **row})
        return
    if about:
        _about(row)
        return
    from harness.samples import shelf

    out(shelf.data(row["id"]).decode("utf-8", "replace"))


def _about(row: dict[str, Any]) -> None:
    colon = " : " if lang() == "fr" else ": "
    out(f"{row['id']}{colon}{row['shows'][lang()]}")
    for name in ("file", "volet", "version", "code", "title", "base", "rule", "relation"):
        if row.get(name):
            out(f"  {t(f'samples.field.{name}')}{colon}{row[name]}")
    if row.get("official") is not None:
        out(f"  {t('samples.field.official')}{colon}{t('samples.seen' if row['official'] else 'samples.missed')}")
    for section in row["sections"]:
        out(f"  § {section}")


@app.command(help=t("samples.export"))
def export(
    folder: Path = typer.Argument(..., metavar="DIR", file_okay=False, help=t("samples.folder")),
    ids: list[str] = typer.Argument(None, metavar="[ID]…", help=t("samples.ids")),
    faulty: bool = typer.Option(False, "--faulty", help=t("samples.faulty")),
    valid: bool = typer.Option(False, "--valid", help=t("samples.valid")),
) -> None:
    from harness.samples import shelf

    found = [_row(id) for id in ids] if ids else _picked("", faulty, valid)
    try:
        for row in found:
            target = folder / str(row["file"])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(shelf.data(row["id"]))
    except OSError as error:
        fail(t("samples.unwritable", folder=folder, error=reason(error)))
    say(t("samples.exported", count=len(found), folder=folder))
