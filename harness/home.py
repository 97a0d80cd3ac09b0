"""The home folder: what a bench keeps between two starts (journal, test PKI, runs, rule packs)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_SESSION = "run "  # the name of a session that a run opens: this, and the run's id


class BadHome(OSError):
    """The folder given cannot be one: a file stands there, no right to write, a disk that is read only."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(reason)
        self.folder, self.reason = folder, reason


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one home folder; folders are made when asked for."""

    root: Path

    @classmethod
    def at(cls, folder: Path | str | None = None) -> Home:
        """The folder given, else ``SEGUR_HOME``, else the platform's data folder for this user; raises BadHome."""
        if folder is None:
            folder = os.environ.get("SEGUR_HOME") or None
        if folder is None:
            from platformdirs import user_data_dir

            folder = user_data_dir("segur-harness", appauthor=False)
        root = Path(folder).expanduser().absolute()
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadHome(root, error.strerror or str(error)) from None
        return cls(root)

    @property
    def db(self) -> Path:
        """Journal and sessions."""
        return self.root / "bench.db"

    @property
    def log(self) -> Path:
        """What went wrong inside the bench."""
        return self.root / "bench.log"

    @property
    def pki(self) -> Path:
        """Test certificates."""
        return self.root / "pki"

    @property
    def runs(self) -> Path:
        """One folder per run."""
        return self._folder("runs")

    @property
    def rulepacks(self) -> Path:
        """Rules and value sets imported from the user's own copy."""
        return self._folder("rulepacks")

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self._folder("cache")

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def record(self) -> Path:
        """Where a running bench says how to reach it."""
        return self.root / "bench.json"

    def write_record(self, status: dict[str, Any]) -> None:
        """Say that a bench runs on this home; replaced as a whole, never half written."""
        draft = self.record.with_suffix(".tmp")
        draft.write_text(json.dumps(status), encoding="utf-8")
        draft.replace(self.record)

    def read_record(self) -> dict[str, Any] | None:
        """What the last bench said, None when none did; it may be dead: ask its console."""
        try:
            status: dict[str, Any] = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return status


@contextmanager
def home_of(folder: Path | None, *, ephemeral: bool = False) -> Iterator[Home]:
    """The home folder asked for; an ephemeral one is removed at the end."""
    if not ephemeral:
        yield Home.at(folder)
        return
    with tempfile.TemporaryDirectory(prefix="segur-", ignore_cleanup_errors=True) as temporary:
        yield Home.at(temporary)


def alive(home: Home) -> dict[str, Any] | None:
    """The status of the bench that runs on this home, None when none answers."""
    record = home.read_record()
    if not record:
        return None
    import httpx

    try:
        status: dict[str, Any] = httpx.get(f"{record['console']}/api/status", timeout=2, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return None
    return status if status.get("home") == str(home.root) else None
