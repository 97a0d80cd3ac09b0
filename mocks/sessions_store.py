"""Sessions kept in ``bench.db`` at each change, so that a bench that was killed finds them again when it restarts.

Kept: id, name, binding, opening time, lasting switches, clock offset, changes made to the world. Not kept: values armed
for the next calls, and what a service remembers of a conversation (a restart ends these).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from mocks.control import BadSwitch
from mocks.journal.database import Database, Statement
from mocks.session import Session, Sessions
from mocks.world import WorldError

log = logging.getLogger("segur.sessions")


def saving(session: Session) -> Statement:
    """The statement that keeps a session as it now is: a service that changed its world keeps it with the exchange."""
    kept = {
        "name": session.name,
        "created": session.created,
        "binding": session.binding,
        "switches": session.switches.values,
        "clock": session.clock.offset,
        "world": session.world.snapshot(),
    }
    sql = (
        "INSERT INTO session(id, opened, saved) VALUES(?, ?, ?)"
        " ON CONFLICT(id) DO UPDATE SET opened = excluded.opened, saved = excluded.saved"
    )
    return sql, (session.id, int(session.created * 1000), json.dumps(kept))


class SessionsStore:
    """Keeps the sessions of one bench in the file of its journal. Every method raises mocks.journal.JournalError."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self.database, self.sessions = database, sessions

    def save(self, session: Session) -> None:
        """Keep the session as it is now, committed when this returns."""
        self.database.run(*saving(session))

    def forget(self, session_id: str) -> None:
        """Keep it no longer; nothing when it was not kept."""
        self.database.run("DELETE FROM session WHERE id = ?", [session_id])

    def restore(self) -> int:
        """Open every session that was kept, oldest first, and say how many.

        What no longer fits (a switch that went away, a patient that the seed lost) is left out with a warning.
        """
        rows = self.database.run("SELECT id, saved FROM session ORDER BY opened, id", [])
        return sum(self._reopen(session_id, saved) for session_id, saved in rows)

    def _reopen(self, session_id: str, saved: str) -> bool:
        try:
            kept: Mapping[str, Any] = json.loads(saved)
            if session_id == self.sessions.default.id:
                session = self.sessions.default
            else:
                session = self.sessions.open(kept["name"], kept["binding"], id=session_id)
            session.created = kept["created"]
            session.clock.offset = kept["clock"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("session %s cannot be opened again: %s", session_id, error)
            return False
        for name, value in kept["switches"].items():
            try:
                session.switches.set({name: value})
            except BadSwitch as error:
                log.warning("session %s: %s", session_id, error)
        try:
            session.world.restore(kept["world"])
        except WorldError as error:
            log.warning("session %s is back without its changes to the world: %s", session_id, error)
        return True
