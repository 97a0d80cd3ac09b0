"""The authorization server of an API Pro Santé Connectée: a PSC access token exchanged for one bound to a certificate.

RFC 8693 over mutual TLS, as CI-SIS « Sécurisation de la couche transport des API REST PSC » has it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping

from mocks.grants import Grants, Token
from mocks.http import Answer, Call
from mocks.journal import Peer
from mocks.psc import places
from mocks.psc.keys import SigningKeys
from mocks.psc.wire import Refused, form, json_answer, refusal, refused
from mocks.world import Client
from norms.finding import Finding, find
from norms.oidc import binding, jws
from norms.oidc.discovery import EXCHANGE_GRANT

REALM = "/realms/signsessiondata"  # of the test server of the Espace de Confiance
TOKEN = f"{REALM}/protocol/openid-connect/token"
INTROSPECTION, CERTS = f"{TOKEN}/introspect", f"{REALM}/protocol/openid-connect/certs"
LIFE = 4 * 3600  # seconds
_TYPE = "urn:ietf:params:oauth:token-type:"
SUBJECT_TYPES = (f"{_TYPE}access_token", f"{_TYPE}jwt")


class ExchangeServer:
    """``token``, ``introspect`` and ``certs`` of the API's authorization server."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def token(self, call: Call) -> Answer:
        """``POST`` of a token exchange."""
        call.exchange.operation = "token-exchange"
        try:
            given = form(call)
            subject, client, peer = self._checked(call, given)
            if (failure := str(call.switch("exchange"))) == "500":
                return json_answer({"error": "server_error"}, 500)
            if failure == "invalid_scope":
                raise Refused(failure, "this scope is not open to this professional")
        except Refused as refusal_:
            return refusal(call, refusal_)
        scope = given["scope"]
        value = self.issue(call, subject, client, peer, scope)
        call.exchange.outcome = "tokens"
        return json_answer(
            {
                "access_token": value,
                "issued_token_type": SUBJECT_TYPES[0],
                "token_type": "Bearer",
                "expires_in": LIFE,
                "scope": scope,
                "session_state": subject.grant.login.sid,
            }
        )

    def _checked(self, call: Call, given: Mapping[str, str]) -> tuple[Token, Client, Peer]:
        """The PSC token, the client and its certificate; raises Refused."""
        if given.get("grant_type") != EXCHANGE_GRANT:
            note = find("OIDC-TOKEN-08", expected=EXCHANGE_GRANT, found=given.get("grant_type", ""))
            raise refused("unsupported_grant_type", note)
        owner = _owner(given.get("subject_token", ""))
        call.rebind(client_id=owner or given.get("client_id", ""))
        client, peer = self._client(call, given.get("client_id", "") or owner)
        for name in ("subject_token", "subject_token_type", "scope", "cnf"):
            if not given.get(name):
                raise refused("invalid_request", find("OIDC-EXCHANGE-01", expected=name))
        if given["subject_token_type"] not in SUBJECT_TYPES:
            expected, found = " | ".join(SUBJECT_TYPES), given["subject_token_type"]
            note = find("OIDC-EXCHANGE-07", name="subject_token_type", expected=expected, found=found)
            raise refused("invalid_request", note)
        if outside := set(given["scope"].split()) - set(client.api_scopes):
            note = find("OIDC-EXCHANGE-06", expected=" ".join(client.api_scopes), found=" ".join(sorted(outside)))
            raise refused("invalid_scope", note)
        call.note(_confirmed(given["cnf"], peer))
        grants = call.session.state("grants", Grants)
        if known := grants.find(given["subject_token"], "access"):
            call.exchange.thread = known.grant.id
        token, reason = grants.bearer(given["subject_token"], call.session.clock.now())
        if token is None:
            raise refused("invalid_request", find("OIDC-BEARER-02", found=reason))
        return token, client, peer

    def _client(self, call: Call, name: str) -> tuple[Client, Peer]:
        call.exchange.facts["client_id"] = name
        if call.peer is None:
            raise refused("invalid_client", find("OIDC-EXCHANGE-02"), status=401)
        client = call.session.world.clients.get(name)
        if client is None:
            note = find("OIDC-TOKEN-02", found=name or "—", reason="unknown client")
            raise refused("invalid_client", note, status=401)
        if client.certificate not in (call.peer.subject, call.peer.common_name):
            registered, shown = client.certificate or "—", call.peer.common_name
            note = find("OIDC-EXCHANGE-09", expected=registered, found=shown, name=name)
            raise refused("invalid_client", note, status=401)
        return client, call.peer

    def issue(self, call: Call, subject: Token, client: Client, peer: Peer, scope: str) -> str:
        """An API token of whoever the PSC token stands for, bound to that certificate."""
        login, now = subject.grant.login, call.session.clock.now()
        write = binding.rfc if call.switch("cnf_form") == "rfc" else binding.ans
        claims = {
            "exp": int(time.time()) + LIFE,
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
            "iss": places.base(call, "psc_api") + REALM,
            "sub": str(uuid.uuid5(uuid.NAMESPACE_URL, login.national_id)),  # its own, not PSC's
            "typ": "Bearer",
            "azp": client.id,
            "session_state": login.sid,
            "sid": login.sid,
            "acr": "1",
            "scope": scope,
            "cnf": {"x5t#S256": write(peer.sha256)},
            "SubjectNameID": login.national_id,
        }
        key, kid = self.keys.signing(rolled=False)
        value = jws.write(claims, key, kid)
        token = Token(value, "api", subject.grant, now, now + LIFE, scope, peer.sha256)
        call.exchange.facts |= {"national_id": login.national_id, "sid": login.sid, "scope": scope}
        return call.session.state("grants", Grants).add(token)

    async def introspect(self, call: Call) -> Answer:
        """RFC 7662, for the target service."""
        call.exchange.operation = "api-introspection"
        try:
            given = form(call)
            value = given.get("token", "")
            call.rebind(client_id=_owner(value))
            self._client(call, given.get("client_id", ""))
        except Refused as refusal_:
            return refusal(call, refusal_)
        token = call.session.state("grants", Grants).find(value, "api")
        if token is None or token.refusal(call.session.clock.now()):
            call.exchange.outcome = "inactive"
            return json_answer({"active": False})
        call.exchange.thread, call.exchange.outcome = token.grant.id, "active"
        return json_answer(jws.read(value).claims | {"active": True})

    async def certs(self, call: Call) -> Answer:
        """The public keys."""
        call.exchange.operation = "jwks"
        return json_answer({"keys": self.keys.published(rolled=False)})


def _owner(value: str) -> str:
    """The client that a token was given to; empty when it cannot be read."""
    try:
        return str(jws.read(value).claims.get("azp", ""))
    except jws.BadToken:
        return ""


def _confirmed(cnf: str, peer: Peer) -> Finding:
    """Which form of this certificate's fingerprint ``cnf`` is (bare, or in its JSON object); raises Refused."""
    try:
        value = str(json.loads(cnf)["x5t#S256"])
    except (ValueError, KeyError, TypeError):
        value = cnf
    shape = binding.form_of(value, peer.sha256)
    if not shape:
        raise refused("invalid_request", find("OIDC-EXCHANGE-03", expected=binding.ans(peer.sha256), found=value))
    return find("OIDC-EXCHANGE-04", found={"ans": "ANS", "rfc": "RFC 8705"}[shape])
