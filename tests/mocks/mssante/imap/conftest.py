"""One IMAP service for the tests of a module, emptied between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mocks.igc.pki import Pki
from tests.imap_kit import Served, give_token, serving


@pytest.fixture(scope="module")
def served_for_all(pki: Pki) -> Iterator[Served]:
    with serving(pki) as one:
        yield one


@pytest.fixture
def served(served_for_all: Served) -> Iterator[Served]:
    yield served_for_all

    def empty() -> None:
        served_for_all.session.reset()
        served_for_all.hub.journal.purge()
        give_token(served_for_all.session)

    served_for_all.run(empty)
