"""JSON Web Tokens in any text, recognised by shape and by a header that decodes (RFC 7515 §7.1, RFC 7516 §7.1)."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

# A JOSE header is a JSON object: its base64url begins with "e" then "w" or "y". JWS: 3 parts; JWE: 5.
JWT = re.compile(r"(?<![\w.-])e[wy][\w-]{8,}\.[\w-]*\.[\w-]*(?:\.[\w-]*\.[\w-]*)?(?![\w-])", re.ASCII)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """Header and claims of a token; claims None when they are encrypted or no JSON object; None when it is no token."""
    words = token.split(".")
    header = _object(words[0])
    if header is None or "alg" not in header or len(words) not in (3, 5):
        return None
    return header, _object(words[1]) if len(words) == 3 else None


def unsigned(token: str, mark: str) -> str | None:
    """The token with its signature (or everything that is encrypted) replaced by ``mark``; None when it is no token."""
    if parts(token) is None:
        return None
    words = token.split(".")
    shown = words[:2] if len(words) == 3 else words[:1]
    return ".".join([*shown, mark])


def _object(word: str) -> dict[str, Any] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
