"""The journal: exchanges written to ``bench.db`` before they are answered, and read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from mocks.journal import rows
from mocks.journal.database import Database, Statement, Tables
from mocks.journal.feed import QUEUE, Feed, Seen
from mocks.journal.model import Exchange, Kind, Peer, Validation
from norms.finding import Finding
from norms.texts import Lang, text

END = 2**63 - 1  # ``before=END``: the newest entries
CAP_BYTES = 1_000_000_000
STEP = 64  # entries between two looks at the size, and about as many removed at once
COMPACT_BELOW = 64_000_000  # after a purge, a file with no more than this in use is shrunk (it takes under a second)

_INSERT = f"INSERT INTO exchange({rows.COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"


class Reader:
    """A journal that is only read; usable from another process while the bench writes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._peers: dict[int, Peer] = {}

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged file was moved to; None when it was sound."""
        return self.database.set_aside

    def warning(self, lang: Lang) -> str:
        """What the user must be told of this file: a damaged one was set aside. Empty when all is well."""
        aside = self.set_aside
        return text("mocks.journal", "set_aside", lang, path=self.database.path, aside=aside.name) if aside else ""

    def get(self, id: int, session: str | None = None) -> Exchange | None:
        """One exchange with its bodies, None when there is none (or when it is another session's)."""
        if not 0 < id < END:
            return None
        found = self._fetch("id = ? AND ? IN ('', session)", [id, session or ""], rows.COLUMNS)
        return found[0] if found else None

    def list(
        self,
        session: str | None = None,
        service: str | None = None,
        kind: str | None = None,
        after: int = 0,
        before: int = 0,
        limit: int = 100,
        thread: str | None = None,
        bodies: bool = True,
    ) -> list[Exchange]:
        """Exchanges in order of id, ``after`` and ``before`` excluded, at most ``limit`` (0: all).

        Without ``before`` the oldest that match come first, for reading on from ``after``; with it the nearest
        below it are given, for paging back (``before=END``: the newest). ``bodies=False`` leaves bodies empty.
        """
        columns = {"session": session, "service": service, "kind": kind, "thread": thread}
        wanted = {column: str(value) for column, value in columns.items() if value}
        if wanted.keys() == {"service"}:  # along the index of each session: one more index would slow every record
            each = [self._ids({**wanted, "session": one}, after, before, limit) for one in self._sessions()]
            ids = sorted(chain.from_iterable(each), reverse=bool(before))[: limit or None]
        else:
            ids = [*self._ids(wanted, after, before, limit)]
        read = rows.COLUMNS if bodies else rows.WITHOUT_BODIES
        return [*self._fetch("id IN (SELECT value FROM json_each(?))", [str(ids)], read)]

    def count(self, session: str | None = None) -> int:
        """How many entries are kept, of one session or in all."""
        where, values = ("WHERE session = ?", [session]) if session else ("", [])
        return int(self.database.run(f"SELECT count(*) FROM exchange {where}", values)[0][0])  # noqa: S608

    def size(self) -> int:
        """Bytes in use."""
        return self.database.used()

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self.database.close()

    def _ids(self, wanted: Mapping[str, str], after: int, before: int, limit: int) -> Sequence[int]:
        where = [f"{column} = ?" for column in wanted]
        if "thread" in wanted:
            where.append("thread <> ''")  # lets SQLite use the partial index
        if wanted.get("kind", Kind.EXCHANGE) != Kind.EXCHANGE:
            where.append("kind <> 'exchange'")
        where += ["id > ?", "id < ?"]
        order = f"ORDER BY id {'DESC' if before else 'ASC'} LIMIT ?"
        sql = f"SELECT id FROM exchange WHERE {' AND '.join(where)} {order}"  # noqa: S608 (our own words only)
        return [row[0] for row in self.database.run(sql, [*wanted.values(), after, before or END, limit or -1])]

    def _sessions(self) -> Sequence[str]:
        found = self.database.run(
            "WITH RECURSIVE each(name) AS (SELECT min(session) FROM exchange UNION ALL"
            " SELECT (SELECT min(session) FROM exchange WHERE session > name) FROM each WHERE name IS NOT NULL)"
            " SELECT name FROM each WHERE name IS NOT NULL"
        )
        return [name for (name,) in found]

    def _fetch(self, where: str, values: Sequence[Any], columns: str) -> Sequence[Exchange]:
        sql = f"SELECT {columns} FROM exchange WHERE {where} ORDER BY id"  # noqa: S608 (our own words only)
        return [rows.read(row, self._peer(row[7])) for row in self.database.run(sql, values)]

    def _peer(self, id: int | None) -> Peer | None:
        if id is None:
            return None
        if id not in self._peers:
            self._peers[id] = rows.read_peer(self.database.run("SELECT facts FROM peer WHERE id = ?", [id])[0][0])
        return self._peers[id]


class Journal(Reader):
    """The bench's journal. ``path`` None keeps it in memory; ``cap_bytes`` bounds it, the oldest entries go first
    (what the services keep in their own tables is not counted).

    Raises JournalError when the file cannot serve; a damaged file is set aside (see `Database`).
    """

    def __init__(self, path: Path | None = None, cap_bytes: int = CAP_BYTES) -> None:
        super().__init__(Database(path))
        self.cap_bytes = cap_bytes
        self._feeds: list[Feed] = []
        self._known: dict[str, int] = {}  # fingerprint -> id of the peer
        self._since, self._weight = 0, 0  # entries and body bytes since the size was last looked at
        self._last: int = self.database.run(
            "SELECT max((SELECT ifnull(max(id), 0) FROM exchange),"
            " ifnull((SELECT cast(value AS INTEGER) FROM kept WHERE name = 'last_id'), 0))"
        )[0][0]

    @staticmethod
    def open_readonly(path: Path) -> Reader:
        """A journal of another process; raises JournalError."""
        return Reader(Database(path, readonly=True))

    def own(self, tables: Tables) -> None:
        """Make the tables that a service owns in this file (see `Tables`); raises JournalError."""
        self.database.own(tables)

    def record(self, exchange: Exchange, also: Iterable[Statement] = ()) -> int:
        """Keep an exchange, committed when this returns; sets and returns its id. Raises JournalError (``write``).

        ``also``: statements on the tables of a service (see `own`), as ``(sql, values)``, run in the same transaction:
        they are kept with the exchange or, when anything fails, neither is.
        """
        with self.database.lock:
            exchange.id, also = self._last + 1, (*also,)
            try:
                self._write(exchange, also)
            except sqlite3.Error as error:
                self._known.clear()  # a peer may have been undone with the rest
                self.database.recover(error)
                self._peers.clear()
                self._write(exchange, also)
            self._last = exchange.id
            self._since += 1
            self._weight += len(exchange.request_body) + len(exchange.response_body)
            if self._since >= STEP or self._weight > self.cap_bytes // 16:
                self._keep_under_cap()
        self._publish(exchange.id, exchange.session)
        return exchange.id

    def forget(self, session: str) -> None:
        """Erase what the services keep of a session in their own tables; its exchanges stay. Raises JournalError."""
        self.database.write((sql, (session,)) for tables in self.database.owned for sql in tables.forget)

    def update(
        self, id: int, *, findings: Sequence[Finding] | None = None, validation: Validation | None = None
    ) -> None:
        """Add findings to an exchange and set the state of its slow validation; nothing when it was purged."""
        with self.database.lock:
            exchange = next(iter(self._fetch("id = ?", [id], rows.WITHOUT_BODIES)), None)
            if exchange is None:
                return
            self.database.run(
                "UPDATE exchange SET findings = ?, validation = ? WHERE id = ?",
                [rows.findings_text([*exchange.findings, *(findings or ())]), validation or exchange.validation, id],
            )
        self._publish(id, exchange.session)

    def subscribe(self, session: str | None = None, queue: int = QUEUE) -> Feed:
        """The live feed of one session or of all; close it when done."""
        feed = Feed(self._feeds.remove, session, queue)
        self._feeds.append(feed)
        return feed

    def purge(self, session: str | None = None, keep_bytes: int = 0) -> int:
        """Remove the oldest entries (of one session, or of all) until ``keep_bytes`` of bodies and texts remain.

        Returns how many went. Ids are never used again. Takes a second for each ten thousand entries removed.
        """
        with self.database.lock:
            of, values = ("WHERE session = ?", [session]) if session else ("", [])
            weigh = "length(request) + length(response) + length(meta) + ifnull(length(findings), 0)"
            sql = f"SELECT id, {weigh} FROM exchange {of} ORDER BY id DESC"  # noqa: S608 (our own words only)
            kept, gone = 0, 0
            for id_, weight in self.database.execute(sql, values):
                kept += weight
                if kept > keep_bytes:
                    gone = id_
                    break
            where = f"{of} {'AND' if of else 'WHERE'} id <= ?"
            self.database.execute("INSERT OR REPLACE INTO kept VALUES('last_id', ?)", [str(self._last)])
            removed = self.database.execute(f"DELETE FROM exchange {where}", [*values, gone]).rowcount  # noqa: S608
            self._shrink()
        return removed

    def _write(self, exchange: Exchange, also: Sequence[Statement]) -> None:
        if not also:
            self._insert(exchange)
            return
        with self.database.together():
            for sql, values in also:
                self.database.execute(sql, values)
            self._insert(exchange)

    def _insert(self, exchange: Exchange) -> None:
        peer = self._peer_id(exchange.peer) if exchange.peer else None
        try:
            self.database.execute(_INSERT, rows.write(exchange, peer))
        except UnicodeEncodeError:  # a lone surrogate from outside in a word that we index
            for name in ("session", "service", "thread"):
                setattr(exchange, name, getattr(exchange, name).encode("utf-8", "replace").decode())
            self.database.execute(_INSERT, rows.write(exchange, peer))

    def _peer_id(self, peer: Peer) -> int:
        if peer.sha256 not in self._known:
            execute = self.database.execute
            execute("INSERT OR IGNORE INTO peer(sha256, facts) VALUES(?, ?)", [peer.sha256, rows.peer_text(peer)])
            found = execute("SELECT id FROM peer WHERE sha256 = ?", [peer.sha256])
            self._known[peer.sha256] = found.fetchone()[0]
        return self._known[peer.sha256]

    def _keep_under_cap(self) -> None:
        """One small step: as many of the oldest as were added since the last look, half as many again."""
        step, self._since, self._weight = self._since + self._since // 2 + 1, 0, 0
        if self.size() > self.cap_bytes and self.size() - self._weight_of_services() > self.cap_bytes:
            self.database.run(
                "DELETE FROM exchange WHERE id IN (SELECT id FROM exchange WHERE id < ? ORDER BY id LIMIT ?)",
                [self._last, step],
            )

    def _weight_of_services(self) -> int:
        return sum(self.database.run(tables.weigh)[0][0] or 0 for tables in self.database.owned if tables.weigh)

    def _shrink(self) -> None:
        if self.database.path and self.size() < COMPACT_BELOW:
            try:
                self.database.execute("VACUUM")
            except sqlite3.OperationalError:  # somebody is reading: the freed pages are used again instead
                return

    def _publish(self, id: int, session: str) -> None:
        if self._feeds:
            seen = Seen(id, session)
            for feed in (*self._feeds,):  # one may leave meanwhile
                feed.put(seen)
