"""Where a recipient's message goes: a mailbox of the bench, a patient, another operator, or nowhere and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from mocks.session import Session
from mocks.world import Patient
from norms.finding import Finding, find
from norms.mail.address import PATIENTS
from norms.smtp import Rcpt, Reply

AUTOMATIC = f"reponse.automatique-test@{PATIENTS}"
MEGABYTE = 1_000_000
Kind = Literal["box", "patient", "automatic", "relay", "lost"]
_STATES = {"malformed": "invalid", "bad-key": "invalid", "unknown": "unknown", "absent": "unknown"}
_STATUS = {"domain": "5.7.1", "unknown": "5.1.1", "closed": "5.2.1", "size": "5.2.3", "full": "5.2.2"}
_WORDS = {
    "domain": "Recipient domain is not part of the trust space",
    "unknown": "No such mailbox",
    "closed": "Mailbox closed",
    "size": "Message too large for this mailbox",
    "full": "Mailbox full",
}


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one recipient. ``cause`` of a lost one: domain, unknown, closed, size, full; of a patient's also
    invalid, not-activated."""

    recipient: Rcpt
    kind: Kind
    cause: str = ""
    finding: Finding | None = None
    patient: bool = False  # an address of Mon espace santé
    max_bytes: int = 0  # of one message, 0: no limit of its own
    quota: int = 0  # bytes of the whole box

    @property
    def delivered(self) -> bool:
        """The bench holds the mailbox."""
        return self.kind in ("box", "patient")

    @property
    def status(self) -> str:
        """Enhanced status code (RFC 3463)."""
        return _STATUS.get(self.cause, "5.0.0") if self.cause else "2.0.0"

    @property
    def words(self) -> str:
        """What a bounce or a refusal says."""
        return _WORDS.get(self.cause, self.cause)


def route(session: Session, recipient: Rcpt) -> Route | tuple[Reply, Finding]:
    """The way of a recipient, or what refuses it now (``mssante.unknown_domain``, ``…unknown_box``)."""
    domain = recipient.key.rpartition("@")[2]
    if domain == PATIENTS:
        return _patient(session, recipient)
    mailbox = session.world.mailboxes.get(recipient.key)
    if mailbox and mailbox.active:
        return Route(recipient, "box", max_bytes=mailbox.max_mb * MEGABYTE, quota=mailbox.quota_mb * MEGABYTE)
    if mailbox:
        return _lost(session, recipient, "closed", find("SMTP-RCPT-03", found=recipient.address), "unknown_box")
    if domain in local(session):
        return _lost(session, recipient, "unknown", find("SMTP-RCPT-02", found=recipient.address), "unknown_box")
    if domain in others():
        return Route(recipient, "relay")
    return _lost(session, recipient, "domain", find("SMTP-RCPT-01", found=domain), "unknown_domain")


def local(session: Session) -> set[str]:
    """The domains of the operator's mailboxes."""
    return {address.rpartition("@")[2] for address in session.world.mailboxes}


@cache
def others() -> Mapping[str, str]:
    """The domains of other operators (fictitious ones), with their descriptions."""
    raw = tomllib.loads(files(__package__).joinpath("data", "domains.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = raw["domains"]
    return found


def _patient(session: Session, recipient: Rcpt) -> Route:
    limit = int(session.switches.peek("mssante.patient_mb")) * MEGABYTE
    if recipient.key == AUTOMATIC:
        role = str(session.switches.take("mssante.auto_reply"))
        return Route(recipient, "automatic" if role == "reply" else "lost", _cause(role), patient=True, max_bytes=limit)
    patient, state = session.world.patient_box(recipient.key)
    if state == "open":
        return Route(recipient, "patient", patient=True, max_bytes=limit)
    cause = _cause(state)
    finding = (
        find("SMTP-RCPT-05", found=recipient.address)
        if cause == "invalid"
        else find("SMTP-RCPT-06", found=_shown(patient, recipient), state=cause)
    )
    return Route(recipient, "lost", cause, finding, patient=True)


def _cause(state: str) -> str:
    return "" if state == "reply" else _STATES.get(state, state)


def _shown(patient: Patient | None, recipient: Rcpt) -> str:
    return f"{recipient.address} ({patient.id})" if patient else recipient.address


def _lost(
    session: Session, recipient: Rcpt, cause: str, finding: Finding, switch: str
) -> Route | tuple[Reply, Finding]:
    lost = Route(recipient, "lost", cause, finding)
    if session.switches.take(f"mssante.{switch}") == "bounce":
        return lost
    return Reply(550, lost.status, lost.words), finding
