"""Fixtures of the Annuaire's tests."""

from __future__ import annotations

import pytest

from tests.annuaire_kit import Annuaire


@pytest.fixture
def annuaire() -> Annuaire:
    """An Annuaire of its own."""
    return Annuaire()
