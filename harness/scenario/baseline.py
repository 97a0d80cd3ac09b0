"""Failures already known (``--baseline``): a JSON report of an earlier run, whose failures do not fail this one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from harness.scenario.result import ScenarioResult
from harness.scenario.verdict import Verdict

Known = frozenset[tuple[str, str]]  # scenario, check
BAD = (Verdict.FAIL, Verdict.INCONCLUSIVE)


class BadBaseline(ValueError):
    """Not a JSON report of a run."""


def read(path: Path) -> Known:
    """The failures that a report holds; raises BadBaseline."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["schema"] != 1:
            raise BadBaseline(f"{path}: schema {report['schema']}, 1 expected")
        return frozenset(
            (scenario["id"], check["id"])
            for scenario in report["scenarios"]
            for check in scenario["checks"]
            if check["verdict"] in BAD
        )
    except OSError as error:
        raise BadBaseline(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadBaseline(f"{path}: {error}") from None


def new_failures(results: Iterable[ScenarioResult], known: Known) -> list[ScenarioResult]:
    """The results that fail by something the baseline does not have."""
    return [
        result
        for result in results
        if any(check.verdict in BAD and (result.id, check.id) not in known for check in result.checks)
    ]
