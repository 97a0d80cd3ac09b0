"""JUnit XML: one test case by document; its errors inside the failure, for a CI that shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET  # writes only

from harness.validate.engine import Result, refusals
from norms.finding import Finding, Severity
from norms.texts import Lang, text

# What XML 1.0 cannot hold, should a document's excerpt hold it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(results: Iterable[Result], lang: Lang) -> str:
    """The whole report."""
    every = list(results)
    suites = ET.Element("testsuites", name="segur validate")
    suite = ET.SubElement(suites, "testsuite", name="cda")
    for result in every:
        seconds = result.timings_ms.get("total", 0.0) / 1000
        case = ET.SubElement(
            suite, "testcase", classname=result.document_type or "cda", name=_clean(result.file), time=f"{seconds:.3f}"
        )
        if result.error is not None:
            words = text("harness.validate", f"sources.{result.error.reason}", lang, found=result.error.detail)
            ET.SubElement(case, "error", message=_clean(words))
        elif result.verdict == "fail":
            refused = list(_refused(result, lang))
            kind, message, _ = refused[0]
            node = ET.SubElement(case, "failure", message=_clean(message), type=kind)
            node.text = _clean("\n\n".join(whole for _, _, whole in refused))
    counts = {"tests": every, "failures": [r for r in every if r.verdict == "fail"]}
    for node in (suite, suites):
        for name, rows in {**counts, "errors": [r for r in every if r.verdict == "error"]}.items():
            node.set(name, str(len(rows)))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _refused(result: Result, lang: Lang) -> Iterator[tuple[str, str, str]]:
    """(rule, message, all that is said) of each error: ours, then those of the official rules."""
    for finding in result.findings:
        if finding.severity is Severity.ERROR:
            yield finding.rule, finding.message(lang), _said(finding, lang)
    for row in refusals(result.engines.get("official", {})):
        place = " ".join(str(part) for part in (row["line"], row["location"]) if part)
        yield row["profile"], row["text"], f"{row['profile']} {place}\n{row['text']}"


def _said(finding: Finding, lang: Lang) -> str:
    where = finding.where
    place = f"{where.line}:{where.column} " if where.line else ""
    return f"{finding.rule} {place}{where.path}\n{finding.message(lang)}\n{finding.fix(lang)}\n({finding.source})"


def _clean(words: str) -> str:
    return _FORBIDDEN.sub("\ufffd", words)
