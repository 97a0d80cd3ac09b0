"""The IMAP service of a bench: what each connection of its line server is given to."""

from __future__ import annotations

from collections.abc import Callable

from mocks.hub import Hub
from mocks.lines import Conversation
from mocks.mssante.boxes import Boxes
from mocks.mssante.imap.session import ImapSession
from mocks.mssante.imap.verbs import VERBS


class Imap:
    """``talk`` is for `mocks.lines.LineServer`; ``profile`` names the TLS profile of a port."""

    def __init__(self, hub: Hub, boxes: Boxes, profile: Callable[[int], str] = lambda _port: "") -> None:
        self.hub, self.boxes, self.profile = hub, boxes, profile

    async def talk(self, conversation: Conversation) -> None:
        """Serve one connection to its end; raises mocks.lines.Gone."""
        await ImapSession(self.hub, self.boxes, VERBS, conversation, self.profile).run()
