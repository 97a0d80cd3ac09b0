"""Rules on what a client sends to PSC. Each returns findings; an OAuth error goes with the first that is an error."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from norms.finding import Finding, errors, find

MAX_STATE = 4096
SCOPES = ("openid", "scope_all")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

OAUTH = {
    "OIDC-AUTHZ-01": "unsupported_response_type",
    "OIDC-AUTHZ-02": "invalid_scope",
    "OIDC-AUTHZ-16": "request_not_supported",
    "OIDC-AUTHZ-17": "request_uri_not_supported",
    "OIDC-CIBA-02": "invalid_binding_message",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """Findings, and the OAuth error to answer (empty when the request is accepted)."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def error(self) -> str:
        """The OAuth error code of the first error."""
        found = errors(self.findings)
        return OAUTH.get(found[0].rule, "invalid_request") if found else ""

    @property
    def reason(self) -> str:
        """The sentence for ``error_description``: ASCII, as RFC 6749 §4.1.2.1 wants it."""
        found = errors(self.findings)
        return ascii_only(found[0].message("en")) if found else ""


def redirect_uri(given: str, registered: Sequence[str]) -> list[Finding]:
    """The redirect URI must be a registered one, to the character."""
    if given in registered:
        return []
    return [find("OIDC-AUTHZ-03", expected=" ".join(registered), found=given)]


def request_object(params: Mapping[str, str]) -> list[Finding]:
    """A request object, by value or by address, which PSC announces that it does not read (OpenID Connect Core §6)."""
    rules = {"request": "OIDC-AUTHZ-16", "request_uri": "OIDC-AUTHZ-17"}
    return [find(rule, found=params[name][:80]) for name, rule in rules.items() if name in params]


def authorization(params: Mapping[str, str], repeated: Sequence[str] = ()) -> Checked:
    """An authorization request (client and redirect URI apart): OpenID Connect Core §3.1.2.1 and the PSC rules."""
    found = request_object(params) + [find("OIDC-AUTHZ-10", found=name) for name in repeated]
    if params.get("response_type") != "code":
        found.append(find("OIDC-AUTHZ-01", expected="code", found=params.get("response_type", "")))
    found += _scope(params) + _acr(params)
    for name, rule in (("state", "OIDC-AUTHZ-07"), ("nonce", "OIDC-AUTHZ-08")):
        value = params.get(name, "")
        if not value:
            found.append(find(rule, expected=name))
        elif len(value) > MAX_STATE:
            found.append(find("OIDC-AUTHZ-11", expected=f"{MAX_STATE}", found=f"{len(value)}", name=name))
        elif len(value) < 16:
            found.append(find("OIDC-AUTHZ-09", expected="128 bits", found=value, name=name))
    found += challenge(params)
    return Checked(found)


def _scope(params: Mapping[str, str]) -> list[Finding]:
    asked = params.get("scope", "").split()
    missing = " ".join(name for name in SCOPES if name not in asked)
    return [find("OIDC-AUTHZ-02", expected=" ".join(SCOPES), found=" ".join(asked), missing=missing)] if missing else []


def _acr(params: Mapping[str, str]) -> list[Finding]:
    if "acr_values" in params:
        right = params["acr_values"].split() == ["eidas1"]
        return [] if right else [find("OIDC-AUTHZ-06", expected="eidas1", found=params["acr_values"])]
    if "acr" in params:
        return [find("OIDC-AUTHZ-05", expected="acr_values=eidas1", found=f"acr={params['acr']}")]
    return [find("OIDC-AUTHZ-04", expected="acr_values=eidas1")]


def challenge(params: Mapping[str, str]) -> list[Finding]:
    """The PKCE challenge (RFC 7636 §4.3): absent, plain, or S256 with 43 characters of base64url."""
    given, method = params.get("code_challenge", ""), params.get("code_challenge_method", "")
    if not given and not method:
        return [find("OIDC-PKCE-01", expected="code_challenge_method=S256")]
    if method in ("", "plain") and _VERIFIER.fullmatch(given):
        return [find("OIDC-PKCE-02", expected="S256", found=method or "plain")]
    if method == "S256" and _CHALLENGE.fullmatch(given):
        return []
    return [find("OIDC-PKCE-03", expected="S256, 43 × [A-Za-z0-9_-]", found=f"{method or 'plain'}, {given}")]


def verifier_matches(verifier: str, challenge_: str, method: str = "S256") -> bool:
    """Whether a PKCE verifier is that of a challenge."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    if method != "S256":
        return verifier == challenge_
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
    return digest.decode("ascii") == challenge_


def ciba(params: Mapping[str, str]) -> Checked:
    """A CIBA request: OpenID CIBA Core §7.1 with PSC's ``channel`` and two-digit ``binding_message``."""
    found = _scope(params) + _acr(params)
    if not params.get("login_hint"):
        found.append(find("OIDC-CIBA-01", expected="login_hint"))
    if not re.fullmatch(r"[0-9]{2}", params.get("binding_message", "")):
        found.append(find("OIDC-CIBA-02", expected="00–99", found=params.get("binding_message", "")))
    if params.get("channel") not in ("CARD", "MOBILE"):
        found.append(find("OIDC-CIBA-03", expected="CARD | MOBILE", found=params.get("channel", "")))
    return Checked(found)


_IN_ASCII = str.maketrans(
    {'"': "'", "\\": "/", "–": "-", "—": "-", "’": "'", "…": "...", "«": "'", "»": "'", "\u00a0": " "}
)


def ascii_only(words: str) -> str:
    """What ``error_description`` may hold (RFC 6749 §5.2): printable ASCII without quote nor backslash."""
    return words.translate(_IN_ASCII).encode("ascii", "replace").decode()
