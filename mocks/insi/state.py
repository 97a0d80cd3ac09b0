"""What INSi knows of one session: identifiers already used, mass verifications under way."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from norms.insi.verification import Claim

REMEMBERED = 10_000  # identifiers kept; older ones are forgotten, so that memory stays bounded
TICKETS = 20


@dataclass(frozen=True, slots=True)
class Ticket:
    """A mass verification: the persons to verify, and when its result is ready (session's clock, seconds)."""

    claims: Sequence[Claim]
    ready: float


@dataclass
class InsiState:
    """Kept per session, forgotten at its reset."""

    calls: int = 0
    _used: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _tickets: OrderedDict[str, Ticket] = field(default_factory=OrderedDict)

    def used_before(self, identifier: str) -> bool:
        """Whether this identifier came with an earlier call; it is remembered."""
        identifier = identifier[:100]
        if identifier in self._used:
            return True
        self._used[identifier] = None
        if len(self._used) > REMEMBERED:
            self._used.popitem(last=False)
        return False

    def deposit(self, claims: Sequence[Claim], ready: float) -> str:
        """Keep a mass verification; its number."""
        number = uuid.uuid4().hex[:16].upper()
        self._tickets[number] = Ticket(claims, ready)
        if len(self._tickets) > TICKETS:
            self._tickets.popitem(last=False)
        return number

    def ticket(self, number: str) -> Ticket | None:
        """The mass verification of that number."""
        return self._tickets.get(number)
