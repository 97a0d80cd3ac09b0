"""What a client says at the start of a TLS handshake: versions, suites, server name; and the certificates it sends.

Input is one handshake message with its four-byte header (type, length), as the TLS library hands it over.
"""

from __future__ import annotations

from dataclasses import dataclass

from norms.tls.names import VERSIONS

CLIENT_HELLO, CERTIFICATE = 1, 11
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43


@dataclass(frozen=True, slots=True)
class ClientHello:
    """The offer of a client: newest version first, suites by number, the host name asked for (empty when none)."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    server_name: str = ""

    @property
    def newest(self) -> str:
        """The newest version offered, as people write it."""
        return VERSIONS.get(self.versions[0], hex(self.versions[0])) if self.versions else ""


class _Bytes:
    """A reader that raises IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise IndexError
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def block(self, size: int) -> bytes:
        """A field preceded by its length in ``size`` bytes."""
        return self.take(self.number(size))

    def __bool__(self) -> bool:
        return self.at < len(self.data)


def client_hello(message: bytes) -> ClientHello | None:
    """Read a ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2); None when the bytes are none."""
    try:
        return _client_hello(message)
    except IndexError:
        return None


def _client_hello(message: bytes) -> ClientHello | None:
    read = _Bytes(message)
    if read.number(1) != CLIENT_HELLO:
        return None
    read = _Bytes(read.block(3))
    legacy = read.number(2)
    read.take(32)
    read.block(1)
    suites = _numbers(read.block(2))
    read.block(1)
    versions: tuple[int, ...] = (legacy,)
    server_name = ""
    extensions = _Bytes(read.block(2)) if read else _Bytes(b"")
    while extensions:
        kind, content = extensions.number(2), _Bytes(extensions.block(2))
        if kind == _SUPPORTED_VERSIONS:
            versions = tuple(sorted(_numbers(content.block(1)), reverse=True)) or versions
        elif kind == _SERVER_NAME:
            names = _Bytes(content.block(2))
            names.take(1)
            server_name = names.block(2).decode("ascii", "replace")
    return ClientHello(versions, suites, server_name)


def _numbers(data: bytes) -> tuple[int, ...]:
    """Two-byte numbers, without the meaningless ones that some clients slip in (GREASE, RFC 8701)."""
    pairs = (int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))
    return tuple(value for value in pairs if value & 0x0F0F != 0x0A0A or value >> 8 != value & 0xFF)


def certificates(message: bytes) -> tuple[bytes, ...]:
    """The certificates (DER, leaf first) of a Certificate message of TLS 1.3 or earlier; empty when there is none."""
    read = _Bytes(message)
    try:
        if read.number(1) != CERTIFICATE:
            return ()
        body = read.block(3)
        if len(body) >= 3 and int.from_bytes(body[:3], "big") == len(body) - 3:  # before TLS 1.3: the list alone
            return tuple(_entries(_Bytes(body[3:]), extensions=False))
        read = _Bytes(body)
        read.block(1)  # request context
        return tuple(_entries(_Bytes(read.block(3)), extensions=True))
    except IndexError:
        return ()


def _entries(read: _Bytes, *, extensions: bool) -> list[bytes]:
    found = []
    while read:
        found.append(read.block(3))
        if extensions:
            read.block(2)
    return found
