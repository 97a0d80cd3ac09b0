"""TCP servers of line protocols (SMTP, IMAP) with STARTTLS, in the house of `mocks.listener`.

A `LineServer` accepts; each connection is a `Conversation` given to one coroutine (``talk``), which reads lines, exact
counts or an SMTP message from it, writes answers, and asks for TLS when the client does.
"""

from mocks.lines.conversation import Conversation
from mocks.lines.errors import BareNewline, Gone, Idle, Stopping, TooLarge, TooLong
from mocks.lines.server import LineServer

__all__ = ["BareNewline", "Conversation", "Gone", "Idle", "LineServer", "Stopping", "TooLarge", "TooLong"]
