"""What the DMP knows of one session: the documents of its patients, the message ids already used."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from mocks.dmp.access import Seen
from mocks.dmp.registry import Registry
from mocks.dmp.seed import fill
from mocks.session import Session


@dataclass
class DmpState:
    """Kept per session, made again at its reset."""

    registry: Registry
    messages: Seen = field(default_factory=Seen)


def _make(session: Session) -> DmpState:
    registry = Registry(session.id)
    fill(registry, session.world)
    return DmpState(registry)


def state_of(session: Session) -> DmpState:
    """The state of a session, with the seeded documents at first use."""
    return session.state("dmp", partial(_make, session))
