"""What every service of a bench shares: sessions, journal, switches, addresses, the test PKI."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mocks.control import Registry
from mocks.journal import Journal
from mocks.session import Session, Sessions


@dataclass
class Hub:
    """One per bench; services receive it and keep nothing global."""

    sessions: Sessions
    journal: Journal
    registry: Registry
    pki: Path  # folder of the test PKI: ca.pem, revocation state… (see mocks.igc)
    addresses: dict[str, str] = field(default_factory=dict)  # listener name -> base URL
    revoked: Callable[[str], bool] = lambda _serial: False  # certificate serial (hexadecimal) -> is it revoked
    endpoints: Callable[[Session], dict[str, str]] | None = None  # the same for a session that has ports of its own

    def __post_init__(self) -> None:
        self.sessions.erase = self.journal.forget

    def urls(self, session: Session) -> dict[str, str]:
        """Listener name -> base URL, as the software of that session knows them."""
        return self.endpoints(session) if self.endpoints else self.addresses
