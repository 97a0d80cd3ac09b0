"""``segur journal``: reads the home folder, bench running or not, and says in words what it found."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from benchmarks.insi import organisation, requests
from benchmarks.load import client_context
from harness.bench import Bench
from harness.cli.journal import app, since_when
from harness.cli.journal_view import WIDTH
from harness.client import BenchClient
from mocks.journal import Exchange, Journal, Kind, Peer, Tls
from norms.finding import Where, find

NOW = time.time()
SECRET = "s3cr3t-0123456789abcdef"
SOAP = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
    b"<s:Header><a:Action>urn:search</a:Action></s:Header><s:Body><RECSANSVITALE><Nom>ADRUN</Nom></RECSANSVITALE></s:Body>"
    b"</s:Envelope>"
)
PEER = Peer("CN=INSI-AUTO", "INSI-AUTO", "", "CN=AC", "01", "2030-01-01T00:00:00Z", "ab" * 32, "PEM")


def entry(**given: Any) -> Exchange:
    usual: dict[str, Any] = {
        "session": "default",
        "service": "insi",
        "started": NOW,
        "listener": "insi_tlsm",
        "operation": "WS_INS2",
        "outcome": "00",
        "duration_ms": 1.25,
        "method": "POST",
        "target": "/lps",
        "request_headers": [("content-type", "application/soap+xml"), ("authorization", f"Bearer {SECRET}")],
        "request_body": SOAP,
        "status": 200,
        "response_headers": [("content-type", "application/json")],
        "response_body": json.dumps({"access_token": SECRET}).encode(),
        "tls": Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "localhost"),
        "peer": PEER,
    }
    return Exchange(**usual | given)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "bench.db")
    journal.record(entry(started=NOW - 7200, facts={"birth_name": "ADRUN"}))
    journal.record(
        entry(session="a1b2c3d4e5f6", outcome="siram_100/desir_560", findings=[find("HTTP-ROUTE-01", found="/x")])
    )
    expired = find("TLS-CERT-03", found="2026-01-01T00:00:00+00:00", subject="CN=INSI-AUTO,O=CABINET")
    refused = {
        "method": "",
        "target": "",
        "request_headers": [],
        "request_body": b"",
        "status": 0,
        "response_body": b"",
    }
    refused |= {"response_headers": [], "operation": "handshake", "outcome": "expired"}
    journal.record(entry(kind=Kind.HANDSHAKE, findings=[expired], **refused))
    journal.record(entry(service="psc", listener="psc_auth", operation="token", thread="login-1"))
    journal.close()
    return tmp_path


def segur(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def numbers(shown: str) -> list[int]:
    return [int(line.split()[0]) for line in shown.splitlines() if re.match(r" {0,5}\d+ \d\d-\d\d ", line)]


def test_list_fits_in_100_columns_and_explains_refused_handshakes(home: Path) -> None:
    shown = segur("list", "--home", home)
    assert numbers(shown) == [1, 2, 3, 4]
    assert max(cell_len(line) for line in shown.splitlines()) <= WIDTH
    assert "TLS-CERT-03" in shown
    assert "segur certs init" in shown.replace("\u00a0", " ")
    assert "HTTP-ROUTE-01" not in shown


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--session", "a1b2c3d4e5f6"], [2]),
        (["--service", "psc"], [4]),
        (["--kind", "handshake"], [3]),
        (["--since", "1h"], [2, 3, 4]),
        (["--since", "3h", "--service", "insi"], [1, 2, 3]),
        (["--findings"], [2, 3]),
        (["--findings", "--kind", "exchange"], [2]),
        (["-n", "2"], [3, 4]),
        (["-n", "1", "--findings"], [3]),
        (["--session", "none"], []),
    ],
)
def test_list_filters(home: Path, words: list[str], expected: list[int]) -> None:
    assert numbers(segur("list", "--home", home, *words)) == expected
    rows = json.loads(segur("list", "--home", home, "--json", *words))
    assert (rows["schema"], [row["id"] for row in rows["exchanges"]]) == (1, expected)


def test_list_pages_back_through_a_long_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    for n in range(1000):
        journal.record(entry(findings=[find("HTTP-ROUTE-01")] if n in (5, 700) else [], request_body=b""))
    journal.close()
    assert numbers(segur("list", "--home", tmp_path, "--findings", "-n", "10")) == [6, 701]
    assert len(numbers(segur("list", "--home", tmp_path, "-n", "500"))) == 500


def test_hostile_words_do_not_reach_the_terminal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    journal.record(
        entry(outcome="\x1b[2J[red]x[/red]", operation="a\nb\u202e", target="/\x1b]0;x\x07", request_body=b"\x1b[2J")
    )
    journal.close()
    for shown in (segur("list", "--home", tmp_path), segur("show", 1, "--home", tmp_path)):
        assert not set(shown) & set("\x1b\x07\u202e")
    assert "[red]x" in shown


def test_follow_shows_what_comes(home: Path) -> None:
    command = [sys.executable, "-m", "harness", "journal", "list", "-f", "--json", "-n", "1", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as following:
        try:
            assert following.stdout
            assert json.loads(following.stdout.readline())["id"] == 4
            journal = Journal(home / "bench.db")
            for _ in range(2):
                journal.record(entry())
            journal.close()
            assert [json.loads(following.stdout.readline())["id"] for _ in range(2)] == [5, 6]
        finally:
            following.kill()


def test_show_gives_facts_findings_and_layers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    where = Where(3, 7, "Header/ContexteBAM", excerpt="<b:Temps>")
    finding = find("HTTP-ROUTE-02", expected="POST", found="PUT", where=where)
    journal.record(entry(findings=[finding], facts={"birth_name": "ADRUN"}))
    journal.close()
    shown = segur("show", 1, "--home", tmp_path)
    for word in ("birth_name : ADRUN", "HTTP-ROUTE-02", "3:7", "RFC 9110", "TLSv1.3", "POST /lps", "urn:search"):
        assert word in shown
    assert "<Nom>ADRUN</Nom>" in shown
    assert "200 OK" in shown
    row = json.loads(segur("show", 1, "--home", tmp_path, "--json"))
    assert (row["schema"], row["id"], row["findings"][0]["line"]) == (1, 1, 3)
    assert segur("show", 1, "--home", tmp_path, "--raw", "request") == SOAP.decode()


def test_a_rule_of_another_version_does_not_break_the_list(home: Path) -> None:
    journal = Journal(home / "bench.db")
    journal.database.run("UPDATE exchange SET findings = replace(findings, 'HTTP-ROUTE-01', 'HTTP-GONE-99')")
    journal.close()
    assert "HTTP-GONE-99" in segur("list", "--home", home, "--findings")
    assert "HTTP-GONE-99" in segur("show", 2, "--home", home)


def test_export_masks_secrets_unless_asked_not_to(home: Path, tmp_path: Path) -> None:
    for suffix in ("jsonl", "zip", "har"):
        file = tmp_path / f"out.{suffix}"
        said = segur("export", file, "--home", home)
        assert str(file) in said.replace("\n", "")
        assert SECRET not in _everything(file)
        segur("export", file, "--home", home, "--unsafe-secrets")
        assert SECRET in _everything(file)
    assert not list(tmp_path.glob(".*.part"))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["redacted"] is False


def test_show_masks_secrets_unless_asked_not_to(home: Path) -> None:
    for more in ([], ["--json"]):
        assert SECRET not in segur("show", 1, "--home", home, *more)
        assert SECRET in segur("show", 1, "--home", home, "--secrets", *more)


def test_purge_removes_the_oldest(home: Path) -> None:
    assert ": 0" in segur("purge", "--home", home, "--keep-mb", 1)
    assert ": 1" in segur("purge", "--home", home, "--session", "a1b2c3d4e5f6")
    assert numbers(segur("list", "--home", home)) == [1, 3, 4]
    segur("purge", "--home", home)
    assert numbers(segur("list", "--home", home)) == []


def test_export_takes_the_same_filters(home: Path, tmp_path: Path) -> None:
    segur("export", tmp_path / "f.jsonl", "--home", home, "--findings", "--since", "1h")
    assert [json.loads(line)["id"] for line in (tmp_path / "f.jsonl").read_text().splitlines()] == [2, 3]


def test_export_of_a_journal_of_several_pages(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    for _ in range(120):
        journal.record(entry())
    journal.close()
    segur("export", tmp_path / "f.jsonl", "--home", tmp_path)
    assert len((tmp_path / "f.jsonl").read_text().splitlines()) == 120


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--since", "soon"], "--since soon"),
        (["list", "--kind", "fish"], "exchange, handshake, event"),
        (["show", "99"], "99"),
        (["show", "1", "--raw", "both"], "both"),
        (["export", "f.txt"], ".jsonl, .zip, .har"),
        (["export", "no/such/folder/f.zip"], "f.zip"),
        (["replay", "3"], "3"),
        (["replay", "1"], "segur up"),
        (["replay", "1", "--to", "not a url"], "not a url"),
        (["replay", "1", "--to", "ftp://x/"], "ftp://x/"),
    ],
)
def test_wrong_usage_is_explained(home: Path, words: list[str], said: str) -> None:
    assert said in segur(*words, "--home", home, code=2)


def test_no_journal_and_a_damaged_one(tmp_path: Path) -> None:
    assert "segur up" in segur("list", "--home", tmp_path, code=2).replace("\u00a0", " ")
    (tmp_path / "bench.db").write_bytes(b"no database at all" * 100)
    assert "bench.db" in segur("list", "--home", tmp_path, code=3)


def test_both_languages(home: Path) -> None:
    for lang, word in (("fr", "Certificat client refusé"), ("en", "Client certificate refused")):
        command = [sys.executable, "-m", "harness", "--lang", lang, "journal", "list", "--home", str(home)]
        shown = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[3], check=True).stdout
        assert word in shown.decode()


class Again(BaseHTTPRequestHandler):
    """Answers 200 to /lps and 404 elsewhere; remembers what it was asked."""

    asked: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(200 if self.path.startswith("/lps") else 404)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Again.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Again) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def test_replay_elsewhere_sends_the_same_request_and_compares(home: Path, server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_address[1]}"
    assert "200" in segur("replay", 1, "--to", url, "--home", home)
    [(path, headers, body)] = Again.asked
    assert (path, body) == ("/lps", SOAP)
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["host"] == url.removeprefix("http://")
    result = json.loads(segur("replay", 1, "--to", f"{url}/elsewhere", "--home", home, "--json", code=1))
    assert (result["same"], result["then"]["status"], result["now"]["status"]) == (False, 200, 404)


def test_replay_where_nobody_answers(home: Path, free_port: int) -> None:
    result = segur("replay", 1, "--to", f"http://127.0.0.1:{free_port}", "--home", home, "--json", code=1)
    assert json.loads(result)["error"]


def test_replay_to_the_bench_shows_the_same_certificate_and_reads_the_outcome(
    live_bench: Bench, client: BenchClient, bench_home: Path
) -> None:
    status = live_bench.status()
    session = client.open_session("replayed", own_ports=True)
    credential = status["credentials"]["insi-auto"]
    _, _, body = next(requests(organisation(credential["cert"]))).partition(b"\r\n\r\n")
    context = client_context(status["ca"], credential["cert"], credential["key"])
    httpx.post(session["endpoints"]["insi_tlsm"], content=body, verify=context, trust_env=False)
    before = client.exchanges(session["id"])[0]

    result = json.loads(segur("replay", before["id"], "--home", bench_home, "--json"))
    assert result["same"]
    assert result["now"]["outcome"] == before["outcome"] != ""
    after = client.exchange(result["now"]["exchange"])
    assert (after["session"], after["peer"]["sha256"]) == (session["id"], credential["sha256"])
    assert after["request_body"] == body

    wrong = status["credentials"]["expired"]
    shown = segur("replay", before["id"], "--home", bench_home, "--cert", wrong["cert"], "--key", wrong["key"], code=1)
    assert "TLS-CERT-03" in shown
    client.close_session(session["id"])


def test_since() -> None:
    now = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    for words, back in (("90s", 90), ("10m", 600), ("1.5h", 5400), ("2d", 172800), ("2j", 172800), ("09:30", 9000)):
        assert since_when(words, now) == (now - timedelta(seconds=back)).timestamp()
    assert since_when("2026-03-10", now) == datetime(2026, 3, 10, tzinfo=UTC).timestamp()
    assert since_when("2026-03-10T14:00+02:00", now) == now.timestamp()
    assert since_when("", now) == 0
    for words in ("soon", "10", "25:99", "2026-13-01", "9" * 400 + "d"):
        assert since_when(words, now) is None


def _everything(file: Path) -> str:
    if file.suffix != ".zip":
        text = file.read_text()
        for blob in re.findall(r'"(?:request|response)_body":"([^"]+)"', text):
            text += base64.b64decode(blob).decode()
        return text
    with zipfile.ZipFile(file) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())
