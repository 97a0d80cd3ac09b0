"""A small load generator: prebuilt requests over kept TLS connections, blocking sockets, one thread each."""

from __future__ import annotations

import socket
import ssl
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Result:
    """What one load showed; times in milliseconds, CPU in seconds of the server process, memory in MB."""

    answered: int
    seconds: float
    median_ms: float
    p95_ms: float
    cpu_seconds: float
    memory_mb: float
    failures: int

    @property
    def per_second(self) -> float:
        """Answers per second of wall clock."""
        return self.answered / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Answers per second of server CPU."""
        return self.answered / self.cpu_seconds if self.cpu_seconds else float("nan")


def client_context(ca: str, cert: str = "", key: str = "") -> ssl.SSLContext:
    """A client context that trusts the test CA and presents a certificate when given one."""
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if cert:
        context.load_cert_chain(cert, key)
    return context


def run(
    port: int,
    requests: Callable[[], Iterator[bytes]],
    *,
    context: ssl.SSLContext | None,
    pid: int,
    seconds: float = 4.0,
    connections: int = 2,
    good: bytes = b" 200 ",
) -> Result:
    """Send requests for ``seconds`` on kept connections; each connection draws from its own iterator."""
    times: list[list[float]] = [[] for _ in range(connections)]
    failures = [0] * connections
    start = threading.Barrier(connections + 1)
    stop = threading.Event()

    def worker(index: int) -> None:
        stream: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context:
            stream = context.wrap_socket(stream, server_hostname="localhost")
        start.wait()
        source = requests()
        while not stop.is_set():
            data = next(source)
            began = time.perf_counter()
            stream.sendall(data)
            head = _answer(stream)
            times[index].append((time.perf_counter() - began) * 1000)
            failures[index] += good not in head
        stream.close()

    threads = [threading.Thread(target=worker, args=(i,), daemon=True) for i in range(connections)]
    for thread in threads:
        thread.start()
    process = psutil.Process(pid)
    start.wait()
    cpu, began = _cpu(process), time.perf_counter()
    time.sleep(seconds)
    stop.set()
    elapsed = time.perf_counter() - began
    spent = _cpu(process) - cpu
    for thread in threads:
        thread.join(timeout=10)
    flat = sorted(x for row in times for x in row)
    return Result(
        len(flat),
        elapsed,
        statistics.median(flat),
        flat[int(len(flat) * 0.95)],
        spent,
        process.memory_info().rss / 1e6,
        sum(failures),
    )


@contextmanager
def connected(port: int, context: ssl.SSLContext) -> Iterator[Callable[[bytes], bytes]]:
    """A kept TLS connection: a function that sends a request and gives the status line of its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_hostname="localhost") as stream:

            def ask(data: bytes) -> bytes:
                stream.sendall(data)
                return _answer(stream)

            yield ask


def _answer(stream: socket.socket) -> bytes:
    """Read one answer with Content-Length; returns its status line."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            raise ConnectionError("closed by the server")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lowered = head.lower()
    if b"chunked" in lowered:
        while not body.endswith(b"0\r\n\r\n"):
            body += stream.recv(65536)
        return head.split(b"\r\n", 1)[0] + b" "
    at = lowered.index(b"content-length:") + 15
    length = int(lowered[at:].split(b"\r\n", 1)[0])
    got = len(body)
    while got < length:
        got += len(stream.recv(65536))
    return head.split(b"\r\n", 1)[0] + b" "


def post(path: str, body: bytes, content_type: str = "application/soap+xml; charset=utf-8") -> bytes:
    """The bytes of one POST."""
    head = (f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {content_type}")
    return "\r\n".join((*head, f"Content-Length: {len(body)}", "", "")).encode() + body


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system
