"""Tokens given out: sound ones, and the forged ones that a switch asks for."""

from __future__ import annotations

import time
import uuid
from typing import Any

from cryptography.hazmat.primitives import serialization

from mocks.grants import Grant, Grants, Login, Token, Use
from mocks.http import Call
from mocks.psc import places
from mocks.psc.keys import SigningKeys
from mocks.psc.state import fresh
from norms.oidc import jws
from norms.oidc.discovery import REALM
from norms.oidc.person import Person, other_ids, sub, userinfo

NOWHERE = "https://auth.invalid" + REALM
ID_TOKEN_FAULTS = (
    "none",
    "wrong_nonce",
    "missing_nonce",
    "wrong_aud",
    "missing_aud",
    "wrong_iss",
    "unknown_kid",
    "no_kid",
    "alg_none",
    "hs256",
    "other_key",
    "missing_sub",
    "missing_iat",
    "expired",
    "future",
    "wrong_at_hash",
)
_IN_ID_TOKEN = ("SubjectNameID", "preferred_username", "given_name", "family_name")


class Issuer:
    """Writes what one call gives out, in its session's name.

    What lives and dies does so on the session's clock (`now`); the dates written into tokens are the wall clock's
    (`stamp`), which is the software's too: a scenario lets a session expire and the software's dates stay true.
    """

    def __init__(self, call: Call, keys: SigningKeys) -> None:
        self.call, self.keys = call, keys
        self.grants: Grants = call.session.state("grants", Grants)
        self.now = call.session.clock.now()
        self.issuer = places.issuer(call)
        self.key, self.kid = keys.signing(bool(call.switch("key_rollover")))
        self.stamp = int(time.time()) + int(call.switch("clock_skew_s"))

    def tokens(self, grant: Grant, person: Person) -> dict[str, Any]:
        """The token response: access, refresh and id tokens."""
        life = int(self.call.switch("access_life_s"))
        refresh_life = int(self.call.switch("refresh_life_s"))
        access = self._kept("access", grant, self._sign(self._access(grant, person, life)), life)
        refresh = self._refresh(grant, refresh_life)
        return {
            "access_token": access,
            "expires_in": life,
            "refresh_expires_in": refresh_life,
            "refresh_token": self._kept("refresh", grant, refresh, refresh_life),
            "token_type": "Bearer",
            "id_token": self._kept("id", grant, self._id_token(grant, person, access, life), life),
            "not-before-policy": 0,
            "session_state": grant.login.sid,
            "scope": grant.scope,
        }

    def signed_userinfo(self, claims: dict[str, Any], client: str) -> str:
        """Userinfo as a signed JWT."""
        return self._sign({**claims, "iss": self.issuer, "aud": client})

    def logout_token(self, login: Login, client: str) -> str:
        """A back-channel logout token (OpenID Connect Back-Channel Logout 1.0 §2.4)."""
        claims = {
            "iss": self.issuer,
            "aud": client,
            "iat": self.stamp,
            "exp": self.stamp + 120,
            "jti": str(uuid.uuid4()),
            "sub": sub(login.national_id),
            "sid": login.sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return self._sign(claims, typ="logout+jwt")

    def _sign(self, claims: dict[str, Any], *, typ: str = "JWT") -> str:
        return jws.write(claims, self.key, self.kid, typ=typ)

    def _kept(self, use: Use, grant: Grant, value: str, life: float) -> str:
        return self.grants.add(Token(value, use, grant, self.now, self.now + life))

    def _base(self, grant: Grant, life: int, typ: str) -> dict[str, Any]:
        acr = {} if grant.acr == "absent" else {"acr": grant.acr}
        return {
            "exp": self.stamp + life,
            "iat": self.stamp,
            "auth_time": int(grant.login.at),
            "jti": str(uuid.uuid4()),
            "iss": self.issuer,
            "sub": sub(grant.login.national_id),
            "typ": typ,
            "azp": grant.client,
            "nonce": grant.nonce,
            "session_state": grant.login.sid,
            "sid": grant.login.sid,
            **acr,
        }

    def _access(self, grant: Grant, person: Person, life: int) -> dict[str, Any]:
        """No ``aud``, as observed: an API must not expect its own name in a PSC token."""
        return self._base(grant, life, "Bearer") | {
            "scope": grant.scope,
            "authMode": grant.login.auth_mode,
            "auth_level": "1",
            "otherIds": other_ids(person),
            "preferred_username": grant.login.national_id,
        }

    def _refresh(self, grant: Grant, life: int) -> str:
        """For the issuer's own eyes, hence a shared secret, as Keycloak does."""
        claims = self._base(grant, life, "Refresh") | {"aud": self.issuer, "scope": grant.scope}
        return jws.write_hmac(claims, self.keys.secret, self.kid, "HS512")

    def _id_token(self, grant: Grant, person: Person, access: str, life: int) -> str:
        profile = userinfo(person, grant.login.auth_mode)
        claims = self._base(grant, life, "ID") | {"aud": grant.client, "at_hash": jws.half_hash(access)}
        claims |= {name: profile[name] for name in _IN_ID_TOKEN}
        fault = str(self.call.switch("id_token"))
        return self._forged(claims, fault) if fault != "none" else self._sign(claims)

    def _forged(self, claims: dict[str, Any], fault: str) -> str:
        """An id token that a client must refuse."""
        self.call.exchange.facts["forged"] = fault
        changed: dict[str, dict[str, Any]] = {
            "wrong_nonce": {"nonce": fresh()},
            "wrong_aud": {"aud": "another-client", "azp": "another-client"},
            "wrong_iss": {"iss": NOWHERE},
            "expired": {"exp": self.stamp - 3600, "iat": self.stamp - 7200, "auth_time": self.stamp - 7200},
            "future": {"iat": self.stamp + 7200, "nbf": self.stamp + 7200, "exp": self.stamp + 9000},
            "wrong_at_hash": {"at_hash": jws.half_hash("another-token")},
        }
        claims = claims | changed.get(fault, {})
        if fault.startswith("missing_"):
            del claims[fault.removeprefix("missing_")]
        if fault == "alg_none":
            return jws.write_unsigned(claims)
        if fault == "hs256":
            public = self.key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return jws.write_hmac(claims, public, self.kid, "HS256")
        if fault == "other_key":
            return jws.write(claims, self.keys.foreign, self.kid)
        return jws.write(claims, self.key, {"unknown_kid": "no-such-key", "no_kid": ""}.get(fault, self.kid))
