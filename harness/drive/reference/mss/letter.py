"""What the software keeps of a message, sent or received, and how it shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from norms.mail.address import is_patient
from norms.mail.names import read_subject


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a message is about: matricule (15), its OID, strict traits as far as they are told."""

    ins: str = ""
    oid: str = ""
    birth_name: str = ""
    first_given_name: str = ""
    birth_date: str = ""  # AAAA-MM-JJ
    sex: str = ""


NOBODY = Identity()


@dataclass(slots=True)
class Letter:
    """One message. ``state``: sent, received, filed, waiting (for a person), deleted; ``papers``: uniqueIds it carries.

    ``receipts``: what came back about it, ``asked``: where a read receipt is wanted; ``uid`` its place in the inbox.
    """

    id: str
    mailbox: str
    message_id: str
    sender: str
    sender_name: str
    to: tuple[str, ...]
    subject: str
    text: str
    state: str
    about: Identity = NOBODY
    patient: str = ""  # the record it was filed in, or written about
    papers: list[str] = field(default_factory=list)
    references: tuple[str, ...] = ()
    answers: str = ""  # id of the letter that it answers
    reply_to: str = ""
    asked: str = ""
    already: list[str] = field(default_factory=list)  # of its documents, those that the record had
    closed: bool = False  # the exchange is ended: no answer is possible
    reason: str = ""
    receipts: list[dict[str, str]] = field(default_factory=list)
    uid: int = 0
    raw: bytes = field(default=b"", repr=False)

    @property
    def label(self) -> str:
        """The subject as a person reads it: without ``XDM/1.0/DDM+`` (ECO.3.1.3)."""
        said = read_subject(self.subject)
        if said is None:
            return self.subject
        date = "/".join(reversed(said.birth_date.split("-")))
        return " ".join(part for part in (said.before, said.words, date) if part)

    def shown(self) -> dict[str, Any]:
        """The message as the test-driver API gives it."""
        return {
            "message": self.id,
            "message_id": self.message_id,
            "mailbox": self.mailbox,
            "from": self.sender,
            "from_name": self.sender_name,
            "from_kind": "patient" if is_patient(self.sender) else "professional",
            "to": list(self.to),
            "subject": self.label,
            "text": self.text,
            "state": self.state,
            "reason": self.reason,
            "patient": self.patient,
            "identity": {name: getattr(self.about, name) for name in Identity.__slots__},
            "documents": list(self.papers),
            "already_filed": list(self.already),
            "answers": self.answers,
            "receipts": list(self.receipts),
            "receipt_asked": bool(self.asked),
            "closed": self.closed,
        }
