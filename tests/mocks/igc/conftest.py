"""A test PKI that a test may change, and keys that cost nothing to make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography import x509

from mocks.igc import files, make
from mocks.igc.pki import Pki


@pytest.fixture
def own(pki: Pki, tmp_path: Path) -> Pki:
    """A copy that a test may change."""
    shutil.copytree(pki.folder, tmp_path / "pki")
    return Pki(tmp_path / "pki")


@pytest.fixture
def quick_keys(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Keys of the PKI at hand instead of new ones; the list tells what was asked for."""
    asked: list[tuple[str, int]] = []
    ready = [files.read_key(path) for path in sorted(pki.folder.rglob("*key.pem"))]

    def generate(wanted):  # type: ignore[no-untyped-def]
        asked.extend(wanted)
        return {name: ready[at] for at, (name, _) in enumerate(asked)}

    monkeypatch.setattr(make.keys, "generate", generate)
    return asked


def leaf(pki: Pki, name: str) -> x509.Certificate:
    """The certificate of a credential."""
    return x509.load_pem_x509_certificate(pki.credential(name).cert.read_bytes())
