"""HTML, Markdown, evidence pack and comparison, from a run made by hand."""

from __future__ import annotations

import json
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.runs import app
from harness.report.compare import compare
from harness.report.evidence import BadPack, verify
from harness.report.explain import explained
from harness.report.files import replay, writers
from harness.report.json import document
from harness.scenario.events import RunFinished
from harness.scenario.result import ScenarioResult, StepRecord
from harness.scenario.store import Store
from harness.scenario.traffic import Traffic
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import Words
from norms.texts import LANGS, Lang

SECRET = "c2VjcmV0LXRva2Vu"
BAD = Words("Le dossier porte <LEONIE>.", "The record holds <LEONIE>.")
FIX = Words("Lire ListePrenom.", "Read ListePrenom.")


def exchange(number: int = 7) -> Traffic:
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><a>&lt;b&gt;</a></s:Body></s:Envelope>'
    )
    return Traffic(
        {
            "id": number,
            "kind": "exchange",
            "session": "s",
            "service": "insi",
            "listener": "insi_tlsm",
            "operation": "WS_INS2",
            "outcome": "00",
            "started": "2026-11-21T10:00:00.000Z",
            "duration_ms": 3.0,
            "method": "POST",
            "target": "/lps",
            "request_headers": [["authorization", f"Bearer {SECRET}"]],
            "request_body": body,
            "status": 200,
            "response_headers": [["content-type", "application/soap+xml"]],
            "response_body": body,
            "findings": [],
            "facts": {},
        }
    )


def result(name: str = "H.INS.01", verdict: Verdict = Verdict.FAIL) -> ScenarioResult:
    checks = [
        CheckResult("search/one-call", Verdict.PASS, Words("Un appel.", "One call."), Words("1", "1")),
        CheckResult("after/taken", verdict, Words("Repris.", "Taken."), BAD, exchange=7, fix=FIX),
    ]
    step = StepRecord("search", "", "transaction", Words("Chercher.", "Search."), 1_795_000_000.0)
    step.action, step.reply = "ins.search", {"ok": True, "shown": [{"kind": "message", "text": "<i>Trouvé</i>"}]}
    step.exchanges, step.evidence = [7], [{"proof": "INS/va1.52.01.01", "keeps": ["exchanges", "answer"]}]
    requirements = [{"id": "INS/va1.52", "source": "REM", "confidence": "draft", "rule": ""}]
    title = Words("Recherche | par traits", "Search | by traits")
    return ScenarioResult(name, title, verdict, 1_795_000_000.0, 0.4, requirements, checks, [step])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.new(tmp_path, {"scenarios": ["H.INS.01"]})
    store.note(software={"name": "LGC <Démo>", "version": "2"}, suite={"version": "1", "rules": "abc"})
    store.save(result(), [exchange()])
    return store


class Page(HTMLParser):
    """Checks that tags close and collects addresses that would need the network."""

    VOID = ("meta", "br", "link", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [v for k, v in attrs if k in ("src", "href") and v and not v.startswith("#")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", LANGS)
def test_the_html_report_stands_alone_and_explains(store: Store, tmp_path: Path, lang: Lang) -> None:
    path = tmp_path / "r.html"
    replay(store, writers(lang, html=path))
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert not page.open
    assert not page.outside
    assert "<script" not in text
    assert BAD.get(lang).replace("<", "&lt;").replace(">", "&gt;") in text
    assert FIX.get(lang) in text
    assert "&lt;i&gt;Trouvé&lt;/i&gt;" in text
    assert "WS_INS2" in text
    assert SECRET not in text


def test_the_markdown_summary_keeps_its_table(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    replay(store, writers("en", markdown=path))
    lines = path.read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if "H.INS.01" in line and line.startswith("|"))
    assert row.replace("\\|", "").count("|") == 5
    assert any(line.startswith("- `H.INS.01` `after/taken`") and "Read ListePrenom" in line for line in lines)


def test_evidence_is_filed_by_proof_and_verified(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    joined = store.folder / "proofs" / "INS-va1.52.01.01"
    joined.mkdir(parents=True)
    (joined / "écran é.png").write_bytes(b"png")
    replay(store, writers("fr", evidence=path))
    with zipfile.ZipFile(path) as pack:
        names = pack.namelist()
        request = next(n for n in names if n.endswith("-requete.xml"))
        assert request.startswith("preuves/INS-va1.52/INS-va1.52.01.01/7-WS_INS2-00")
        assert any(n.startswith("preuves/INS-va1.52/INS-va1.52.01.01/") and n.endswith(".png") for n in names)
        assert all(n.isascii() for n in names)
        assert all(SECRET.encode() not in pack.read(n) for n in names)
        manifest = json.loads(pack.read("manifeste.json"))
        assert {row["name"] for row in manifest["files"]} == set(names) - {"manifeste.json"}
    assert verify(path) == []


def test_a_form_is_evidence_that_opens_as_text(store: Store, tmp_path: Path) -> None:
    form = Traffic({**exchange().raw, "request_body": b"grant_type=x", "response_body": b"\xff\x00"})
    store.save(result(), [form])
    replay(store, writers("fr", evidence=tmp_path / "e.zip"))
    with zipfile.ZipFile(tmp_path / "e.zip") as pack:
        endings = {name.rpartition("-")[2] for name in pack.namelist() if "WS_INS2" in name}
    assert endings == {"requete.txt", "reponse.bin"}


def test_segments_of_hl7_are_told_apart_on_one_line() -> None:
    check = CheckResult("a/b", Verdict.FAIL, Words.of("x"), Words.of("MSH|1\rEVN|2\x1b"))
    assert "MSH|1 ⏎ EVN|2\ufffd" in explained(check, "en")


def test_a_changed_pack_is_seen(store: Store, tmp_path: Path) -> None:
    path, forged = tmp_path / "e.zip", tmp_path / "f.zip"
    replay(store, writers("fr", evidence=path))
    with zipfile.ZipFile(path) as pack, zipfile.ZipFile(forged, "w") as other:
        for name in pack.namelist():
            if name != "LISEZMOI.txt":
                other.writestr(name, pack.read(name) + (b" " if name == "rapport.html" else b""))
        other.writestr("more.txt", b"x")
    assert sorted(verify(forged)) == [
        "LISEZMOI.txt: missing",
        "more.txt: not in the manifest",
        "rapport.html: changed",
    ]


def test_what_is_no_pack_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(BadPack):
        verify(path)


def test_two_runs_compared() -> None:
    before = [result("H.INS.01", Verdict.PASS), result("H.INS.02"), result("H.INS.04")]
    after = [result("H.INS.01"), result("H.INS.02"), result("H.INS.03", Verdict.PASS)]
    changes = {c.id: c for c in compare(before, after)}
    assert set(changes) == {"H.INS.01", "H.INS.03", "H.INS.04"}
    assert changes["H.INS.01"].worse
    assert changes["H.INS.01"].broke == ("after/taken",)
    assert not changes["H.INS.03"].worse
    assert not changes["H.INS.04"].worse


def test_reports_compared_without_the_runs(tmp_path: Path) -> None:
    for name, verdict in (("a", Verdict.PASS), ("b", Verdict.FAIL)):
        event = RunFinished(name, [result("H.INS.01", verdict)], Words())
        (tmp_path / f"{name}.json").write_text(json.dumps(document(event, None, "fr")), encoding="utf-8")
    (tmp_path / "c.json").write_text("[1]", encoding="utf-8")
    one, two, bad = (str(tmp_path / f"{name}.json") for name in "abc")
    asked = ["compare", "--home", str(tmp_path / "none")]
    told = CliRunner().invoke(app, [*asked, one, two, "--json"])
    assert (told.exit_code, json.loads(told.stdout)["changes"][0]["worse"]) == (1, True)
    assert CliRunner().invoke(app, [*asked, two, one]).exit_code == 0
    for wrong in (bad, str(tmp_path / "absent.json")):
        refused = CliRunner().invoke(app, [*asked, one, wrong])
        assert (refused.exit_code, refused.exception.__class__) == (2, SystemExit)
