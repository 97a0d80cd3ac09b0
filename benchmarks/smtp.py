"""MSSanté submission by SMTP against aiosmtpd: messages a second, accepted and journaled, TLS, kept or new connections.

Both servers run in a process of their own with the same certificate and negotiate by STARTTLS. Ours checks a Pro Santé
Connect token, keeps each message in the recipient's mailbox and in the journal before its 250; aiosmtpd is the bare
library with a handler that keeps nothing and no login. Clients are blocking sockets that pipeline MAIL, RCPT and DATA.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks import load
from benchmarks.insi import _free_port as free_port
from benchmarks.insi import _wait as wait
from benchmarks.psc import _browser as browser
from benchmarks.psc import _login as login
from benchmarks.table import Row, show

SECONDS = float(os.environ.get("SEGUR_BENCH_SECONDS", "3"))
CONNECTIONS = 2
BOX = "claire.romarin@tilleuls.formation.mssante.fr"
TO = "luc.verveine@msp-chenes.formation.mssante.fr"
WANTED = {"5 kB, kept connections": 300, "5 kB, a connection each": 120, "100 kB, kept connections": 100}
_AIOSMTPD = """
import asyncio, ssl, sys
from aiosmtpd.smtp import SMTP
class Handler:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
async def main(port, cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), tls_context=context), "127.0.0.1", int(port))
    await server.serve_forever()
asyncio.run(main(*sys.argv[1:]))
"""


def main() -> None:
    """Measure both servers in one run and print the ratios."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        command = [sys.executable, "-m", "harness", "up", "--json", "--home", folder, "--base-port", "25200"]
        bench = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert bench.stdout
        try:
            status = json.loads(bench.stdout.readline())
            ours = _ours(status, bench.pid)
        finally:
            bench.terminate()
            bench.wait()
        other = _aiosmtpd(status, Path(folder))
    rows = []
    for name, result in ours.items():
        compared = f"{result.per_second / WANTED[name]:.1f} × the wanted {WANTED[name]}/s"
        if other:
            compared += f"; {result.per_second / other[name].per_second:.1f} × aiosmtpd"
        rows.append(Row(f"ours, {name}", result, compared))
    rows += [Row(f"aiosmtpd, {name}", result, "") for name, result in other.items()]
    show("MSSanté submission", rows)
    if not other:
        print("aiosmtpd not measured: pip install aiosmtpd")


def _ours(status: dict[str, Any], pid: int) -> dict[str, load.Result]:
    with browser(status) as http:
        token = login(http, status)["access_token"]
    secret = base64.b64encode(f"user={BOX}\1auth=Bearer {token}\1\1".encode())
    port = int(urlsplit(status["endpoints"]["smtp"]).port or 0)
    return _measured(port, load.client_context(status["ca"]), b"AUTH XOAUTH2 " + secret + b"\r\n", pid)


def _aiosmtpd(status: dict[str, Any], home: Path) -> dict[str, load.Result]:
    if importlib.util.find_spec("aiosmtpd") is None:
        return {}
    port, server = free_port(), home / "pki" / "credentials" / "server"
    argv = [sys.executable, "-c", _AIOSMTPD, str(port), str(server / "chain.pem"), str(server / "key.pem")]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    try:
        wait(port, process)
        return _measured(port, load.client_context(status["ca"]), b"", process.pid)
    finally:
        process.terminate()
        process.wait()


def _measured(port: int, context: ssl.SSLContext, auth: bytes, pid: int) -> dict[str, load.Result]:
    small, large = _message(5_000), _message(100_000)

    def kept(message: bytes) -> Callable[[], Callable[[], bool]]:
        def open_() -> Callable[[], bool]:
            client = Client(port, context, auth)
            return lambda: client.send(message)

        return open_

    def each() -> Callable[[], bool]:
        return lambda: Client(port, context, auth).send(small, last=True)

    return {
        "5 kB, kept connections": _run(kept(small), pid),
        "5 kB, a connection each": _run(each, pid),
        "100 kB, kept connections": _run(kept(large), pid),
    }


class Client:
    """One connection: greeted, in TLS, logged in."""

    def __init__(self, port: int, context: ssl.SSLContext, auth: bytes) -> None:
        self.stream: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies(1)
        for command in (b"EHLO poste.cabinet.example\r\n", b"STARTTLS\r\n"):
            self.stream.sendall(command)
            self.replies(1)
        self.stream = context.wrap_socket(self.stream, server_hostname="localhost")
        for command in (b"EHLO poste.cabinet.example\r\n", auth):
            if command:
                self.stream.sendall(command)
                if self.replies(1)[-1][:1] != b"2":
                    raise ConnectionError("refused")

    def send(self, message: bytes, *, last: bool = False) -> bool:
        """One message; whether it was accepted."""
        self.stream.sendall(f"MAIL FROM:<{BOX}>\r\nRCPT TO:<{TO}>\r\nDATA\r\n".encode())
        self.replies(3)
        self.stream.sendall(message)
        good = self.replies(1)[-1].startswith(b"250")
        if last:
            self.stream.close()
        return good

    def replies(self, count: int) -> list[bytes]:
        """That many replies, the lines of each but the last left out."""
        data, found = b"", []
        while len(found) < count:
            part = self.stream.recv(65536)
            if not part:
                raise ConnectionError("closed by the server")
            data += part
            *lines, data = data.split(b"\r\n")
            found += [line for line in lines if line[3:4] == b" "]
        return found


def _run(make: Callable[[], Callable[[], bool]], pid: int) -> load.Result:
    times: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    failures = [0] * CONNECTIONS
    start, stop = threading.Barrier(CONNECTIONS + 1), threading.Event()

    def worker(index: int) -> None:
        act = make()
        start.wait()
        while not stop.is_set():
            began = time.perf_counter()
            good = act()
            times[index].append((time.perf_counter() - began) * 1000)
            failures[index] += not good

    threads = [threading.Thread(target=worker, args=(index,), daemon=True) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    process = psutil.Process(pid)
    start.wait()
    cpu, began = load._cpu(process), time.perf_counter()
    time.sleep(SECONDS)
    stop.set()
    elapsed, spent = time.perf_counter() - began, load._cpu(process) - cpu
    for thread in threads:
        thread.join(timeout=10)
    flat = sorted(one for row in times for one in row)
    middle, late = statistics.median(flat), flat[int(len(flat) * 0.95)]
    return load.Result(len(flat), elapsed, middle, late, spent, process.memory_info().rss / 1e6, sum(failures))


def _message(size: int) -> bytes:
    head = f"From: {BOX}\r\nTo: {TO}\r\nSubject: XDM/1.0/DDM+Essai\r\nMessage-ID: <mesure@cabinet.example>\r\n\r\n"
    line = "x" * 76 + "\r\n"
    return (head + line * ((size - len(head)) // len(line))).encode() + b".\r\n"


if __name__ == "__main__":
    main()
