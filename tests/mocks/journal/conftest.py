"""An exchange in a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mocks.journal import Exchange, Peer, Tls

PEER = Peer(
    "CN=INSI-AUTO,O=Éditeur",
    "INSI-AUTO",
    "318751275100020",
    "CN=AC TEST",
    "0a1b",
    "2030-01-01T00:00:00Z",
    "ab" * 32,
    "PEM",
)


@pytest.fixture
def make() -> Callable[..., Exchange]:
    """``make(session="a", …)``: an INSi exchange with what the test cares about."""

    def build(**given: Any) -> Exchange:
        usual: dict[str, Any] = {
            "session": "default",
            "service": "insi",
            "started": 1_700_000_000.25,
            "listener": "insi_tlsm",
            "operation": "WS_INS2",
            "outcome": "00",
            "method": "POST",
            "target": "/lps",
            "status": 200,
            "request_headers": [("content-type", "application/soap+xml"), ("host", "localhost:18442")],
            "response_headers": [("content-type", "application/soap+xml")],
            "peer": PEER,
            "tls": Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "localhost"),
        }
        return Exchange(**usual | given)

    return build
