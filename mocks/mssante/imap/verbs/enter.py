"""Into a mailbox: STARTTLS, AUTHENTICATE (RFC 3501 §6.2, RFC 4959); LOGIN is refused."""

from __future__ import annotations

import base64
import binascii
import re

from mocks.lines import Conversation
from mocks.mssante import login
from mocks.mssante.imap import commands
from mocks.mssante.imap.grammar import BadCommand, WrongState
from mocks.mssante.imap.replies import Bye, Refused
from mocks.mssante.imap.session import AFTER_LOGIN, Command, ImapSession, Verb
from mocks.mssante.tls import accepted
from norms.finding import find
from norms.sasl import hidden

_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


class Talk:
    """SASL over IMAP: base64 behind ``+ `` one way, on a line of its own the other way. Keeps what was said."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.lines: list[str] = []  # the dialogue without its secrets

    def challenge(self, data: bytes) -> None:
        """A continuation request that carries it."""
        self.lines.append(f"+ {base64.b64encode(data).decode()}")
        self.conversation.write(f"{self.lines[-1]}\r\n".encode())

    async def response(self) -> bytes:
        """The client's answer to the challenge; raises Cancelled."""
        line = await commands.answer(self.conversation)
        self.lines.append("*" if line == b"*" else hidden(line) if line else "")
        if line == b"*":
            raise login.Cancelled
        return decoded(line)


def decoded(line: bytes) -> bytes:
    """Bytes from base64; raises Cancelled with a finding."""
    try:
        if _BASE64.fullmatch(line):
            return base64.b64decode(line, validate=True)
    except binascii.Error:
        pass
    raise login.Cancelled(find("SASL-MECH-03", found=hidden(line)))


async def starttls(s: ImapSession, c: Command) -> str:
    """Go on in TLS once this command is answered; what the client sent behind it is forgotten."""
    c.words.end()
    if s.conversation.tls is not None:
        raise WrongState("TLS is established already")
    if sent := s.conversation.pending:
        c.exchange.findings.append(find("IMAP-TLS-01", found=str(sent)))
    s.secures = True
    return "begin TLS now"


async def authenticate(s: ImapSession, c: Command) -> str:
    """Open a mailbox by one of the mechanisms that are offered."""
    words, exchange = c.words, c.exchange
    words.space()
    mechanism = words.atom().decode()
    initial: bytes | None = None
    secret = b""
    if words.take(b" "):
        secret, words.at = words.data[words.at :], len(words.data)
        exchange.request_body = c.tag.encode() + f" AUTHENTICATE {mechanism} {hidden(secret)}\r\n".encode()
        exchange.target = exchange.request_body.decode().strip()
    if s.conversation.tls is None:
        raise Refused("STARTTLS first", "PRIVACYREQUIRED", find("SASL-TLS-01", found=f"AUTHENTICATE {mechanism}"))
    if mechanism not in s.mechanisms():
        expected = ", ".join(s.mechanisms())
        raise Refused("mechanism not offered", "", find("SASL-MECH-01", expected=expected, found=mechanism))
    if secret and not s.session.switches.peek("mssante.sasl_ir"):
        raise BadCommand("no initial response is accepted (SASL-IR is not offered)")
    if name := s.tls_profile():
        exchange.findings += accepted(name, s.conversation.tls.cipher)
    talk = Talk(s.conversation)
    try:
        if secret:
            initial = b"" if secret == b"=" else decoded(secret)
        verdict = await login.authenticate(s.hub, s.conversation, mechanism, initial, talk)
    except login.Cancelled as cancelled:
        if cancelled.finding:
            exchange.findings.append(cancelled.finding)
        exchange.outcome = "cancelled"
        raise BadCommand("authentication cancelled") from None
    finally:
        if talk.lines:
            exchange.request_body += "\r\n".join([*talk.lines, ""]).encode()
    s.session = verdict.session
    exchange.findings += verdict.findings
    exchange.facts.update(verdict.facts())
    if isinstance(verdict, login.Denied):
        exchange.outcome = verdict.code
        if verdict.close:
            raise Bye("")
        code = "UNAVAILABLE" if verdict.temporary else "AUTHENTICATIONFAILED"
        raise Refused("authentication failed", code)
    s.identity = verdict
    s.conversation.idle = AFTER_LOGIN
    return f"[CAPABILITY {' '.join(s.offered())}] logged in"


async def by_password(s: ImapSession, c: Command) -> str:
    """LOGIN: no mailbox of this operator has a password."""
    c.exchange.request_body = f"{c.tag} LOGIN {hidden(c.words.data[c.words.at :])}\r\n".encode()
    c.exchange.target = "LOGIN"
    rule = "SASL-MECH-01" if s.conversation.tls else "SASL-TLS-01"
    finding = find(rule, expected=", ".join(login.MECHANISMS), found="LOGIN")
    raise Refused("LOGIN is disabled", "" if s.conversation.tls else "PRIVACYREQUIRED", finding)


VERBS = {
    "starttls": Verb(starttls, "stranger"),
    "authenticate": Verb(authenticate, "stranger"),
    "login": Verb(by_password, "stranger"),
}
