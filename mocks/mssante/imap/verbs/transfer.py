"""Messages into folders: APPEND (UIDPLUS), COPY, MOVE (RFC 6851)."""

from __future__ import annotations

from mocks.mssante.boxes import Folder
from mocks.mssante.imap import wire
from mocks.mssante.imap.replies import Refused
from mocks.mssante.imap.session import MEGABYTE, Command, ImapSession, Verb
from mocks.mssante.imap.verbs.messages import writable
from norms.finding import find


async def append(s: ImapSession, c: Command) -> str:
    """Put a message into a folder, kept with its exchange in one transaction."""
    words = c.words
    words.space()
    name = words.folder()
    words.space()
    flags: tuple[str, ...] = ()
    if words.peek() == b"(":
        flags = words.flags()
        words.space()
    date = None
    if words.peek() == b'"':
        date = words.date_time()
        words.space()
    raw = words.string()
    words.end()
    await s.slow("imap_append_delay_ms")
    folder = s.boxes.folder(s.session.id, s.address, name)
    _examined(c, raw, folder)
    _room(s, len(raw))
    deposit = s.boxes.deposit(s.session.id, [(s.address, folder.name)], raw, flags, date or s.session.clock.now())
    c.also.extend(deposit.statements)
    c.kept.append(lambda: s.boxes.announce(deposit))
    if s.view and s.view.folder.id == folder.id:
        s.view.expect(folder.next, c.reply)
        s.view.learn(flags, c.reply)
    c.note(uid=folder.next, flags=" ".join(flags), size=len(raw))
    return f"[APPENDUID {folder.validity} {folder.next}] APPEND done"


def _examined(c: Command, raw: bytes, folder: Folder) -> None:
    from mocks.mssante.content import Content

    content = Content.of(raw)
    c.note(folder=folder.name, message_id=content.message_id, subject=content.subject)
    if not raw:
        raise Refused("an empty message", "", find("IMAP-APPEND-01", found="0"))
    if b"\0" in raw:
        finding = find("IMAP-APPEND-04", found=str(raw.index(b"\0") + 1))
        raise Refused("a message holds no NUL octet", "", finding)
    if not content.message_id or not content.sender:
        missing = [name for name, value in (("Message-ID", content.message_id), ("From", content.sender)) if not value]
        c.exchange.findings.append(find("IMAP-APPEND-01", found=", ".join(missing)))
    bare = raw.count(b"\n") - raw.count(b"\r\n")
    if bare:
        c.exchange.findings.append(find("IMAP-APPEND-02", found=str(bare)))


def _room(s: ImapSession, size: int) -> None:
    limit = s.box.quota_mb * MEGABYTE
    if s.boxes.used(s.session.id, s.address) + size > limit:
        raise Refused("the mailbox is full", "OVERQUOTA", find("IMAP-APPEND-03", expected=str(limit)))


async def copy(s: ImapSession, c: Command) -> str:
    """Copy messages to another folder, or move them there."""
    words = c.words
    words.space()
    ranges = words.sequence()
    words.space()
    name = words.folder()
    words.end()
    moving = c.verb.endswith("move")
    view = writable(s) if moving else s.selected
    uids = view.chosen(ranges, uid=c.uid)
    to = s.boxes.folder(s.session.id, s.address, name)
    c.note(to=to.name, uids=wire.ranges(uids).decode()[:500])
    if moving and s.switch("imap_move") == "internal-error":
        raise Refused("Internal error", "SERVERBUG")
    if not uids:
        return f"{c.verb.upper()} done, no message"
    if not moving:
        _room(s, sum(m.size for m in s.boxes.messages(view.folder, uids)))
    pairs = (s.boxes.move if moving else s.boxes.copy)(view.folder, to, uids)
    code = b"COPYUID %d %b %b" % (to.validity, wire.ranges(a for a, _ in pairs), wire.ranges(b for _, b in pairs))
    if moving:
        c.reply.untagged(b"OK [%b] moved" % code)
        return "MOVE done"
    return f"[{code.decode()}] COPY done"


VERBS = {
    "append": Verb(append),
    "copy": Verb(copy, "selected"),
    "uid copy": Verb(copy, "selected"),
    "move": Verb(copy, "selected", "MOVE"),
    "uid move": Verb(copy, "selected", "MOVE"),
}
