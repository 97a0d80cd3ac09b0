"""``bench.db``: one SQLite file in WAL mode that holds the journal and the sessions of a bench.

A commit is written to the write-ahead log before the call returns: killing the process loses nothing that was
committed; a power cut may lose the last commits but never damages the file (``synchronous=NORMAL``).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from norms.texts import Lang, text

log = logging.getLogger("segur.journal")

APPLICATION = 0x53475552  # "SGUR": tells our files from other SQLite files
SCHEMA = 1
CHECK_BELOW = 50_000_000  # a file with no more than this in use is checked whole when opened (under 0.1 s)
TABLES = """
CREATE TABLE kept(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE peer(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, facts TEXT NOT NULL);
CREATE TABLE exchange(
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, service TEXT NOT NULL, kind TEXT NOT NULL, thread TEXT NOT NULL,
  started REAL NOT NULL, validation TEXT NOT NULL, peer INTEGER REFERENCES peer(id), findings TEXT,
  meta TEXT NOT NULL, request BLOB NOT NULL, response BLOB NOT NULL);
CREATE INDEX exchange_of_session ON exchange(session, id, service, kind);
CREATE INDEX exchange_of_thread ON exchange(thread, id) WHERE thread <> '';
CREATE INDEX exchange_of_kind ON exchange(kind, id) WHERE kind <> 'exchange';
CREATE TABLE session(id TEXT PRIMARY KEY, opened INTEGER NOT NULL, saved TEXT NOT NULL) WITHOUT ROWID;
"""


Statement = tuple[str, Iterable[Any]]  # SQL and its values


@dataclass(frozen=True)
class Tables:
    """Tables that a service owns in ``bench.db``, made when it opens (`Database.own`).

    ``steps``: SQL scripts; how many were run is the version of these tables, so that a later version of the service
    appends a script that changes what an earlier one left. Table names begin with the service's name.
    ``forget``: statements that erase a session, each with the session's id as its one value.
    ``weigh``: a query of one number, the bytes held there, which the cap on the journal does not count.
    """

    service: str
    steps: tuple[str, ...]
    forget: tuple[str, ...] = ()
    weigh: str = ""


class JournalError(Exception):
    """The file cannot serve. ``reason``: ``missing``, ``foreign``, ``newer``, ``corrupt``, ``locked`` or ``write``."""

    def __init__(self, reason: str, path: Path | None, detail: str = "") -> None:
        self.reason, self.path, self.detail = reason, path, detail
        super().__init__(self.message("en"))

    def message(self, lang: Lang) -> str:
        """What happened and what to do about it."""
        return text("mocks.journal", f"error.{self.reason}", lang, path=self.path or ":memory:", detail=self.detail)


class Database:
    """The open file; safe to use from several threads, one statement or one `lock`-ed group at a time.

    A damaged file is renamed (``bench.db.damaged-…``, never deleted), a new one is begun and ``set_aside`` names
    the old one. Raises JournalError: ``foreign`` (SQLite, but not ours), ``newer`` (written by a later version),
    ``locked``, ``write``; and ``missing`` or ``corrupt`` when read-only.
    """

    def __init__(self, path: Path | None, *, readonly: bool = False) -> None:
        self.path, self.readonly = path, readonly
        self.lock = threading.RLock()
        self.set_aside: Path | None = None
        self._owned: dict[str, Tables] = {}
        self._open()

    def execute(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Run one statement, committed at once unless inside ``BEGIN``."""
        return self._connection.execute(sql, tuple(values))

    def run(self, sql: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and fetch its rows; raises JournalError."""
        with self.lock:
            try:
                return self.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise _explained(error, self.path) from None

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is executed inside is one transaction: committed at the end, undone whole by an exception."""
        with self.lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk rolls back by itself
                    self.execute("ROLLBACK")
                raise

    def write(self, statements: Iterable[Statement]) -> None:
        """Run statements as one transaction; raises JournalError, nothing being kept."""
        try:
            with self.together():
                for sql, values in statements:
                    self.execute(sql, values)
        except sqlite3.Error as error:
            raise _explained(error, self.path) from None

    def own(self, tables: Tables) -> None:
        """Make the tables of a service, or bring them to its version; again after a damaged file was set aside.

        Raises JournalError (``newer``: a later version of the service wrote them).
        """
        with self.lock:
            try:
                self._make(tables)
            except sqlite3.Error as error:
                raise _explained(error, self.path) from None
            self._owned[tables.service] = tables

    @property
    def owned(self) -> tuple[Tables, ...]:
        """The tables of every service."""
        return tuple(self._owned.values())

    def used(self) -> int:
        """Bytes in use (the file may be larger: freed pages are used again)."""
        pages, free, each = (
            self.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * each)

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._connection.close()

    def recover(self, error: sqlite3.Error) -> None:
        """After ``error`` while writing: set a damaged file aside and begin anew, or raise JournalError."""
        if not _damaged(error) or self.path is None:
            raise _explained(error, self.path) from error
        self.close()
        self._put_aside()
        self._open()

    def _open(self) -> None:
        if self.readonly and (self.path is None or not self.path.is_file()):
            raise JournalError("missing", self.path)
        self._connection = self._connect()
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            if not _damaged(error) or self.readonly or self.path is None:
                raise _explained(error, self.path) from None
            self._put_aside()
            self._connection = self._connect()
            self._prepare()
        except JournalError:
            self.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        name = ":memory:" if self.path is None else str(self.path)
        if self.path and self.readonly:
            name = f"{self.path.resolve().as_uri()}?mode=ro"
        try:
            return sqlite3.connect(name, timeout=10, isolation_level=None, check_same_thread=False, uri=self.readonly)
        except sqlite3.Error as error:  # no such folder, no right to write there
            raise _explained(error, self.path) from None

    def _prepare(self) -> None:
        version = self.execute("PRAGMA user_version").fetchone()[0]
        application = self.execute("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION and (self.readonly or self.execute("SELECT 1 FROM sqlite_master").fetchone()):
            raise JournalError("foreign", self.path)
        if version > SCHEMA:
            raise JournalError("newer", self.path, f"{version} > {SCHEMA}")
        if self.readonly:
            return
        if version and self.used() <= CHECK_BELOW:
            found = self.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise _Damaged(found)
        self.execute("PRAGMA journal_mode=WAL")
        self.execute("PRAGMA synchronous=NORMAL")
        if version == 0:
            self._connection.executescript(
                f"BEGIN; PRAGMA application_id={APPLICATION}; PRAGMA user_version={SCHEMA}; {TABLES} COMMIT;"
            )
        for tables in self.owned:
            self._make(tables)

    def _make(self, tables: Tables) -> None:
        name, wanted = f"schema.{tables.service}", len(tables.steps)
        held = self.execute("SELECT cast(value AS INTEGER) FROM kept WHERE name = ?", [name]).fetchone()
        version = held[0] if held else 0
        if version > wanted:
            raise JournalError("newer", self.path, f"{tables.service} {version} > {wanted}")
        if version < wanted:
            script = "\n".join(tables.steps[version:])
            self._connection.executescript(
                f"BEGIN; {script} INSERT OR REPLACE INTO kept VALUES('{name}', {wanted}); COMMIT;"
            )

    def _put_aside(self) -> None:
        assert self.path is not None
        stem = f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        names = (self.path.with_name(stem + more) for more in chain([""], (f"-{n}" for n in count(2))))
        self.set_aside = next(name for name in names if not name.exists())
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.rename(self.path.with_name(self.set_aside.name + suffix))
        except OSError as error:  # held open by somebody else (Windows), or no right to rename
            raise JournalError("locked", self.path, str(error)) from None
        log.warning("%s is damaged: set aside as %s, a new one is begun", self.path, self.set_aside.name)


class _Damaged(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _damaged(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _explained(error: sqlite3.Error, path: Path | None) -> JournalError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if _damaged(error):
        return JournalError("corrupt", path, str(error))
    return JournalError("locked" if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) else "write", path, str(error))
