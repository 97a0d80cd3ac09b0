"""Real mail clients send unmodified: curl, msmtp, swaks, with XOAUTH2, PLAIN and a client certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mocks.igc.pki import Pki
from tests.smtp_kit import APP_BOX, DOCTOR_BOX, OTHER_BOX, Operated, letter, operating


@pytest.fixture(scope="module")
def bench(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as operated:
        yield operated


@pytest.fixture
def op(bench: Operated) -> Operated:
    bench.session.reset()
    bench.hub.journal.purge()
    return bench


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"no {tool} here")


def run(*argv: str | Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(one) for one in argv], input=stdin, capture_output=True, timeout=60, env={**os.environ, **environment}
    )


@needs("curl")
@pytest.mark.parametrize("certificate", ["", "org-auth-cli"])
def test_curl(op: Operated, tmp_path: Path, certificate: str) -> None:
    box = APP_BOX if certificate else DOCTOR_BOX
    message = tmp_path / "message.eml"
    message.write_bytes(letter(sender=box))
    url = f"smtp://localhost:{op.ports['smtp']}/poste.cabinet.example"
    argv: list[str | Path] = ["curl", "-sSv", "--ssl-reqd", "--cacert", op.pki.ca, "--mail-from", box, "--mail-rcpt"]
    argv += [OTHER_BOX, "--upload-file", message, url]
    if certificate:
        held = op.pki.credential(certificate)
        argv += ["--cert", held.chain, "--key", held.key, "--user", f"{box}:x", "--login-options", "AUTH=PLAIN"]
    else:
        argv += ["--user", f"{box}:", "--oauth2-bearer", op.token(), "--login-options", "AUTH=XOAUTH2", "--sasl-ir"]
    done = run(*argv)
    assert done.returncode == 0, done.stderr.decode()
    assert op.inbox(OTHER_BOX)[-1].sender.address == box
    assert op.kept("submit")[0].facts["ehlo"] == "poste.cabinet.example"
    assert not op.rules()


@needs("curl")
def test_curl_told_that_its_token_is_refused(op: Operated, tmp_path: Path) -> None:
    message = tmp_path / "message.eml"
    message.write_bytes(letter())
    argv = ["curl", "-sS", "--ssl-reqd", "--cacert", op.pki.ca, "--user", f"{DOCTOR_BOX}:", "--oauth2-bearer", "old"]
    argv += ["--mail-from", DOCTOR_BOX, "--mail-rcpt", OTHER_BOX, "--upload-file", message]
    done = run(*argv, f"smtp://localhost:{op.ports['smtp']}/poste.cabinet.example")
    assert done.returncode == 67, done.stderr.decode()  # CURLE_LOGIN_DENIED
    login = op.awaited("login")[0]
    assert ([finding.rule for finding in login.findings], login.status) == (["SASL-TOK-01"], 334)


@needs("msmtp")
@pytest.mark.parametrize("certificate", ["", "org-auth-cli"])
def test_msmtp(op: Operated, tmp_path: Path, certificate: str) -> None:
    box = APP_BOX if certificate else DOCTOR_BOX
    lines = ["account default", "host localhost", f"port {op.ports['smtp']}", f"from {box}", f"user {box}"]
    lines += [
        "tls on",
        "tls_starttls on",
        f"tls_trust_file {op.pki.ca}",
        "dsn_notify failure,success",
        "dsn_return full",
    ]
    if certificate:
        held = op.pki.credential(certificate)
        lines += [f"tls_cert_file {held.chain}", f"tls_key_file {held.key}", "auth plain", "password x"]
    else:
        (tmp_path / "token").write_text(op.token())  # `password` would hold 500 characters
        lines += ["auth xoauth2", f"passwordeval cat {tmp_path / 'token'}"]
    settings = tmp_path / "msmtprc"
    settings.write_text("\n".join(lines) + "\n")
    settings.chmod(0o600)
    done = run("msmtp", "-C", settings, OTHER_BOX, stdin=letter(sender=box).replace(b"\r\n", b"\n"), HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr.decode()
    submitted = op.kept("submit")[0]
    assert submitted.facts["dsn"] == "ret=FULL notify=FAILURE,SUCCESS"
    assert submitted.facts["auth"] == ("plain" if certificate else "xoauth2")
    assert op.kept("dsn")[0].outcome == "delivered"
    assert not op.rules("submit")


@needs("swaks")
def test_swaks_without_tls_is_refused(op: Operated) -> None:
    done = run(
        "swaks", "--server", "localhost", "--port", str(op.ports["smtp"]), "--from", DOCTOR_BOX, "--to", OTHER_BOX
    )
    assert b"530 5.7.0" in done.stdout
    assert op.rules()[-1] == "SMTP-TLS-02"
