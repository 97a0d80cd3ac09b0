"""The provider's own addresses as the caller names this bench: on its loopback ports, or by their real names.

The issuer written into tokens must be the address that the software knows, and that depends on how it came: a shared
port, a port of its session's own, the name proxy, ``localhost`` or ``127.0.0.1``.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from mocks.http import Call
from norms.oidc.discovery import REALM

_PREFIX = {"psc": "auth", "psc_auth": "wallet"}
OFFICIAL = ".esante.gouv.fr"


def base(call: Call, listener: str) -> str:
    """Scheme, host and port of one of our listeners (psc, psc_auth)."""
    here, asked = call.exchange.listener, call.header("host")
    if asked and here == listener:
        return f"https://{asked}"
    url = urlsplit(_beside(call, listener))
    name, colon, _ = asked.partition(":") if not asked.startswith("[") else ("", "", "")
    if name.endswith(OFFICIAL) and here in _PREFIX:
        name = f"{_PREFIX[listener]}.{name.partition('.')[2]}"
        return f"https://{name}:{url.port}" if colon else f"https://{name}"
    return f"https://{name or url.hostname}:{url.port}"


def issuer(call: Call) -> str:
    """The issuer identifier."""
    return base(call, "psc") + REALM


def _beside(call: Call, listener: str) -> str:
    """The address of another listener of the same set of ports as the one the call came by."""
    for urls in (call.hub.urls(call.session), call.hub.addresses):
        here = urls.get(call.exchange.listener, "")
        if str(urlsplit(here).port) == call.facts.get("port"):
            return urls[listener]
    return call.hub.addresses[listener]
