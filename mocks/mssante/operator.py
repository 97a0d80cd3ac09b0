"""The operator as one thing: mailboxes, TLS profiles, and a line server for SMTP or IMAP on whatever port is asked."""

from __future__ import annotations

from mocks.hub import Hub
from mocks.lines import Conversation, LineServer
from mocks.lines.server import Talk
from mocks.mssante.box_model import ENGLISH, FRENCH
from mocks.mssante.boxes import Boxes
from mocks.mssante.dns import DnsServer
from mocks.mssante.imap.service import Imap
from mocks.mssante.patient import Patients
from mocks.mssante.post import Post
from mocks.mssante.smtp import Submission
from mocks.mssante.tls import Negotiations

IDLE = {"imap": 1800.0, "smtp": 300.0}  # seconds (RFC 3501 §5.4, RFC 5321 §4.5.3.2.7)


class Operator:
    """One per bench. ``boxes`` holds every mailbox; `server` opens a port of the listener of that name."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.boxes = Boxes(hub.journal.database)
        self.boxes.names = self._names
        self.tls = Negotiations(hub)
        self.post = Post(hub, self.boxes)
        self.patients = Patients(self.post)
        self.talks: dict[str, Talk] = {"imap": Imap(hub, self.boxes, self.tls.name).talk, "smtp": self._smtp}

    @property
    def names(self) -> tuple[str, ...]:
        """The listeners that `server` makes."""
        return (*self.talks, "dns")

    def server(self, name: str, host: str, port: int) -> LineServer | DnsServer:
        """A server, not started; ``name``: ``smtp``, ``imap`` or ``dns``."""
        if name == "dns":
            return DnsServer(name, self.hub, host, port)
        return LineServer(name, self.talks[name], host, port, self.tls.profile, self.tls.refused(name), idle=IDLE[name])

    async def _smtp(self, conversation: Conversation) -> None:
        await Submission(self.post, self.tls, conversation).run()

    def _names(self, session: str) -> dict[str, str]:
        asked = self.hub.sessions.get(session).switches.peek("mssante.folders")
        return FRENCH if asked == "french" else ENGLISH
