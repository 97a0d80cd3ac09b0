"""What Pro Santé Connect issued in a session, so that the other services accept its tokens without importing it.

`Grants` is kept by a session (``session.state("grants", Grants)``): logins, and every token with its life and state.
Nothing survives the bench: a restart ends every login, as an outage of the provider would.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Use = Literal["access", "refresh", "id", "api"]
SESSION_LIFE, SESSION_IDLE = 4 * 3600, 30 * 60
T = TypeVar("T")


class Recent(OrderedDict[str, T]):
    """A table that forgets its oldest entries: nothing that a client can fill grows without end."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: str, value: T) -> None:
        super().__setitem__(key, value)
        if len(self) > self._limit:
            self.popitem(last=False)


@dataclass(slots=True)
class Login:
    """One authentication of a professional at PSC (its SSO session); ``sid`` names it in tokens.

    Its life is on the session's clock.
    """

    sid: str
    professional: str  # id in the world
    national_id: str
    auth_mode: str  # CARD, MOBILE
    started: float
    seen: float  # last authorization or refresh
    at: float = field(default_factory=time.time)  # ``started`` on the wall clock: what tokens say
    closed: bool = False
    clients: set[str] = field(default_factory=set)

    def alive(self, now: float) -> bool:
        """Neither closed, nor older than 4 h, nor idle for 30 min."""
        return not self.closed and now - self.started < SESSION_LIFE and now - self.seen < SESSION_IDLE


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """What one client obtained in one login."""

    id: str
    client: str
    login: Login
    scope: str
    nonce: str
    acr: str  # eidas1, eidas2, eidas3, absent


@dataclass(slots=True, eq=False)
class Token:
    """One token given out; times are seconds since 1970 on the session's clock."""

    value: str
    use: Use
    grant: Grant
    issued: float
    expires: float
    scope: str = ""  # of an API token; the others have their grant's
    thumbprint: str = ""  # SHA-256 of the certificate an API token is bound to
    used: bool = False
    revoked: bool = False

    def refusal(self, now: float) -> str:
        """Why this token is not good now; empty when it is."""
        if self.revoked:
            return "revoked"
        if now >= self.expires:
            return "expired"
        return "" if self.grant.login.alive(now) else "session over"


class Grants:
    """Tokens and logins of one session."""

    def __init__(self) -> None:
        self.logins: Recent[Login] = Recent(10_000)
        self._tokens: Recent[Token] = Recent(50_000)

    def add(self, token: Token) -> str:
        """Remember a token; gives its value back."""
        self._tokens[token.value] = token
        return token.value

    def find(self, value: str, *uses: Use) -> Token | None:
        """The token of that value, when it is one of these uses."""
        token = self._tokens.get(value)
        return token if token and (not uses or token.use in uses) else None

    def bearer(self, value: str, now: float) -> tuple[Token | None, str]:
        """The access token of that value when it is good now, else None and why not: what every service asks."""
        token = self.find(value, "access")
        refusal = token.refusal(now) if token else "unknown"
        return (None, refusal) if refusal else (token, "")

    def revoke(self, grant: Grant) -> None:
        """Revoke every token of a grant."""
        for token in self._tokens.values():
            if token.grant is grant:
                token.revoked = True
