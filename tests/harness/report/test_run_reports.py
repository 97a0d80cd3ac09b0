"""Console, JSON and JUnit reports of one small run: what a person and a program read, kept as snapshots."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from harness.report import to_all
from harness.report.console import ConsoleReport
from harness.report.json import JsonReport
from harness.report.junit import JunitReport, document
from harness.scenario.events import Event, RunFinished, RunStarted, ScenarioFinished, ScenarioStarted, StepStarted
from harness.scenario.result import ScenarioResult, StepRecord
from harness.scenario.verdict import CheckResult, Verdict
from harness.words import NO_WORDS, Words
from norms.texts import LANGS, Lang

BEGAN = 1_790_000_000.0
REQUIREMENT = {"id": "INS/va1.52", "source": "REM vague 1, brouillon", "confidence": "draft", "rule": "règle 6"}
FINDING = {
    "rule": "INSI-CTX-09",
    "severity": "error",
    "message": {"fr": "Emetteur est LGC.", "en": "Emetteur is LGC."},
    "fix": {"fr": "Mettre l'OU.", "en": "Use the OU."},
    "source": "SEL-MP-043",
    "relation": "observed",
    "line": 3,
    "path": "Header/ContexteBAM",
}


def result(number: int, verdict: Verdict, *checks: CheckResult, reason: Words = NO_WORDS) -> ScenarioResult:
    """A scenario's result."""
    title = Words(f"Scénario {number}", f"Scenario {number}")
    made = ScenarioResult(f"H.INS.{number:02}", title, verdict, BEGAN + number, 1.25, [REQUIREMENT], reason=reason)
    made.checks += checks
    step = StepRecord("search", "", "transaction", Words("Chercher", "Search"), BEGAN)
    step.exchanges, step.evidence = [12], [{"proof": "INS/va1.52.01.01", "keeps": ["exchanges"]}]
    made.steps.append(step)
    return made


PASSED = CheckResult("search/call", Verdict.PASS, Words("Un appel.", "One call."), Words("Conforme : 1.", "Holds: 1."))
FAILED = CheckResult(
    "search/valid",
    Verdict.FAIL,
    Words("L'appel respecte le contrat.", "The call respects the contract."),
    Words("L'appel 12 enfreint 1 règle : Emetteur est LGC.", "Call 12 breaks 1 rule: Emetteur is LGC."),
    Words("aucune règle en erreur", "no rule in error"),
    Words("INSI-CTX-09", "INSI-CTX-09"),
    12,
    ("INS/va1.52",),
    Words("Mettre l'OU.", "Use the OU."),
    (FINDING,),
)
FOLLOWED = CheckResult(
    "after/taken", Verdict.INCONCLUSIVE, Words("Repris.", "Taken."), Words("Rien.", "Nothing."), follows=True
)
ASKED = CheckResult("clicks", Verdict.MANUAL, Words("Un clic.", "One click."), Words("À regarder.", "To look at."))
LOST = Words("C'est le banc qui a failli : coupé\x1b[31m.", "The bench failed: cut\x1b[31m.")
RESULTS = [
    result(1, Verdict.PASS, PASSED),
    result(2, Verdict.FAIL, PASSED, FAILED, FOLLOWED),
    result(3, Verdict.INCONCLUSIVE, FOLLOWED),
    result(4, Verdict.MANUAL, ASKED),
    result(5, Verdict.NOT_APPLICABLE, reason=Words("Ne concerne pas PFI.", "Does not concern PFI.")),
    result(6, Verdict.ERROR, CheckResult("bench", Verdict.ERROR, Words("Le banc.", "The bench."), LOST), reason=LOST),
]


def events(*, stopped: Words = NO_WORDS) -> list[Event]:
    """Everything that happens during such a run."""
    software = {"name": "LGC", "version": "1"}
    told: list[Event] = [RunStarted("20261121-1", 6, software, {"version": "1", "rules": "ab"}, left_out=2, resumed=1)]
    for number, each in enumerate(RESULTS, 1):
        if number > 1:
            told.append(ScenarioStarted(each.id, each.title, number, 6))
            told.append(StepStarted(each.id, "", "search", Words("Chercher", "Search"), Words("tout", "all"), 30))
        told.append(ScenarioFinished(each, kept=number == 1))
    return [*told, RunFinished("20261121-1", RESULTS, stopped, False, "/home/runs/1")]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("quiet", [False, True])
def test_console(lang: Lang, quiet: bool, snapshot: SnapshotAssertion) -> None:
    written = io.StringIO()
    report = ConsoleReport(Console(file=written, width=100, highlight=False), lang, quiet=quiet)
    for event in events(stopped=Words("Interrompu.", "Interrupted.")):
        report.on(event)
    assert written.getvalue() == snapshot


def test_a_terminal_shows_progress_and_the_same_verdicts() -> None:
    written = io.StringIO()
    report = ConsoleReport(Console(file=written, width=100, force_terminal=True, color_system=None), "fr")
    for event in events():
        report.on(event)
    assert "attend tout (30 s au plus)" in written.getvalue()
    assert "✗ H.INS.02" in written.getvalue()


@pytest.mark.parametrize("lang", LANGS)
def test_json_and_junit(lang: Lang, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    paths = tmp_path / "deep" / "r.json", tmp_path / "r.xml"
    emit = to_all([JsonReport(paths[0], lang), JunitReport(paths[1], lang)])
    for event in events():
        emit(event)
    report = json.loads(paths[0].read_text(encoding="utf-8"))
    assert report == snapshot(name="json")
    assert paths[1].read_text(encoding="utf-8") == snapshot(name="junit")
    assert report["schema"] == 1
    assert report["totals"] == {
        "pass": 1,
        "fail": 1,
        "inconclusive": 1,
        "manual": 1,
        "not_applicable": 1,
        "error": 1,
    }


@pytest.mark.parametrize(("allow", "failures", "skipped"), [(False, 3, 1), (True, 2, 2)])
def test_junit_counts(allow: bool, failures: int, skipped: int) -> None:
    suites = ET.fromstring(document(RESULTS, "fr", allow_manual=allow))
    counts = {name: int(suites.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 6, "failures": failures, "errors": 1, "skipped": skipped}
    (suite,) = suites
    assert suite.get("name") == "H.INS"
    failure = suites.find(".//testcase[2]/failure")
    assert failure is not None
    for said in ("INSI-CTX-09", "INS/va1.52", "12", "Mettre l'OU.", "brouillon"):
        assert said in (failure.text or "")


def test_one_suite_per_domain() -> None:
    other = result(1, Verdict.PASS, PASSED)
    other.id = "MES.DMP.01"
    names = [suite.get("name") for suite in ET.fromstring(document([*RESULTS, other], "en"))]
    assert names == ["H.INS", "MES.DMP"]


def test_an_empty_run_is_still_a_report() -> None:
    assert ET.fromstring(document([], "fr")).get("tests") == "0"
