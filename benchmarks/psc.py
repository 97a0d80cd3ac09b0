"""Pro Santé Connect: ``/token`` per RS256 signature against oauth2-mock-server (npm), and a whole login.

Both servers speak TLS with the same certificate and answer refresh-token grants; the signatures are counted in what
they answer. oauth2-mock-server comes with ``npm install --no-package-lock --prefix tests/node``; without it the row is
left out and said so.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from benchmarks import load
from benchmarks.insi import _free_port as free_port
from benchmarks.insi import _wait as wait
from benchmarks.table import Row, show
from norms.oidc import discovery

SECONDS = float(os.environ.get("SEGUR_BENCH_SECONDS", "4"))
LOGINS = 60
NODE = Path(__file__).parents[1] / "tests" / "node"
MOCK = NODE / "node_modules" / "oauth2-mock-server" / "dist" / "oauth2-mock-server.mjs"
FORM = "application/x-www-form-urlencoded"
AUTH = {"client_id": "segur-demo", "client_secret": "segur-demo-secret"}
BACK = "http://localhost:8080/callback"
WANTED_MS = 40


def main() -> None:
    """Measure both servers in one run and print the ratios."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        command = [sys.executable, "-m", "harness", "up", "--json", "--home", folder, "--base-port", "21000"]
        bench = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert bench.stdout
        try:
            status = json.loads(bench.stdout.readline())
            context = load.client_context(status["ca"])
            ours, signed = _ours(status, context, bench.pid)
            logins = _logins(status)
        finally:
            bench.terminate()
            bench.wait()
        other = _mock_server(status, Path(folder), context)
    rows = [Row(f"/token, journal on, {signed} signatures", ours, "")]
    if other:
        theirs, count = other
        mine, their = ours.median_ms / signed, theirs.median_ms / count
        rows[0] = Row(rows[0].name, ours, f"{mine / their:.2f} × its time per signature (≤ 1)")
        rows.append(Row(f"oauth2-mock-server, {count} signatures", theirs, f"{their:.2f} ms per signature"))
    show("Pro Santé Connect", rows)
    print(f"per signature: {ours.median_ms / signed:.2f} ms")
    median = statistics.median(logins)
    print(f"whole login, discovery to userinfo: median {median:.1f} ms of {len(logins)} (≤ {WANTED_MS})")
    if not other:
        print("oauth2-mock-server not measured: npm install --no-package-lock --prefix tests/node (Node needed)")


def _ours(status: dict[str, Any], context: ssl.SSLContext, pid: int) -> tuple[load.Result, int]:
    console = httpx.Client(base_url=status["control"], trust_env=False)
    console.patch("/sessions/default/switches", json={"psc.rotation": False}).raise_for_status()
    with _browser(status) as http:
        tokens = _login(http, status)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **AUTH}
    port = int(urlsplit(status["endpoints"]["psc"]).port or 0)
    requests = partial(_requests, discovery.TOKEN, form)
    return load.run(port, requests, context=context, pid=pid, seconds=SECONDS, connections=1), _signatures(tokens)


def _requests(path: str, form: dict[str, str]) -> Iterator[bytes]:
    data = load.post(path, urlencode(form).encode(), FORM)
    while True:
        yield data


def _signatures(tokens: dict[str, Any]) -> int:
    """How many RS256 tokens an answer holds."""

    def header(value: str) -> dict[str, Any]:
        part = value.split(".")[0]
        return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))

    values = [value for value in tokens.values() if isinstance(value, str) and value.count(".") == 2]
    return sum(header(value).get("alg") == "RS256" for value in values)


def _browser(status: dict[str, Any]) -> httpx.Client:
    return httpx.Client(verify=load.client_context(status["ca"]), trust_env=False)


def _login(http: httpx.Client, status: dict[str, Any]) -> dict[str, Any]:
    """A whole login, the picker's page included; gives the tokens."""
    metadata = http.get(status["endpoints"]["psc"] + discovery.DISCOVERY).json()
    asked = {
        "client_id": AUTH["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": base64.urlsafe_b64encode(os.urandom(24)).decode(),
        "nonce": base64.urlsafe_b64encode(os.urandom(24)).decode(),
    }
    page = http.get(metadata["authorization_endpoint"], params=asked).text
    request = page.split('name="request" value="', 1)[1].split('"', 1)[0]
    chosen = {"request": request, "client_id": AUTH["client_id"], "professional": "dr-romarin"}
    back = http.post(f"{metadata['authorization_endpoint']}/login", data=chosen).headers["location"]
    form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0], "redirect_uri": BACK}
    tokens: dict[str, Any] = http.post(metadata["token_endpoint"], data={**form, **AUTH}).json()
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    http.get(metadata["userinfo_endpoint"], headers=headers).raise_for_status()
    return tokens


def _logins(status: dict[str, Any]) -> list[float]:
    """How long logins take, in milliseconds, each with no cookie."""
    times = []
    with _browser(status) as http:
        for _ in range(LOGINS):
            http.cookies.clear()
            began = time.perf_counter()
            _login(http, status)
            times.append((time.perf_counter() - began) * 1000)
    return times


def _mock_server(status: dict[str, Any], home: Path, context: ssl.SSLContext) -> tuple[load.Result, int] | None:
    node = shutil.which("node")
    if not node or not MOCK.exists():
        return None
    port, server = free_port(), home / "pki" / "credentials" / "server"
    command = [node, str(MOCK), "-a", "127.0.0.1", "-p", str(port)]
    command += ["-c", str(server / "chain.pem"), "-k", str(server / "key.pem")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port, process)
        form = {"grant_type": "refresh_token", "refresh_token": "any", "scope": "openid scope_all", **AUTH}
        with _browser(status) as http:
            tokens = http.post(f"https://localhost:{port}/token", data=form).json()
        result = load.run(
            port, partial(_requests, "/token", form), context=context, pid=process.pid, seconds=SECONDS, connections=1
        )
        return result, _signatures(tokens)
    finally:
        process.terminate()
        process.wait()
