"""Reading handshake messages: what OpenSSL really sends, and anything else."""

from __future__ import annotations

import ssl

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from norms.tls.hello import certificates, client_hello


def sent(**options: object) -> bytes:
    """The ClientHello that this machine's OpenSSL writes, without the record header."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    for name, value in options.items():
        if name == "ciphers":
            context.set_ciphers(str(value))
        elif name != "host":
            setattr(context, name, value)
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=str(options.get("host", "")) or None)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()[5:]


def test_a_real_client_hello() -> None:
    hello = client_hello(sent(host="services-ps.ameli.fr"))
    assert hello is not None
    assert hello.server_name == "services-ps.ameli.fr"
    assert hello.newest == "TLSv1.3"
    assert 0x1301 in hello.suites


def test_an_older_client_and_no_name() -> None:
    hello = client_hello(sent(maximum_version=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-RSA-AES128-GCM-SHA256"))
    assert hello is not None
    assert (hello.newest, hello.server_name) == ("TLSv1.2", "")
    assert hello.suites[0] == 0xC02F


def test_meaningless_numbers_are_left_out() -> None:
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\x00\x04\x0a\x0a\xc0\x2f" + b"\x01\x00"
    body += b"\x00\x09" + b"\x00\x2b\x00\x05\x04\xfa\xfa\x03\x04"
    hello = client_hello(b"\x01" + len(body).to_bytes(3, "big") + body)
    assert hello is not None
    assert hello.suites == (0xC02F,)
    assert hello.versions == (0x0304,)


def test_an_unknown_version_is_said_as_a_number() -> None:
    body = b"\x7f\x01" + bytes(32) + b"\0\0\0\0"
    hello = client_hello(b"\x01" + len(body).to_bytes(3, "big") + body)
    assert hello is not None
    assert hello.newest == "0x7f01"


@given(st.binary(max_size=400))
def test_noise_is_no_hello(data: bytes) -> None:
    assert client_hello(data) is None or data[0] == 1
    assert certificates(data) == () or data[0] == 11


@given(st.integers(0, 520), st.integers(0, 255))
def test_an_altered_or_cut_hello_never_breaks(at: int, value: int) -> None:
    message = bytearray(HELLO)
    message[at % len(message)] = value
    client_hello(bytes(message))
    client_hello(HELLO[: at % len(HELLO)])


def test_certificates_of_both_forms() -> None:
    ca = trustme.CA()
    chain = [
        ssl.PEM_cert_to_DER_cert(blob.bytes().decode())
        for blob in (ca.issue_cert("a.test").cert_chain_pems[0], ca.cert_pem)
    ]

    def block(data: bytes, size: int = 3) -> bytes:
        return len(data).to_bytes(size, "big") + data

    older = block(b"".join(block(der) for der in chain))
    newer = block(b"", 1) + block(b"".join(block(der) + block(b"ext", 2) for der in chain))
    for body in (older, newer):
        assert certificates(b"\x0b" + block(body)) == tuple(chain)
        assert certificates(b"\x0b" + block(body[:-1])) == ()
    assert certificates(b"\x0b" + block(block(b""))) == ()
    assert certificates(b"\x0b" + block(block(b"", 1) + block(b""))) == ()


HELLO = sent(host="services-ps.ameli.fr")
