"""What a client says in each mechanism, read strictly; nothing of it may be kept in clear."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

from norms.finding import Finding, find

_XOAUTH2 = re.compile(rb"user=([^\x01]*)\x01auth=(\S+) +([^\x01]+)\x01\x01", re.DOTALL)
_FORM = "user=<adresse>^Aauth=Bearer <jeton>^A^A"


class BadSasl(ValueError):
    """A client response that is not the mechanism's; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Xoauth2:
    """Address and token of an XOAUTH2 response."""

    user: str
    token: str


@dataclass(frozen=True, slots=True)
class Plain:
    """What PLAIN carries (RFC 4616): identity to act as, identity that authenticates, password."""

    authzid: str
    authcid: str
    password: str


def xoauth2(response: bytes) -> Xoauth2:
    """``user=…^Aauth=Bearer …^A^A`` (^A: byte 1); raises BadSasl."""
    match = _XOAUTH2.fullmatch(response)
    if match is None:
        raise BadSasl(find("SASL-XOA-01", expected=_FORM, found=shape(response)))
    if match[2].lower() != b"bearer":
        raise BadSasl(find("SASL-XOA-02", expected="Bearer", found=match[2].decode("latin-1")))
    try:
        return Xoauth2(match[1].decode("utf-8"), match[3].decode("ascii"))
    except UnicodeDecodeError:
        raise BadSasl(find("SASL-XOA-01", expected=_FORM, found=shape(response))) from None


def plain(response: bytes) -> Plain:
    """Three strings parted by NUL; raises BadSasl."""
    parts = response.split(b"\0")
    try:
        authzid, authcid, password = (part.decode("utf-8") for part in parts)
    except ValueError:  # not three, or not UTF-8
        raise BadSasl(find("SASL-PLAIN-01", found=f"{len(parts) - 1} NUL")) from None
    if not authcid:
        raise BadSasl(find("SASL-PLAIN-01", found="-"))
    return Plain(authzid, authcid, password)


def challenge(scope: str = "mail") -> bytes:
    """What an XOAUTH2 server says before it refuses; the client answers with an empty line."""
    return json.dumps({"status": "401", "schemes": "bearer", "scope": scope}, separators=(",", ":")).encode()


def hidden(secret: bytes | str) -> str:
    """What may be kept of a secret: its size, and a digest which tells whether the same one comes back."""
    data = secret.encode() if isinstance(secret, str) else secret
    return f"<token {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()[:16]}>" if data else "<token empty>"


def shape(response: bytes) -> str:
    """The outline of a response without its secrets: known words and separators stay."""
    kept = re.sub(rb"[^\x00\x01=@ ]+", lambda m: m[0] if m[0].lower() in _KNOWN else b"\xb7", response[:200])
    return kept.replace(b"\x01", b"^A").replace(b"\0", b"^@").decode("latin-1") or "-"


_KNOWN = {b"user", b"auth", b"bearer"}
