"""Mailboxes: folders and messages of each session in ``bench.db``, whoever asks for them (SMTP, IMAP, REST, console).

A folder has UIDs that are never used again, a UIDVALIDITY, flags per message (RFC 3501 §2.3). A message's bytes are
kept once, however many folders hold it, with what a list of messages needs (envelope, subject…) read at arrival.

A delivery belongs to the exchange that brought it: `Boxes.deposit` gives the statements that `Journal.record(exchange,
also=…)` runs in the same transaction, and `Boxes.announce` then wakes who is looking at the folder. Everything else is
committed when the call returns. Every method may raise mocks.journal.JournalError.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence

from mocks.journal.database import Statement
from mocks.mssante.box_model import (
    CONTENT_COLUMNS,
    INBOX,
    ORPHAN,
    SEPARATOR,
    UID,
    BadFolder,
    Deposit,
    Folder,
    FolderExists,
    Message,
    NoFolder,
    Watch,
    flag_set,
    flag_text,
    proper,
)
from mocks.mssante.content import Content
from mocks.mssante.folders import Folders

__all__ = ["BadFolder", "Boxes", "Deposit", "Folder", "FolderExists", "Message", "NoFolder", "Watch"]


class Boxes(Folders):
    """Every mailbox of a bench: its folders, and the messages in them."""

    def rename(self, session: str, address: str, name: str, to: str) -> None:
        """Rename a folder and those under it; INBOX gives its messages to a new folder (RFC 3501 §6.3.5).

        Raises NoFolder, FolderExists, BadFolder.
        """
        folder, to = self.folder(session, address, name), proper(to.rstrip(SEPARATOR))
        if to == folder.name or to.startswith(folder.name + SEPARATOR):
            raise BadFolder(to)
        made = self.create(session, address, to)
        if folder.name == INBOX:
            self.move(folder, made, [message.uid for message in self.messages(folder)])
            return
        self.database.run("DELETE FROM mssante_folder WHERE id = ?", [made.id])
        for old in self.folders(session, address):
            if old.name == folder.name or old.name.startswith(folder.name + SEPARATOR):
                self.database.run(
                    "UPDATE mssante_folder SET name = ?, validity = ? WHERE id = ?",
                    [to + old.name[len(folder.name) :], self._validity(), old.id],
                )
                self._tell(old.id, dead=True)

    # -- messages in ----------------------------------------------------------------------------------------------

    def deposit(
        self,
        session: str,
        places: Iterable[tuple[str, str]],
        raw: bytes,
        flags: Iterable[str] = (),
        date: float | None = None,
    ) -> Deposit:
        """A message for several places (address, folder name or special use); raises NoFolder. Nothing is written yet.

        ``date`` is when it arrives, seconds since 1970, now when None.
        """
        content = Content.of(raw)
        folders = [self.folder(session, address, name).id for address, name in places]
        statements: list[Statement] = [
            (
                f"INSERT INTO mssante_content({CONTENT_COLUMNS}) VALUES(?,?,?,?,?,?,?,?)",
                (
                    content.subject,
                    content.sender,
                    content.recipients,
                    content.message_id,
                    content.sent,
                    content.envelope,
                    content.header,
                    raw,
                ),
            )
        ]
        when, marks = time.time() if date is None else date, flag_text(flags)
        for id_ in folders:
            statements.append(
                (
                    "INSERT INTO mssante_message SELECT id, next, ?, ?, ?, (SELECT max(id) FROM mssante_content)"
                    " FROM mssante_folder WHERE id = ?",
                    (marks, when, len(raw), id_),
                )
            )
            statements.append(("UPDATE mssante_folder SET next = next + 1 WHERE id = ?", (id_,)))
        return Deposit(statements, tuple(folders))

    def announce(self, deposit: Deposit) -> None:
        """Tell who is looking at these folders that the message is there: once its transaction is committed."""
        for id_ in deposit.folders:
            self._tell(id_, arrived=True)

    def append(
        self,
        session: str,
        address: str,
        folder: str,
        raw: bytes,
        flags: Iterable[str] = (),
        date: float | None = None,
    ) -> int:
        """Put a message into a folder now and say its UID; raises NoFolder."""
        deposit = self.deposit(session, [(address, folder)], raw, flags, date)
        uid = self.folder(session, address, folder).next
        self.database.write(deposit.statements)
        self.announce(deposit)
        return uid

    # -- messages out ---------------------------------------------------------------------------------------------

    def uids(self, folder: Folder) -> list[int]:
        """Every UID in order: what message sequence numbers count."""
        sql = "SELECT json_group_array(uid) FROM (SELECT uid FROM mssante_message WHERE folder = ? ORDER BY uid)"
        return sorted(json.loads(self.database.run(sql, [folder.id])[0][0]))  # half the time of as many rows

    def messages(self, folder: Folder, uids: Sequence[int] | None = None, *, after: int = 0) -> list[Message]:
        """Messages in order of UID: all of them from ``after`` (excluded) on, or those of ``uids`` that are there."""
        sql, values = "SELECT uid, flags, date, size, content FROM mssante_message WHERE folder = ?", [folder.id]
        if uids is not None and len(uids) < 5:
            asked = [uid for uid in uids if 0 < uid <= UID]
            found = [row for uid in asked for row in self.database.run(f"{sql} AND uid = ?", [*values, uid])]
        elif uids is not None:
            low, high, wanted = min(uids), max(uids), set(uids)
            rows = self.database.run(f"{sql} AND uid BETWEEN ? AND ? ORDER BY uid", [*values, low, high])
            found = [row for row in rows if row[0] in wanted]
        else:
            found = self.database.run(f"{sql} AND uid > ? ORDER BY uid", [*values, after])
        return [Message(uid, flag_set(flags), date, size, content) for uid, flags, date, size, content in found]

    def message(self, folder: Folder, uid: int) -> Message | None:
        """One message, None when it is not there."""
        return next(iter(self.messages(folder, [uid])), None)

    def content(self, id: int, *, body: bool = True) -> Content:
        """What a message holds; without ``body`` its bytes are left empty. Raises NoFolder when it was just removed."""
        columns = CONTENT_COLUMNS if body else CONTENT_COLUMNS.replace(", raw", ", x''")
        rows = self.database.run(f"SELECT {columns} FROM mssante_content WHERE id = ?", [id])  # noqa: S608
        if not rows:
            raise NoFolder(f"message {id}")
        return Content(*rows[0])

    def structure(self, id: int, make: Callable[[bytes], bytes]) -> bytes:
        """The message's structure, made from its bytes at first need and kept."""
        rows = self.database.run("SELECT structure FROM mssante_content WHERE id = ?", [id])
        if rows and rows[0][0] is not None:
            return bytes(rows[0][0])
        made = make(self.content(id).raw)
        self.database.run("UPDATE mssante_content SET structure = ? WHERE id = ?", [made, id])
        return made

    def counts(self, folder: Folder) -> tuple[int, int, int]:
        """Messages, those without ``\\Seen``, the UID of the first of these (0: none)."""
        rows = self.database.run(
            "SELECT count(*), total(instr(flags, '\\Seen') = 0), min(CASE WHEN instr(flags, '\\Seen') = 0 THEN uid END)"
            " FROM mssante_message WHERE folder = ?",
            [folder.id],
        )
        return int(rows[0][0]), int(rows[0][1]), int(rows[0][2] or 0)

    def keywords(self, folder: Folder) -> set[str]:
        """The flags in use in a folder that are not system flags."""
        rows = self.database.run("SELECT DISTINCT flags FROM mssante_message WHERE folder = ?", [folder.id])
        return {flag for (kept,) in rows for flag in kept.split() if not flag.startswith("\\")}

    def recent(self, folder: Folder) -> int:
        """How many messages no connection was told of yet."""
        sql = "SELECT count(*) FROM mssante_message WHERE folder = ? AND uid >= ?"
        return int(self.database.run(sql, [folder.id, folder.recent])[0][0])

    def size(self, folder: Folder) -> int:
        """Bytes of a folder's messages."""
        return int(self.database.run("SELECT total(size) FROM mssante_message WHERE folder = ?", [folder.id])[0][0])

    def used(self, session: str, address: str) -> int:
        """Bytes of all messages of a mailbox: what its quota counts."""
        folders = "SELECT id FROM mssante_folder WHERE session = ? AND address = ?"
        sql = f"SELECT total(size) FROM mssante_message WHERE folder IN ({folders})"  # noqa: S608 (our own words only)
        return int(self.database.run(sql, [session, address.lower()])[0][0])

    def held(self, session: str, address: str) -> list[tuple[str, int, int]]:
        """Every message of a mailbox: its folder's name, its size, its content (of `content`)."""
        sql = (
            "SELECT f.name, m.size, m.content FROM mssante_message m JOIN mssante_folder f ON f.id = m.folder"
            " WHERE f.session = ? AND f.address = ? ORDER BY f.id, m.uid"
        )
        return [(name, size, id_) for name, size, id_ in self.database.run(sql, [session, address.lower()])]

    # -- changes --------------------------------------------------------------------------------------------------

    def seen_by_connection(self, folder: Folder) -> None:
        """A connection was told of every message there is: none is recent for the next one (RFC 3501 §2.3.2)."""
        self.database.run("UPDATE mssante_folder SET recent = next WHERE id = ? AND recent <> next", [folder.id])

    def flag(self, folder: Folder, uids: Sequence[int], change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        """Change the flags of messages; ``change`` gets those of each and gives the new ones."""
        changed = [(m.uid, new) for m in self.messages(folder, uids) if (new := change(m.flags)) != m.flags]
        self.database.write(
            ("UPDATE mssante_message SET flags = ? WHERE folder = ? AND uid = ?", (flag_text(new), folder.id, uid))
            for uid, new in changed
        )
        if changed:
            self._tell(folder.id, flagged={uid for uid, _ in changed})

    def copy(self, folder: Folder, to: Folder, uids: Sequence[int]) -> list[tuple[int, int]]:
        """Copy messages with their flags and dates: (UID, UID of the copy) of each."""
        pairs, statements = self._copied(folder, to, uids)
        self.database.write(statements)
        if pairs:
            self._tell(to.id, arrived=True)
        return pairs

    def move(self, folder: Folder, to: Folder, uids: Sequence[int]) -> list[tuple[int, int]]:
        """Move messages (RFC 6851): (UID, new UID) of each, all or none."""
        pairs, statements = self._copied(folder, to, uids)
        gone = [uid for uid, _ in pairs]
        remove = ("DELETE FROM mssante_message WHERE folder = ? AND uid = ?", folder.id)
        self.database.write([*statements, *((remove[0], (remove[1], uid)) for uid in gone)])
        if pairs:
            self._tell(to.id, arrived=True)
            self._tell(folder.id, gone=set(gone))
        return pairs

    def expunge(self, folder: Folder, uids: Sequence[int] | None = None) -> list[int]:
        """Remove messages that have ``\\Deleted`` (only among ``uids`` when given); says which."""
        gone = [m for m in self.messages(folder, uids) if "\\Deleted" in m.flags]
        self.remove(folder, gone)
        return [m.uid for m in gone]

    def remove(self, folder: Folder, messages: Sequence[Message]) -> None:
        """Remove messages whatever their flags."""
        statements: list[Statement] = []
        for message in messages:
            statements.append(("DELETE FROM mssante_message WHERE folder = ? AND uid = ?", (folder.id, message.uid)))
            statements.append((ORPHAN, (message.content, message.content)))
        self.database.write(statements)
        if messages:
            self._tell(folder.id, gone={message.uid for message in messages})

    # -- inside ---------------------------------------------------------------------------------------------------

    def _copied(self, folder: Folder, to: Folder, uids: Sequence[int]) -> tuple[list[tuple[int, int]], list[Statement]]:
        pairs: list[tuple[int, int]] = []
        statements: list[Statement] = []
        first = self.refreshed(to).next
        for place, message in enumerate(self.messages(folder, uids) if uids else ()):
            pairs.append((message.uid, first + place))
            row = (to.id, first + place, flag_text(message.flags), message.date, message.size, message.content)
            statements.append(("INSERT INTO mssante_message VALUES(?,?,?,?,?,?)", row))
        statements.append(("UPDATE mssante_folder SET next = ? WHERE id = ?", (first + len(pairs), to.id)))
        return pairs, statements
