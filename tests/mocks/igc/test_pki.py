"""The test PKI: its shape and its files."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mocks.igc import files
from mocks.igc.pki import PASSWORD, Pki
from mocks.igc.profiles import authorities, plans
from mocks.world import World
from tests.mocks.igc.conftest import leaf


def vendor(certificate: x509.Certificate) -> dict[str, bytes]:
    """The 1.2.250.1.71.1.2.x extensions, DER."""
    found = {}
    for extension in certificate.extensions:
        if extension.oid.dotted_string.startswith("1.2.250.1.71.1.2."):
            assert isinstance(extension.value, x509.UnrecognizedExtension)
            found[extension.oid.dotted_string.rpartition(".")[2]] = extension.value.value
    return found


def test_the_hierarchy_has_the_shape_of_igc_sante(pki: Pki) -> None:
    for id, plan in authorities().items():
        certificate = files.read_certificate(pki.folder / "authorities" / f"{id}.pem")
        assert [attribute.oid for attribute in certificate.subject] == [
            NameOID.COUNTRY_NAME,
            NameOID.ORGANIZATION_NAME,
            NameOID.ORGANIZATIONAL_UNIT_NAME,
            NameOID.ORGANIZATIONAL_UNIT_NAME,
            NameOID.COMMON_NAME,
        ]
        units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        assert units[1].value == "IGC-SANTE TEST"
        assert "SEGUR-HARNESS TEST" in certificate.subject.rfc4514_string()
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value.path_length == (0 if plan.parent else None)
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.key_cert_sign
        assert usage.value.crl_sign
        assert not usage.value.digital_signature
        assert (certificate.serial_number.bit_length() + 7) // 8 == 18
        parent = files.read_certificate(pki.folder / "authorities" / f"{plan.parent or id}.pem")
        certificate.verify_directly_issued_by(parent)


def test_an_organisation_certificate(pki: Pki) -> None:
    certificate = leaf(pki, "insi-auto")
    assert certificate.subject.rfc4514_string() == (
        "CN=INSI-AUTO,OU=399999001300016,O=CABINET DES TILLEULS,ST=Paris (75),C=FR"
    )
    issuer = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    assert str(issuer).endswith("TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS")
    assert (certificate.serial_number.bit_length() + 7) // 8 == 16
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.content_commitment
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not vendor(certificate)


def test_card_certificates(pki: Pki) -> None:
    person = World.load().professionals["dr-romarin"]
    for name, marker in (("cps-auth", 0x80), ("cps-sign", 0x80)):
        certificate = leaf(pki, name)
        assert [len(rdn) for rdn in certificate.subject.rdns] == [1, 1, 3], "country, title, {GN + CN + SN}"
        words = {attribute.oid: attribute.value for attribute in certificate.subject}
        assert words[NameOID.COMMON_NAME] == person.national_id
        assert words[NameOID.SURNAME] == person.family_name
        assert words[NameOID.GIVEN_NAME] == person.given_name
        assert words[NameOID.TITLE] == "Médecin"
        assert vendor(certificate) == {
            "2": b"\x02\x01\x00",
            "3": b"\x13\x158025000001/" + person.card_serial.encode(),
            "5": bytes([4, 1, marker]),
            "7": b"\x02\x01\x0a",
        }
    sign = leaf(pki, "cps-sign").extensions.get_extension_for_class(x509.KeyUsage).value
    assert sign.content_commitment
    assert not sign.digital_signature
    (upn,) = leaf(pki, "cps-auth").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert isinstance(upn, x509.OtherName)
    assert upn.value[2:].decode() == f"{person.national_id}@carte-cps.fr"
    assert vendor(leaf(pki, "cpe-auth"))["2"] == b"\x02\x01\x02"
    assert "7" not in vendor(leaf(pki, "cpe-auth")), "an employee has no profession"


def test_country_is_printable_and_the_rest_utf8(pki: Pki) -> None:
    der = leaf(pki, "insi-auto").subject.public_bytes()
    assert b"\x13\x02FR" in der
    assert b"\x0c\x09INSI-AUTO" in der


def test_every_distribution_point_is_ours(pki: Pki) -> None:
    for name in plans():
        text = leaf(pki, name).public_bytes(files.Encoding.DER)
        assert b"http://127.0.0.1:18443/CRL/" in text
        assert b"http://127.0.0.1:18443/ocsp" in text
        assert b"esante.gouv.fr/CRL" not in text


def test_the_negative_ones_differ_by_one_thing(pki: Pki) -> None:
    now = datetime.now(UTC)
    good = leaf(pki, "insi-auto")
    assert leaf(pki, "expired").not_valid_after_utc < now
    assert leaf(pki, "not-yet-valid").not_valid_before_utc > now
    assert pki.revoked(pki.credential("revoked").serial)
    assert not pki.revoked(pki.credential("insi-auto").serial)
    for name in ("expired", "not-yet-valid", "revoked", "wrong-ca", "no-clientauth"):
        assert leaf(pki, name).subject == good.subject
    for name in ("expired", "not-yet-valid", "revoked", "wrong-cn", "no-clientauth", "wrong-ou"):
        assert leaf(pki, name).issuer == good.issuer
    assert leaf(pki, "wrong-ca").issuer != good.issuer


def test_the_server_carries_every_name(pki: Pki) -> None:
    names = leaf(pki, "server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost"} == set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "::1"} == {str(a) for a in names.get_values_for_type(x509.IPAddress)}
    other = leaf(pki, "server-wrong-name").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert other.get_values_for_type(x509.DNSName) == ["autre.exemple.test"]


def test_every_file_is_what_it_says(pki: Pki) -> None:
    for name in ("server", "cps-auth", "expired", "wrong-ca"):
        held = pki.credential(name)
        key, certificate, above = pkcs12.load_key_and_certificates(held.p12.read_bytes(), PASSWORD.encode())
        assert certificate is not None
        assert certificate == leaf(pki, name)
        assert key is not None
        assert key.public_key() == certificate.public_key()
        assert certificate.fingerprint(files.hashes.SHA256()).hex() == held.sha256
        assert above, "the authorities come with it"
        assert (held.folder / "password.txt").read_text().strip() == PASSWORD
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(held.chain, held.key)
    trusted = {plan.id for plan in authorities().values() if plan.trusted}
    assert len(x509.load_pem_x509_certificates(pki.ca.read_bytes())) == len(trusted)
    assert len(pkcs7.load_der_pkcs7_certificates((pki.folder / "ca.p7b").read_bytes())) == len(trusted)
    assert "ETRANGERE" not in trusted
    assert (pki.folder / ".gitignore").read_text() == "*\n"


@pytest.mark.skipif(os.name == "nt", reason="no file modes on this system")
def test_private_files_are_for_their_owner(pki: Pki) -> None:
    private = [*pki.folder.rglob("*key.pem"), *pki.folder.rglob("bundle.p12")]
    assert len(private) >= len(plans()) + len(authorities())
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_agrees(pki: Pki) -> None:
    def verify(name: str) -> str:
        command = ["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", str(pki.ca), "-CRLfile", str(pki.crl)]
        done = subprocess.run([*command, str(pki.credential(name).cert)], capture_output=True, text=True)
        return done.stdout + done.stderr

    for name, words in {
        "insi-auto": ": OK",
        "server": ": OK",
        "cps-auth": ": OK",
        "cpe-auth": ": OK",
        "org-sign": ": OK",
        "wrong-cn": ": OK",
        "expired": "expired",
        "not-yet-valid": "not yet valid",
        "revoked": "revoked",
        "server-revoked": "revoked",
        "wrong-ca": "unable to get",
    }.items():
        assert words in verify(name), name


@pytest.mark.skipif(shutil.which("keytool") is None, reason="no Java on this machine")
def test_java_reads_the_stores(pki: Pki) -> None:
    command = ["keytool", "-list", "-storepass", PASSWORD, "-keystore"]
    trust = subprocess.run([*command, str(pki.truststore)], capture_output=True, text=True)
    assert trust.stdout.count("trustedCertEntry") == 8, trust.stdout + trust.stderr
    held = subprocess.run([*command, str(pki.credential("insi-auto").p12)], capture_output=True, text=True)
    assert held.stdout.count("PrivateKeyEntry") == 1, held.stdout + held.stderr
