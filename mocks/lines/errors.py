"""What reading from a client of a line protocol may end in."""

from __future__ import annotations


class Gone(ConnectionError):
    """The connection has ended; nothing more can be read, and nothing written will arrive."""


class Idle(Gone):
    """The client said nothing for as long as it may; words written before the end still reach it."""


class Stopping(Gone):
    """The server is stopping; words written before the end still reach the client."""


class TooLong(ValueError):
    """A line longer than allowed, read to its end and thrown away: its length in bytes, how it began."""

    def __init__(self, size: int, head: bytes = b"") -> None:
        super().__init__(f"line of {size} bytes")
        self.size, self.head = size, head


class TooLarge(TooLong):
    """A message longer than allowed, read to its end and thrown away."""


class BareNewline(ValueError):
    """A line feed or a carriage return alone where only CR LF may end a line; ``line`` is what came before it."""

    def __init__(self, line: bytes = b"") -> None:
        super().__init__("bare newline")
        self.line = line
