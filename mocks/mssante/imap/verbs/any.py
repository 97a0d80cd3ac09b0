"""Verbs of any state: CAPABILITY, NOOP, LOGOUT, ID (RFC 2971)."""

from __future__ import annotations

from mocks.mssante.imap.grammar import BadCommand
from mocks.mssante.imap.session import Command, ImapSession, Verb
from mocks.mssante.imap.wire import string

ID_FIELDS, ID_VALUE = 30, 1024  # RFC 2971 §3.3


async def capability(s: ImapSession, c: Command) -> str:
    """What the server offers at this moment."""
    c.words.end()
    c.reply.untagged(f"CAPABILITY {' '.join(s.offered())}".encode())
    return "CAPABILITY done"


async def noop(s: ImapSession, c: Command) -> str:
    """Nothing; what changed is told after it."""
    c.words.end()
    return f"{c.verb.upper()} done"


async def logout(s: ImapSession, c: Command) -> str:
    """Say goodbye, then close."""
    c.words.end()
    c.reply.untagged(b"BYE see you")
    s.ended = True
    return "LOGOUT done"


async def identify(s: ImapSession, c: Command) -> str:
    """Client and server say who they are; the software's words become facts of the exchange."""
    words = c.words
    words.space()
    if not words.take(b"NIL"):
        given = words.brackets(lambda: b"" if words.take(b"NIL") else words.string()[:ID_VALUE], empty=True)
        if len(given) % 2 or len(given) > 2 * ID_FIELDS:
            raise BadCommand("pairs of strings expected")
        said = zip(given[::2], given[1::2], strict=True)
        c.note(**{f"id_{_word(name)}": value.decode("utf-8", "replace") for name, value in said})
    words.end()
    c.reply.untagged(b"ID (%b %b)" % (string(b"name"), string(b"segur-harness")))
    return "ID done"


def _word(name: bytes) -> str:
    return "".join(ch for ch in name[:30].decode("ascii", "replace").lower() if ch.isalnum() or ch in "-_")


VERBS = {
    "capability": Verb(capability, "any"),
    "noop": Verb(noop, "any"),
    "check": Verb(noop, "selected"),
    "logout": Verb(logout, "any"),
    "id": Verb(identify, "any", "ID"),
}
