"""How the operator negotiates TLS: as the référentiel asks, or in one of the ways that a client must refuse.

The fault is chosen by ``mssante.tls`` at each negotiation, on a session's own ports only: a refused handshake names no
session but by its port, and others share the common ports.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from mocks.hub import Hub
from mocks.listener import Refusal, TlsProfile, journal_entry
from norms.finding import Finding, find

REF2 = (  # ANS, exigences Ségur vague 2 (projet), MSS/CONF.03
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256"
    ":DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
)
_OTHERS = "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES256-GCM-SHA384:AES128-GCM-SHA256:AES128-SHA:AES256-SHA"
_DHE = "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"
_DATA = Path(__file__).with_name("data")
_CREDENTIALS = {
    "expired": "server-expired",
    "revoked": "server-revoked",
    "wrong-ca": "server-wrong-ca",
    "wrong-name": "server-wrong-name",
}
GOOD = ("ref2", "ref2+13")
FAULTY = ("legacy", "weak-suite", "short-dh", "short-ec", *_CREDENTIALS)
CHOICES = (*GOOD, *FAULTY)


def profiles(pki: Path) -> Mapping[str, TlsProfile]:
    """Every way of negotiating, by name; ``pki``: folder of the test PKI."""
    held = pki / "credentials"
    old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    ref2 = TlsProfile(
        held / "server" / "chain.pem",
        held / "server" / "key.pem",
        "optional",
        pki / "ca.pem",
        crl=pki / "crl" / "all.pem",
        minimum=old,
        maximum=old,
        ciphers=REF2,
        dh=_DATA / "ffdhe2048.params",
    )
    found = {
        "ref2": ref2,
        "ref2+13": replace(ref2, maximum=new),
        "legacy": replace(
            ref2, minimum=ssl.TLSVersion.TLSv1, maximum=ssl.TLSVersion.TLSv1_1, ciphers="DEFAULT:@SECLEVEL=0"
        ),
        "weak-suite": replace(ref2, ciphers=_OTHERS),
        "short-dh": replace(ref2, ciphers=f"{_DHE}:@SECLEVEL=0", dh=_DATA / "modp1024.params"),
        "short-ec": replace(ref2, ciphers="ECDHE+AESGCM:@SECLEVEL=0", curve="secp224r1"),
    }
    for name, credential in _CREDENTIALS.items():
        bad = held / credential
        found[name] = replace(ref2, cert=bad / "chain.pem", key=bad / "key.pem")
    return found


class Negotiations:
    """Which profile a port negotiates with at this moment, and what becomes of the refusals."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self._profiles = hub, profiles(hub.pki)

    def name(self, port: int) -> str:
        """The profile's name on that port."""
        session = self.hub.sessions.bind({"port": str(port)})
        if session is self.hub.sessions.default:
            return "ref2"
        return str(session.switches.peek("mssante.tls"))

    def profile(self, port: int) -> TlsProfile:
        """The profile on that port."""
        return self._profiles[self.name(port)]

    def refused(self, listener: str) -> Callable[[Refusal], None]:
        """What a server calls at each refusal: the entry of the journal, in the session whose port it is.

        On a faulty profile the software did well to leave: the finding says that, and the doctor's rule is a fact.
        """

        def keep(refusal: Refusal) -> None:
            entry = journal_entry(refusal, "mssante", self.hub.sessions.bind({"port": str(refusal.port)}).id)
            entry.listener = listener
            entry.facts["tls_profile"] = name = self.name(refusal.port)
            if name in FAULTY and refusal.code not in ("not-tls", "implicit-tls"):
                entry.facts["rule"] = refusal.finding.rule
                entry.findings = [find("SASL-TLS-02", found=name)]
            self.hub.journal.record(entry)

        return keep


def accepted(name: str, suite: str) -> list[Finding]:
    """What is said of a client that goes on after a negotiation with that profile (SASL-TLS-03)."""
    return [find("SASL-TLS-03", found=name, suite=suite)] if name in FAULTY else []
