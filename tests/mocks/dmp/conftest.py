"""A DMP that the tests of a module share: those that store nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dmp_documents import Documents


@pytest.fixture(scope="module")
def shared(pki: Any) -> Documents:
    dmp = Documents(pki)
    dmp.query()
    return dmp
