"""The session's world as ``${patients.<id>…}`` sees it: read when asked for, read again once changed."""

from __future__ import annotations

from typing import Any

from harness.scenario.values import at
from mocks.world import KINDS

Json = dict[str, Any]


class WorldView:
    """One session's patients, professionals and organisations by id, with what a software types of them.

    ``seeded``: what was read of a world just reset, shared by the variants of a run: every one begins with it.
    """

    def __init__(self, client: Any, session: str, seeded: dict[str, dict[str, Json]]) -> None:
        self._client, self._session, self._seeded = client, session, seeded
        self._read: dict[str, dict[str, Json]] = {}
        self._changed: set[str] = set()

    def forget(self, kind: str) -> None:
        """Something of that kind was changed."""
        self._read.pop(kind, None)
        self._changed.add(kind)

    def at(self, name: str) -> list[Any]:
        """The values at ``<kind>.<id>…``; none when there is no such thing."""
        kind, _, rest = name.partition(".")
        if kind not in KINDS or not rest:
            return []
        known = self._read if kind in self._changed else self._seeded
        if kind not in known:
            rows = self._client.world(self._session, kind)
            known[kind] = {row["id"]: _patient(row) if kind == "patients" else row for row in rows}
        return at(known[kind], rest)


def _patient(row: Json) -> Json:
    """A patient with the traits as a software takes them, and the matricule with its key."""
    names = row.get("given_names") or []
    names = names.split() if isinstance(names, str) else list(names)
    ins = row.get("ins") or {}
    traits = {
        "birth_name": row.get("birth_name", ""),
        "given_names": " ".join(names),
        "first_given_name": names[0] if names else "",
        "sex": row.get("sex", ""),
        "birth_date": row.get("birth_date", ""),
        "birth_place": row.get("birth_place", ""),
        "used_name": row.get("used_name", ""),
        "used_given_name": row.get("used_given_name", ""),
    }
    return {**row, "traits": traits, "matricule": str(ins.get("value", "")) + str(ins.get("key", ""))}
