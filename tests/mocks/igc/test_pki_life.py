"""The test PKI: what is issued and revoked, what a crash or the time passing does to it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from mocks.igc import files, make
from mocks.igc import pki as igc
from mocks.igc.errors import PkiError
from mocks.igc.holder import Holder
from mocks.igc.pki import Pki
from mocks.igc.profiles import authorities, plans, profiles
from tests.mocks.igc.conftest import leaf


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


def test_a_process_killed_while_making_leaves_no_half(tmp_path: Path, quick_keys: object) -> None:
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
