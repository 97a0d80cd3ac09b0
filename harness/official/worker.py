"""A worker process: some profiles of the official copy, compiled once, run on each document sent."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.official import svrl
from harness.official.compile import Compiler
from harness.official.pack import PROFILES, Pack


def serve(pipe: Connection, folder: str, cache: str, profiles: tuple[str, ...], volets: bool) -> None:
    """Compile, say ``("ready", seconds, defects)``, then answer each ``(text, volet, version)`` with
    ``("rows", rows, milliseconds by profile, defects)``; ``None`` ends. What goes wrong is answered
    ``("failed", words)``."""
    started = perf_counter()
    pack = Pack(Path(folder))
    try:
        compiler = Compiler(pack, Path(cache))
        sheets = {name: compiler.executable(pack.folder / path) for name, path in PROFILES if name in profiles}
    except Exception as error:  # whatever Saxon raises: the parent must hear of it
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
        return
    pipe.send(("ready", perf_counter() - started, list(pack.defects)))
    kept: dict[Path, Any] = {}
    while (asked := pipe.recv()) is not None:
        text, volet, version = asked
        try:
            wanted = dict(sheets)
            if volets and (schematron := pack.volet(volet, version)) is not None:
                if schematron not in kept:
                    kept[schematron] = compiler.executable(schematron)
                wanted[schematron.stem] = kept[schematron]
            pipe.send(("rows", *_run(compiler, wanted, text), list(pack.defects)))
        except Exception as error:
            pipe.send(("failed", f"{type(error).__name__}: {error}"))


def _run(compiler: Compiler, sheets: dict[str, Any], text: str) -> tuple[list[svrl.Row], dict[str, float]]:
    document = compiler.processor.parse_xml(xml_text=text)
    found: list[svrl.Row] = []
    spent: dict[str, float] = {}
    for name, sheet in sheets.items():
        began = perf_counter()
        found += svrl.rows(sheet.transform_to_string(xdm_node=document), name)
        spent[name] = round((perf_counter() - began) * 1000, 1)
    return [row for row in found if not compiler.pack.doubtful(row.text)], spent
