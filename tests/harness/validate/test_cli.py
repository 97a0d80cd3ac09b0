"""``segur validate``, ``segur rules`` and ``segur rulepacks`` as a user or a CI calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.official.pack import EXPAND, PROFILES, SCHEMA, SVRL, Pack
from harness.validate.engine import Result as Outcome
from harness.validate.writers import junit, sarif, text
from tests.norms.cda.sample import INS, LEVEL_1, edited

run = CliRunner()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A document that conforms."""
    file = tmp_path / "bon.xml"
    file.write_text(LEVEL_1, encoding="utf-8")
    return file


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A document with one error."""
    file = tmp_path / "refusé.xml"
    file.write_bytes(edited((INS, "12345")))
    return file


def _segur(*words: object) -> Result:
    return run.invoke(app, [str(word) for word in words], env={"SEGUR_LANG": "fr"})


def test_exit_codes(good: Path, bad: Path, tmp_path: Path) -> None:
    assert _segur("validate", good).exit_code == 0
    assert _segur("validate", bad).exit_code == 1
    assert _segur("validate", good, tmp_path / "absent.xml").exit_code == 2
    assert _segur("validate", good, "--format", "yaml").exit_code == 2
    assert _segur("validate", good, "--as", "fax").exit_code == 2
    assert _segur("validate", good, "--rulepack", "inconnue", "--home", tmp_path / "h").exit_code == 2


def test_text_says_what_where_and_how_to_mend(bad: Path) -> None:
    said = _segur("validate", bad).stdout
    assert "CDA-PAT-02" in said
    assert "recordTarget/patientRole/id/@extension" in said
    assert 'extension="12345"' in said
    assert "18" in said


def test_json_has_the_contract_of_the_design(bad: Path, good: Path) -> None:
    rows = json.loads(_segur("validate", bad, good, "--format", "json").stdout)
    assert [row["verdict"] for row in rows] == ["fail", "pass"]
    row = rows[0]
    assert {"file", "kind", "document_type", "verdict", "findings", "engines", "timings_ms"} <= set(row)
    finding = row["findings"][0]
    assert {"rule", "severity", "message", "fix", "line", "column", "xpath", "relation", "source"} <= set(finding)
    assert finding["rule"] == "CDA-PAT-02"


def test_sarif_is_what_the_standard_says(bad: Path, tmp_path: Path) -> None:
    log = json.loads(_segur("validate", bad, tmp_path / "absent.xml", "--format", "sarif").stdout)
    jsonschema.validate(log, SARIF)
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules[results[0]["ruleIndex"]]["id"] == results[0]["ruleId"] == "CDA-PAT-02"
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("refus%C3%A9.xml")
    assert log["runs"][0]["invocations"][0]["toolExecutionNotifications"]


def test_junit_has_a_case_by_document(good: Path, bad: Path) -> None:
    suites = ET.fromstring(_segur("validate", good, bad, "--format", "junit").stdout)
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("2", "1", "0")
    failure = suites.find(".//failure")
    assert failure is not None
    assert failure.get("type") == "CDA-PAT-02"


def test_strict_and_the_weight_of_a_pdf(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(edited((INS, INS[:-2] + "11")))
    assert _segur("validate", file).exit_code == 0
    assert _segur("validate", file, "--strict").exit_code == 1
    assert _segur("validate", file, "--pdfa", "fatal").exit_code == 2


def test_many_documents_in_worker_processes(tmp_path: Path) -> None:
    for at in range(5):
        (tmp_path / f"{at}.xml").write_bytes(edited(("Consultation d'essai", f"Essai {at}")))
    rows = json.loads(_segur("validate", tmp_path, "-j", "2", "--format", "json").stdout)
    assert [Path(row["file"]).name for row in rows] == [f"{at}.xml" for at in range(5)]
    assert {row["verdict"] for row in rows} == {"pass"}


def test_one_file_loads_only_what_it_needs(good: Path) -> None:
    heavy = ("pydantic", "rich", "email.message", "yaml", "httpx", "fastapi", "mocks", "saxonche")
    code = f"""
import sys
sys.argv = ["segur", "validate", {str(good)!r}]
from harness.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, [name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_rules_are_listed_and_shown() -> None:
    assert "CDA-PAT-02" in _segur("rules", "list", "CDA").stdout
    assert "INSI-" not in _segur("rules", "list", "INS").stdout
    shown = json.loads(_segur("rules", "show", "cda-pat-02", "--json").stdout)
    assert shown["relation"] == "official"
    assert shown["message"]
    unknown = _segur("rules", "show", "CDA-PAT-99")
    assert unknown.exit_code == 2


def test_a_rule_pack_is_imported_used_listed_and_removed(tmp_path: Path, good: Path) -> None:
    copy, home = tmp_path / "copie", tmp_path / "home"
    copy.mkdir()
    (copy / "JDV_J07-XdsTypeCode-CISIS.xml").write_text(
        '<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet id="1" dateMaj="20250101"><ConceptList>'
        '<Concept code="A" codeSystem="1.9" displayName="A"/></ConceptList></ValueSet></RetrieveValueSetResponse>',
        encoding="utf-8",
    )
    assert _segur("rulepacks", "import", copy, "--name", "nos", "--home", home).exit_code == 0
    rows = json.loads(_segur("rulepacks", "list", "--json", "--home", home).stdout)["rulepacks"]
    assert [(row["name"], row["sets"], row["official"]) for row in rows] == [("nos", 1, False)]
    judged = json.loads(_segur("validate", good, "--rulepack", "nos", "--home", home, "--format", "json").stdout)
    assert [f["rule"] for f in judged[0]["findings"] if f["severity"] == "error"] == ["CDA-TRM-01"]
    assert _segur("rulepacks", "import", copy, "--name", "nos", "--home", home).exit_code == 2
    assert _segur("rulepacks", "remove", "../nos", "--home", home).exit_code == 2
    assert _segur("rulepacks", "remove", "nos", "--home", home).exit_code == 0
    assert not (home / "rulepacks" / "nos").exists()
    assert _segur("rulepacks", "import", tmp_path / "absent", "--home", home).exit_code == 2


def test_an_imported_copy_keeps_what_its_official_rules_need(tmp_path: Path, good: Path) -> None:
    copy, home = tmp_path / "copie", tmp_path / "home"
    for name in (SCHEMA, EXPAND, SVRL, *(path for _, path in PROFILES), "schematrons/moteur/saxon9he.jar"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("<x/>", encoding="utf-8")
    (copy / "jeuxDeValeurs").mkdir()
    (copy / "jeuxDeValeurs" / "JDV_J07-XdsTypeCode-CISIS.xml").write_text("<x/>", encoding="utf-8")
    assert _segur("rulepacks", "import", copy, "--name", "ans", "--home", home).exit_code == 0
    kept = home / "rulepacks" / "ans"
    assert Pack(kept).complete
    assert not (kept / "schematrons" / "moteur" / "saxon9he.jar").exists()
    (kept / SVRL).unlink()
    said = _segur("validate", good, "--rulepack", "ans", "--home", home)
    assert SVRL in said.stderr
    assert "ans" in _segur("rulepacks", "remove", "nos", "--home", home).stderr


def test_what_only_the_official_rules_refuse_is_in_every_form() -> None:
    row = {"profile": "IHE", "weight": "error", "line": 12, "location": "component", "text": "refusé", "test": "x"}
    official = {"verdict": "fail", "findings": [row], "schema": [], "pack": {"name": "ans"}, "agreement": {}}
    result = Outcome("a.xml", verdict="fail", engines={"official": official})
    failure = ET.fromstring(junit.write([result], "fr")).find(".//failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("IHE", "refusé")
    log = json.loads(sarif.write([result], "fr"))
    jsonschema.validate(log, SARIF)
    assert log["runs"][1]["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert "IHE · ligne 12 · component" in text.write([result], "fr")


SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"required": ["driver"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["message", "ruleId", "level", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"required": ["text"]},
                            },
                        },
                    },
                },
            },
        },
    },
}
