"""``segur rulepacks``: the user's own copies of value sets, code systems and official rules, kept in the home."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import typer

from harness.cli.common import HomeOption, HomePath, fail, out, out_json, say, t
from harness.home import Home
from harness.lang import reason
from harness.official.pack import Pack
from norms.codes.packs import Folder, git_commit

app = typer.Typer(add_completion=False, help=t("rulepacks.help"), no_args_is_help=True, pretty_exceptions_enable=False)

# What is taken of a copy of the official tool: its rules with the style sheets that compile them, value sets and code
# systems; not its Java programs, its reports and its manuals.
_PARTS = ("jeuxDeValeurs", "infrastructure", "schematrons")
_LEFT = shutil.ignore_patterns("rapports", "*.jar", "*.class", "*.docx", "*.bat", "*.html", ".git")
_SHOWN = 5  # files named of those that cannot be used
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")


def _row(folder: Path) -> dict[str, Any]:
    pack = Folder(folder)
    return {
        "name": folder.name,
        "sets": len(pack.sets),
        "code_systems": len(pack.systems),
        "official": Pack(folder).complete,
        "commit": pack.commit,
        "date": pack.shown().get("date", ""),
    }


def _said(key: str, row: dict[str, Any]) -> str:
    commit = f", commit {row['commit'][:8]}" if row["commit"] else ""
    date = f" ({row['date']})" if row["date"] else ""
    official = t("rulepacks.yes") if row["official"] else t("rulepacks.no")
    said = {"sets": row["sets"], "systems": row["code_systems"], "official": official, "commit": commit, "date": date}
    return t(key, name=row["name"], **said)


@app.command("list", help=t("rulepacks.list"))
def list_packs(
    as_json: bool = typer.Option(False, "--json", help=t("rulepacks.json")), home: HomePath = HomeOption()
) -> None:
    rows = [_row(folder) for folder in _held(home)]
    if as_json:
        out_json({"schema": 1, "rulepacks": rows})
    elif not rows:
        out(t("rulepacks.none"))
    else:
        for row in rows:
            out(_said("rulepacks.row", row))


@app.command("import", help=t("rulepacks.import"))
def import_pack(
    folder: Path = typer.Argument(..., metavar="DIR", help=t("rulepacks.folder")),
    name: str = typer.Option("", "--name", help=t("rulepacks.name")),
    home: HomePath = HomeOption(),
) -> None:
    if not folder.is_dir():
        fail(t("rulepacks.empty", found=folder))
    source = Folder(folder)
    if not source.sets and not source.systems:
        fail(t("rulepacks.empty", found=folder))
    name = name or folder.resolve().name
    target = Home.at(home).rulepacks / _checked(name)
    if target.exists():
        fail(t("rulepacks.exists", found=name))
    draft = target.with_name(f".{name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _copy(folder, source, draft)
    except OSError as error:  # shutil.Error is one: it holds every file that would not be copied
        shutil.rmtree(draft, ignore_errors=True)
        fail(t("rulepacks.uncopied", found=_uncopied(error)))
    note = [f"imported_from = {json.dumps(str(folder.resolve()))}", f'commit = "{git_commit(folder)}"']
    (draft / "pack.toml").write_text("\n".join(note) + "\n", encoding="utf-8")
    draft.replace(target)
    out(_said("rulepacks.imported", _row(target)))
    if unread := _unread(target):
        say(t("rulepacks.unread", count=len(unread), found="\n  ".join(unread[:_SHOWN])))


def _copy(folder: Path, source: Folder, draft: Path) -> None:
    draft.mkdir()
    parts = [part for part in _PARTS if (folder / part).is_dir()]
    for part in parts:
        shutil.copytree(folder / part, draft / part, ignore=_LEFT)
    if not parts:
        for file in [*source.sets.values(), *source.systems.values()]:
            shutil.copy2(file, draft / file.name)


def _uncopied(error: OSError) -> str:
    """The first file that could not be copied, and why."""
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        file, _, why = error.args[0][0]
        return f"{file} ({why})"
    return f"{error.filename or ''} ({reason(error)})".strip()


def _unread(folder: Path) -> list[str]:
    """The value sets that hold no code, or are no XML: they will count as not loaded."""
    pack = Folder(folder)
    empty = [name for name in pack.sets if (held := pack.table(name)) is not None and not held.labels]
    return [*pack.defects, *(f"{pack.sets[name].name}: {t('rulepacks.no_code')}" for name in empty)]


@app.command("remove", help=t("rulepacks.remove"))
def remove_pack(
    name: str = typer.Argument(..., metavar="NAME", help=t("rulepacks.name")), home: HomePath = HomeOption()
) -> None:
    target = Home.at(home).rulepacks / _checked(name)
    if not target.is_dir():
        known = ", ".join(folder.name for folder in _held(home))
        fail(t("rulepacks.unknown", found=name, known=known or "—"))
    shutil.rmtree(target)
    out(t("rulepacks.removed", name=name))


def _held(home: Path | None) -> list[Path]:
    """The copies imported; what an interrupted import left is none."""
    return sorted(one for one in Home.at(home).rulepacks.iterdir() if one.is_dir() and not one.name.startswith("."))


def _checked(name: str) -> str:
    """A name that is one folder of the home and no other; leaves with a message otherwise."""
    return name if _NAME.fullmatch(name) else fail(t("rulepacks.bad_name", found=name))
