"""SARIF 2.1.0 (OASIS): what code-scanning tools of a forge display beside the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from harness.validate.engine import Result, refusals
from norms import rules
from norms.finding import PATH, Finding, Severity
from norms.texts import Lang, text

_BLANK = re.compile(r"\{\w+\}")  # what a rule's texts leave to each finding
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def write(results: Iterable[Result], lang: Lang) -> str:
    """One run holding every finding, and one more for the official rules where they judged; a file that could not be
    read is a notification of the tool."""
    from harness import version

    every = list(results)
    used = sorted({finding.rule for result in every for finding in result.findings})
    notices = [_notice(result, lang) for result in every if result.error is not None]
    run = {
        "tool": {
            "driver": {"name": "segur validate", "version": version(), "rules": [_rule(one, lang) for one in used]}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notices, "toolExecutionNotifications": notices}],
        "results": [_result(result, finding, used, lang) for result in every for finding in result.findings],
    }
    runs = [run, *_official([result for result in every if "official" in result.engines])]
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": runs}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _official(judged: list[Result]) -> list[dict[str, Any]]:
    """What the user's copy of the official rules refused; no run when it judged nothing."""
    if not judged:
        return []
    pack = judged[0].engines["official"].get("pack", {})
    driver = {"name": f"TestContenuCDA ({pack.get('name', '')})", "version": pack.get("commit") or "?"}
    rows = [(result, row) for result in judged for row in refusals(result.engines["official"])]
    found = [
        {
            "ruleId": row["profile"],
            "level": "error",
            "message": {"text": row["text"]},
            "locations": [_location(result.file, {"startLine": row["line"]} if row["line"] else {}, row["location"])],
        }
        for result, row in rows
    ]
    rules_ran = [{"id": name} for name in sorted({row["profile"] for _, row in rows})]
    return [{"tool": {"driver": {**driver, "rules": rules_ran}}, "results": found}]


def _rule(rule_id: str, lang: Lang) -> dict[str, Any]:
    rule = rules.rule(rule_id)
    return {
        "id": rule_id,
        "shortDescription": {"text": _BLANK.sub("…", rules.words(rule_id, lang)["message"])},
        "help": {"text": f"{_BLANK.sub('…', rules.words(rule_id, lang)['fix'])}\n{rule.source}"},
        "defaultConfiguration": {"level": _LEVELS[Severity(rule.severity)]},
        "properties": {"relation": rule.relation, "source": rule.source},
    }


def _result(result: Result, finding: Finding, used: list[str], lang: Lang) -> dict[str, Any]:
    where = finding.where
    region: dict[str, Any] = {}
    if where.line and PATH not in where.path.partition(PATH)[2]:  # else a line of a file inside the file
        region["startLine"] = where.line
        if where.column:
            region["startColumn"] = where.column
        if where.excerpt:
            region["snippet"] = {"text": where.excerpt}
    return {
        "ruleId": finding.rule,
        "ruleIndex": used.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message(lang)} {finding.fix(lang)}"},
        "locations": [_location(result.file, region, where.path)],
    }


def _location(file: str, region: dict[str, Any], path: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": _uri(file)}, **({"region": region} if region else {})}
    return {"physicalLocation": place, **({"logicalLocations": [{"fullyQualifiedName": path}]} if path else {})}


def _notice(result: Result, lang: Lang) -> dict[str, Any]:
    assert result.error is not None
    words = text("harness.validate", f"sources.{result.error.reason}", lang, found=result.error.detail)
    return {"level": "error", "message": {"text": f"{result.file}: {words}"}}


def _uri(file: str) -> str:
    return quote(PurePath(file).as_posix(), safe="/!:")
