"""Fixtures of the provider's tests."""

from __future__ import annotations

import pytest

from tests.psc_kit import Provider


@pytest.fixture
def psc() -> Provider:
    """A provider of its own."""
    return Provider()
