"""IDLE (RFC 2177): what arrives is told at once, until the client says DONE."""

from __future__ import annotations

import asyncio
import contextlib

from mocks.mssante.imap.commands import LINE
from mocks.mssante.imap.replies import Reply
from mocks.mssante.imap.session import Command, ImapSession, Verb
from norms.finding import find


async def idle(s: ImapSession, c: Command) -> str:
    """Wait for DONE; a word other than that ends it too, with a finding."""
    c.words.end()
    conversation, changed = s.conversation, asyncio.Event()
    if s.view:
        s.view.watch.wake = changed.set
        s.view.tell(c.reply)
    c.reply.add(b"+ idling\r\n")
    c.reply.send()
    said = asyncio.ensure_future(conversation.line(LINE))
    try:
        while not said.done():
            waiting = asyncio.ensure_future(changed.wait())
            await asyncio.wait({said, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if changed.is_set():
                changed.clear()
                _told(s, c.reply)
                await conversation.drain()
        word = said.result()
    finally:
        said.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await said
        if s.view:
            s.view.watch.wake = lambda: None
    if word.strip().upper() != b"DONE":
        c.exchange.findings.append(find("IMAP-CMD-06", found=word[:50].decode("ascii", "replace")))
    return "IDLE done"


def _told(s: ImapSession, reply: Reply) -> None:
    if s.view:
        s.view.tell(reply)
        reply.send()


VERBS = {"idle": Verb(idle, needs="IDLE")}
