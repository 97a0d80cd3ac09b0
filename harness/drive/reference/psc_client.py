"""The client of Pro Santé Connect: discovery, code flow with PKCE, CIBA, refresh, userinfo, logout. One call each.

The software authenticates by its certificate (``tls_client_auth``), or by a secret when it has one.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from harness.drive.reference import psc_tokens
from harness.drive.reference.config import Psc
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Refused

SCOPE, ACR = "openid scope_all", "eidas1"
CIBA_GRANT = "urn:openid:params:grant-type:ciba"
Json = dict[str, Any]


class PscError(Exception):
    """The provider refused a call: the OAuth error, empty when it answered something else than JSON."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error, self.description = error, description


@dataclass(frozen=True, slots=True)
class Attempt:
    """One authorization request under way."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login or a refresh gave; ``until`` is when the access token dies, on the software's own clock."""

    access: str
    refresh: str
    id_token: str
    claims: Json
    until: float


class PscClient:
    """Calls Pro Santé Connect. Raises Refused when it cannot be reached, PscError when it refuses, BadToken."""

    def __init__(self, settings: Psc, defects: Defects, transport: httpx.BaseTransport | None = None) -> None:
        self.settings, self.defects = settings, defects
        self.trust = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        back_channel = ssl.create_default_context(cafile=str(settings.ca) if settings.ca else None)
        if settings.cert and settings.key:
            back_channel.load_cert_chain(settings.cert, settings.key)
        self.http = httpx.Client(verify=back_channel, transport=transport, timeout=settings.timeout_s, trust_env=False)
        self.forget()

    def forget(self) -> None:
        """As a software just installed."""
        self._metadata: Json = {}
        self._keys: Json = {}
        self._drawn = secrets.token_urlsafe(24)  # what only defects use twice

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def metadata(self, name: str) -> str:
        """An address of the discovery document, read once."""
        if not self._metadata:
            self._metadata = self._json(self._send("GET", self.settings.discovery))
        return str(self._metadata[name])

    # ── code flow ──

    def begin(self) -> Attempt:
        """The address to open in the browser, and what to remember until it comes back."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        state = self._drawn if self.defects.on("psc-fixed-state") else state
        nonce = self._drawn if self.defects.on("psc-fixed-nonce") else nonce
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": SCOPE,
            "acr_values": ACR,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if self.defects.on("psc-without-acr-values"):
            asked["acr"] = asked.pop("acr_values")
        url = f"{self.metadata('authorization_endpoint')}?{urlencode(asked)}"
        return Attempt(url, state, nonce, verifier)

    def finish(self, attempt: Attempt, back: str) -> Tokens:
        """The tokens that the address the browser came back to stands for."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        if told.get("state") != attempt.state and not self.defects.on("psc-skips-state"):
            raise Refused("psc.state")
        if "error" in told or "code" not in told:
            raise PscError(told.get("error", ""), told.get("error_description", ""))
        form = {
            "grant_type": "authorization_code",
            "code": told["code"],
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        return self.tokens(form, attempt.nonce)

    def tokens(self, form: Mapping[str, str], nonce: str | None = None) -> Tokens:
        """A token request, and its id token checked."""
        answer = self.post(self.metadata("token_endpoint"), form)
        try:
            access, refresh, id_token = answer["access_token"], answer["refresh_token"], answer["id_token"]
            until = time.time() + float(answer["expires_in"])
        except (KeyError, TypeError, ValueError):
            raise PscError("") from None
        claims = psc_tokens.check(
            id_token,
            self._published,
            issuer=self.metadata("issuer"),
            client_id=self.settings.client_id,
            nonce=nonce,
            access_token=access,
            defects=self.defects,
        )
        return Tokens(access, refresh, id_token, claims, until)

    def refresh(self, tokens: Tokens) -> Tokens:
        """Fresh tokens of the same session."""
        again = self.tokens({"grant_type": "refresh_token", "refresh_token": tokens.refresh})
        if again.claims.get("sub") != tokens.claims.get("sub"):
            raise psc_tokens.BadToken("subject")
        return again

    def userinfo(self, tokens: Tokens) -> Json:
        """Who the user is; the subject must be the id token's (OpenID Connect Core 1.0 §5.3.2)."""
        headers = {"authorization": f"Bearer {tokens.access}"}
        told = self._json(self._send("GET", self.metadata("userinfo_endpoint"), headers=headers))
        same = bool(told.get("sub")) and told.get("sub") == tokens.claims.get("sub")
        unchecked = not tokens.claims.get("sub") and self.defects.on("psc-skips-subject")
        if not (same or unchecked or self.defects.on("psc-skips-userinfo-subject")):
            raise psc_tokens.BadToken("userinfo")
        return told

    def logout_url(self, tokens: Tokens) -> str:
        """Where the browser ends the session."""
        asked = {"post_logout_redirect_uri": self.settings.logout_uri, "state": secrets.token_urlsafe(16)}
        if not self.defects.on("psc-logout-without-hint"):
            asked["id_token_hint"] = tokens.id_token
        return f"{self.metadata('end_session_endpoint')}?{urlencode(asked)}"

    # ── the wire ──

    def post(self, url: str, form: Mapping[str, str]) -> Json:
        """A form posted by the software in its own name."""
        form = {**form, "client_id": self.settings.client_id}
        auth = (self.settings.client_id, self.settings.secret) if self.settings.secret else None
        return self._json(self._send("POST", url, data=form, auth=auth))

    def _published(self, again: bool) -> Json:
        if again or not self._keys:
            self._keys = self._json(self._send("GET", self.metadata("jwks_uri")))
        return self._keys

    def _send(self, method: str, url: str, **how: Any) -> httpx.Response:
        try:
            return self.http.request(method, url, **how)
        except httpx.HTTPError as failure:
            raise Refused("psc.unreachable", reason=type(failure).__name__) from None

    def _json(self, answer: httpx.Response) -> Json:
        if self.defects.on("psc-trusts-any-page"):
            return dict(answer.json())  # crashes on an HTML page, takes a refusal for an answer
        try:
            told = answer.json()
        except ValueError:
            told = None
        if answer.is_success and isinstance(told, dict):
            return told
        error = told if isinstance(told, dict) else {}
        raise PscError(str(error.get("error", "")), str(error.get("error_description", "")))
