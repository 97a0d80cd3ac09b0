"""What a command answers with: untagged lines gathered, then one tagged line; and how a command ends otherwise."""

from __future__ import annotations

from mocks.lines import Conversation
from norms.finding import Finding

BIG = 256 * 1024  # bytes gathered before some are sent ahead
KEPT = 1_000_000  # bytes of an answer that the journal keeps


class Refused(Exception):
    """The command ends with NO; ``code`` is the response code in square brackets, empty for none."""

    def __init__(self, words: str, code: str = "", *findings: Finding) -> None:
        super().__init__(words)
        self.words, self.code, self.findings = words, code, findings


class Bye(Exception):
    """The server ends the connection: ``* BYE`` and these words; silently when there are none."""


class Reply:
    """The answer to one command. What is big leaves before the end; the journal keeps its beginning."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self._gathered: list[bytes] = []
        self._waiting = 0
        self.kept = bytearray()
        self.total = 0

    def untagged(self, data: bytes) -> None:
        """One line, ``* `` and CR LF added."""
        self.add(b"* " + data + b"\r\n")

    def add(self, data: bytes) -> None:
        """Bytes as they are."""
        self._gathered.append(data)
        self._waiting += len(data)
        self.total += len(data)
        if len(self.kept) < KEPT:
            self.kept += data[: KEPT - len(self.kept)]

    async def flow(self) -> None:
        """Send what is gathered when it is much, and wait for a client that is slow to take it; raises Gone."""
        if self._waiting > BIG:
            self.send()
            await self.conversation.drain()

    def send(self) -> None:
        """Send all that is gathered."""
        if self._gathered:
            self.conversation.write(b"".join(self._gathered))
            self._gathered.clear()
            self._waiting = 0
