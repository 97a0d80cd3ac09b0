"""The software itself: what it is made of and who works at its screen."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from harness.drive.reference.config import Config, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.identity import Identities
from harness.drive.reference.insi_client import InsiClient
from harness.drive.reference.model import Refused
from harness.drive.reference.screen import Screen
from harness.drive.reference.store import Store
from harness.drive.reference.traces import Traces

AUTOMATON = Professional("automate", "automate")  # author of what no user asked for, when nobody is logged in


@dataclass(frozen=True, slots=True)
class Session:
    """Who works at the screen, and how they authenticated: password, card or psc."""

    user: Professional
    mode: str = "card"


class Software:
    """One running reference software. Actions run one at a time, as at one screen (`lock`).

    Raises UnknownDefect, and ValueError when a certificate or key cannot be used.
    """

    def __init__(self, config: Config, insi: InsiClient | None = None) -> None:
        self.config = config
        self.defects = Defects(config.defects)
        self._insi = insi or (InsiClient(config.insi, self.defects) if config.insi else None)
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """An empty patient file, nothing remembered, the first user at the screen."""
        if self._insi:
            self._insi.forget()
        self.screen = Screen(self.config.lang, self.defects)
        self.store = Store(self.defects)
        self.identities = Identities(self.defects, self.config.high_trust)
        self.traces = Traces(self.defects)
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.diffused: set[str] = set()  # patients whose identity other software received
        self.session: Session | None = Session(self.config.professionals[0])

    @property
    def user(self) -> Professional:
        """Who works at the screen; raises Refused ``no-session``."""
        if self.session is None:
            raise Refused("no-session")
        return self.session.user

    @property
    def author(self) -> Professional:
        """The user, or the automaton when nobody is logged in."""
        return self.session.user if self.session else AUTOMATON

    @property
    def mode(self) -> str:
        """How the session authenticated: password, card or psc; password when nobody is logged in."""
        return self.session.mode if self.session else "password"

    @property
    def insi(self) -> InsiClient:
        """The client of the teleservice; raises Refused ``no-insi`` when none is configured."""
        if self._insi is None:
            raise Refused("no-insi")
        return self._insi

    def login(self, professional: str, mode: str) -> None:
        """Open a session; raises Refused ``unknown-professional``."""
        known = {person.id: person for person in self.config.professionals}
        if professional not in known:
            raise Refused("unknown-professional", found=professional, known=sorted(known))
        self.session = Session(known[professional], mode)

    def file(self, media_type: str, content: bytes) -> str:
        """Keep a document; gives its number."""
        number = f"D{len(self.documents) + 1:06d}"
        self.documents[number] = (media_type, content)
        return number

    def close(self) -> None:
        """Close the connections to the teleservice."""
        if self._insi:
            self._insi.close()
