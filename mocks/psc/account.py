"""What follows a login: userinfo, introspection, revocation, keys, discovery."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from mocks.grants import Token
from mocks.http import Answer, Call
from mocks.psc import places
from mocks.psc.issue import Issuer
from mocks.psc.keys import SigningKeys
from mocks.psc.people import person_of
from mocks.psc.wire import Refused, bearer, client_of, form, json_answer, refusal, refused
from norms.finding import find
from norms.oidc import discovery, jws
from norms.oidc.person import userinfo

STALE = {"psc": "auth.bas.esw.esante.gouv.fr", "psc_auth": "wallet.bas.esw.esante.gouv.fr"}
_PRO = ("SubjectRefPro", "SubjectRole", "SubjectOrganization", "SubjectOrganizationID", "Secteur_Activite")


class Account:
    """The endpoints of the issuer host that tell what it knows."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def discovery(self, call: Call) -> Answer:
        """The discovery document, at PSC's own path."""
        call.exchange.operation = "discovery"
        document = discovery.document(places.base(call, "psc"), places.base(call, "psc_auth"))
        if call.switch("stale_hosts"):
            hosts = {urlsplit(places.base(call, name)).netloc: stale for name, stale in STALE.items()}
            document = {name: _rehosted(value, hosts) for name, value in document.items()}
        return json_answer(document)

    async def standard_discovery(self, call: Call) -> Answer:
        """The standard path, which PSC does not serve."""
        if call.switch("discovery_standard"):
            return await self.discovery(call)
        call.exchange.operation = "discovery"
        call.note(find("OIDC-DISCOVERY-01", expected=places.base(call, "psc") + discovery.DISCOVERY))
        return json_answer({"error": "Not Found"}, 404)

    async def certs(self, call: Call) -> Answer:
        """The public keys. Nothing here says whose call it is: the next key shows once any session has rolled over."""
        call.exchange.operation = "jwks"
        rolled = any(session.switches.peek("psc.key_rollover") for session in call.hub.sessions)
        return json_answer({"keys": self.keys.published(rolled)})

    async def userinfo(self, call: Call) -> Answer:
        """The claims of the professional whose access token this is."""
        call.exchange.operation = "userinfo"
        try:
            token, issuer = self._bearer(call)
            kind = str(call.switch("userinfo"))
            if kind == "401":
                raise Refused("invalid_token", "by switch", status=401)
        except Refused as refusal_:
            return refusal(call, refusal_)
        if kind == "500":
            return json_answer({"error": "server_error"}, 500)
        world, login = call.session.world, token.grant.login
        claims = userinfo(person_of(world, world.professionals[login.professional]), login.auth_mode)
        if kind in ("other_sub", "missing_sub"):
            call.exchange.facts["forged"] = kind
            sub = claims.pop("sub")
            claims |= {"sub": f"{sub}-other"} if kind == "other_sub" else {}
        elif kind == "no_pro_data":
            claims = {name: value for name, value in claims.items() if name not in _PRO}
        call.exchange.outcome = "claims"
        if kind == "jwt":
            signed = issuer.signed_userinfo(claims, token.grant.client)
            return Answer(200, signed.encode(), "application/jwt", [("cache-control", "no-store")])
        return json_answer(claims)

    def _bearer(self, call: Call) -> tuple[Token, Issuer]:
        value = bearer(call)
        with contextlib.suppress(jws.BadToken):  # the client it was given to binds the session
            call.rebind(client_id=str(jws.read(value).claims.get("azp", "")))
        issuer = Issuer(call, self.keys)
        if known := issuer.grants.find(value, "access"):
            call.exchange.thread = known.grant.id
        token, reason = issuer.grants.bearer(value, issuer.now)
        if token is None:
            raise refused("invalid_token", find("OIDC-BEARER-02", found=reason), status=401)
        call.exchange.facts |= {"national_id": token.grant.login.national_id, "client_id": token.grant.client}
        return token, issuer

    async def introspect(self, call: Call) -> Answer:
        """RFC 7662; ``SubjectNameID`` only for access tokens, as observed."""
        call.exchange.operation = "introspection"
        try:
            given = form(call)
            client_of(call, given)
        except Refused as refusal_:
            return refusal(call, refusal_)
        issuer = Issuer(call, self.keys)
        token = issuer.grants.find(given.get("token", ""), "access", "refresh")
        if token:
            call.exchange.thread = token.grant.id
        if token is None or token.refusal(issuer.now) or call.switch("introspection_inactive"):
            call.exchange.outcome = "inactive"
            return json_answer({"active": False})
        call.exchange.outcome = "active"
        who = token.grant.login.national_id
        claims = jws.read(token.value).claims | {"client_id": token.grant.client, "username": who, "active": True}
        return json_answer(claims | ({"SubjectNameID": who} if token.use == "access" else {}))

    async def revoke(self, call: Call) -> Answer:
        """RFC 7009: 200 whatever the token; a refresh token takes its whole grant with it."""
        call.exchange.operation = "revocation"
        try:
            given = form(call)
            client = client_of(call, given).client
        except Refused as refusal_:
            return refusal(call, refusal_)
        issuer = Issuer(call, self.keys)
        token = issuer.grants.find(given.get("token", ""), "access", "refresh")
        if token and token.grant.client == client.id:
            call.exchange.thread, call.exchange.outcome = token.grant.id, "revoked"
            token.revoked = True
            if token.use == "refresh":
                issuer.grants.revoke(token.grant)
        return Answer(200, b"", headers=[("cache-control", "no-store")])


def _rehosted(value: object, hosts: dict[str, str]) -> object:
    """The same value with these hosts replaced in its addresses."""
    if isinstance(value, dict):
        return {name: _rehosted(inner, hosts) for name, inner in value.items()}
    if isinstance(value, str):
        parts = urlsplit(value)
        return parts._replace(netloc=hosts[parts.netloc]).geturl() if parts.netloc in hosts else value
    return value
