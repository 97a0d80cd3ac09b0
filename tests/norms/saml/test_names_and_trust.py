"""Distinguished names in all their spellings; chains of certificates."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from norms.saml import BadCertificate, TrustStore, certificate
from norms.saml.dn import name_parts, read_dn
from norms.saml.trust import read_certificate
from tests import insi_kit as kit

NAME = kit.card().cert.subject  # C=FR, T=Médecin, {GN=AGNÈS + CN=899700000017 + SN=DURAND, FILLE}


@pytest.mark.parametrize(
    "written",
    [
        "CN=899700000017+GN=AGNÈS+SN=DURAND\\, FILLE,T=Médecin,C=FR",
        "C=FR, T=Médecin, GN=AGNÈS+CN=899700000017+SN=DURAND\\2C FILLE",
        'C=FR;title=médecin;givenName=Agnès+CN=899700000017+surname="Durand, Fille"',
        "/C=FR/T=Médecin/GN=AGNÈS/CN=899700000017/SN=DURAND\\, FILLE",
        "OID.2.5.4.6=FR, 2.5.4.12=Médecin, G=AGN\\C3\\88S + CN=899700000017 + 2.5.4.4=DURAND\\,  FILLE",
        "C=FR,T=#0c084dc3a9646563696e,GN=AGNÈS+CN=899700000017+SN=DURAND\\, FILLE",
    ],
)
def test_spellings_of_one_name(written: str) -> None:
    assert read_dn(written) == name_parts(NAME)


@pytest.mark.parametrize("written", ["", "DURAND", "CN", "CN=a,=b", "CN=a,XX=b", "CN=a,,", "=a", "/"])
def test_not_names(written: str) -> None:
    assert read_dn(written) is None


@pytest.mark.parametrize("written", ["CN=899700000017", "CN=899700000018+GN=AGNÈS+SN=DURAND\\, FILLE,T=Médecin,C=FR"])
def test_other_names(written: str) -> None:
    assert read_dn(written) not in (None, name_parts(NAME))


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=30).filter(str.strip)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.TITLE, NameOID.SURNAME]),
            TEXT,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_the_library_writes_is_read(parts: list[tuple[x509.ObjectIdentifier, str]]) -> None:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    assert read_dn(name.rfc4514_string()) == name_parts(name)


@given(st.text(max_size=200))
def test_any_text_is_read_or_not(text: str) -> None:
    read_dn(text)


def test_chain_ends_at_a_root_of_the_bundle() -> None:
    leaf = certificate(kit.card().cert)
    assert TrustStore.from_pem(kit.bundle()).chain(leaf).trusted
    assert not TrustStore.from_pem(kit.intermediate().pem).chain(leaf).trusted
    assert not TrustStore.from_pem(kit.authority().pem).chain(leaf).trusted
    assert not TrustStore(()).chain(leaf).trusted


def test_verdicts_are_kept_by_fingerprint_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("norms.saml.trust._MAX_VERDICTS", 2)
    store = TrustStore.from_pem(kit.bundle())
    leaves = [certificate(kit.card(cn=str(n)).cert) for n in range(4)]
    assert all(store.chain(leaf) is store.chain(leaf) for leaf in leaves)
    assert len(store._chains) <= 2


def test_facts_of_a_card() -> None:
    leaf = certificate(kit.card().cert)
    assert (leaf.common_name, leaf.card_type, leaf.may_sign) == ("899700000017", 0, True)
    assert leaf.serial == f"{kit.card().cert.serial_number:x}"
    assert certificate(kit.card(card_type=None).cert).card_type is None


@pytest.mark.parametrize("text", ["", "AAAA", "é", "not base64!"])
def test_not_certificates(text: str) -> None:
    with pytest.raises(BadCertificate):
        read_certificate(text)


def test_only_rsa() -> None:
    import base64

    from cryptography.hazmat.primitives import hashes, serialization

    held = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(held.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + kit.DAY)
        .sign(held, hashes.SHA256())
    )
    with pytest.raises(BadCertificate, match="RSA"):
        read_certificate(base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode())
