"""Compact JWS (RFC 7515) written and read by hand: a bench must also write the tokens that a client has to refuse.

Sound tokens are RS256 (refresh tokens HS512, nobody but the issuer reads them); ``alg: none`` and HS256 are faults.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

Claims = dict[str, Any]


class BadToken(ValueError):
    """Not a compact JWS, or one whose signature does not hold; the message says which part."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart, its signature not judged."""

    header: Claims
    claims: Claims
    signed: bytes
    signature: bytes


def b64u(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str) -> bytes:
    """Back from base64url; raises BadToken."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadToken("not base64url") from None


def write(claims: Mapping[str, Any], key: RSAPrivateKey, kid: str = "", *, typ: str = "JWT") -> str:
    """An RS256 token; no ``kid`` header when it is empty."""
    signed = _signed({"alg": "RS256", "typ": typ, **({"kid": kid} if kid else {})}, claims)
    return f"{signed}.{b64u(key.sign(signed.encode('ascii'), padding.PKCS1v15(), SHA256()))}"


def write_unsigned(claims: Mapping[str, Any]) -> str:
    """A token of ``alg: none``: no client may accept it (RFC 8725 §3.2)."""
    return _signed({"alg": "none", "typ": "JWT"}, claims) + "."


def write_hmac(claims: Mapping[str, Any], secret: bytes, kid: str, alg: Literal["HS256", "HS512"]) -> str:
    """A token signed with a shared secret; with the public key as secret, the classic confusion of algorithms."""
    signed = _signed({"alg": alg, "typ": "JWT", "kid": kid}, claims)
    digest = hashlib.sha256 if alg == "HS256" else hashlib.sha512
    return f"{signed}.{b64u(hmac.new(secret, signed.encode('ascii'), digest).digest())}"


def read(token: str) -> Jws:
    """Take a token apart; raises BadToken."""
    parts = token.split(".")
    if len(parts) != 3:
        raise BadToken(f"{len(parts)} parts instead of 3")
    try:
        header, claims = json.loads(unb64u(parts[0])), json.loads(unb64u(parts[1]))
    except ValueError as error:
        raise BadToken(f"not JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken("header and claims must be JSON objects")
    return Jws(header, claims, f"{parts[0]}.{parts[1]}".encode("ascii", "replace"), unb64u(parts[2]))


def verify(token: str, keys: Mapping[str, RSAPublicKey]) -> Claims:
    """The claims of an RS256 token signed by one of these keys (``kid`` → key); raises BadToken."""
    jws = read(token)
    if jws.header.get("alg") != "RS256":
        raise BadToken(f"alg {jws.header.get('alg')!r} instead of RS256")
    key = keys.get(str(jws.header.get("kid", "")))
    if key is None:
        raise BadToken(f"unknown kid {jws.header.get('kid')!r}")
    try:
        key.verify(jws.signature, jws.signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise BadToken("signature does not hold") from None
    return jws.claims


def jwk(key: RSAPublicKey, kid: str) -> dict[str, str]:
    """The public JWK of an RSA signing key (RFC 7517)."""
    numbers = key.public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": b64u(modulus), "e": b64u(exponent)}


def half_hash(value: str) -> str:
    """``at_hash`` or ``c_hash`` of a token or code (OpenID Connect Core §3.1.3.6)."""
    return b64u(hashlib.sha256(value.encode("ascii")).digest()[:16])


def _signed(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(b64u(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
