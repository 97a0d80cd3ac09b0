"""RP-initiated logout, and the back-channel logout that tells the login's other clients."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode, urlsplit

from mocks.grants import Grants, Login
from mocks.http import Answer, Call
from mocks.journal import Exchange
from mocks.psc import pages
from mocks.psc.authorize import cookie_login
from mocks.psc.issue import Issuer
from mocks.psc.keys import SigningKeys
from mocks.psc.wire import FORM, params, redirect
from mocks.world import Client
from norms.finding import find
from norms.oidc import jws

LOOPBACK = ("127.0.0.1", "localhost", "::1")  # the bench calls nothing else
PATIENCE = 2.0  # seconds


class Logout:
    """``GET`` or ``POST …/logout``."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def __call__(self, call: Call) -> Answer:
        """End the login, tell its other clients, and send the browser back."""
        call.exchange.operation = "logout"
        try:
            given, _ = params(call)
        except ValueError:
            return pages.error(call, "too_many_fields")
        hint = given.get("id_token_hint", "")
        if not hint:
            return await self._confirmed(call, given)
        try:
            kid = str(jws.read(hint).header.get("kid", ""))
            claims = jws.verify(hint, self.keys.public(kid))
        except jws.BadToken as error:
            call.note(find("OIDC-LOGOUT-03", found=error))
            return pages.error(call, "logout_hint")
        name = str(claims.get("azp", ""))
        call.rebind(client_id=name)
        call.exchange.facts["client_id"] = name
        grants = call.session.state("grants", Grants)
        if known := grants.find(hint, "id"):
            call.exchange.thread = known.grant.id
        back, client = given.get("post_logout_redirect_uri", ""), call.session.world.clients.get(name)
        allowed = client.post_logout_redirect_uris if client else ()
        if back and back not in allowed:
            call.note(find("OIDC-LOGOUT-02", expected=" ".join(allowed), found=back))
            return pages.error(call, "logout_redirect")
        if login := grants.logins.get(str(claims.get("sid", ""))):
            call.exchange.facts |= {"national_id": login.national_id, "sid": login.sid}
            await self._end(call, login)
        call.exchange.outcome = "logged-out"
        return redirect(back, {"state": given.get("state", "")}) if back else pages.closed(call)

    async def _confirmed(self, call: Call, given: dict[str, str]) -> Answer:
        """Without a hint, the professional is asked first."""
        if "confirm" not in given:
            call.note(find("OIDC-LOGOUT-01"))
            call.exchange.outcome = "confirmation"
            return pages.confirm(call)
        if login := cookie_login(call):
            await self._end(call, login)
        call.exchange.outcome = "logged-out"
        return pages.closed(call)

    async def _end(self, call: Call, login: Login) -> None:
        login.closed = True
        clients = (call.session.world.clients.get(name) for name in sorted(login.clients))
        told = [client for client in clients if client and client.backchannel_logout_uri]
        if told:
            issuer = Issuer(call, self.keys)
            await asyncio.gather(*(_tell(call, client, issuer.logout_token(login, client.id)) for client in told))


async def _tell(call: Call, client: Client, token: str) -> None:
    """One back-channel logout, journaled like any exchange; the client's silence never fails the logout."""
    import httpx

    kept = Exchange(
        call.session.id,
        call.exchange.service,
        time.time(),
        operation="backchannel-logout",
        thread=call.exchange.thread,
        method="POST",
        target=client.backchannel_logout_uri,
        request_headers=[("content-type", FORM)],
        request_body=urlencode({"logout_token": token}).encode(),
        facts={"client_id": client.id},
    )
    if urlsplit(client.backchannel_logout_uri).hostname not in LOOPBACK:
        kept.outcome = "not-loopback"
    else:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as http:  # noqa: S501
                answer = await http.post(kept.target, content=kept.request_body, headers=kept.request_headers)
            kept.status, kept.response_body = answer.status_code, answer.content[:10_000]
            kept.response_headers = list(answer.headers.items())
            kept.outcome = "told" if answer.is_success else "refused"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kept.outcome = f"unreachable: {type(error).__name__}"
    kept.duration_ms = (time.time() - kept.started) * 1000
    call.hub.journal.record(kept)
