"""Fixtures that every part shares."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest
import trustme
from hypothesis import settings

# Timings live in benchmarks/: a busy machine fails no test. SEGUR_EXAMPLES: how many, for whoever hunts a rare case.
settings.register_profile("house", deadline=None, max_examples=int(os.environ.get("SEGUR_EXAMPLES", "40")))
settings.load_profile("house")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real published material kept beside the checkout, never in it; the test is skipped where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("SEGUR_SHARED", beside))
    if not (folder / "real").is_dir():
        pytest.skip("no published material beside the checkout (SEGUR_SHARED)")
    return folder


@pytest.fixture
def free_port() -> int:
    """A port of the loopback that nothing holds right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """The test PKI, made once for all workers. Read only: a test that issues or revokes copies the folder."""
    from mocks.igc import pki as igc

    base = tmp_path_factory.getbasetemp()
    return igc.init((base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "test-pki")


@pytest.fixture(scope="session")
def new_home(pki, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:  # type: ignore[no-untyped-def]
    """Makes a home folder with the test PKI in it, which a bench started there finds: making keys is slow."""

    def make() -> Path:
        home = tmp_path_factory.mktemp("home")
        shutil.copytree(pki.folder, home / "pki")
        return home

    return make


@pytest.fixture(scope="session", autouse=True)
def nobody_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test speaks to the Internet: the public authorities, slow to read, give way to one that signed nothing."""
    lone = tmp_path_factory.mktemp("outside") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(lone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(lone))
        patch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
        yield


def pytest_collection_finish() -> None:
    """What collection made stays until the end: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


# What nobody may ship: material published by others, tried on where the user has a copy.
ALLOWED = ("published material", "SEGUR_OFFICIAL")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where ``SEGUR_NO_SKIP`` is set, everything is installed: a skip for any other reason is a failure."""
    report = (yield).get_result()
    excused = any(reason in str(report.longrepr) for reason in ALLOWED)
    if report.skipped and os.environ.get("SEGUR_NO_SKIP") and not excused:
        report.outcome = "failed"
        report.longrepr = f"skipped although nothing may be missing here: {report.longrepr}"
