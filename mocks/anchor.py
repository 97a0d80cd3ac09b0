"""The trusted authorities of the bench, for every service that verifies signatures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from norms.saml import TrustStore


class Anchor:
    """The trusted authorities of the bench, read again when their file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._store = TrustStore(())

    def store(self) -> TrustStore:
        """What to trust now; nothing when the file is absent or unreadable."""
        try:
            seen = self._path.stat()
            stamp = (seen.st_mtime_ns, seen.st_size)
            if stamp != self._stamp:
                self._store, self._stamp = TrustStore.from_pem(self._path.read_bytes()), stamp
        except (OSError, ValueError):
            self._store, self._stamp = TrustStore(()), None
        return self._store


@lru_cache(maxsize=16)
def anchor_of(folder: Path) -> Anchor:
    """The authorities of a PKI folder (``ca.pem``), one for all who ask."""
    return Anchor(folder / "ca.pem")
