"""Identifiers that a rebuilt document finds again."""

from __future__ import annotations

from uuid import NAMESPACE_OID, UUID, uuid5

from norms.cda.build.model import Ident


class Ids:
    """Identifiers of a document's entries: the same name gives the same series, so a rebuilt document is identical."""

    def __init__(self, name: str) -> None:
        self._space: UUID = uuid5(NAMESPACE_OID, f"segur-harness:{name}")
        self._count = 0

    def new(self) -> Ident:
        """The next identifier, a UUID."""
        self._count += 1
        return Ident(str(uuid5(self._space, str(self._count))).upper())


def oid(name: str) -> Ident:
    """A stable OID of the UUID arc (2.25) for a document or a set of versions."""
    return Ident(f"2.25.{uuid5(NAMESPACE_OID, f'segur-harness:{name}').int}")
