"""JSON: a list, one object and one line by document, findings with their texts in one language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from harness.validate.engine import Result
from norms.texts import Lang, text

SCHEMA = 1


def shown(result: Result, lang: Lang) -> dict[str, Any]:
    """One result, JSON-ready."""
    row: dict[str, Any] = {
        "schema": SCHEMA,
        "file": result.file,
        "kind": result.kind,
        "document_type": result.document_type,
        "document": result.document,
        "verdict": result.verdict,
        "findings": [finding.shown(lang) for finding in result.findings],
        "engines": result.engines,
        "timings_ms": result.timings_ms,
    }
    if result.error is not None:
        row["error"] = text("harness.validate", f"sources.{result.error.reason}", lang, found=result.error.detail)
    return row


def write(results: Iterable[Result], lang: Lang) -> str:
    """The whole list."""
    rows = (json.dumps(shown(result, lang), ensure_ascii=False) for result in results)
    return "[\n" + ",\n".join(rows) + "\n]"
