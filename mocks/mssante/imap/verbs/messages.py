"""Messages of the selected folder: FETCH, STORE, SEARCH, EXPUNGE."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mocks.mssante.boxes import NoFolder
from mocks.mssante.imap import search, wire
from mocks.mssante.imap.fetch import Fetcher, Item, items
from mocks.mssante.imap.replies import Refused
from mocks.mssante.imap.session import Command, ImapSession, Verb
from mocks.mssante.imap.view import View

CHUNK = 100  # messages between two looks at other connections
KEYWORDS = 100  # flags of one message


async def fetch(s: ImapSession, c: Command) -> str:
    """What is asked of messages; sets ``\\Seen`` where a text is read and not only peeked at."""
    words = c.words
    words.space()
    ranges = words.sequence()
    words.space()
    asked = items(words)
    words.end()
    view = s.selected
    uids = view.chosen(ranges, uid=c.uid)
    if c.uid and Item(b"UID") not in asked:
        asked = (Item(b"UID"), *asked)
    marked: tuple[Item, ...] = ()
    if any(item.sees for item in asked) and not view.readonly:
        marked = tuple(dict.fromkeys((Item(b"FLAGS"), *asked)))
    c.note(uids=wire.ranges(uids).decode()[:500])
    await s.slow("imap_read_delay_ms")
    fetcher = Fetcher(s.boxes)
    for start in range(0, len(uids), CHUNK):
        await _fetched(view, c, fetcher, uids[start : start + CHUNK], asked, marked)
        await asyncio.sleep(0)
    return "FETCH done"


async def _fetched(
    view: View, c: Command, fetcher: Fetcher, uids: Sequence[int], asked: tuple[Item, ...], marked: tuple[Item, ...]
) -> None:
    """``marked``: what is answered for a message that becomes seen now; empty when none does."""
    boxes = view.boxes
    new = {m.uid for m in boxes.messages(view.folder, uids) if "\\Seen" not in m.flags} if marked else set[int]()
    if new:
        boxes.flag(view.folder, sorted(new), lambda flags: flags | {"\\Seen"})
        view.stored(sorted(new))
    for message in boxes.messages(view.folder, uids):
        wanted = marked if message.uid in new else asked
        try:
            shown = fetcher.answer(message, wanted, view.flags)
        except NoFolder:  # removed by another connection in this very moment
            continue
        c.reply.untagged(b"%d FETCH (%b)" % (view.number(message.uid), shown))
        await c.reply.flow()


async def store(s: ImapSession, c: Command) -> str:
    """Set, add or take flags."""
    words = c.words
    words.space()
    ranges = words.sequence()
    words.space()
    sign = "+" if words.take(b"+") else "-" if words.take(b"-") else ""
    words.expect(b"FLAGS")
    silent = words.take(b".SILENT")
    words.space()
    given = frozenset(words.flags() if words.peek() == b"(" else _bare(c))
    words.end()
    view = writable(s)
    uids = view.chosen(ranges, uid=c.uid)
    c.note(uids=wire.ranges(uids).decode()[:500], flags=f"{sign}{' '.join(sorted(given))}")
    if not uids:
        return "STORE done"
    s.boxes.flag(view.folder, uids, _changing(sign, given))
    view.stored(uids)
    view.learn(given if sign != "-" else (), c.reply)
    if not silent:
        for message in s.boxes.messages(view.folder, uids):
            uid = b"UID %d " % message.uid if c.uid else b""
            number, flags = view.number(message.uid), wire.flags(view.flags(message))
            c.reply.untagged(b"%d FETCH (%bFLAGS %b)" % (number, uid, flags))
            await c.reply.flow()
    return "STORE done"


def _bare(c: Command) -> tuple[str, ...]:
    found = [c.words.flag()]
    while c.words.take(b" "):
        found.append(c.words.flag())
    return tuple(found)


def _changing(sign: str, given: frozenset[str]) -> Callable[[frozenset[str]], frozenset[str]]:
    def changed(flags: frozenset[str]) -> frozenset[str]:
        new = flags | given if sign == "+" else flags - given if sign == "-" else given
        if len(new) > KEYWORDS:
            raise Refused(f"more than {KEYWORDS} flags", "LIMIT")
        return new

    return changed


def writable(s: ImapSession) -> View:
    """The selected folder, which must not be opened by EXAMINE; raises Refused."""
    if s.selected.readonly:
        raise Refused("the folder is open for reading only", "READ-ONLY")
    return s.selected


async def find_messages(s: ImapSession, c: Command) -> str:
    """Numbers, or UIDs, of the messages that match."""
    c.words.space()
    try:
        _, made = search.read(c.words)
    except LookupError:
        raise Refused("unknown charset", "BADCHARSET (US-ASCII UTF-8)") from None
    view = s.selected
    test = made(len(view.uids), view.uids[-1] if view.uids else 0)
    found: list[int] = []
    for place, message in enumerate(s.boxes.messages(view.folder)):
        if number := view.number(message.uid):  # arrived since: not known to this connection yet
            flags = message.flags | {"\\Recent"} if message.uid in view.recent else message.flags
            if test.holds(search.Candidate(number, message, flags, s.boxes)):
                found.append(message.uid if c.uid else number)
        if test.cost and place % CHUNK == 0:
            await asyncio.sleep(0)
    c.reply.untagged(b" ".join([b"SEARCH", *(b"%d" % number for number in found)]))
    c.note(found=len(found))
    return "SEARCH done"


async def expunge(s: ImapSession, c: Command) -> str:
    """Remove for good what is marked deleted; UID EXPUNGE only among the given (RFC 4315)."""
    uids = None
    if c.uid:
        c.words.space()
        uids = s.selected.chosen(c.words.sequence(), uid=True)
    c.words.end()
    view = writable(s)
    gone = s.boxes.expunge(view.folder, uids) if uids is None or uids else []
    c.note(uids=wire.ranges(gone).decode()[:500])
    return "EXPUNGE done"


VERBS = {
    "fetch": Verb(fetch, "selected"),
    "uid fetch": Verb(fetch, "selected"),
    "store": Verb(store, "selected"),
    "uid store": Verb(store, "selected"),
    "search": Verb(find_messages, "selected"),
    "uid search": Verb(find_messages, "selected"),
    "expunge": Verb(expunge, "selected"),
    "uid expunge": Verb(expunge, "selected", "UIDPLUS"),
}
