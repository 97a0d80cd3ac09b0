"""The handshake doctor, from facts alone (with real peers: tests/mocks/test_listener.py)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.texts import LANGS
from norms.tls.handshake import Failure, Refused, covers, diagnose
from norms.tls.hello import ClientHello

WORDS = st.text("abcé .-*", max_size=9)
HELLOS = st.builds(ClientHello, st.lists(st.integers(0, 65535)).map(tuple), st.just(()), WORDS)
HELLO = ClientHello((0x0304, 0x0303), (0x1301, 0xC02F), "insi.exemple.test")
NAMES = ("insi.exemple.test", "*.banc.test", "127.0.0.1")
OTHER = ClientHello((0x0303,), (0xC02F,), "autre.exemple.test")


@pytest.mark.parametrize(
    ("failure", "code", "rule"),
    [
        (Failure(hello=HELLO, reason="CERTIFICATE_VERIFY_FAILED", verify_code=10), "expired", "TLS-CERT-03"),
        (Failure(hello=HELLO, reason="CERTIFICATE_VERIFY_FAILED", verify_code=68), "weak-certificate", "TLS-CERT-07"),
        (Failure(hello=HELLO, reason="CERTIFICATE_VERIFY_FAILED", verify_code=7), "bad-signature", "TLS-CERT-08"),
        (Failure(hello=HELLO, reason="CERTIFICATE_VERIFY_FAILED", verify_code=99), "bad-certificate", "TLS-CERT-09"),
        (Failure(hello=HELLO, reason="BAD_SIGNATURE"), "bad-signature", "TLS-CERT-08"),
        (Failure(hello=HELLO, reason="NO_SUITABLE_KEY_SHARE"), "no-shared-cipher", "TLS-PROTO-02"),
        (Failure(hello=HELLO, alert=46, server_names=NAMES), "client-alert", "TLS-CLIENT-03"),
        (Failure(hello=OTHER, alert=46, server_names=NAMES), "client-alert", "TLS-CLIENT-02"),
        (Failure(hello=HELLO, alert=45, server_names=NAMES), "client-alert", "TLS-CLIENT-04"),
        (Failure(hello=HELLO, alert=80), "client-alert", "TLS-CLIENT-06"),
        (Failure(hello=HELLO, alert=200), "client-alert", "TLS-CLIENT-06"),
        (Failure(hello=HELLO, server_names=NAMES), "closed", "TLS-CLIENT-05"),
        (Failure(hello=OTHER, server_names=NAMES), "closed", "TLS-CLIENT-02"),
        (Failure(hello=HELLO, server_names=NAMES, completed=True), "no-request", "TLS-CLIENT-07"),
        (Failure(hello=OTHER, server_names=NAMES, completed=True), "no-request", "TLS-CLIENT-02"),
        (Failure(hello=HELLO, timed_out=True), "timeout", "TLS-PROTO-05"),
        (Failure(opening=b"", timed_out=True), "timeout", "TLS-PROTO-05"),
        (Failure(opening=b"EHLO ", reason="WRONG_VERSION_NUMBER"), "not-tls", "TLS-PROTO-04"),
        (Failure(opening=b"CONNE", reason="HTTPS_PROXY_REQUEST"), "not-tls", "TLS-PROTO-03"),
        (Failure(hello=HELLO, reason="SOMETHING_NEW", detail="words"), "failed", "TLS-PROTO-06"),
    ],
)
def test_diagnoses(failure: Failure, code: str, rule: str) -> None:
    found = diagnose(failure)
    assert (found.code, found.finding.rule) == (code, rule)


def test_the_message_names_the_certificate_and_the_cause() -> None:
    seen = Refused("CN=INSI-AUTO", "CN=AC INCONNUE", "2020-01-01", "2023-01-01", "emailProtection", "1024 bits, sha1")
    for verify, word in (
        (10, "2023-01-01"),
        (9, "2020-01-01"),
        (20, "CN=AC INCONNUE"),
        (26, "emailProtection"),
        (66, "1024"),
    ):
        for lang in LANGS:
            message = diagnose(Failure(hello=HELLO, verify_code=verify, certificate=seen)).finding.message(lang)
            assert word in message
            assert "INSI-AUTO" in message


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("insi.exemple.test", True),
        ("INSI.Exemple.Test.", True),
        ("a.banc.test", True),
        ("a.b.banc.test", False),
        ("banc.test", False),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("autre.exemple.test", False),
    ],
)
def test_names(host: str, covered: bool) -> None:
    assert covers(NAMES, host) is covered


@given(
    st.builds(
        Failure,
        reason=WORDS,
        detail=WORDS,
        verify_code=st.integers(0, 120),
        alert=st.none() | st.integers(0, 255),
        opening=st.binary(max_size=5),
        hello=st.none() | st.builds(ClientHello, st.lists(st.integers(0, 65535)).map(tuple), st.just(()), WORDS),
        server_names=st.lists(WORDS, max_size=2),
        timed_out=st.booleans(),
        completed=st.booleans(),
    )
)
def test_whatever_is_known_there_is_a_diagnosis(failure: Failure) -> None:
    found = diagnose(failure)
    assert found.code
    for lang in LANGS:
        assert found.finding.message(lang)
        assert "{" not in found.finding.message(lang)
