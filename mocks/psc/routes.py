"""Pro Santé Connect's addresses: the issuer, the authorization host, the e-CPS, an API Pro Santé Connectée."""

from __future__ import annotations

from typing import Any

from mocks.http import Handler, Service
from mocks.hub import Hub
from mocks.psc import api, authorize, ciba, exchange, phone, sharing
from mocks.psc.account import Account
from mocks.psc.exchange import ExchangeServer
from mocks.psc.gateway import Gateway
from mocks.psc.keys import SigningKeys
from mocks.psc.logout import Logout
from mocks.psc.pages import STATIC_ROUTES
from mocks.psc.token import TokenEndpoint
from norms.oidc import discovery

Routes = dict[tuple[str, str], Handler]


def service(hub: Hub) -> Psc:
    """The four listeners of the provider as one application."""
    keys = SigningKeys(hub.pki / "psc")
    return Psc(hub, {"psc": _issuer(keys), "psc_auth": _wallet(), "psc_wallet": _phone(), "psc_api": _api(keys)})


class Psc:
    """An ASGI application that knows by which listener a request came."""

    def __init__(self, hub: Hub, routes: dict[str, Routes]) -> None:
        self._by_listener = {name: Service("psc", hub, table) for name, table in routes.items()}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        listener = scope.get("extensions", {}).get("tls", {}).get("listener", "psc")
        await self._by_listener[listener](scope, receive, send)


def _issuer(keys: SigningKeys) -> Routes:
    account, logout = Account(keys), Logout(keys)
    return {
        ("GET", discovery.DISCOVERY): account.discovery,
        ("GET", discovery.STANDARD): account.standard_discovery,
        ("GET", discovery.JWKS): account.certs,
        ("POST", discovery.TOKEN): TokenEndpoint(keys),
        ("GET", discovery.USERINFO): account.userinfo,
        ("POST", discovery.USERINFO): account.userinfo,
        ("POST", discovery.INTROSPECTION): account.introspect,
        ("POST", discovery.REVOCATION): account.revoke,
        ("POST", discovery.CIBA): ciba.request,
        ("POST", discovery.PUSHED): authorize.push,
        ("GET", discovery.LOGOUT): logout,
        ("POST", discovery.LOGOUT): logout,
        **STATIC_ROUTES,
    }


def _wallet() -> Routes:
    return {
        ("GET", "/auth"): authorize.ask,
        ("POST", "/auth"): authorize.ask,
        ("GET", "/auth/login"): authorize.reshow,
        ("POST", "/auth/login"): authorize.choose,
        **STATIC_ROUTES,
    }


def _phone() -> Routes:
    return {
        ("GET", "/"): phone.home,
        ("GET", "/requests"): phone.pending,
        ("POST", "/requests"): phone.decide,
        **STATIC_ROUTES,
    }


def _api(keys: SigningKeys) -> Routes:
    server, gateway = ExchangeServer(keys), Gateway(keys)
    sent: Routes = {(method, "/send/*"): gateway.send for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
    return {
        ("POST", exchange.TOKEN): server.token,
        ("POST", exchange.INTROSPECTION): server.introspect,
        ("GET", exchange.CERTS): server.certs,
        ("GET", "/api/echo"): api.echo,
        ("POST", "/api/echo"): api.echo,
        ("POST", "/signsessiondata"): api.Signing(keys),
        ("POST", "/connect"): gateway.connect,
        ("DELETE", "/disconnect"): gateway.disconnect,
        ("GET", "/traces"): gateway.traces,
        ("PUT", "/share"): sharing.share,
        ("GET", "/share"): sharing.share,
        ("GET", "/discovery"): sharing.schemas,
        ("GET", "/discovery/*"): sharing.schemas,
        **sent,
    }
