"""The machine: Python, TLS library, clock, disk, ports, proxy settings, certificates, reachability."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.doctor.model import Diagnosis, bad, ok, warn
from harness.home import Home
from mocks.addresses import ADDRESSES

NEEDED_MB = 500
LOCAL = ("127.0.0.1", "localhost")


def examine(
    home: Home,
    base_port: int,
    running: dict[str, Any] | None,
    *,
    public_name: str = "",
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Diagnosis]:
    """Every check of the machine, in the order in which one would mend things.

    ``running`` is the status of the bench that answers on this home, None when there is none.
    """
    yield _python()
    yield _openssl()
    yield _clock(home)
    yield _disk(home)
    yield _proxy(environ)
    yield from _ports(base_port, running)
    yield from _certificates(home)
    if public_name:
        yield from _reach(public_name, base_port, running)


def _python() -> Diagnosis:
    found = ".".join(map(str, sys.version_info[:3]))
    return ok("python", found=found) if sys.version_info >= (3, 11) else bad("python", found=found)


def _openssl() -> Diagnosis:
    modern = ssl.HAS_TLSv1_2 and ssl.HAS_TLSv1_3
    return (ok if modern else bad)("openssl", found=ssl.OPENSSL_VERSION)


def _clock(home: Home) -> Diagnosis:
    """No time server is asked: nothing leaves this machine. A clock behind files it wrote itself is surely wrong."""
    newest = max((f.stat().st_mtime for f in home.root.iterdir()), default=0.0)
    behind = newest - time.time()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if behind > 120:
        return bad("clock", now=now, minutes=round(behind / 60))
    if not time.tzname[0] or datetime.now(UTC).year < 2025:
        return warn("clock", now=now)
    return ok("clock", now=now)


def _disk(home: Home) -> Diagnosis:
    free = shutil.disk_usage(home.root).free // 1_000_000
    if not os.access(home.root, os.W_OK):
        return bad("disk", folder=home.root, free=free)
    return (ok if free >= NEEDED_MB else warn)("disk", folder=home.root, free=free, needed=NEEDED_MB)


def _proxy(environ: Mapping[str, str]) -> Diagnosis:
    names = [n for n in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY") if environ.get(n)]
    spared = (environ.get("NO_PROXY") or environ.get("no_proxy") or "").replace(" ", "").split(",")
    if names and not ("*" in spared or all(name in spared for name in LOCAL)):
        return warn("proxy", names=", ".join(names))
    return ok("proxy", names=", ".join(names) or "–")


def _ports(base_port: int, running: dict[str, Any] | None) -> Iterator[Diagnosis]:
    if running:
        yield ok("ports_running", console=running["console"])
        return
    taken = []
    for row in ADDRESSES:
        kind = socket.SOCK_DGRAM if row.scheme == "udp" else socket.SOCK_STREAM
        with socket.socket(type=kind) as probe:
            # On Windows, and for datagrams, this option means the opposite: two programs on one port.
            if os.name != "nt" and kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", base_port + row.offset))
            except OSError:
                taken.append(f"{base_port + row.offset} ({row.name})")
    last = base_port + max(row.offset for row in ADDRESSES)
    if taken:
        yield bad("ports", taken=", ".join(taken), other=base_port + 1000)
    else:
        yield ok("ports", first=base_port, last=last)


def _certificates(home: Home) -> Iterator[Diagnosis]:
    from cryptography import x509

    leaf = home.pki / "credentials" / "server" / "cert.pem"
    if not leaf.exists():
        yield warn("certificates", folder=home.pki)
        return
    until = datetime.now(UTC)
    for name in sorted(folder.name for folder in leaf.parent.parent.iterdir()):
        path = leaf.parent.parent / name / "cert.pem"
        if name not in ("server", "insi-auto", "insi-manu", "org-auth-cli", "org-sign", "cps-auth", "cps-sign"):
            continue
        try:
            one = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError):
            yield bad("certificates_unreadable", file=path)
            return
        if one.not_valid_before_utc > datetime.now(UTC):
            yield bad("certificates_early", name=name, since=one.not_valid_before_utc.isoformat(timespec="minutes"))
            return
        if one.not_valid_after_utc <= datetime.now(UTC):
            yield bad("certificates", name=name, until=one.not_valid_after_utc.date())
            return
        until = one.not_valid_after_utc if name == "server" else until
    yield ok("certificates", folder=home.pki, until=until.date())


def _reach(name: str, base_port: int, running: dict[str, Any] | None) -> Iterator[Diagnosis]:
    """Can a container, a virtual machine or another PC that knows this machine as ``name`` meet the bench?"""
    try:
        found = sorted({str(info[4][0]) for info in socket.getaddrinfo(name, None, socket.AF_INET)})
    except OSError:
        yield bad("reach_name", name=name, mine=", ".join(own_addresses()))
        return
    yield ok("reach_name", name=name, found=", ".join(found))
    if all(address.startswith("127.") for address in found):
        yield warn("reach_loopback", name=name, mine=", ".join(own_addresses()))
    if not running:
        yield warn("reach_running", name=name)
        return
    try:
        socket.create_connection((name, base_port + 1), timeout=3).close()
    except OSError as error:
        yield bad("reach_port", name=name, port=base_port + 1, error=error)
        return
    yield ok("reach_port", name=name, port=base_port + 1)
    yield _served_name(name, base_port + 1, Path(running["ca"]))


def _served_name(name: str, port: int, ca: Path) -> Diagnosis:
    context = ssl.create_default_context(cafile=str(ca))
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    try:
        with (
            socket.create_connection((name, port), timeout=3) as plain,
            context.wrap_socket(plain, server_hostname=name),
        ):
            return ok("reach_certificate", name=name)
    except OSError as error:
        return bad("reach_certificate", name=name, error=error)


def own_addresses() -> list[str]:
    """IPv4 addresses by which others may reach this machine; nothing is sent to find out."""
    found = {str(info[4][0]) for info in _lookup(socket.gethostname())}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a UDP connect only asks the routing table which address would be used
            found.add(probe.getsockname()[0])
        except OSError:
            pass
    return sorted(a for a in found if not a.startswith("127.")) or ["127.0.0.1"]


def _lookup(name: str) -> list[Any]:
    try:
        return list(socket.getaddrinfo(name, None, socket.AF_INET))
    except OSError:
        return []
