"""What the provider remembers of one session between two requests of a login."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mocks.grants import Grant, Recent

REQUEST_LIFE, PUSHED_LIFE, CODE_LIFE, CIBA_LIFE = 600, 60, 60, 120  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request that waits for the professional to show who they are; its id becomes the grant's."""

    id: str
    client: str
    params: Mapping[str, str]
    expires: float


@dataclass(slots=True)
class Code:
    """An authorization code, and the request that it must be checked against. ``lost``: the rule that spent it."""

    grant: Grant
    asked: Mapping[str, str]
    expires: float
    used: bool = False
    lost: str = ""


@dataclass(slots=True)
class Ciba:
    """A CIBA request: who must approve it, and how it stands. ``over`` once its final answer was given.

    ``id`` is the ``auth_req_id``, which only the client may know; ``thread`` names the request to anybody else.
    """

    id: str
    client: str
    professional: str
    national_id: str
    channel: str
    binding_message: str
    scope: str
    interval: float
    expires: float
    state: Literal["pending", "approved", "denied", "over"] = "pending"
    polls: int = 0
    last_poll: float = 0.0
    thread: str = field(default_factory=lambda: fresh())

    def waiting(self, now: float) -> bool:
        """Whether the professional can still answer."""
        return self.state == "pending" and now < self.expires


@dataclass
class PscState:
    """Requests under way; tokens and logins are in `mocks.grants.Grants`."""

    asked: Recent[Asked] = field(default_factory=lambda: Recent(2_000))
    pushed: Recent[Asked] = field(default_factory=lambda: Recent(2_000))
    codes: Recent[Code] = field(default_factory=lambda: Recent(2_000))
    ciba: Recent[Ciba] = field(default_factory=lambda: Recent(2_000))
    _drawn: Recent[None] = field(default_factory=lambda: Recent(20_000))

    def seen_before(self, client: str, name: str, value: str) -> bool:
        """Whether this client already sent that value as ``state`` or ``nonce``; remembers it."""
        key = f"{client} {name} {value}"
        known = key in self._drawn
        self._drawn[key] = None
        return known


def fresh() -> str:
    """An identifier that nobody can guess."""
    return secrets.token_urlsafe(24)
