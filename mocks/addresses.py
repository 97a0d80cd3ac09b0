"""The fixed table of listeners: offset from one base port, scheme, client certificate, real names they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASE_PORT = 18440
SESSION_PORTS = 100  # offset of the first port given to a session of its own


@dataclass(frozen=True, slots=True)
class Address:
    """One listener. ``hosts`` are the real names that its certificate carries and that the name proxy maps to it."""

    name: str
    offset: int
    scheme: Literal["http", "https", "tcp", "udp"]
    service: str
    client_cert: Literal["none", "optional", "required"] = "none"
    hosts: tuple[str, ...] = ()
    path: str = ""

    def url(self, host: str, base_port: int) -> str:
        """The address to give to a software."""
        return f"{self.scheme}://{host}:{base_port + self.offset}{self.path}"


ADDRESSES: tuple[Address, ...] = (
    Address("console", 0, "http", "console"),
    Address(
        "insi_ps",
        1,
        "https",
        "insi",
        hosts=("qualiflps.services-ps.ameli.fr", "services-ps.ameli.fr"),
        path="/lps",
    ),
    Address(
        "insi_tlsm",
        2,
        "https",
        "insi",
        "required",
        ("qualiflps-services-ps-tlsm.ameli.fr", "services-ps-tlsm.ameli.fr"),
        "/lps",
    ),
    Address("igc", 3, "http", "igc", hosts=("igc-sante.esante.gouv.fr", "ocsp.esante.gouv.fr")),
    Address("proxy", 4, "http", "proxy"),
    Address(
        "psc",
        5,
        "https",
        "psc",
        "optional",
        ("auth.bas.psc.esante.gouv.fr", "auth.esw.esante.gouv.fr", "auth.bas.esw.esante.gouv.fr"),
    ),
    Address(
        "psc_auth",
        6,
        "https",
        "psc",
        hosts=("wallet.bas.psc.esante.gouv.fr", "wallet.esw.esante.gouv.fr", "wallet.bas.esw.esante.gouv.fr"),
    ),
    Address("psc_wallet", 7, "https", "psc"),
    Address("psc_api", 8, "https", "psc", "optional", ("auth.server.api.edc-psc.esante.gouv.fr",)),
    Address(
        "dmp",
        9,
        "https",
        "dmp",
        "required",
        (
            "lps2.dmp.gouv.fr",
            "dev6.lps2.dmp.gouv.fr",
            "dev9.lps2.dmp.gouv.fr",
            "formation1.lps2.dmp.gouv.fr",
            "dev6.lps-igc-sante.dmp.gouv.fr",
            "lps.dev1.dmp.gouv.fr",
            "lps.dev9.dmp.gouv.fr",
        ),
        "/si-dmp-server/v2/services",
    ),
    Address("webps", 10, "https", "dmp", "optional", ("wps-psc.dmp.monespacesante.fr",), "/AccesDirect"),
    Address("smtp", 11, "tcp", "mssante"),
    Address("imap", 12, "tcp", "mssante"),
    Address("autoconfig", 13, "https", "autoconfig", hosts=("espacedeconfiance.mssante.fr",)),
    Address("dns", 15, "udp", "autoconfig"),
    Address(
        "annuaire",
        14,
        "https",
        "annuaire",
        hosts=("gateway.api.esante.gouv.fr", "service.annuaire.sante.fr"),
        path="/fhir/v2",
    ),
)


def address(name: str) -> Address:
    """The row of that name; raises KeyError."""
    return next(row for row in ADDRESSES if row.name == name)
