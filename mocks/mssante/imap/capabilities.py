"""What the server offers, which depends on the moment: nothing to log in with before TLS, no extension before login."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mocks.mssante.imap.session import ImapSession

ALWAYS = ("IMAP4rev1", "LITERAL+", "ID")
SASL_IR = "SASL-IR"
KNOWN = (
    "IDLE",
    "NAMESPACE",
    "UIDPLUS",
    "MOVE",
    "SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "STATUS=SIZE",
    "CHILDREN",
    "UNSELECT",
    "QUOTA",
    "MDN",
)


def capabilities(s: ImapSession) -> list[str]:
    """Every capability of this moment; the switch ``mssante.imap_without`` takes some away."""
    offered = list(ALWAYS)
    if s.identity:
        offered += [*KNOWN, f"APPENDLIMIT={s.box.max_mb * 1_000_000}"]
    elif s.conversation.tls is None:
        offered += ["STARTTLS", "LOGINDISABLED"]
    else:
        offered += [SASL_IR] if s.session.switches.peek("mssante.sasl_ir") else []
        offered += [*(f"AUTH={name}" for name in s.mechanisms()), "LOGINDISABLED"]
    without = set(str(s.session.switches.peek("mssante.imap_without")).upper().replace(",", " ").split())
    return [word for word in offered if word.upper() not in without]
