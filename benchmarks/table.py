"""Prints results side by side."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.load import Result


@dataclass(frozen=True)
class Row:
    """One measured thing and how it compares."""

    name: str
    result: Result
    compared: str


def show(title: str, rows: list[Row]) -> None:
    """The table of one benchmark."""
    table = Table(title=title, box=None, pad_edge=False)
    for heading in ("", "req/s", "median ms", "p95 ms", "req/CPU-s", "MB", "failed", "ratio (wanted)"):
        table.add_column(heading, justify="left" if heading in ("", "ratio (wanted)") else "right", no_wrap=True)
    for row in rows:
        r = row.result
        table.add_row(
            row.name,
            f"{r.per_second:.0f}",
            f"{r.median_ms:.2f}",
            f"{r.p95_ms:.2f}",
            f"{r.per_cpu_second:.0f}",
            f"{r.memory_mb:.0f}",
            str(r.failures),
            row.compared,
        )
    Console(width=140, highlight=False).print(table)
