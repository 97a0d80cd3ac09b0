"""AUTH (RFC 4954): carries the words of `mocks.mssante.login` over SMTP and gives its verdict as a reply."""

from __future__ import annotations

import base64
import binascii
import time

from mocks.lines import BareNewline, Conversation, TooLong
from mocks.mssante.login import MECHANISMS, Cancelled, Denied, Identity, authenticate
from mocks.mssante.smtp.exchanges import Keeper
from mocks.session import Session
from norms.finding import find
from norms.sasl import challenge, hidden
from norms.smtp import Reply

LINE = 65_536  # bytes of an AUTH line or of a response: tokens are long
ACCEPTED = Reply(235, "2.7.0", "Authentication successful")
DENIED = Reply(535, "5.7.8", "Authentication credentials invalid")
CHALLENGED = Reply(334, "", base64.b64encode(challenge()).decode())  # the last word of a refusal that closes
UNAVAILABLE = Reply(454, "4.7.0", "Temporary authentication failure")
CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
NOT_BASE64 = Reply(501, "5.5.2", "Cannot decode this response")
UNKNOWN = Reply(504, "5.5.4", "Unrecognized authentication type")


class SmtpTalker:
    """Challenges as ``334`` and base64, responses as one base64 line."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation

    def challenge(self, data: bytes) -> None:
        """``334`` and the challenge."""
        self.conversation.write(b"334 " + base64.b64encode(data) + b"\r\n")

    async def response(self) -> bytes:
        """The next line decoded; raises Cancelled."""
        try:
            return decoded(await self.conversation.line(LINE))
        except (TooLong, BareNewline) as error:
            raise Cancelled(find("SASL-MECH-03", found=str(error))) from None


def decoded(line: bytes) -> bytes:
    """A base64 response; raises Cancelled (``*``, or what is not base64)."""
    if line == b"*":
        raise Cancelled
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise Cancelled(find("SASL-MECH-03", found=str(error))) from None


async def auth(keeper: Keeper, session: Session, argument: str) -> tuple[Identity | None, Reply | None]:
    """Do one AUTH command and keep it; the reply is None when the connection is to end without one.

    Raises JournalError, mocks.lines.Gone.
    """
    conversation, started = keeper.conversation, time.time()
    mechanism, _, rest = argument.partition(" ")
    verdict: Identity | Denied | None = None
    findings = []
    reply: Reply | None
    code = ""
    if mechanism.upper() not in MECHANISMS:
        reply, code = UNKNOWN, "unknown-mechanism"
        findings.append(find("SASL-MECH-01", expected=", ".join(MECHANISMS[:2]), found=mechanism[:40] or "-"))
    elif rest and not session.switches.peek("mssante.sasl_ir"):
        reply, code = Reply(501, "5.5.4", "No initial response accepted"), "initial-response"
    else:
        try:
            initial = None if not rest else b"" if rest == "=" else decoded(rest.encode("ascii", "replace"))
            verdict = await authenticate(keeper.hub, conversation, mechanism, initial, SmtpTalker(conversation))
            reply = _reply(verdict)
        except Cancelled as error:
            reply, code = (NOT_BASE64, "not-base64") if error.finding else (CANCELLED, "cancelled")
            findings += [error.finding] if error.finding else []
    if verdict:
        session = verdict.session
        findings += verdict.findings
        code = "ok" if isinstance(verdict, Identity) else verdict.code
    shown = f"AUTH {mechanism[:40]}" + (f" {hidden(rest)}" if rest else "")
    exchange = keeper.entry(session, "login", started, shown.encode("utf-8", "replace"))
    exchange.outcome, exchange.findings = code, findings
    exchange.facts |= {"auth": mechanism.lower()[:40], "initial": "yes" if rest else "no"}
    if verdict:
        exchange.facts |= verdict.facts()
        exchange.target = exchange.facts.get("mailbox", "")
    if keeper.tls_profile:
        exchange.facts["tls_profile"] = keeper.tls_profile
    keeper.keep(exchange, reply or CHALLENGED)
    return (verdict if isinstance(verdict, Identity) else None), reply


def _reply(verdict: Identity | Denied) -> Reply | None:
    if isinstance(verdict, Identity):
        return ACCEPTED
    if verdict.close:
        return None
    return UNAVAILABLE if verdict.temporary else DENIED
