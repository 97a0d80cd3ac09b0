"""The test PKI: its shape, its files, what a crash or the time passing does to it."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mocks.igc import files, make
from mocks.igc import pki as igc
from mocks.igc.errors import PkiError
from mocks.igc.holder import Holder
from mocks.igc.pki import PASSWORD, Pki
from mocks.igc.profiles import authorities, plans, profiles
from mocks.world import World


@pytest.fixture
def own(pki: Pki, tmp_path: Path) -> Pki:
    """A copy that a test may change."""
    shutil.copytree(pki.folder, tmp_path / "pki")
    return Pki(tmp_path / "pki")


@pytest.fixture
def quick_keys(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Keys of the PKI at hand instead of new ones; the list tells what was asked for."""
    asked: list[tuple[str, int]] = []
    ready = [files.read_key(path) for path in sorted(pki.folder.rglob("*key.pem"))]

    def generate(wanted):  # type: ignore[no-untyped-def]
        asked.extend(wanted)
        return {name: ready[at] for at, (name, _) in enumerate(asked)}

    monkeypatch.setattr(make.keys, "generate", generate)
    return asked


def leaf(pki: Pki, name: str) -> x509.Certificate:
    """The certificate of a credential."""
    return x509.load_pem_x509_certificate(pki.credential(name).cert.read_bytes())


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


# -- time, change, crash ------------------------------------------------------------------------------------------


def test_a_second_init_changes_nothing(own: Pki) -> None:
    before = {path: path.read_bytes() for path in own.folder.rglob("*") if path.is_file()}
    igc.init(own.folder)
    assert before == {path: path.read_bytes() for path in own.folder.rglob("*") if path.is_file()}


def test_what_nears_its_end_is_made_again_with_the_same_key(own: Pki) -> None:
    mine = own.issue("org-auth-cli", Holder("MON LOGICIEL", "EDITEUR", "399999001300016"))
    keys = {name: held.key.read_bytes() for name, held in own.credentials().items()}
    before = {name: held.sha256 for name, held in own.credentials().items()}
    later = datetime.now(UTC) + timedelta(days=1080)
    after = igc.init(own.folder, now=later).credentials()
    for name, held in after.items():
        assert held.key.read_bytes() == keys[name]
        assert (held.sha256 == before[name]) == (held.order.fault == "expired"), name
        assert held.order.fault == "expired" or not held.due(later)
    assert after[mine.name].order == mine.order
    assert own.revoked(after["revoked"].serial)
    assert x509.load_der_x509_crl((own.folder / "crl" / "ACI-EL-ORG-TEST.crl").read_bytes()).next_update_utc > later


def test_more_names_make_the_servers_again_only(own: Pki) -> None:
    before = {name: held.sha256 for name, held in own.credentials().items()}
    igc.init(own.folder, hosts=["banc.exemple.test", "192.0.2.7"])
    igc.init(own.folder, hosts=["banc.exemple.test"])
    changed = {name for name, held in own.credentials().items() if held.sha256 != before[name]}
    assert changed == {"server", "server-expired", "server-revoked", "server-wrong-ca"}
    names = leaf(own, "server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "banc.exemple.test" in names.get_values_for_type(x509.DNSName)
    assert "192.0.2.7" in {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def test_force_makes_a_new_hierarchy(own: Pki, quick_keys: object) -> None:
    before = own.ca.read_bytes()
    fresh = igc.init(own.folder, force=True, igc_url="http://banc.exemple.test:9/")
    assert fresh.ca.read_bytes() != before
    assert b"http://banc.exemple.test:9/CRL/" in leaf(fresh, "server").public_bytes(files.Encoding.DER)
    assert not list(own.folder.parent.glob(".*")), "nothing is left beside it"


def test_a_faithful_hierarchy_has_larger_authorities(tmp_path: Path, quick_keys: list[tuple[str, int]]) -> None:
    assert igc.init(tmp_path / "pki", faithful=True).state().faithful
    assert [bits for name, bits in quick_keys if name in authorities()] == [4096] * len(authorities())
    assert {bits for name, bits in quick_keys if name not in authorities()} == {2048}


def test_a_crash_while_making_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_keys: object
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "revocation_lists", crash)
    with pytest.raises(KeyboardInterrupt):
        igc.init(tmp_path / "pki")
    assert [path.name for path in tmp_path.iterdir()] == ["pki.lock"]


def test_a_process_killed_while_making_leaves_no_half(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from mocks.igc import files, pki\n"
        "real = files.write_credential\n"
        "def die(folder, name, *rest):\n"
        "    real(folder, name, *rest)\n"
        "    if name == 'cps-auth': os._exit(9)\n"
        "files.write_credential = die\n"
        "pki.init(Path(sys.argv[1]))\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "pki")], cwd=root, timeout=60)
    assert done.returncode == 9
    assert not (tmp_path / "pki").exists()
    made = igc.init(tmp_path / "pki")
    assert plans().keys() <= made.credentials().keys()
    assert not list(tmp_path.glob(".*")), "what the dead process left is removed"


def test_a_crash_between_the_two_renames_is_mended(own: Pki) -> None:
    mine = own.issue("org-sign", Holder("MON LOGICIEL"), name="mien")
    mine.folder.rename(mine.folder.with_name(".mien-0a1b2c3d.old"))
    (own.folder / "credentials" / ".autre-0a1b2c3d.new").mkdir()
    assert igc.init(own.folder).credential("mien").sha256 == mine.sha256
    assert not list((own.folder / "credentials").glob(".*"))


def test_two_processes_make_one_pki(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    code = "import sys; from pathlib import Path; from mocks.igc import pki; pki.init(Path(sys.argv[1]))"
    both = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pki")], cwd=root) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    pki = Pki(tmp_path / "pki")
    for held in pki.credentials().values():
        if held.order.issuer != "ETRANGERE":
            issuer = files.read_certificate(pki.folder / "authorities" / f"{held.order.issuer}.pem")
            files.read_certificate(held.cert).verify_directly_issued_by(issuer)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 99}', '{"schema": 1, "unknown": 2}'])
def test_an_unreadable_state_says_what_to_do(tmp_path: Path, content: str, quick_keys: object) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "state.json").write_text(content)
    with pytest.raises(PkiError) as error:
        igc.init(tmp_path / "pki")
    assert "segur certs init --force" in error.value.shown("fr")
    if content == "{":
        assert igc.init(tmp_path / "pki", force=True).credentials()


# -- issuing and revoking -----------------------------------------------------------------------------------------


def test_issue_for_the_users_own_software(own: Pki) -> None:
    holder = Holder("Logiciel d'été", "CLINIQUE DU CÈDRE", "1990000309")
    held = own.issue("org-auth-cli", holder, names=["poste1.exemple.test"])
    assert held.name == "logiciel-d-ete"
    assert not held.order.ours
    certificate = leaf(own, held.name)
    assert certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "CLINIQUE DU CÈDRE"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["poste1.exemple.test"]
    assert Pki(own.folder).credential(held.name) == held


@pytest.mark.parametrize("profile", list(profiles()))
def test_every_profile_can_be_issued(own: Pki, profile: str) -> None:
    holder = Holder("899700900014", "CABINET", "399999001300016", "", "CLAIRE", "ROMARIN", "Médecin", "9900000199", 10)
    held = own.issue(profile, holder, name="mien", names=["a.exemple.test"] if profile == "serv-ssl" else [])
    assert held.order.profile == profile


@pytest.mark.parametrize(
    ("profile", "holder", "options", "key"),
    [
        ("autre", Holder("A"), {}, "profile"),
        ("org-sign", Holder("A"), {"name": "../a"}, "name"),
        ("org-sign", Holder("A"), {"name": "A"}, "name"),
        ("org-sign", Holder("A"), {"name": "server"}, "taken"),
        ("org-sign", Holder("A"), {"name": "server", "overwrite": True}, "taken"),
        ("org-sign", Holder("A" * 65), {"name": "a"}, "subject"),
        ("org-sign", Holder(""), {"name": "a"}, "subject"),
        ("serv-ssl", Holder("é.exemple.test"), {"name": "a"}, "subject"),
        ("serv-ssl", Holder("a.exemple.test"), {"names": ["é"]}, "subject"),
    ],
)
def test_issue_says_what_is_wrong(own: Pki, profile: str, holder: Holder, options: dict, key: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(PkiError) as error:
        own.issue(profile, holder, **options)
    assert error.value.key == key
    assert error.value.shown("fr") != error.value.shown("en")
    assert own.credentials().keys() == plans().keys()


def test_a_name_held_is_replaced_only_when_told(own: Pki) -> None:
    first = own.issue("org-sign", Holder("A"), name="mien")
    with pytest.raises(PkiError):
        own.issue("org-sign", Holder("A"), name="mien")
    assert own.issue("org-sign", Holder("A"), name="mien", overwrite=True).sha256 != first.sha256


def test_revoking_is_seen_by_who_already_reads(own: Pki) -> None:
    reader = Pki(own.folder)
    serial = own.credential("insi-manu").serial
    assert not reader.revoked(serial)
    own.revoke(":".join(serial[i : i + 2] for i in range(0, len(serial), 2)).upper())
    assert reader.revoked(serial.upper())
    crl = x509.load_der_x509_crl((own.folder / "crl" / "ACI-EL-ORG-TEST.crl").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(int(serial, 16)) is not None
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    with pytest.raises(PkiError):
        own.revoke("12ab")


def test_a_credential_that_does_not_exist(pki: Pki) -> None:
    with pytest.raises(PkiError) as error:
        pki.credential("insi")
    assert "insi-auto" in error.value.shown("fr")
