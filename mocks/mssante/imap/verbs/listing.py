"""Names: LIST with its extensions (RFC 5258, RFC 5819, RFC 6154), LSUB, NAMESPACE (RFC 2342)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mocks.mssante.box_model import SEPARATOR, Folder
from mocks.mssante.imap import wire
from mocks.mssante.imap.grammar import BadCommand, Words
from mocks.mssante.imap.session import Command, ImapSession, Verb
from mocks.mssante.imap.verbs.folders import status_item, status_line

PATTERNS = 20
SELECTION = ("SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE")
RETURN = ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS")


async def listed(s: ImapSession, c: Command) -> str:
    """Folders whose names match."""
    words = c.words
    words.space()
    chosen: tuple[str, ...] = ()
    if c.verb == "list" and words.peek() == b"(":
        chosen = words.brackets(lambda: _option(words, SELECTION), empty=True)
        words.space()
    reference = words.folder()
    words.space()
    if c.verb == "list" and words.peek() == b"(":
        patterns = words.brackets(words.pattern, limit=PATTERNS)
    else:
        patterns = (words.pattern(),)
    asked, counted = _returned(words) if c.verb == "list" and words.left else ((), ())
    words.end()
    if patterns == ("",):
        c.reply.untagged(b'%b (\\Noselect) "%b" ""' % (c.verb.upper().encode(), SEPARATOR.encode()))
        return f"{c.verb.upper()} done"
    subscribed = c.verb == "lsub" or "SUBSCRIBED" in chosen
    extended = bool(chosen or asked)
    for folder, flags in _matching(s, reference, patterns):
        if c.verb == "lsub" or (extended and "CHILDREN" not in asked):
            flags = [flag for flag in flags if not flag.startswith("\\Has")]
        if c.verb == "lsub" or (extended and "SPECIAL-USE" not in (*asked, *chosen)):
            flags = [flag for flag in flags if flag != folder.special]
        if (subscribed and not folder.subscribed) or ("SPECIAL-USE" in chosen and not folder.special):
            continue
        if (subscribed or "SUBSCRIBED" in asked) and c.verb == "list" and folder.subscribed:
            flags.append("\\Subscribed")
        _say(c, folder, flags)
        if counted:
            c.reply.untagged(status_line(s, folder, counted))
        await c.reply.flow()
    return f"{c.verb.upper()} done"


def _say(c: Command, folder: Folder, flags: list[str]) -> None:
    shown = (c.verb.upper().encode(), wire.flags(flags), SEPARATOR.encode(), wire.name(folder.name))
    c.reply.untagged(b'%b %b "%b" %b' % shown)


def _matching(s: ImapSession, reference: str, patterns: Sequence[str]) -> list[tuple[Folder, list[str]]]:
    every = s.boxes.folders(s.session.id, s.address)
    tests = [_compiled(reference + pattern) for pattern in patterns]
    special = "SPECIAL-USE" in s.offered()
    found = []
    for folder in every:
        if any(test.fullmatch(folder.name) for test in tests):
            inner = any(other.name.startswith(folder.name + SEPARATOR) for other in every)
            flags = ["\\HasChildren" if inner else "\\HasNoChildren"]
            found.append((folder, [*flags, folder.special] if folder.special and special else flags))
    return found


def _compiled(pattern: str) -> re.Pattern[str]:
    """``*`` anything, ``%`` anything within one level; INBOX in any case (§6.3.8)."""
    pattern = re.sub(r"\*+", "*", pattern)
    if pattern.count("*") + pattern.count("%") > 10:
        raise BadCommand("too many wildcards")
    if pattern.upper().startswith("INBOX"):
        pattern = "INBOX" + pattern[5:]
    parts = (".*" if ch == "*" else f"[^{SEPARATOR}]*" if ch == "%" else re.escape(ch) for ch in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _returned(words: Words) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words.expect(b" RETURN ")
    counted: list[str] = []

    def one() -> str:
        option = _option(words, RETURN)
        if option == "STATUS":
            words.space()
            counted.extend(words.brackets(lambda: status_item(words.atom())))
        return option

    return words.brackets(one, empty=True), tuple(counted)


def _option(words: Words, known: Sequence[str]) -> str:
    word = words.atom().decode()
    if word not in known:
        raise BadCommand(f"LIST has no option {word!r}")
    return word


async def namespace(s: ImapSession, c: Command) -> str:
    """One namespace, the mailbox's own."""
    c.words.end()
    c.reply.untagged(b'NAMESPACE (("" "%b")) NIL NIL' % SEPARATOR.encode())
    return "NAMESPACE done"


VERBS = {"list": Verb(listed), "lsub": Verb(listed), "namespace": Verb(namespace, needs="NAMESPACE")}
