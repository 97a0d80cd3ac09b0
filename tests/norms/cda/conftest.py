"""Where the user's copy of the official rules is, for the tests that compare with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def official_pack() -> Path:
    """A copy of TestContenuCDA kept outside the project (SEGUR_OFFICIAL); the test is skipped where there is none."""
    folder = os.environ.get("SEGUR_OFFICIAL", "")
    if not folder or not (Path(folder) / "infrastructure").is_dir():
        pytest.skip("no copy of the official rules (SEGUR_OFFICIAL)")
    return Path(folder)
