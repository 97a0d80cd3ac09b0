"""TLS profiles on a session's own port: what a sound client accepts, what it refuses, what the journal says."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

import pytest

from mocks.igc.pki import Pki
from mocks.mssante.tls import FAULTY, REF2, profiles
from tests.smtp_kit import Operated, operating


@pytest.fixture(scope="module")
def bench(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as operated:
        yield operated


@pytest.fixture
def op(bench: Operated) -> Operated:
    bench.session.reset()
    bench.hub.journal.purge()
    return bench


def strict(op: Operated) -> ssl.SSLContext:
    """A client as the référentiel wants it, revocation included."""
    context = op.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(REF2 + ":@SECLEVEL=2")
    context.load_verify_locations(op.pki.crl)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


@pytest.mark.parametrize(("name", "version"), [("ref2", "TLSv1.2"), ("ref2+13", "TLSv1.3")])
def test_sound_profiles(op: Operated, name: str, version: str) -> None:
    op.session.switches.set({"mssante.tls": name})
    with smtplib.SMTP("localhost", op.ports["smtp"], timeout=30) as client:
        client.starttls(context=op.context())
        assert client.sock.version() == version  # type: ignore[union-attr]
        client.ehlo()
    assert op.kept("starttls")[0].facts["tls_profile"] == name
    assert not op.rules()


@pytest.mark.parametrize("suite", REF2.split(":"))
def test_each_suite_of_the_list(op: Operated, suite: str) -> None:
    context = op.context()
    context.set_ciphers(suite)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with smtplib.SMTP("localhost", op.ports["smtp"], timeout=30) as client:
        client.starttls(context=context)
        assert client.sock.cipher()[0] == suite  # type: ignore[union-attr]


@pytest.mark.parametrize("name", FAULTY)
def test_a_strict_client_leaves_and_the_journal_says_well_done(op: Operated, name: str) -> None:
    op.session.switches.set({"mssante.tls": name})
    client = smtplib.SMTP("localhost", op.ports["smtp"], timeout=30)
    with pytest.raises((ssl.SSLError, smtplib.SMTPServerDisconnected, ConnectionError)):
        client.starttls(context=strict(op))
    client.close()
    refused = op.awaited("handshake")[0]
    assert [finding.rule for finding in refused.findings] == ["SASL-TLS-02"], refused
    assert (refused.facts["tls_profile"], refused.session, refused.listener) == (name, op.session.id, "smtp")
    assert not op.kept("starttls")


@pytest.mark.parametrize("name", ["weak-suite", "short-dh", "expired", "revoked", "wrong-ca", "wrong-name", "legacy"])
def test_a_lax_client_is_told(op: Operated, name: str) -> None:
    op.session.switches.set({"mssante.tls": name})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with smtplib.SMTP("localhost", op.ports["smtp"], timeout=30) as client:
        client.starttls(context=context)
        client.ehlo()
    assert op.rules() == ["SASL-TLS-03"]
    assert name in op.kept("starttls")[0].findings[0].message("fr")


def test_a_client_that_judges_after_the_handshake_is_not_blamed(op: Operated) -> None:
    op.session.switches.set({"mssante.tls": "wrong-name"})
    client = smtplib.SMTP("localhost", op.ports["smtp"], timeout=30)
    lax = op.context()
    lax.check_hostname = False
    client.starttls(context=lax)
    client.close()
    assert op.awaited("handshake")[0].findings[0].rule == "SASL-TLS-02"
    assert not op.awaited("starttls")[0].findings


def test_faults_stay_on_the_sessions_own_port(op: Operated) -> None:
    op.hub.sessions.default.switches.set({"mssante.tls": "expired"})
    assert op.operator.tls.name(1) == "ref2"
    op.hub.sessions.default.switches.clear()
    assert set(profiles(op.pki.folder)) == {"ref2", "ref2+13", *FAULTY}
