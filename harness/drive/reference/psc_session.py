"""A user's Pro Santé Connect session in the software: opened, kept alive, used for an API, closed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from harness.drive.reference import psc_ciba
from harness.drive.reference.config import Professional, Psc
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Refused
from harness.drive.reference.psc_accounts import Accounts, Situation, situations
from harness.drive.reference.psc_browser import Browser
from harness.drive.reference.psc_client import PscClient, PscError, Tokens
from harness.drive.reference.psc_tokens import BadToken
from norms.oidc import binding
from norms.oidc.discovery import EXCHANGE_GRANT

MARGIN = 10  # seconds before its end at which an access token is refreshed


@dataclass(slots=True)
class Connected:
    """Who is connected, by which tokens, working where."""

    user: Professional
    tokens: Tokens
    situations: list[Situation] = field(default_factory=list)
    chosen: int | None = None
    api_token: str = ""

    @property
    def situation(self) -> Situation | None:
        """The place chosen."""
        return None if self.chosen is None else self.situations[self.chosen]

    @property
    def worker(self) -> Professional:
        """The user as they work there: sector and specialty are the chosen situation's."""
        place = self.situation
        return replace(self.user, sector=place.sector, specialty=place.specialty) if place else self.user


class ProSanteConnect:
    """Pro Santé Connect in one software; every method raises Refused, told to the user."""

    def __init__(
        self,
        settings: Psc,
        professionals: tuple[Professional, ...],
        defects: Defects,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings, self.professionals, self.defects = settings, professionals, defects
        self.client = PscClient(settings, defects, transport)
        self.browser = Browser(self.client.trust, settings.timeout_s, transport)
        self.forget()

    def forget(self) -> None:
        """As just installed: nobody connected, no cookie, the accounts of the configuration."""
        self.client.forget()
        self.browser.forget()
        self.accounts = Accounts(self.professionals, self.defects)
        self.now: Connected | None = None
        self._api_token = ""  # what only a defect keeps

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self.browser.close()

    def login(self, national_id: str, flow: str, channel: str, show: Callable[[str], None]) -> Connected:
        """Open a session; ``show`` tells the number to compare of a CIBA login."""
        self.now = None
        try:
            if flow == "ciba":
                tokens = psc_ciba.login(self.client, national_id, channel, show)
            else:
                attempt = self.client.begin()
                back = self.browser.visit(attempt.url, self.settings.redirect_uri, national_id)
                tokens = self.client.finish(attempt, back)
            told = self.client.userinfo(tokens)
        except PscError as refusal:
            if flow != "ciba" and self.defects.on("psc-vague-failure"):
                raise Refused("psc.vague-failure") from None
            raise _refused(refusal) from None
        except BadToken as bad:
            raise Refused("psc.token", reason=bad.word) from None
        places = situations(told, self.defects)
        only = 0 if len(places) == 1 or (places and self.defects.on("psc-first-activity")) else None
        self.now = Connected(self.accounts.of(told), tokens, places, only)
        return self.now

    def choose(self, n: int) -> Connected:
        """The situation that the user works in from now on."""
        here = self._connected()
        if not 0 <= n < len(here.situations):
            raise Refused("psc.situation", found=n, count=len(here.situations))
        here.chosen = 0 if self.defects.on("psc-keeps-first-activity") else n
        return here

    def access(self) -> str:
        """An access token that lives, refreshed when it is about to die. Raises Refused ``psc.over``."""
        here = self._connected()
        if here.tokens.until - time.time() < MARGIN:
            self._refresh(here)
        return here.tokens.access

    def renew(self) -> None:
        """New tokens now, which tells whether the session still lives there. Raises Refused ``psc.over``."""
        self._refresh(self._connected())

    def logout(self) -> None:
        """End the session here and at the provider."""
        here, self.now = self.now, None
        if here and not self.defects.on("psc-local-logout-only"):
            self.browser.visit(self.client.logout_url(here.tokens), self.settings.logout_uri)

    def call_api(self, path: str, scope: str) -> dict[str, Any]:
        """A call to the API Pro Santé Connectée in the user's name; the PSC token is exchanged for the API's own."""
        here = self._connected()
        if not self.settings.api:
            raise Refused("psc.no-api")
        token = here.api_token or (self._api_token if self.defects.on("psc-api-keeps-former-user") else "")
        if not token:
            token = here.api_token = self._api_token = self._exchanged(here, scope)
        answer = self._call(path, token)
        if answer.status_code == 401 and token == here.api_token:  # it died: once more with a fresh one
            token = here.api_token = self._exchanged(here, scope)
            answer = self._call(path, token)
        if not answer.is_success:
            raise Refused("psc.api", status=answer.status_code)
        return dict(answer.json())

    def _exchanged(self, here: Connected, scope: str) -> str:
        if self.defects.on("psc-api-sends-psc-token"):
            return self.access()
        for again in (False, True):
            form = {
                "grant_type": EXCHANGE_GRANT,
                "subject_token": self.access(),
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
                "scope": scope,
                "cnf": binding.ans(self.settings.fingerprint()),
            }
            try:
                return str(self.client.post(self.settings.api_token_url, form)["access_token"])
            except PscError as refusal:
                if self.defects.on("psc-api-refusal-closes"):
                    self.now = None
                if again or refusal.error != "invalid_request":
                    if self.defects.on("psc-api-refusal-as-end"):
                        raise Refused("psc.over") from None
                    raise Refused("psc.exchange", error=refusal.error) from None
                self._refresh(here)  # the provider's clock said that the PSC token was dead
        raise AssertionError("not reached")

    def _call(self, path: str, token: str) -> httpx.Response:
        try:
            headers = {"authorization": f"Bearer {token}"}
            return self.client.http.get(f"{self.settings.api}{path}", headers=headers)
        except httpx.HTTPError as failure:
            raise Refused("psc.unreachable", reason=type(failure).__name__) from None

    def _refresh(self, here: Connected) -> None:
        """New tokens; when the provider's session is over, so is the user's here."""
        try:
            if self.defects.on("psc-never-refreshes"):
                raise PscError("invalid_grant")
            here.tokens = self.client.refresh(here.tokens)
        except PscError as refusal:
            if refusal.error == "invalid_grant" and not self.defects.on("psc-stays-open-after-end"):
                self.now = None
                raise Refused("psc.unavailable" if self.defects.on("psc-end-as-outage") else "psc.over") from None
            raise _refused(refusal) from None
        except BadToken as bad:
            self.now = None
            raise Refused("psc.token", reason=bad.word) from None

    def _connected(self) -> Connected:
        if self.now is None:
            raise Refused("psc.none")
        return self.now


def _refused(refusal: PscError) -> Refused:
    words = {
        "access_denied": "psc.denied",
        "expired_token": "psc.expired",
        "unknown_user_id": "psc.unknown-user",
        "": "psc.unavailable",
        "server_error": "psc.unavailable",
        "temporarily_unavailable": "psc.unavailable",
    }
    return Refused(words.get(refusal.error, "psc.refused"), error=refusal.error)
