"""What mailboxes are made of: folders, messages, deliveries on their way, who looks on; the tables that keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mocks.journal.database import Statement, Tables

SEPARATOR = "/"
INBOX = "INBOX"
SPECIAL = ("\\Sent", "\\Drafts", "\\Trash", "\\Junk", "\\Archive")  # RFC 6154
ENGLISH = dict(zip(SPECIAL, ("Sent", "Drafts", "Trash", "Junk", "Archive"), strict=True))
FRENCH = dict(zip(SPECIAL, ("Envoyés", "Brouillons", "Corbeille", "Indésirables", "Archives"), strict=True))
UID = 2**32 - 1  # the highest (RFC 3501 §2.3.1.1)
FOLDERS, NAME = 500, 250  # of one mailbox; characters of a folder's name

TABLES = Tables(
    "mssante",
    (
        """
CREATE TABLE mssante_folder(
  id INTEGER PRIMARY KEY, session TEXT NOT NULL, address TEXT NOT NULL, name TEXT NOT NULL, special TEXT NOT NULL,
  validity INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 1, recent INTEGER NOT NULL DEFAULT 1,
  subscribed INTEGER NOT NULL DEFAULT 1, UNIQUE(session, address, name));
CREATE TABLE mssante_message(
  folder INTEGER NOT NULL, uid INTEGER NOT NULL, flags TEXT NOT NULL, date REAL NOT NULL, size INTEGER NOT NULL,
  content INTEGER NOT NULL, PRIMARY KEY(folder, uid)) WITHOUT ROWID;
CREATE INDEX mssante_message_of_content ON mssante_message(content);
CREATE TABLE mssante_content(
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
  message_id TEXT NOT NULL, sent REAL, envelope BLOB NOT NULL, header BLOB NOT NULL, structure BLOB,
  raw BLOB NOT NULL);
""",
    ),
    forget=(
        "DELETE FROM mssante_content WHERE id IN (SELECT content FROM mssante_message WHERE folder IN"
        " (SELECT id FROM mssante_folder WHERE session = ?))",
        "DELETE FROM mssante_message WHERE folder IN (SELECT id FROM mssante_folder WHERE session = ?)",
        "DELETE FROM mssante_folder WHERE session = ?",
    ),
    weigh="SELECT total(size) FROM mssante_message",
)
FOLDER_COLUMNS = "id, session, address, name, special, validity, next, recent, subscribed"
CONTENT_COLUMNS = "subject, sender, recipients, message_id, sent, envelope, header, raw"
ORPHAN = "DELETE FROM mssante_content WHERE id = ? AND NOT EXISTS (SELECT 1 FROM mssante_message WHERE content = ?)"


class NoFolder(LookupError):
    """No folder has that name."""


class FolderExists(ValueError):
    """A folder already has that name."""


class BadFolder(ValueError):
    """A name that no folder may have, a folder that may not go, or too many of them."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as it is now; ``next`` is the UID of the next message, ``special`` its use (``\\Sent``…) or ""."""

    id: int
    session: str
    address: str
    name: str
    special: str
    validity: int
    next: int
    recent: int  # messages from this UID on were not seen by any connection yet
    subscribed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a folder; ``date``: its arrival, seconds since 1970; ``content``: what `Boxes.content` reads."""

    uid: int
    flags: frozenset[str]
    date: float
    size: int
    content: int


@dataclass(frozen=True, slots=True)
class Deposit:
    """A message on its way to folders: statements for the exchange's transaction, folders to announce."""

    statements: list[Statement]
    folders: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Watch:
    """What changed in a folder since somebody looking at it last asked; ``wake`` is called at each change."""

    folder: int
    wake: Callable[[], None] = lambda: None
    arrived: bool = False
    gone: set[int] = field(default_factory=set)
    flagged: set[int] = field(default_factory=set)
    dead: bool = False  # the folder is no more


def proper(name: str) -> str:
    """The name as kept: INBOX is INBOX in any case (RFC 3501 §5.1), under it too."""
    head, separator, rest = name.partition(SEPARATOR)
    return INBOX + separator + rest if head.upper() == INBOX else name


def flag_text(flags: Iterable[str]) -> str:
    """Flags as they are kept."""
    return " ".join(sorted(set(flags)))


def flag_set(kept: str) -> frozenset[str]:
    """Flags from their kept form."""
    return frozenset(kept.split())


def read_folder(row: tuple[Any, ...]) -> Folder:
    return Folder(*row)
