"""A protected API Pro Santé Connectée: it says what it received, and signs session data as the conformity tests do."""

from __future__ import annotations

import json
from typing import Any

from mocks.grants import Grant, Grants, Token
from mocks.http import Answer, Call
from mocks.psc.keys import SigningKeys
from mocks.psc.wire import Refused, bearer, json_answer, refusal, refused
from norms.finding import find
from norms.oidc import jws

SCOPE = "echo"
SIGNED = ("nationalId", "clientID", "proxy_session_id", "session_state")


def admitted(call: Call, scope: str) -> Token:
    """The API token of a call, good for this certificate and this scope; raises Refused."""
    value = bearer(call)
    try:
        call.rebind(client_id=str(jws.read(value).claims.get("azp", "")))
    except jws.BadToken:
        raise refused("invalid_token", find("OIDC-BEARER-02", found="not a JWT"), status=401) from None
    grants, now = call.session.state("grants", Grants), call.session.clock.now()
    token = grants.find(value, "api", "access")
    if token:
        call.exchange.thread = token.grant.id
        call.exchange.facts |= {"national_id": token.grant.login.national_id, "client_id": token.grant.client}
    if token and token.use == "access":
        raise refused("invalid_token", find("OIDC-EXCHANGE-08"), status=401)
    refusal_ = token.refusal(now) if token else "unknown"
    if token is None or refusal_:
        raise refused("invalid_token", find("OIDC-BEARER-02", found=refusal_), status=401)
    if call.peer is None or call.peer.sha256 != token.thumbprint:
        raise refused("invalid_token", find("OIDC-EXCHANGE-05"), status=401)
    if scope not in token.scope.split():
        raise refused("insufficient_scope", find("OIDC-EXCHANGE-06", expected=token.scope, found=scope), status=403)
    return token


async def echo(call: Call) -> Answer:
    """``/api/echo``: who calls, by which client and certificate, and what was sent."""
    call.exchange.operation = "api-echo"
    try:
        token = admitted(call, SCOPE)
    except Refused as refusal_:
        return refusal(call, refusal_)
    call.exchange.outcome = "ok"
    return json_answer(echoed(call, token.grant, token.scope, call.path))


def echoed(call: Call, grant: Grant, scope: str, path: str) -> dict[str, Any]:
    """What the echo answers."""
    return {
        "SubjectNameID": grant.login.national_id,
        "client_id": grant.client,
        "scope": scope,
        "certificate": call.peer.subject if call.peer else "",
        "method": call.method,
        "path": path,
        "body": call.body[:100_000].decode("utf-8", "replace"),
    }


class Signing:
    """``POST /signsessiondata``: the data of a proxy's session, given back with a signature (form provisional)."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def __call__(self, call: Call) -> Answer:
        """Sign what was sent."""
        call.exchange.operation = "api-sign"
        try:
            admitted(call, SCOPE)
            given = json.loads(call.body)
            data = {name: given[name] for name in SIGNED}
        except Refused as refusal_:
            return refusal(call, refusal_)
        except (ValueError, KeyError, TypeError) as error:
            note = find("OIDC-PROXY-01", name="/signsessiondata", expected=", ".join(SIGNED), found=error)
            return refusal(call, refused("invalid_request", note))
        call.exchange.outcome = "signed"
        key, kid = self.keys.signing(rolled=False)
        return json_answer(data | {"signature": jws.write(data, key, kid)})
