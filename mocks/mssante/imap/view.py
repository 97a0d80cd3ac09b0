"""A selected folder as one connection knows it: its message numbers, and what it was not told yet (RFC 3501 §7.3)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from mocks.mssante.boxes import Boxes, Folder, Message, NoFolder
from mocks.mssante.imap import wire
from mocks.mssante.imap.grammar import BadCommand, Ranges, expand
from mocks.mssante.imap.replies import Bye, Reply

PERMANENT = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
MDN_SENT = "$MDNSent"  # RFC 3503


class View:
    """Made by SELECT or EXAMINE, closed by `close`."""

    def __init__(self, boxes: Boxes, folder: Folder, *, readonly: bool) -> None:
        self.boxes, self.folder, self.readonly = boxes, folder, readonly
        self.watch = boxes.watch(folder)
        self.uids = boxes.uids(folder)
        self.recent = set(self.uids[bisect_left(self.uids, folder.recent) :])
        self.keywords = {MDN_SENT, *boxes.keywords(folder)}
        if not readonly:
            boxes.seen_by_connection(folder)

    def close(self) -> None:
        """Look no more."""
        self.boxes.unwatch(self.watch)

    def flags(self, message: Message) -> list[str]:
        """A message's flags as this connection sees them."""
        shown = sorted(message.flags)
        return [*shown, "\\Recent"] if message.uid in self.recent else shown

    def number(self, uid: int) -> int:
        """The message's number, 0 when it is not known here."""
        place = bisect_left(self.uids, uid)
        return place + 1 if place < len(self.uids) and self.uids[place] == uid else 0

    def chosen(self, ranges: Ranges, *, uid: bool) -> list[int]:
        """The UIDs that a set of numbers means; raises BadCommand on a number beyond the last message."""
        uids = self.uids
        places: list[tuple[int, int]] = []
        for low, high in expand(ranges, (uids[-1] if uids else 0) if uid else len(uids)):
            if uid:
                places.append((bisect_left(uids, low), bisect_right(uids, high)))
            elif high > len(uids) or low < 1:
                raise BadCommand(f"no message {high}: there are {len(uids)}")
            else:
                places.append((low - 1, high))
        if len(places) == 1:
            return uids[places[0][0] : places[0][1]]
        return sorted({one for start, stop in places for one in uids[start:stop]})

    def stored(self, uids: Sequence[int]) -> None:
        """This connection itself changed the flags of these: it is not told again."""
        self.watch.flagged.difference_update(uids)

    def tell(self, reply: Reply, *, expunges: bool = True) -> None:
        """Say what changed since last time; raises Bye when the folder is no more."""
        watch = self.watch
        if watch.dead:
            raise Bye("this folder is no more")
        if expunges and watch.gone:
            for uid in sorted(watch.gone, reverse=True):
                if number := self.number(uid):
                    reply.untagged(b"%d EXPUNGE" % number)
                    del self.uids[number - 1]
                    self.recent.discard(uid)
            watch.gone.clear()
        if watch.arrived:
            self._arrived(reply)
        if watch.flagged:
            known = [uid for uid in sorted(watch.flagged) if self.number(uid)]
            watch.flagged.clear()
            for message in self.boxes.messages(self.folder, known) if known else ():
                shown = wire.flags(self.flags(message))
                reply.untagged(b"%d FETCH (UID %d FLAGS %b)" % (self.number(message.uid), message.uid, shown))

    def expect(self, uid: int, reply: Reply) -> None:
        """A message that this connection appends here: told with the answer, committed with its exchange."""
        if self.watch.arrived:
            self._arrived(reply)
        self.uids.append(uid)
        self.recent.add(uid)
        self._count(reply)

    def announce(self, reply: Reply, *, readonly: bool) -> None:
        """FLAGS and PERMANENTFLAGS."""
        used = [*PERMANENT, *sorted(self.keywords)]
        reply.untagged(b"FLAGS " + wire.flags(used))
        reply.untagged(b"OK [PERMANENTFLAGS %b] flags that stay" % wire.flags([] if readonly else [*used, "\\*"]))

    def learn(self, flags: Iterable[str], reply: Reply) -> None:
        """Flags that were not in use here until now are told (RFC 3501 §7.2.6)."""
        new = {flag for flag in flags if not flag.startswith("\\")} - self.keywords
        if new:
            self.keywords |= new
            self.announce(reply, readonly=self.readonly)

    def _arrived(self, reply: Reply) -> None:
        self.watch.arrived = False
        try:
            now = self.boxes.refreshed(self.folder)
        except NoFolder:
            raise Bye("this folder is no more") from None
        last = self.uids[-1] if self.uids else 0
        new = [message.uid for message in self.boxes.messages(now, after=last)]
        self.uids += new
        self.recent.update(uid for uid in new if uid >= now.recent)
        if not self.readonly:
            self.boxes.seen_by_connection(now)
        if new:
            self._count(reply)

    def _count(self, reply: Reply) -> None:
        reply.untagged(b"%d EXISTS" % len(self.uids))
        reply.untagged(b"%d RECENT" % len(self.recent))
