"""What the PKI remembers beyond its files: how it was made, what it issued, what it revoked.

``state.json`` is small, written whole, and read again when another process has changed it, so that revoking with the
command line is seen by a running bench.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mocks.igc.errors import PkiError

SCHEMA = 1
FILE = "state.json"


@dataclass
class State:
    """The content of ``state.json``. Serials are lowercase hexadecimal without leading zeros; times ISO 8601 UTC."""

    faithful: bool
    igc_url: str
    hosts: list[str]
    created: str
    expires: str  # the earliest end of an authority
    issued: dict[str, str] = field(default_factory=dict)  # serial -> id of the authority
    revoked: dict[str, dict[str, str]] = field(default_factory=dict)  # serial -> {"at", "reason"}
    crl_number: int = 0
    crl_until: str = ""

    def stored(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"schema": SCHEMA, **asdict(self)}


def read_state(folder: Path) -> State:
    """The state of a PKI folder; raises FileNotFoundError, PkiError when it is not readable."""
    path = folder / FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        schema = raw.pop("schema")
        if schema != SCHEMA:
            raise PkiError("schema", path=path, found=schema, expected=SCHEMA)
        return State(**raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, PkiError):
            raise
        raise PkiError("state", path=path, error=error) from None


def serial_hex(serial: int | str) -> str:
    """A serial number as the state writes it, from a number or from any usual hexadecimal form."""
    if isinstance(serial, int):
        return f"{serial:x}"
    return serial.lower().replace(":", "").replace(" ", "").removeprefix("0x").lstrip("0")


def iso(moment: datetime) -> str:
    """ISO 8601, UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The time that `iso` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
