"""Folders: SELECT, EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS, CLOSE, UNSELECT, quota."""

from __future__ import annotations

from mocks.mssante.boxes import Folder
from mocks.mssante.imap import wire
from mocks.mssante.imap.grammar import BadCommand
from mocks.mssante.imap.replies import Refused
from mocks.mssante.imap.session import MEGABYTE, Command, ImapSession, Verb
from mocks.mssante.imap.view import View

STATUS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE")


async def select(s: ImapSession, c: Command) -> str:
    """Open a folder; with EXAMINE nothing in it can be changed."""
    c.words.space()
    name = c.words.folder()
    c.words.end()
    if s.view:
        c.reply.untagged(b"OK [CLOSED] the former folder is closed")  # RFC 9051 §7.1
    s.leave()
    folder = s.boxes.folder(s.session.id, s.address, name)
    readonly = c.verb == "examine"
    view = s.view = View(s.boxes, folder, readonly=readonly)
    messages, _, unseen = s.boxes.counts(folder)
    view.announce(c.reply, readonly=readonly)
    say = c.reply.untagged
    say(b"%d EXISTS" % messages)
    say(b"%d RECENT" % len(view.recent))
    if unseen:
        say(b"OK [UNSEEN %d] first unseen" % view.number(unseen))
    say(b"OK [UIDVALIDITY %d] UIDs valid" % folder.validity)
    say(b"OK [UIDNEXT %d] next UID" % folder.next)
    c.note(folder=folder.name, messages=messages)
    return f"[READ-{'ONLY' if readonly else 'WRITE'}] {c.verb.upper()} done"


async def close(s: ImapSession, c: Command) -> str:
    """Leave the folder; what is marked deleted goes without a word (§6.4.2), but for UNSELECT (RFC 3691)."""
    c.words.end()
    view = s.selected
    if c.verb == "close" and not view.readonly:
        s.boxes.expunge(view.folder)
    s.leave()
    return f"{c.verb.upper()} done"


async def create(s: ImapSession, c: Command) -> str:
    """Make a folder."""
    c.words.space()
    name = c.words.folder()
    if c.words.take(b" (USE ("):
        raise BadCommand("CREATE-SPECIAL-USE is not offered")
    c.words.end()
    s.boxes.create(s.session.id, s.address, name)
    c.note(folder=name)
    return "CREATE done"


async def delete(s: ImapSession, c: Command) -> str:
    """Remove a folder."""
    c.words.space()
    name = c.words.folder()
    c.words.end()
    c.note(folder=name)
    folder = s.boxes.folder(s.session.id, s.address, name)
    s.boxes.delete(s.session.id, s.address, name)
    if s.view and s.view.folder.id == folder.id:
        s.leave()
    return "DELETE done"


async def rename(s: ImapSession, c: Command) -> str:
    """Give a folder another name."""
    c.words.space()
    name = c.words.folder()
    c.words.space()
    to = c.words.folder()
    c.words.end()
    c.note(folder=name, to=to)
    s.boxes.rename(s.session.id, s.address, name, to)
    return "RENAME done"


async def subscribe(s: ImapSession, c: Command) -> str:
    """Add to the folders of LSUB, or take out."""
    c.words.space()
    name = c.words.folder()
    c.words.end()
    c.note(folder=name)
    s.boxes.subscribe(s.boxes.folder(s.session.id, s.address, name), subscribed=c.verb == "subscribe")
    return f"{c.verb.upper()} done"


async def status(s: ImapSession, c: Command) -> str:
    """Numbers about a folder that need not be selected."""
    c.words.space()
    name = c.words.folder()
    c.words.space()
    asked = c.words.brackets(lambda: status_item(c.words.atom()))
    c.words.end()
    folder = s.boxes.folder(s.session.id, s.address, name)
    c.note(folder=folder.name)
    c.reply.untagged(status_line(s, folder, asked))
    return "STATUS done"


def status_item(word: bytes) -> str:
    """One thing that STATUS tells; raises BadCommand."""
    if word.decode() not in STATUS:
        raise BadCommand(f"STATUS knows nothing called {word.decode()!r}")
    return word.decode()


def status_line(s: ImapSession, folder: Folder, asked: tuple[str, ...]) -> bytes:
    """The words of a STATUS response."""
    messages, unseen, _ = s.boxes.counts(folder)
    values = {
        "MESSAGES": messages,
        "RECENT": s.boxes.recent(folder),
        "UIDNEXT": folder.next,
        "UIDVALIDITY": folder.validity,
        "UNSEEN": unseen,
        "SIZE": s.boxes.size(folder) if "SIZE" in asked else 0,
    }
    shown = " ".join(f"{word} {values[word]}" for word in dict.fromkeys(asked))
    return b"STATUS %b (%b)" % (wire.name(folder.name), shown.encode())


async def quota(s: ImapSession, c: Command) -> str:
    """How full the mailbox is (RFC 2087): one root for all its folders, in units of 1024 bytes."""
    c.words.space()
    name = c.words.folder()
    c.words.end()
    if c.verb == "getquotaroot":
        folder = s.boxes.folder(s.session.id, s.address, name)
        c.reply.untagged(b"QUOTAROOT %b %b" % (wire.name(folder.name), wire.string(ROOT.encode())))
    elif name != ROOT:
        raise Refused(f"the quota root is {ROOT!r}", "NONEXISTENT")
    used = -(-s.boxes.used(s.session.id, s.address) // 1024)
    limit = s.box.quota_mb * MEGABYTE // 1024
    c.reply.untagged(b"QUOTA %b (STORAGE %d %d)" % (wire.string(ROOT.encode()), used, limit))
    return f"{c.verb.upper()} done"


ROOT = "User quota"

VERBS = {
    "select": Verb(select),
    "examine": Verb(select),
    "close": Verb(close, "selected"),
    "unselect": Verb(close, "selected", "UNSELECT"),
    "create": Verb(create),
    "delete": Verb(delete),
    "rename": Verb(rename),
    "subscribe": Verb(subscribe),
    "unsubscribe": Verb(subscribe),
    "status": Verb(status),
    "getquota": Verb(quota, needs="QUOTA"),
    "getquotaroot": Verb(quota, needs="QUOTA"),
}
