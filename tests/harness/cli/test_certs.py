"""`segur certs` as a user types it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from harness.cli.certs import app
from mocks.igc.files import pem
from mocks.igc.pki import PASSWORD, Pki


@pytest.fixture
def home(pki: Pki, tmp_path: Path) -> Path:
    """A home folder with certificates in it."""
    shutil.copytree(pki.folder, tmp_path / "home" / "pki")
    return tmp_path / "home"


def run(*argv: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    done = CliRunner().invoke(app, [str(word) for word in argv])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def inspected(*argv: object) -> tuple[int, list[dict[str, object]]]:
    """Exit code and the JSON rows of `inspect`."""
    code, out, err = run("inspect", "--json", *argv)
    assert out, err
    return code, json.loads(out)


def rules(row: dict[str, object]) -> list[str]:
    return [finding["rule"] for finding in row["findings"]]  # type: ignore[index,attr-defined]


def certificate(**options: object) -> tuple[x509.Certificate, object]:
    """A certificate of nobody, with what is asked changed."""
    key = options.get("key") or rsa.generate_private_key(65537, int(options.get("bits", 2048)))  # type: ignore[call-overload]
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, str(options.get("o", "X")))])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name,
        name,
        key.public_key(),
        7,
        now - timedelta(days=1),
        now + timedelta(days=int(options.get("days", 9))),  # type: ignore[attr-defined,call-overload]
    )
    return builder.sign(key, hashes.SHA256()), key  # type: ignore[arg-type]


def test_init_makes_then_keeps(tmp_path: Path) -> None:
    code, out, _ = run("init", "--home", tmp_path, "--host", "banc.exemple.test", "--json")
    first = json.loads(out)
    assert code == 0
    assert first["password"] == PASSWORD
    assert Path(first["credentials"]["insi-auto"]["p12"]).is_file()
    code, out, err = run("init", "--home", tmp_path)
    assert code == 0
    assert "insi-auto" in out
    assert PASSWORD in err
    assert json.loads(run("list", "--home", tmp_path, "--json")[1]) == first
    code, rows = inspected(tmp_path / "pki" / "credentials" / "server" / "cert.pem", "--home", tmp_path)
    assert "banc.exemple.test" in rows[0]["names"]  # type: ignore[operator]
    assert "services-ps-tlsm.ameli.fr" in rows[0]["names"]  # type: ignore[operator]
    assert run("init", "--home", tmp_path, "--faithful")[0] == 2
    assert run("init", "--home", tmp_path, "--host", "é")[0] == 2


def test_without_certificates(tmp_path: Path) -> None:
    for command in (["list"], ["issue", "org-sign", "--cn", "A"], ["revoke", "insi-auto"]):
        code, out, err = run(*command, "--home", tmp_path)
        assert (code, out) == (2, "")
        assert "segur certs init" in err


def test_issue_and_inspect_every_profile(home: Path) -> None:
    for profile, kind in (
        ("org-auth-cli", "ORG AUTH_CLI"),
        ("org-sign", "ORG SIGN"),
        ("serv-ssl", "SERV SSL"),
        ("cps-auth", "CPS authentification"),
        ("cps-sign", "CPS signature"),
        ("ps-sign", "PS signature logicielle"),
    ):
        options = ["--cn", "poste.exemple.test"] if profile == "serv-ssl" else []
        options += ["--cn", "INSI-MANU"] if profile in ("org-auth-cli", "org-sign") else []
        code, out, err = run("issue", profile, "--home", home, "--name", f"mien-{profile}", "--json", *options)
        assert code == 0, err
        made = json.loads(out)
        code, rows = inspected(made["p12"], "--home", home)
        assert (code, rows[0]["kind"], rules(rows[0])) == (0, kind, [])
        assert rows[0]["origin"] == "ours"


def test_issue_as_someone_of_the_world(home: Path) -> None:
    code, out, _ = run("issue", "cps-auth", "--for", "dr-verveine", "--home", home)
    assert code == 0
    assert "SN=VERVEINE" in out
    code, out, _ = run("issue", "org-auth-cli", "--for", "ch-alisier-nord", "--cn", "INSI-AUTO", "--home", home)
    assert code == 0
    assert "OU=1990000317" in out
    assert "CN=INSI-AUTO" in out
    assert "insi-auto-2" in out, "the bench's own keeps its name"
    code, _, err = run("issue", "cps-auth", "--for", "personne", "--home", home)
    assert code == 2
    assert "dr-romarin" in err


@pytest.mark.parametrize(
    "argv",
    [
        ["org-auth-cli"],
        ["autre", "--cn", "A"],
        ["org-sign", "--cn", "A", "--name", "server"],
        ["org-sign", "--cn", "A" * 80],
        ["org-sign", "--cn", "A", "--san", "é"],
    ],
)
def test_issue_says_what_is_wrong(home: Path, argv: list[str]) -> None:
    code, out, err = run("issue", *argv, "--home", home)
    assert (code, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_revoke_is_told_by_list_and_inspect(home: Path) -> None:
    assert run("revoke", "org-sign", "--home", home)[0] == 0
    held = json.loads(run("list", "--home", home, "--json")[1])["credentials"]["org-sign"]
    assert held["revoked"]
    code, rows = inspected(held["cert"], "--home", home)
    assert (code, rules(rows[0])) == (1, ["TLS-IGC-11"])
    assert run("revoke", "rien", "--home", home)[0] == 2
    assert run("revoke", held["serial"], "--home", home)[0] == 0


def test_inspect_tells_what_is_wrong(home: Path, tmp_path: Path) -> None:
    pki = Pki(home / "pki")
    held = {name: pki.credential(name) for name in pki.credentials()}
    expected = {
        "expired": (1, ["TLS-IGC-03"]),
        "not-yet-valid": (1, ["TLS-IGC-04"]),
        "wrong-ou": (0, ["TLS-IGC-06"]),
        "wrong-cn": (0, ["TLS-IGC-07"]),
        "no-clientauth": (0, ["TLS-IGC-10"]),
    }
    for name, (wanted, found) in expected.items():
        code, rows = inspected(held[name].p12, "--home", home)
        assert (code, rules(rows[0])) == (wanted, found), name
    # the same file without its chain, then with the key of another
    alone = tmp_path / "alone.pem"
    alone.write_bytes(held["insi-auto"].cert.read_bytes() + held["insi-auto"].key.read_bytes())
    assert rules(inspected(alone, "--home", home)[1][0]) == ["TLS-IGC-09"]
    alone.write_bytes(held["insi-auto"].chain.read_bytes() + held["server"].key.read_bytes())
    assert inspected(alone, "--home", home)[0] == 1
    assert rules(inspected(alone, "--home", home)[1][0]) == ["TLS-IGC-08"]
    # authorities, one by one
    code, rows = inspected(pki.ca, "--home", home)
    assert code == 0
    assert len(rows) == 8
    assert all(rules(row) == ["TLS-IGC-13"] for row in rows)
    assert len(inspected(pki.folder / "ca.p7b", "--home", home)[1]) == 8
    assert inspected(pki.folder / "authorities" / "ACR-EL-TEST.cer", "--home", home)[1][0]["authority"]


def test_inspect_certificates_of_others(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("autre.exemple.test")
    path = tmp_path / "autre.pem"
    path.write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    code, rows = inspected(path, "--home", tmp_path)
    assert (rows[0]["origin"], rows[0]["kind"]) == ("other", "")
    assert "TLS-IGC-01" in rules(rows[0])
    weak, _ = certificate(bits=1024, o="GIP-CPS-TEST")
    path.write_bytes(pem(weak))
    code, rows = inspected(path, "--home", tmp_path)
    assert code == 1
    assert set(rules(rows[0])) == {"TLS-IGC-05", "TLS-IGC-02"}
    path.write_bytes(certificate(key=ec.generate_private_key(ec.SECP256R1()))[0].public_bytes(Encoding.DER))
    assert inspected(path, "--home", tmp_path)[1][0]["key"] == "EC 256"


def test_inspect_a_public_certificate_of_igc_sante(shared_dir: Path, tmp_path: Path) -> None:
    files = [path for path in shared_dir.rglob("*") if path.suffix in (".cer", ".crt", ".pem")]
    if not files:
        pytest.skip("no published material of that kind beside the checkout")
    for path in files:
        assert run("inspect", path, "--home", tmp_path)[0] in (0, 1, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 40,
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMIIB",
        b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        b"\x30\x82\x10\x00\x02\x01\x03" + b"a" * 30,
        "Un texte, tout simplement.".encode("utf-16"),
    ],
)
def test_inspect_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chose"
    path.write_bytes(content)
    code, out, err = run("inspect", path, "--home", tmp_path)
    assert (code, out) == (2, "")
    assert "chose" in err
    assert "Traceback" not in err
    assert run("inspect", tmp_path / "absent", "--home", tmp_path)[0] == 2
    assert run("inspect", tmp_path, "--home", tmp_path)[0] == 2


def test_a_locked_file_asks_for_its_password(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, pkcs12

    made, key = certificate()
    p12 = tmp_path / "a.p12"
    p12.write_bytes(pkcs12.serialize_key_and_certificates(b"a", key, made, None, BestAvailableEncryption(b"autre")))  # type: ignore[arg-type]
    assert run("inspect", p12, "--home", tmp_path)[0] == 2
    assert "--password" in run("inspect", p12, "--home", tmp_path)[2]
    assert run("inspect", p12, "--home", tmp_path, "--password", "autre")[0] == 0
    locked = tmp_path / "a.pem"
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"autre"))  # type: ignore[attr-defined]
    locked.write_bytes(pem(made) + data)
    assert run("inspect", locked, "--home", tmp_path)[0] == 2
    assert run("inspect", locked, "--home", tmp_path, "--password", "autre")[0] == 0


def test_the_whole_command_in_french(home: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    code = "from harness.cli import main; main()"
    expired = home / "pki" / "credentials" / "expired" / "cert.pem"
    argv = ["certs", "inspect", str(expired), "--home", str(home), "--lang", "fr"]
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], cwd=root, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 1
    assert "Certificat expiré" in done.stdout
    assert "ressemble à : ORG AUTH_CLI" in done.stdout
