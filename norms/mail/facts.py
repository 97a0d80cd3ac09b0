"""What is known around a message when it is judged. What is unknown is left out, and not judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from norms import xdm
from norms.mail.address import PATIENTS
from norms.mail.bounce import LIMIT
from norms.mail.model import Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What surrounds a message.

    The envelope: ``mail_from``, ``recipients``, ``notify`` (one RFC 3461 NOTIFY by recipient), None when unknown. The
    authenticated ``mailbox``, its ``kind`` (PER, ORG, APP, CAB) and ``owner`` (given name, professional name). ``nil``:
    the product's reference. ``qualified``: INS (15 characters) of the software's patients → qualified or not.
    ``opposed``: addresses that refused. ``used``: whether a Message-ID was seen before. ``answers``: the message this
    one replies to; ``received``: a message of the mailbox by its Message-ID. ``wants_dsn``, ``wants_mdn``, ``ends``:
    what the user chose. ``documents``: whether documents are meant to be sent. ``options``: how an archive is judged.
    """

    mail_from: str | None = None
    recipients: tuple[str, ...] | None = None
    notify: tuple[str, ...] | None = None
    mailbox: str = ""
    kind: str = ""
    owner: tuple[str, str] = ("", "")
    nil: str = ""
    qualified: Mapping[str, bool] | None = None
    opposed: frozenset[str] = frozenset()
    used: Callable[[str], bool] | None = None
    answers: Mail | None = None
    received: Callable[[str], Mail | None] | None = None
    wants_dsn: bool | None = None
    wants_mdn: bool | None = None
    ends: bool | None = None
    documents: bool | None = None
    now: datetime | None = None
    patients: str = PATIENTS
    patient_limit: int = LIMIT
    options: xdm.Options = field(default_factory=xdm.Options)
