"""What a careful client checks in an id token before it opens a session (OpenID Connect Core 1.0 §3.1.3.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from harness.drive.reference.defects import Defects

SKEW = 60  # seconds between two honest clocks
Claims = dict[str, Any]


class BadToken(ValueError):
    """The id token must be refused; ``word`` says what is wrong with it."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def check(
    token: str,
    keys: Callable[[bool], Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    access_token: str,
    defects: Defects,
) -> Claims:
    """The claims of a sound id token; raises BadToken. ``keys`` gives the published set, read again when asked.

    ``nonce`` None: none was sent (CIBA, refresh).
    """
    claims = _signed(token, keys, defects)
    now = time.time()
    wrong = {
        "issuer": claims.get("iss") != issuer and not defects.on("psc-skips-issuer"),
        "audience": _audience(claims, client_id) and not defects.on("psc-skips-audience"),
        "subject": not claims.get("sub") and not defects.on("psc-skips-subject"),
        "nonce": nonce is not None and claims.get("nonce") != nonce and not defects.on("psc-skips-nonce"),
        "dates": _dates(claims, now) and not defects.on("psc-skips-dates"),
        "at_hash": claims.get("at_hash", _half(access_token)) != _half(access_token)
        and not defects.on("psc-skips-at-hash"),
        "acr": defects.on("psc-demands-acr") and claims.get("acr") != "eidas1",
    }
    for word, bad in wrong.items():
        if bad:
            raise BadToken(word)
    return claims


def _signed(token: str, keys: Callable[[bool], Mapping[str, Any]], defects: Defects) -> Claims:
    """The claims, once the signature holds: RS256, by a published key that the header names."""
    try:
        header = json.loads(_part(token, 0))
        claims: Claims = json.loads(_part(token, 1))
    except (ValueError, IndexError):
        raise BadToken("form") from None
    alg, kid = header.get("alg"), header.get("kid", "")
    if defects.on("psc-skips-signature") or (alg == "none" and defects.on("psc-accepts-unsigned")):
        return claims
    for again in (False, True):  # an unknown key may be a new one: the set is read again, once
        published = {key.get("kid", ""): key for key in keys(again)["keys"]}
        key = published.get(kid)
        if not key and len(published) == 1 and (not kid or defects.on("psc-ignores-kid")):
            key = next(iter(published.values()))
        if key or defects.on("psc-keeps-old-keys"):
            break
    if not key:
        raise BadToken("key")
    public = RSAKey.import_key(key)
    if alg == "HS256" and defects.on("psc-confuses-algorithms"):
        if _signature_by_secret(token, public.as_pem(private=False)):
            return claims
        raise BadToken("signature")
    if alg != "RS256":
        raise BadToken("algorithm")
    try:
        jws.deserialize_compact(token, public, ["RS256"])
    except (JoseError, ValueError):
        raise BadToken("signature") from None
    return claims


def _signature_by_secret(token: str, secret: bytes) -> bool:
    """Whether the token is signed HS256 with that secret (what only a defect asks)."""
    signed, _, _ = token.rpartition(".")
    return hmac.compare_digest(hmac.digest(secret, signed.encode(), "sha256"), _part(token, 2))


def _audience(claims: Claims, client_id: str) -> bool:
    """Whether the token is somebody else's."""
    audience = claims.get("aud", [])
    named = audience if isinstance(audience, list) else [audience]
    return client_id not in named or claims.get("azp", client_id) != client_id


def _dates(claims: Claims, now: float) -> bool:
    """Whether the token is too old, not valid yet, or does not say."""
    try:
        issued, end = float(claims["iat"]), float(claims["exp"])
        start = float(claims.get("nbf", issued))
    except (KeyError, TypeError, ValueError):
        return True
    return end < now - SKEW or issued > now + SKEW or start > now + SKEW


def _part(token: str, n: int) -> bytes:
    part = token.split(".")[n]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _half(value: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()
