"""The recipe of docs/certificates.md for software that only knows a card: SoftHSM holds the card's keys."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding

from mocks.igc.pki import Pki

PLACES = ("/usr/lib/softhsm", "/usr/lib64/softhsm", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")
MODULE = next((path for place in PLACES for path in Path(place).glob("libsofthsm2.*")), None)
TOKEN = ["--pin", "1234"]

pytestmark = [
    pytest.mark.skipif(shutil.which("softhsm2-util") is None or MODULE is None, reason="no SoftHSM on this machine"),
    pytest.mark.skipif(shutil.which("pkcs11-tool") is None, reason="no OpenSC on this machine"),
]


def test_a_card_made_of_the_test_certificates_signs(pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "tokens").mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    env = {**os.environ, "SOFTHSM2_CONF": str(config)}

    def run(*argv: object) -> str:
        done = subprocess.run([str(word) for word in argv], env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tool = ["pkcs11-tool", "--module", MODULE, "--token-label", "CPS TEST", "--login", *TOKEN]
    run("softhsm2-util", "--init-token", "--free", "--label", "CPS TEST", "--so-pin", "12345678", *TOKEN)
    for id, name, label in (("01", "cps-auth", "Authentification"), ("02", "cps-sign", "Signature")):
        held = pki.credential(name)
        run("softhsm2-util", "--import", held.key, "--token", "CPS TEST", "--label", label, "--id", id, *TOKEN)
        der = tmp_path / f"{name}.der"
        der.write_bytes(x509.load_pem_x509_certificate(held.cert.read_bytes()).public_bytes(Encoding.DER))
        run(*tool, "--write-object", der, "--type", "cert", "--id", id, "--label", label)
    listed = run(*tool, "--list-objects")
    assert listed.count("Private Key Object") == 2
    assert "GN=CLAIRE" in listed
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(b"assertion")
    run(*tool, "--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS", "-i", message, "-o", signature)
    key = x509.load_pem_x509_certificate(pki.credential("cps-sign").cert.read_bytes()).public_key()
    key.verify(signature.read_bytes(), b"assertion", PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr,call-arg,arg-type]
