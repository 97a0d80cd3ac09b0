"""A credential: a folder with a certificate, its key and what was asked for, so that it can be made again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mocks.igc.state import moment

FILE = "credential.json"
RENEW = timedelta(days=30)  # before the end


@dataclass(frozen=True, slots=True)
class Order:
    """What a credential must be; kept beside it. ``ours`` is false for those of the user's own software."""

    name: str
    profile: str
    issuer: str
    holder: Mapping[str, Any]
    names: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    fault: str = ""
    negative: bool = False
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential on disk. ``serial`` and ``sha256`` are lowercase hexadecimal, times ISO 8601 UTC."""

    folder: Path
    order: Order
    subject: str  # RFC 4514
    serial: str
    sha256: str
    not_before: str
    not_after: str
    schema: int = field(default=1)

    @property
    def name(self) -> str:
        """Name of the credential, and of its folder."""
        return self.order.name

    @property
    def cert(self) -> Path:
        """The certificate alone, PEM."""
        return self.folder / "cert.pem"

    @property
    def chain(self) -> Path:
        """The certificate and its intermediate authority, PEM: what a TLS peer sends."""
        return self.folder / "chain.pem"

    @property
    def key(self) -> Path:
        """The private key, PKCS#8 PEM, not encrypted."""
        return self.folder / "key.pem"

    @property
    def p12(self) -> Path:
        """Key, certificate and authorities, PKCS#12."""
        return self.folder / "bundle.p12"

    def due(self, now: datetime) -> bool:
        """Whether it must be made again to stay what it is."""
        if self.order.fault == "expired":
            return False
        if self.order.fault == "not-yet-valid":
            return moment(self.not_before) - now < RENEW
        return moment(self.not_after) - now < RENEW

    def stored(self) -> dict[str, Any]:
        """JSON-ready, the folder left out."""
        row = asdict(self)
        del row["folder"]
        return row


def read_credential(folder: Path) -> Credential:
    """The credential of a folder; raises FileNotFoundError, ValueError, KeyError, TypeError when it is none."""
    raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
    order = raw.pop("order")
    order |= {key: tuple(order[key]) for key in ("names", "extended")}
    return Credential(folder, Order(**order), **raw)


def read_credentials(parent: Path) -> Iterator[Credential]:
    """Every credential of a PKI, by name; folders that are none are passed over."""
    for path in sorted(parent.glob(f"*/{FILE}")):
        try:
            yield read_credential(path.parent)
        except (OSError, ValueError, KeyError, TypeError):
            continue
