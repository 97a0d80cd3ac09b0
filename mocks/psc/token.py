"""The token endpoint: codes, refresh tokens and CIBA requests exchanged for tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from mocks.grants import Grant
from mocks.http import HTML_ERROR, Answer, Call
from mocks.psc.ciba import redeem
from mocks.psc.issue import Issuer
from mocks.psc.keys import SigningKeys
from mocks.psc.people import person_of
from mocks.psc.state import Code, PscState
from mocks.psc.wire import Refused, client_of, form, json_answer, refusal, refused
from mocks.world import Client
from norms.finding import Finding, find
from norms.oidc.discovery import CIBA_GRANT
from norms.oidc.requests import verifier_matches

SLOW_SECONDS = 3.0
GRANTS = f"authorization_code, refresh_token, {CIBA_GRANT}"


class TokenEndpoint:
    """``POST …/token``."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def __call__(self, call: Call) -> Answer:
        """Answer a token request, or its OAuth error."""
        call.exchange.operation = "token"
        try:
            given = form(call)
            client = client_of(call, given).client
            failure = str(call.switch("token_error"))
            if failure == "500":
                return json_answer({"error": "server_error"}, 500)
            if failure == "html":
                return Answer(503, HTML_ERROR, "text/html; charset=utf-8")
            if failure == "slow":
                await asyncio.sleep(SLOW_SECONDS)
            return self._exchange(call, client, given)
        except Refused as refusal_:
            return refusal(call, refusal_)

    def _exchange(self, call: Call, client: Client, given: Mapping[str, str]) -> Answer:
        asked = given.get("grant_type", "")
        call.exchange.operation = f"token:{asked.rsplit(':', 1)[-1][:40]}"
        issuer = Issuer(call, self.keys)
        if asked == "authorization_code":
            grant = _code(call, issuer, client, given)
        elif asked == "refresh_token":
            grant = _refresh(call, issuer, client, given)
        elif asked == CIBA_GRANT:
            grant = redeem(call, issuer, client, given)
        else:
            raise refused("unsupported_grant_type", find("OIDC-TOKEN-08", expected=GRANTS, found=asked))
        login, world = grant.login, call.session.world
        login.seen = issuer.now
        call.exchange.thread, call.exchange.outcome = grant.id, "tokens"
        call.exchange.facts |= {"national_id": login.national_id, "sid": login.sid}
        return json_answer(issuer.tokens(grant, person_of(world, world.professionals[login.professional])))


def _code(call: Call, issuer: Issuer, client: Client, given: Mapping[str, str]) -> Grant:
    code = call.session.state("psc", PscState).codes.get(given.get("code", ""))
    if code is None or code.grant.client != client.id:
        raise refused("invalid_grant", find("OIDC-TOKEN-04"))
    call.exchange.thread = code.grant.id
    if code.lost:
        raise refused("invalid_grant", find("OIDC-TOKEN-11", found=code.lost))
    if code.used:  # RFC 6749 §4.1.2: a code seen twice takes back what it gave
        issuer.grants.revoke(code.grant)
        raise refused("invalid_grant", find("OIDC-TOKEN-03"))
    if wrong := _mismatch(issuer, code, given):
        code.lost = wrong.rule
        raise refused("invalid_grant", wrong)
    code.used = True
    return code.grant


def _mismatch(issuer: Issuer, code: Code, given: Mapping[str, str]) -> Finding | None:
    """Why a code does not go with its token request; the provider forgets such a code, right or not afterwards."""
    if issuer.now >= code.expires or not code.grant.login.alive(issuer.now):
        return find("OIDC-TOKEN-04")
    asked, sent = code.asked, given.get("redirect_uri", "")
    if sent != asked.get("redirect_uri", ""):
        return find("OIDC-TOKEN-05", expected=asked.get("redirect_uri", ""), found=sent)
    challenge, verifier = asked.get("code_challenge", ""), given.get("code_verifier", "")
    method = asked.get("code_challenge_method", "plain")
    if (challenge or verifier) and not verifier_matches(verifier, challenge, method):
        return find("OIDC-PKCE-04")
    return None


def _refresh(call: Call, issuer: Issuer, client: Client, given: Mapping[str, str]) -> Grant:
    token = issuer.grants.find(given.get("refresh_token", ""), "refresh")
    if token is None or token.grant.client != client.id:
        raise refused("invalid_grant", find("OIDC-TOKEN-07", found="unknown"))
    call.exchange.thread = token.grant.id
    reason = "refused" if call.switch("refresh_refused") else token.refusal(issuer.now)
    if token.used and call.switch("rotation"):
        issuer.grants.revoke(token.grant)
        raise refused("invalid_grant", find("OIDC-TOKEN-06"))
    if reason:
        raise refused("invalid_grant", find("OIDC-TOKEN-07", found=reason))
    token.used = True
    return token.grant
