"""Folders of the mailboxes: their tree, their UIDVALIDITY, and who looks at them.

Every change is committed when the call returns. Every method may raise mocks.journal.JournalError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from mocks.journal.database import Database
from mocks.mssante.box_model import (
    ENGLISH,
    FOLDER_COLUMNS,
    FOLDERS,
    INBOX,
    NAME,
    ORPHAN,
    SEPARATOR,
    SPECIAL,
    TABLES,
    BadFolder,
    Folder,
    FolderExists,
    NoFolder,
    Watch,
    proper,
    read_folder,
)


class Folders:
    """The folders of every mailbox of a bench. With the journal's database, one transaction can hold both."""

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or Database(None)
        self.names: Callable[[str], dict[str, str]] = lambda _session: ENGLISH  # names of special folders, by session
        self._watches: dict[int, list[Watch]] = {}
        self._last = 0  # UIDVALIDITY given
        self.database.own(TABLES)

    def folders(self, session: str, address: str) -> list[Folder]:
        """The folders of a mailbox, INBOX first; those that every mailbox has are made at its first use."""
        address = address.lower()
        found = self._folders("session = ? AND address = ? ORDER BY name <> 'INBOX', id", session, address)
        if not found:
            for name, special in ((INBOX, ""), *((name, use) for use, name in self.names(session).items())):
                self._make(session, address, name, special)
            found = self.folders(session, address)
        return found

    def folder(self, session: str, address: str, name: str) -> Folder:
        """One folder, by name or special use (``\\Sent``); raises NoFolder."""
        column = "special" if name in SPECIAL else "name"
        where, address = f"session = ? AND address = ? AND {column} = ?", address.lower()
        found = self._folders(where, session, address, proper(name))
        if not found and not self._folders("session = ? AND address = ? LIMIT 1", session, address):
            self.folders(session, address)
            found = self._folders(where, session, address, proper(name))
        if not found:
            raise NoFolder(name)
        return found[0]

    def refreshed(self, folder: Folder) -> Folder:
        """The same folder as it is now; raises NoFolder when it is no more."""
        found = self._folders("id = ?", folder.id)
        if not found:
            raise NoFolder(folder.name)
        return found[0]

    def create(self, session: str, address: str, name: str) -> Folder:
        """Make a folder, and those above it; raises FolderExists, BadFolder."""
        held = {folder.name for folder in self.folders(session, address)}
        name = proper(name.rstrip(SEPARATOR))
        if name in held:
            raise FolderExists(name)
        levels = name.split(SEPARATOR)
        wanted = [SEPARATOR.join(levels[: n + 1]) for n in range(len(levels))]
        missing = [one for one in wanted if one not in held]
        if not all(levels) or len(name) > NAME or any(ord(c) < 32 or ord(c) == 127 for c in name):
            raise BadFolder(name)
        if len(held) + len(missing) > FOLDERS:
            raise BadFolder(f"more than {FOLDERS} folders")
        for one in missing:
            self._make(session, address.lower(), one, "")
        return self.folder(session, address, name)

    def delete(self, session: str, address: str, name: str) -> None:
        """Remove a folder and its messages; raises NoFolder, BadFolder (INBOX, or folders under it)."""
        folder = self.folder(session, address, name)
        inner = any(f.name.startswith(folder.name + SEPARATOR) for f in self.folders(session, address))
        if folder.name == INBOX or inner:
            raise BadFolder(folder.name)
        contents = self.database.run("SELECT DISTINCT content FROM mssante_message WHERE folder = ?", [folder.id])
        self.database.write(
            [
                ("DELETE FROM mssante_message WHERE folder = ?", (folder.id,)),
                *((ORPHAN, (content, content)) for (content,) in contents),
                ("DELETE FROM mssante_folder WHERE id = ?", (folder.id,)),
            ]
        )
        self._tell(folder.id, dead=True)

    def subscribe(self, folder: Folder, *, subscribed: bool) -> None:
        """Add the folder to those that LSUB lists, or take it out."""
        self.database.run("UPDATE mssante_folder SET subscribed = ? WHERE id = ?", [subscribed, folder.id])

    def addresses(self, session: str) -> list[str]:
        """The mailboxes that were used in a session."""
        rows = self.database.run(
            "SELECT DISTINCT address FROM mssante_folder WHERE session = ? ORDER BY address", [session]
        )
        return [address for (address,) in rows]

    # -- who looks on ---------------------------------------------------------------------------------------------

    def watch(self, folder: Folder) -> Watch:
        """Look at a folder: the Watch gathers its changes until `unwatch`."""
        watch = Watch(folder.id)
        self._watches.setdefault(folder.id, []).append(watch)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Look no more."""
        left = [one for one in self._watches.get(watch.folder, ()) if one is not watch]
        if left:
            self._watches[watch.folder] = left
        else:
            self._watches.pop(watch.folder, None)

    def _tell(
        self,
        folder: int,
        *,
        arrived: bool = False,
        gone: Iterable[int] = (),
        flagged: Iterable[int] = (),
        dead: bool = False,
    ) -> None:
        for watch in self._watches.get(folder, ()):
            watch.arrived |= arrived
            watch.gone.update(gone)
            watch.flagged.update(flagged)
            watch.dead |= dead
            watch.wake()

    # -- inside ---------------------------------------------------------------------------------------------------

    def _folders(self, where: str, *values: Any) -> list[Folder]:
        sql = f"SELECT {FOLDER_COLUMNS} FROM mssante_folder WHERE {where}"  # noqa: S608 (our own words only)
        return [read_folder(row) for row in self.database.run(sql, values)]

    def _make(self, session: str, address: str, name: str, special: str) -> None:
        self.database.run(
            "INSERT INTO mssante_folder(session, address, name, special, validity, subscribed) VALUES(?,?,?,?,?,?)",
            [session, address, name, special, self._validity(), special != "" or name == INBOX],
        )

    def _validity(self) -> int:
        """Never given before: the time in seconds, or one more than the highest given."""
        rows = self.database.run("SELECT max(validity) FROM mssante_folder")
        self._last = max(int(time.time()), (rows[0][0] or 0) + 1, self._last + 1)
        return self._last
