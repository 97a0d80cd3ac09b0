"""What the DMP knows of one session: the documents of its patients, the message ids already used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mocks.dmp.access import Seen
from mocks.dmp.registry import Registry, Stored
from mocks.dmp.seed import fill
from mocks.dmp.shelf import Change, Shelf
from mocks.http import Call


@dataclass
class DmpState:
    """Kept per session, made again at its reset."""

    registry: Registry
    messages: Seen = field(default_factory=Seen)

    def change(self, call: Call, patient: str, change: Change, contents: Mapping[str, Stored] | None = None) -> None:
        """Make a change and keep it with the exchange of this call; refused there, it was never made.

        ``contents`` by uniqueId.
        """
        registry = self.registry
        data = {unique_id: one.data for unique_id, one in (contents or {}).items()}
        call.keep(*registry.shelf.kept(patient, change, data), undo=lambda: registry.forget(patient))
        registry.make(patient, change)


def state_of(call: Call) -> DmpState:
    """The state of a call's session, with the seeded documents at first use."""
    session = call.session

    def make() -> DmpState:
        registry = Registry(session.id, Shelf(call.hub.journal.database, session.id))
        fill(registry, session.world)
        return DmpState(registry)

    return session.state("dmp", make)
