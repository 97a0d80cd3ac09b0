"""``segur defects``: the defects of the reference software, what each breaks and the scenarios that must fail."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from harness.cli.common import out_json, t
from harness.drive.reference.defects import Defect, catalogue
from harness.lang import lang

app = typer.Typer(help=t("defects.help"), no_args_is_help=True)


@app.callback()
def _defects() -> None:
    pass


@app.command("list", help=t("defects.list"))
def list_(as_json: bool = typer.Option(False, "--json", help=t("defects.json"))) -> None:
    """Print the catalogue."""
    if as_json:
        out_json({"schema": 1, "defects": [_row(defect) for defect in catalogue().values()]})
        return
    table = Table(box=None, header_style="bold")
    table.add_column(t("defects.name"), no_wrap=True)
    table.add_column(t("defects.breaks"))
    table.add_column(t("defects.scenarios"))
    for defect in catalogue().values():
        table.add_row(defect.name, defect.breaks_fr if lang() == "fr" else defect.breaks_en, " ".join(defect.scenarios))
    Console().print(table)


def _row(defect: Defect) -> dict[str, object]:
    return {
        "name": defect.name,
        "breaks": {"fr": defect.breaks_fr, "en": defect.breaks_en},
        "scenarios": list(defect.scenarios),
    }
