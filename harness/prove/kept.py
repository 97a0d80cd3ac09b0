"""The cells of a matrix under way, on disk: an interrupted one goes on with what is missing, if nothing changed."""

from __future__ import annotations

import hashlib
import json
import threading
from importlib.resources import files
from pathlib import Path

from harness.prove.proof import Cell

PACKAGES = ("harness", "mocks", "norms", "scenarios")
SUFFIXES = (".py", ".toml", ".yaml", ".json")


def digest() -> str:
    """What the outcome of a cell depends on: the code, its tables and the scenarios."""
    found = hashlib.sha256()
    for package in PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*")):
            if path.suffix in SUFFIXES:
                found.update(f"{package}/{path.relative_to(root).as_posix()}\0".encode())
                found.update(path.read_bytes())
    return found.hexdigest()


class Kept:
    """A file of cells, one JSON line each after a line that says what they depend on."""

    def __init__(self, path: Path, depends: str, *, fresh: bool = False) -> None:
        self.path = path
        self._lock = threading.Lock()
        self.cells: dict[tuple[str, str, str], Cell] = {} if fresh else self._read(depends)
        if not self.cells:
            path.write_text(json.dumps({"schema": 1, "depends": depends}) + "\n", encoding="utf-8")

    def _read(self, depends: str) -> dict[tuple[str, str, str], Cell]:
        try:
            first, *rows = self.path.read_text(encoding="utf-8").splitlines()
            if json.loads(first).get("depends") != depends:
                return {}
        except (OSError, ValueError):
            return {}
        found: dict[tuple[str, str, str], Cell] = {}
        for row in rows:
            try:
                cell = Cell.of(json.loads(row))
            except (ValueError, TypeError):  # cut by a kill
                continue
            found[cell.key] = cell
        return found

    def add(self, cell: Cell) -> None:
        """Keep a cell, written when this returns."""
        with self._lock:
            self.cells[cell.key] = cell
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(cell.stored(), ensure_ascii=False) + "\n")

    def finished(self) -> None:
        """The matrix is whole: nothing to go on with."""
        self.path.unlink(missing_ok=True)
