"""What a server answers: a code, an enhanced status code (RFC 3463), a sentence in ASCII (no SMTPUTF8 is offered)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; ``status`` is the enhanced code (2.1.0…) or empty, ``more`` are further lines."""

    code: int
    status: str
    text: str
    more: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Not a refusal."""
        return self.code < 400

    @property
    def words(self) -> str:
        """The first line without its code, as bounces quote it."""
        return f"{self.code} {self.status} {self.text}" if self.status else f"{self.code} {self.text}"

    def bytes(self) -> bytes:
        """As on the wire."""
        lines = [f"{self.status} {line}" if self.status else line for line in (self.text, *self.more)]
        last = len(lines) - 1
        return "".join(f"{self.code}{' ' if n == last else '-'}{line}\r\n" for n, line in enumerate(lines)).encode(
            "ascii", "replace"
        )
