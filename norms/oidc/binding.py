"""Certificate-bound tokens: the ``x5t#S256`` of RFC 8705 and the form that ANS's guide and servers use."""

from __future__ import annotations

import base64
from typing import Literal

from norms.oidc.jws import b64u

Form = Literal["ans", "rfc", ""]


def ans(sha256_hex: str) -> str:
    """base64 of the lowercase hexadecimal fingerprint, 88 characters (as ANS's examples decode to)."""
    return base64.b64encode(sha256_hex.lower().encode("ascii")).decode("ascii")


def rfc(sha256_hex: str) -> str:
    """base64url of the 32 bytes of the fingerprint, 43 characters (RFC 8705 §3.1)."""
    return b64u(bytes.fromhex(sha256_hex))


def form_of(value: str, sha256_hex: str) -> Form:
    """Which form of this certificate's fingerprint a value is; empty when it is another certificate's."""
    if value.rstrip("=") == ans(sha256_hex).rstrip("="):
        return "ans"
    return "rfc" if value.rstrip("=") == rfc(sha256_hex) else ""
