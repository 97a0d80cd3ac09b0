"""Reading commands: lines and the literals in them (RFC 3501 §4.3, RFC 7888), whatever a client sends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mocks.lines import BareNewline, Conversation, TooLong
from mocks.mssante.imap.grammar import BadCommand
from norms.finding import Finding, find

LINE = 64 * 1024  # bytes of a line; a token of 4 kB goes in one
LITERAL = 64 * 1024  # bytes of a literal that is not a message
LITERALS = 100  # of one command
ENDLESS = 64_000_000  # bytes of a literal that the bench reads only to throw away

_LITERAL = re.compile(rb"\{(\d{1,20})(\+?)\}$")
_TAGGED = re.compile(rb"([^\x00-\x20\x7f-\xff(){%*\"\\+]+) +(?:(UID) +)?([A-Za-z]+)(?: |$)", re.IGNORECASE)


@dataclass(slots=True)
class Raw:
    """A command as it was sent, without its last CR LF; ``error`` when it could not be read whole."""

    data: bytes
    findings: list[Finding] = field(default_factory=list)
    error: str = ""
    code: str = ""  # response code of the refusal
    fatal: bool = False  # the rest cannot be told from commands

    @property
    def tag(self) -> str:
        """Its tag, ``*`` when it has none."""
        match = _TAGGED.match(self.data)
        word = match[1] if match else self.data.split(b" ", 1)[0][:50]
        return word.decode("ascii") if re.fullmatch(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]+", word) else "*"


def verb(line: bytes) -> str:
    """The verb of a line, in lower case (``uid fetch``), empty when it has none."""
    match = _TAGGED.match(line[:200])
    if match is None:
        return ""
    return f"{'uid ' if match[2] else ''}{match[3].decode()}".lower()


async def read(conversation: Conversation, largest: int) -> Raw:
    """The next command; ``largest``: bytes of a message that may be appended, 0 when none may. Raises Gone."""
    raw = Raw(b"")
    parts: list[bytes] = []
    line = await _line(conversation, raw)
    while not raw.error and (match := _LITERAL.search(line)):
        size, sent_anyway = int(match[1]), bool(match[2])
        appends = verb(parts[0] if parts else line) == "append"
        limit = largest if appends and largest else LITERAL
        if size > limit or len(parts) > 2 * LITERALS:
            raw.error = f"literal of more than {limit} bytes"
            raw.code = "TOOBIG" if appends and largest else ""
            raw.findings.append(find("IMAP-CMD-03", expected=str(limit), found=str(size)))
            parts.append(line)
            if sent_anyway:
                if size > ENDLESS:
                    raw.fatal = True
                else:
                    await conversation.skip(size)
                    await _line(conversation, raw)
            break
        if not sent_anyway:
            conversation.write(b"+ OK\r\n")
            await conversation.drain()
        parts += [line + b"\r\n", await conversation.exactly(size)]
        line = await _line(conversation, raw)
    else:
        parts.append(line)
    raw.data = b"".join(parts)
    return raw


async def _line(conversation: Conversation, raw: Raw) -> bytes:
    try:
        return await conversation.line(LINE)
    except TooLong as error:
        raw.error = f"line of more than {LINE} bytes"
        raw.findings.append(find("IMAP-CMD-03", expected=str(LINE), found=str(error.size)))
        return error.head
    except BareNewline as error:
        raw.findings.append(find("IMAP-CMD-04"))
        return error.line


async def answer(conversation: Conversation) -> bytes:
    """What the client answers to a continuation request; raises BadCommand when it cannot be read, Gone."""
    raw = Raw(b"")
    line = await _line(conversation, raw)
    if raw.error:
        raise BadCommand(raw.error)
    return line
