"""Fixtures of the reference software's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from harness.drive.reference import psc_ciba
from harness.drive.reference.config import read
from tests.harness.drive.reference.fake import FakeInsi, Lps
from tests.psc_desk import Desk


@pytest.fixture
def insi() -> FakeInsi:
    """The teleservice."""
    fake = FakeInsi()
    fake.will("00")
    return fake


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A test authority and a software certificate (CN INSI-AUTO, OU), as PEM files."""
    folder = tmp_path_factory.mktemp("pem")
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    leaf = authority.issue_cert(
        "lps.test", common_name="INSI-AUTO", organization_unit_name="10B0152872", key_type=trustme.KeyType.RSA
    )
    person = authority.issue_cert("ps@lps.test", common_name="899700000002", key_type=trustme.KeyType.RSA)
    files: dict[str, str] = {}
    for name, blob in (
        ("ca", authority.cert_pem),
        ("cert", leaf.cert_chain_pems[0]),
        ("key", leaf.private_key_pem),
        ("sign_cert", person.cert_chain_pems[0]),
        ("sign_key", person.private_key_pem),
    ):
        path: Path = folder / f"{name}.pem"
        blob.write_to_path(path)
        files[name] = str(path)
    return files


@pytest.fixture
def lps(insi: FakeInsi, pem: dict[str, str]) -> Callable[..., Lps]:
    """Makes a software: ``lps("defect", …, mode="ps")``."""

    def make(*defects: str, mode: str = "tlsm", **more: Any) -> Lps:
        settings = {"mode": mode, "url": "https://insi.test/lps", **pem}
        people = [
            {
                "id": "ps1",
                "national_id": "899700000001",
                "family_name": "MARTIN",
                "specialty": "SM26",
                "sector": "SA07",
            },
            {"id": "ps2", "national_id": "899700000002", "family_name": "DUPONT", "sector": "SA07"},
        ]
        raw = {"insi": settings, "professionals": people, "defects": list(defects), **more}
        return Lps(read(raw), insi)

    return make


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """CIBA waits move the provider's clock and take no time."""
    kept: list[float] = []

    def sleep(seconds: float) -> None:
        kept.append(seconds)
        Desk.last.psc.later(seconds)

    monkeypatch.setattr(psc_ciba, "sleep", sleep)
    return kept
