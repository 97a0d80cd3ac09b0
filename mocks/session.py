"""Sessions: isolated spaces on one bench, bound to what the software already shows of itself.

First match wins: own port, client certificate, client_id or token, mailbox, API key, LPS ``Instance``, else the
``default`` session, which always exists.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mocks.control import Clock, Registry, Switches
from mocks.world import World

DEFAULT = "default"
KEYS = ("port", "cert", "client_id", "mailbox", "api_key", "instance")  # in order of precedence

S = TypeVar("S")


class UnknownSession(KeyError):
    """No session has that id."""


class BindingTaken(ValueError):
    """Another session already holds one of the keys asked for."""


@dataclass
class Session:
    """One isolated space: its world, switches, clock, bindings and the services' own state."""

    id: str
    name: str
    world: World
    switches: Switches
    clock: Clock = field(default_factory=Clock)
    created: float = field(default_factory=time.time)
    binding: dict[str, list[str]] = field(default_factory=dict)  # key of KEYS -> values
    _states: dict[str, Any] = field(default_factory=dict)
    _erase: Callable[[str], None] = lambda _session: None

    def state(self, service: str, make: Callable[[], S]) -> S:
        """The state that a service keeps for this session, made at first use."""
        if service not in self._states:
            self._states[service] = make()
        kept: S = self._states[service]
        return kept

    def drop(self, service: str) -> None:
        """Forget that state; nothing when there is none."""
        self._states.pop(service, None)

    def reset(self) -> None:
        """World as seeded, switches at their defaults, clock on time, services' state forgotten."""
        self._erase(self.id)
        self.world.reset()
        self.switches.clear()
        self.clock.offset = 0.0
        self._states.clear()


class Sessions:
    """All sessions of a bench. Certificates are bound by SHA-256 fingerprint in lowercase hexadecimal."""

    def __init__(self, world: World, registry: Registry) -> None:
        self._seed, self._registry = world, registry
        self.erase: Callable[[str], None] = lambda _session: None  # what services keep of a session elsewhere
        self._all: dict[str, Session] = {}
        self._by: dict[tuple[str, str], Session] = {}
        self.default = self.open("default", id=DEFAULT)

    def open(self, name: str, binding: Mapping[str, list[str]] | None = None, *, id: str = "") -> Session:
        """Open a session; raises BindingTaken when a key is already another session's, ValueError on an unknown key."""
        wanted = {key: [str(v) for v in values] for key, values in (binding or {}).items() if values}
        for key, values in wanted.items():
            if key not in KEYS:
                raise ValueError(f"no binding key {key!r}; known: {', '.join(KEYS)}")
            for value in values:
                holder = self._by.get((key, value))
                if holder:
                    raise BindingTaken(f"{key} {value} is bound to session {holder.id} ({holder.name})")
        session = Session(
            id or uuid.uuid4().hex[:12], name, self._seed.fork(), Switches(self._registry), binding=wanted,
            _erase=lambda session: self.erase(session),
        )  # fmt: skip
        self._all[session.id] = session
        self._by.update({(key, value): session for key, values in wanted.items() for value in values})
        return session

    def close(self, session_id: str) -> None:
        """Forget a session and free its bindings; the default one is reset instead. Raises UnknownSession."""
        session = self.get(session_id)
        if session is self.default:
            session.reset()
            return
        self.erase(session_id)
        del self._all[session_id]
        self._by = {key: held for key, held in self._by.items() if held is not session}

    def get(self, session_id: str) -> Session:
        """The session of that id; raises UnknownSession."""
        try:
            return self._all[session_id]
        except KeyError:
            raise UnknownSession(session_id) from None

    def bind(self, facts: Mapping[str, str]) -> Session:
        """The session that these facts belong to (keys of `KEYS`), the default one when none matches."""
        for key in KEYS:
            value = facts.get(key)
            if value and (session := self._by.get((key, value))):
                return session
        return self.default

    def __iter__(self) -> Iterator[Session]:
        return iter(self._all.values())
