"""What the journal keeps: an exchange (one request and its answer) or a refused handshake, with everything seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from norms.finding import Finding

Headers = list[tuple[str, str]]


class Kind(StrEnum):
    """What an entry of the journal is."""

    EXCHANGE = "exchange"  # a request and its answer
    HANDSHAKE = "handshake"  # a TLS handshake that was refused, by either side
    EVENT = "event"  # something that the bench did or noted (fault armed, reset…)


class Validation(StrEnum):
    """State of the slow validation of an exchange's content."""

    NONE = "none"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Peer:
    """The certificate that the client presented (leaf), as read once per connection."""

    subject: str  # RFC 4514
    common_name: str
    organizational_unit: str
    issuer: str
    serial: str  # hexadecimal
    not_after: str  # ISO 8601, UTC
    sha256: str  # fingerprint, lowercase hexadecimal
    pem: str


@dataclass(frozen=True, slots=True)
class Tls:
    """Facts of the handshake."""

    version: str
    cipher: str
    sni: str = ""


@dataclass(slots=True)
class Exchange:
    """One entry. Bodies are raw bytes as on the wire; decoded views are computed when read, never stored."""

    session: str
    service: str  # insi, psc, igc, proxy…
    started: float  # wall clock, seconds since 1970
    kind: Kind = Kind.EXCHANGE
    id: int = 0  # given by the journal
    listener: str = ""  # name in the table of addresses: insi_ps, insi_tlsm…
    operation: str = ""  # the service's own word: WS_INS2, token…
    outcome: str = ""  # one word or code: 00, insi_102, siram_100/desir_550, expired…
    thread: str = ""  # joins exchanges of one login, one connection, one deposit
    duration_ms: float = 0.0
    client: str = ""  # address:port
    method: str = ""
    target: str = ""  # path and query
    request_headers: Headers = field(default_factory=list)
    request_body: bytes = b""
    status: int = 0
    response_headers: Headers = field(default_factory=list)
    response_body: bytes = b""
    peer: Peer | None = None
    tls: Tls | None = None
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)  # what the service read: patient, message id, codes…
    validation: Validation = Validation.NONE
