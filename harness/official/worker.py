"""A worker process: some profiles of the official copy, compiled once, run on each document sent."""

from __future__ import annotations

import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.official import svrl
from harness.official.compile import Compiler
from harness.official.pack import PROFILES, Pack


def serve(pipe: Connection, folder: str, cache: str, profiles: tuple[str, ...], volets: bool) -> None:
    """Compile, say ``(0, "ready", defects)``, then answer each ``(number, text, volet, version)`` with
    ``(number, "rows", defects, rows, milliseconds by profile)``, or ``(number, "failed", words)``; ``None`` ends, and
    so does the parent's death."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends its workers
    with suppress(EOFError, OSError):
        _serve(pipe, folder, cache, profiles, volets)


def _serve(pipe: Connection, folder: str, cache: str, profiles: tuple[str, ...], volets: bool) -> None:
    pack = Pack(Path(folder))
    try:
        compiler = Compiler(pack, Path(cache))
        sheets = {name: compiler.executable(pack.folder / path) for name, path in PROFILES if name in profiles}
    except Exception as error:  # whatever Saxon raises: the parent must hear of it
        pipe.send((0, "failed", f"{type(error).__name__}: {error}"))
        return
    pipe.send((0, "ready", list(pack.defects)))
    kept: dict[Path, Any] = {}
    while (asked := pipe.recv()) is not None:
        number, text, volet, version = asked
        try:
            wanted = dict(sheets)
            if volets and (schematron := pack.volet(volet, version)) is not None:
                if schematron not in kept:
                    kept[schematron] = compiler.executable(schematron)
                wanted[schematron.stem] = kept[schematron]
            rows, spent = _run(compiler, wanted, text)
            pipe.send((number, "rows", list(pack.defects), rows, spent))
        except Exception as error:
            pipe.send((number, "failed", f"{type(error).__name__}: {error}"))


def _run(compiler: Compiler, sheets: dict[str, Any], text: str) -> tuple[list[svrl.Row], dict[str, float]]:
    document = compiler.processor.parse_xml(xml_text=text)
    found: list[svrl.Row] = []
    spent: dict[str, float] = {}
    for name, sheet in sheets.items():
        began = perf_counter()
        found += svrl.rows(sheet.transform_to_string(xdm_node=document), name)
        spent[name] = round((perf_counter() - began) * 1000, 1)
    return [row for row in found if not compiler.pack.doubtful(row.text)], spent
