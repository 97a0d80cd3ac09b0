"""The software itself: what it is made of and who works at its screen."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

from harness.drive.reference import memory
from harness.drive.reference.config import Config, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.dmp_client import DmpClient
from harness.drive.reference.dmp_desk import DmpDesk
from harness.drive.reference.identity import Identities
from harness.drive.reference.insi_client import InsiClient
from harness.drive.reference.model import Refused
from harness.drive.reference.mss.desk import MailDesk
from harness.drive.reference.psc_session import ProSanteConnect
from harness.drive.reference.screen import Screen
from harness.drive.reference.store import Store
from harness.drive.reference.traces import Traces

NOTICE_DAYS = 180  # how often a user is told again what the DMP does with their identifier
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

    def __init__(self, config: Config, insi: InsiClient | None = None, psc: ProSanteConnect | None = None) -> None:
        self.config = config
        self.defects = Defects(config.defects)
        self._insi = insi or (InsiClient(config.insi, self.defects) if config.insi else None)
        made = ProSanteConnect(config.psc, config.professionals, self.defects) if config.psc and not psc else None
        self._psc = psc or made
        if self._insi and self._psc:
            self._insi.psc_token = self._psc.access
        if self._insi and config.psc:
            self._insi.spare = config.psc.cert, config.psc.key
        self.dmp: DmpDesk | None = None
        if config.dmp:
            name = config.dmp.name or config.structure.name
            self.dmp = DmpDesk(DmpClient(config.dmp, self.defects, self._token), self.defects, name, self.keep)
        self.mail = MailDesk(config.mss, self.defects, config.structure.name) if config.mss else None
        self.lock = threading.Lock()
        self._empty()
        if config.dmp and config.dmp.queue:
            memory.load(self, config.dmp.queue)

    def keep(self) -> None:
        """Write down what a restart must find again, where the configuration names a file for it."""
        if self.config.dmp and self.config.dmp.queue:
            memory.save(self, self.config.dmp.queue)

    def _token(self) -> str:
        """The Pro Santé Connect token of a session opened there."""
        return self.psc.access() if self.mode == "psc" and self._psc else ""

    def reset(self) -> None:
        """An empty patient file, nothing remembered, nothing left to send, the first user at the screen."""
        if self.dmp:
            self.dmp.forget()
        if self.mail:
            self.mail.forget()
        self._empty()

    def _empty(self) -> None:
        if self._insi:
            self._insi.forget()
        if self._psc:
            self._psc.forget()
        self.screen = Screen(self.config.lang, self.defects)
        self.store = Store(self.defects)
        self.identities = Identities(self.defects, self.config.high_trust)
        self.traces = Traces(self.defects)
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.diffused: set[str] = set()  # patients whose identity other software received
        self._told: dict[str, float] = {}  # user -> when the DMP's notice was shown
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

    @property
    def psc(self) -> ProSanteConnect:
        """Pro Santé Connect; raises Refused ``psc.not-configured``."""
        if self._psc is None:
            raise Refused("psc.not-configured")
        return self._psc

    def mail_token(self, fresh: bool) -> str:
        """The Pro Santé Connect token that opens the user's mailbox, a new one when the last was refused.

        Raises Refused: ``mss.needs-psc``, ``psc.over``.
        """
        if self.mode != "psc" or self._psc is None:
            raise Refused("mss.needs-psc")
        if fresh:
            self._psc.renew()
        return self._psc.access()

    def login(self, professional: str, mode: str, flow: str = "code", channel: str = "MOBILE") -> None:
        """Open a session; raises Refused: ``unknown-professional``, or what Pro Santé Connect or its checks refuse."""
        known = {person.id: person for person in self.config.professionals}
        if professional not in known:
            raise Refused("unknown-professional", found=professional, known=sorted(known))
        self.session = None
        person = known[professional]
        if mode == "psc" and self._psc:
            self._psc.login(
                person.national_id, flow, channel, lambda number: self.screen.message("psc.number", number=number)
            )
            self.work()
        else:
            unknown = mode == "password" and self.defects.on("psc-local-user-unidentified")
            self.session = Session(replace(person, national_id="") if unknown else person, mode)
        self._notice()

    def _notice(self) -> None:
        """What the DMP does with the user's identifier, told at the first session, then from time to time (CONF.11)."""
        if not self.dmp or self.session is None or self.defects.on("no-notice"):
            return
        user, now = self.session.user.national_id, time.time()
        if now - self._told.get(user, 0) > NOTICE_DAYS * 86400 or self.defects.on("notice-each-time"):
            self._told[user] = now
            self.screen.message("dmp.notice")

    def work(self) -> None:
        """The session is that of whoever is connected by Pro Santé Connect, as they work where they chose."""
        here = self.psc.now
        self.session = Session(here.worker, "psc") if here else None

    def logout(self) -> None:
        """Close the session, Pro Santé Connect's too when it was opened there."""
        if self.session and self.session.mode == "psc" and self._psc:
            self._psc.logout()
        self.session = None
        if self.mail:
            self.mail.disconnect()

    def file(self, media_type: str, content: bytes) -> str:
        """Keep a document; gives its number."""
        number = f"D{len(self.documents) + 1:06d}"
        self.documents[number] = (media_type, content)
        return number

    def close(self) -> None:
        """Close the connections."""
        if self.mail:
            self.mail.close()
        if self.dmp:
            self.dmp.client.close()
        if self._insi:
            self._insi.close()
        if self._psc:
            self._psc.close()
