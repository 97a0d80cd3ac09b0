"""What a session can change of the certificate authority's answers."""

from __future__ import annotations

from mocks.control import Switch
from mocks.http import common_switches

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "igc.ocsp",
        "choice",
        "state",
        "Réponse OCSP : l'état réel du certificat, ou un état imposé",
        "OCSP answer: the certificate's real state, or a forced one",
        choices=("state", "good", "revoked", "unknown", "try-later"),
    ),
    Switch(
        "igc.crl",
        "choice",
        "current",
        "Liste de révocation : à jour, périmée, ou absente (404)",
        "Revocation list: current, out of date, or absent (404)",
        choices=("current", "expired", "missing"),
    ),
    *common_switches("igc"),
)
