"""Each diagnosis of the doctor, well and ill."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.bench import Bench
from harness.cli import main
from harness.cli.common import USAGE
from harness.doctor import State, examine, probe
from harness.doctor.machine import _ports
from harness.home import Home
from mocks.addresses import ADDRESSES
from norms.texts import LANGS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path)


def free_base() -> int:
    """A first port whose followers are free too: other benches may run on this machine."""
    for base in range(30_000, 60_000, 111):
        found = {d.key: d.state for d in _ports(base, None)}
        if found["ports"] is State.OK:
            return base
    raise AssertionError("no free ports")


BASE = free_base()


def states(home: Home, **kwargs: object) -> dict[str, State]:
    found = list(examine(home, BASE, None, **kwargs))  # type: ignore[arg-type]
    for diagnosis in found:
        for lang in LANGS:
            assert diagnosis.seen(lang)
            assert bool(diagnosis.fix(lang)) == (diagnosis.state is not State.OK)
    return {d.key: d.state for d in found}


def test_a_new_machine_only_lacks_certificates(home: Home) -> None:
    found = states(home, environ={})
    assert found.pop("certificates") is State.WARN
    assert set(found.values()) == {State.OK}


def test_a_proxy_without_exception_is_a_surprise(home: Home) -> None:
    assert states(home, environ={"HTTPS_PROXY": "http://proxy:3128"})["proxy"] is State.WARN
    spared = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1, localhost"}
    assert states(home, environ=spared)["proxy"] is State.OK


def test_a_taken_port(home: Home) -> None:
    with socket.create_server(("127.0.0.1", BASE + 1)):
        assert states(home, environ={})["ports"] is State.BAD


def test_a_taken_datagram_port(home: Home) -> None:
    dns = next(row.offset for row in ADDRESSES if row.scheme == "udp")
    with socket.socket(type=socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", BASE + dns))
        assert states(home, environ={})["ports"] is State.BAD


def test_certificates_of_another_time_or_spoilt(home: Home) -> None:
    folder = home.pki / "credentials" / "server"
    folder.mkdir(parents=True)
    later = datetime.now(UTC) + timedelta(days=2)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, later, later + timedelta(days=9))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    assert states(home, environ={})["certificates_early"] is State.BAD
    (folder / "cert.pem").write_bytes(pem[:80])
    assert states(home, environ={})["certificates_unreadable"] is State.BAD


@pytest.mark.parametrize("command", ["doctor", "up", "run", "runs list"])
def test_a_home_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SEGUR_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setattr("sys.argv", ["segur", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == USAGE
    assert "--home" in capsys.readouterr().err


def test_a_clock_behind_its_own_files(home: Home) -> None:
    file = home.root / "bench.db"
    file.touch()
    os.utime(file, (time.time() + 4000, time.time() + 4000))
    assert states(home, environ={})["clock"] is State.BAD


def test_a_name_that_leads_nowhere(home: Home) -> None:
    assert states(home, environ={}, public_name="no-such-name.invalid")["reach_name"] is State.BAD


def test_a_running_bench_is_reachable(live_bench: Bench) -> None:
    options = live_bench.options
    found = examine(options.home, options.base_port, live_bench.status(), public_name="localhost")
    kept = {d.key: d.state for d in found}
    assert kept["ports_running"] is State.OK
    assert kept["reach_port"] is State.OK
    assert kept["reach_certificate"] is State.OK
    assert kept["reach_loopback"] is State.WARN


def test_the_tls_of_an_address(live_bench: Bench, tmp_path: Path) -> None:
    port = live_bench.options.base_port + 1
    ca = live_bench.pki.ca
    good = {d.key: d.state for d in probe("localhost", port, ca)}
    assert set(good.values()) == {State.OK}
    unknown = {d.key: d.state for d in probe("localhost", port, None)}
    assert unknown["tls_trust"] is State.BAD
    assert {d.key for d in probe("127.0.0.1", 1, None)} == {"tls_connect"}


def test_a_plain_port_is_no_tls(live_bench: Bench) -> None:
    found = {d.key: d.state for d in probe("127.0.0.1", live_bench.options.base_port, None)}
    assert found["tls_version"] is State.BAD


def test_a_certificate_for_another_name() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.test").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                    with context.wrap_socket(plain, server_side=True):
                        pass
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        with authority.cert_pem.tempfile() as ca:
            found = {d.key: d for d in probe("127.0.0.1", server.getsockname()[1], Path(ca))}
    assert found["tls_trust"].state is State.BAD
    assert "127.0.0.1" in found["tls_trust"].fix("fr")
