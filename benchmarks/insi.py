"""WS_INS2 over kept mutual TLS: the bench against a bare FastAPI endpoint and against WireMock, in one run.

WireMock comes from npm (``npm install wiremock`` in the folder named by ``SEGUR_WIREMOCK``) and runs on the machine's
Java; without it the rows are left out and said so.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.table import Row, show

Requests = Callable[[], Iterator[bytes]]
SECONDS = float(os.environ.get("SEGUR_BENCH_SECONDS", "4"))

BARE = """
import sys
from fastapi import FastAPI, Request, Response
from lxml import etree
app = FastAPI()
ANSWER = b"<RESULTAT xmlns='http://www.cnamts.fr/INSiResultat'><CR><CodeCR>00</CodeCR></CR></RESULTAT>"

@app.post("/lps")
async def lps(request: Request) -> Response:
    etree.fromstring(await request.body())
    return Response(ANSWER, media_type="application/soap+xml")

import uvicorn, ssl
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), ssl_certfile=sys.argv[2], ssl_keyfile=sys.argv[3],
            ssl_ca_certs=sys.argv[4], ssl_cert_reqs=ssl.CERT_REQUIRED, log_level="error", access_log=False)
"""

STUB = {
    "request": {
        "method": "POST",
        "urlPath": "/lps",
        "bodyPatterns": [
            {
                "matchesXPath": {
                    "expression": "//r:RECSANSVITALE/r:NomNaissance/text()",
                    "equalTo": "ADRUN",
                    "xPathNamespaces": {"r": "http://www.cnamts.fr/INSiRecSans"},
                }
            }
        ],
    },
    "response": {"status": 200, "headers": {"Content-Type": "application/soap+xml"}, "body": ""},
}


def requests(emetteur: str, assertion: bytes = b"") -> Iterator[bytes]:
    """Endless WS_INS2 requests for ADRUN ZOE, identifiers and times fresh at each."""
    while True:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield load.post("/lps", _envelope(now, assertion, emetteur))


def _envelope(now: str, assertion: bytes, emetteur: str) -> bytes:
    security = b""
    if assertion:
        security = (
            b'<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/'
            b'oasis-200401-wss-wssecurity-secext-1.0.xsd">' + assertion + b"</w:Security>"
        )
    return (
        (
            f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
            f"<s:Header><a:Action>urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite</a:Action>"
            f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>@@"
            f'<b:ContexteBAM xmlns:b="urn:siram:bam:ctxbam" Version="01_02"><b:Id>{uuid.uuid4()}</b:Id>'
            f"<b:Temps>{now}</b:Temps><b:Emetteur>{emetteur}</b:Emetteur><b:COUVERTURE/></b:ContexteBAM>"
            f'<l:ContexteLPS xmlns:l="urn:siram:lps:ctxlps" Nature="CTXLPS" Version="01_00"><l:Id>{uuid.uuid4()}</l:Id>'
            f'<l:Temps>{now}</l:Temps><l:Emetteur>{emetteur}</l:Emetteur><l:LPS><l:IDAM R="4">LPS000001</l:IDAM>'
            f"<l:Version>1.0</l:Version><l:Instance>550e8400-e29b-41d4-a716-446655440000</l:Instance>"
            f"<l:Nom>urn:lps:banc:1.0</l:Nom></l:LPS></l:ContexteLPS></s:Header>"
            f'<s:Body><r:RECSANSVITALE xmlns:r="http://www.cnamts.fr/INSiRecSans"><r:NomNaissance>ADRUN</r:NomNaissance>'
            f"<r:Prenom>ZOE</r:Prenom><r:Sexe>F</r:Sexe><r:DateNaissance>1975-12-31</r:DateNaissance></r:RECSANSVITALE>"
            f"</s:Body></s:Envelope>"
        )
        .encode()
        .replace(b"@@", security)
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[Any], patience: float = 40) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not open its port")


def main() -> None:
    """Run every server for `SECONDS` and print the ratios."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        home = Path(folder)
        base = 21000
        bench = subprocess.Popen(
            [sys.executable, "-m", "harness", "up", "--json", "--home", str(home), "--base-port", str(base)],
            stdout=subprocess.PIPE,
        )
        assert bench.stdout
        status = json.loads(bench.stdout.readline())
        credential = status["credentials"]["insi-auto"]
        context = load.client_context(status["ca"], credential["cert"], credential["key"])
        try:
            software = organisation(credential["cert"])
            plain = partial(requests, software)
            ours = load.run(base + 2, plain, context=context, pid=bench.pid, seconds=SECONDS)
            card = status["credentials"]["cps-auth"]
            signed = load.run(
                base + 1,
                partial(requests, _name(card["cert"], "CN"), _assertion(card)),
                context=load.client_context(status["ca"]),
                pid=bench.pid,
                seconds=SECONDS,
            )
            journal_share = _journal_share(base, status)
        finally:
            bench.terminate()
            bench.wait()
        bare = _bare(home, status, context, plain)
        wiremock = _wiremock(home, status, context, plain)
    rows = [
        Row("bare FastAPI, body parsed", bare, ""),
        Row("INSi mTLS, validated, journaled", ours, _ratio(ours.per_second, bare.per_second, 0.35, "bare req/s")),
        Row("INSi signed assertion", signed, _ratio(signed.per_second, bare.per_second, 0.12, "bare req/s")),
    ]
    if wiremock:
        per_cpu = _ratio(ours.per_cpu_second, wiremock.per_cpu_second, 3, "WireMock req/CPU-s")
        rows.append(Row("WireMock, XPath match, journal on", wiremock, per_cpu))
        rows.append(Row("  memory", ours, f"{ours.memory_mb / wiremock.memory_mb:.2f} × WireMock's (≤ 0.33)"))
    show("INSi", rows)
    print(f"journal: {journal_share}")
    if not wiremock:
        print("WireMock not measured: npm install wiremock somewhere, then SEGUR_WIREMOCK=that folder (Java needed)")


def _ratio(ours: float, other: float, wanted: float, unit: str) -> str:
    return f"{ours / other:.2f} × {unit} (≥ {wanted})"


def organisation(certificate: str) -> str:
    """The structure that a software's certificate names: what Emetteur must be with mutual TLS."""
    return _name(certificate, "OU")


def _name(certificate: str, word: str) -> str:
    """The CN or OU of a certificate's subject."""
    from cryptography import x509

    subject = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).subject
    return next(a.value for a in subject if a.rfc4514_attribute_name == word)


def _assertion(card: dict[str, Any]) -> bytes:
    """A signed PS assertion, made by the reference software's own client."""
    from lxml import etree

    from harness.drive.reference.assertion import SignatureCard
    from harness.drive.reference.config import Professional

    signer = SignatureCard(Path(card["cert"]), Path(card["key"]))
    return etree.tostring(signer.assertion(Professional("bench", signer.name_id, sector="SA07")))


def _journal_share(base: int, status: dict[str, Any]) -> str:
    from benchmarks import journal

    return journal.share(f"{status['console']}/api")


def _bare(home: Path, status: dict[str, Any], context: Any, plain: Requests) -> load.Result:
    port = _free_port()
    server = home / "pki" / "credentials" / "server"
    script = home / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(port), str(server / "chain.pem"), str(server / "key.pem"), status["ca"]]
    )
    try:
        _wait(port, process)
        return load.run(port, plain, context=context, pid=process.pid, seconds=SECONDS)
    finally:
        process.terminate()
        process.wait()


def _wiremock(home: Path, status: dict[str, Any], context: Any, plain: Requests) -> load.Result | None:
    folder = Path(os.environ.get("SEGUR_WIREMOCK", "."))
    jars = sorted(folder.glob("node_modules/wiremock/build/*.jar"))
    java = shutil.which("java")
    if not jars or not java:
        return None
    root = home / "wiremock"
    (root / "mappings").mkdir(parents=True)
    stub = json.loads(json.dumps(STUB))
    stub["response"]["body"] = (
        "<RESULTAT xmlns='http://www.cnamts.fr/INSiResultat'><CR><CodeCR>00</CodeCR></CR></RESULTAT>"
    )
    (root / "mappings" / "insi.json").write_text(json.dumps(stub), encoding="utf-8")
    port, http_port = _free_port(), _free_port()
    server = home / "pki" / "credentials" / "server" / "bundle.p12"
    command = [
        java,
        "-jar",
        str(jars[-1]),
        "--port",
        str(http_port),
        "--https-port",
        str(port),
        "--root-dir",
        str(root),
    ]
    command += ["--https-keystore", str(server), "--keystore-type", "PKCS12", "--keystore-password", "segur"]
    command += ["--key-manager-password", "segur", "--https-require-client-cert", "--https-truststore"]
    command += [
        status["truststore"],
        "--truststore-type",
        "PKCS12",
        "--truststore-password",
        "segur",
        "--disable-banner",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        load.run(port, plain, context=context, pid=process.pid, seconds=SECONDS)  # the JIT warms up
        return load.run(port, plain, context=context, pid=process.pid, seconds=SECONDS)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
