"""One whole bench per worker, in a thread, on ports of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.bench import Bench, Options, started
from harness.client import BenchClient
from harness.home import Home
from mocks.addresses import ADDRESSES, SESSION_PORTS
from tests.webdriver import Browser, browser


def free_base() -> int:
    """A base port whose whole table, and the first ports of sessions, are free now."""
    for base in range(24000, 60000, 211):
        try:
            offsets = [row.offset for row in ADDRESSES] + [SESSION_PORTS + n for n in range(20)]
            for offset in offsets:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


@pytest.fixture(scope="session")
def live_bench(new_home: Callable[[], Path], worker_id: str) -> Iterator[Bench]:
    """A started bench."""
    home = Home.at(new_home())
    shift = int(worker_id.removeprefix("gw") or 0) * 2000 if worker_id != "master" else 0
    for attempt in range(20):
        base = free_base() + shift + attempt * 211
        try:
            with started(Options(home, base_port=base)) as bench:
                yield bench
                return
        except OSError:
            continue
    raise RuntimeError("no bench could be started")


@pytest.fixture(scope="session")
def client(live_bench: Bench) -> Iterator[BenchClient]:
    """The control API of that bench."""
    client = BenchClient(live_bench.status()["console"])
    yield client
    client.close()


@pytest.fixture(scope="session")
def bench_home(live_bench: Bench) -> Path:
    """Its home folder."""
    return live_bench.options.home.root


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium per worker: starting it is slow."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with browser(tmp_path_factory.mktemp("chromium"), port) as opened:
        yield opened


@pytest.fixture
def window(chromium: Browser) -> Browser:
    """A window of its own, in French."""
    chromium.fresh()
    return chromium
