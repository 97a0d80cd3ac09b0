from __future__ import annotations

import pytest

from tests.insi_bench import Bench


@pytest.fixture
def insi() -> Bench:
    """INSi in process, freshly seeded."""
    return Bench()
