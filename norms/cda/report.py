"""The verdict on one document: the stages in order, what they found, what was not checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from time import perf_counter
from typing import Any, Literal

from norms.cda.document import Document, Known, first
from norms.cda.preflight import read
from norms.codes import Tables
from norms.finding import Finding, Severity, find
from norms.rules import rule

# Each is norms.cda.<name> with check(document) -> Iterable[Finding]; pre-flight comes first and gives the document.
STAGES = ("grammar", "header", "volets", "terminology", "body")


@dataclass(frozen=True, slots=True)
class DocumentType:
    """What a document says it is: its type code, its volet and version, its level (1 or 3)."""

    code: str = ""
    system: str = ""
    display: str = ""
    volet: str = ""
    template: str = ""
    version: str = ""
    level: int = 0

    def __str__(self) -> str:
        return " ".join(part for part in (self.volet or self.code, self.version) if part)


@dataclass(frozen=True, slots=True)
class Report:
    """What `validate` says of one document. ``engines`` tells what judged (tables with their dates, what was not
    checked); ``timings_ms`` has one entry per stage and ``total``."""

    document_type: DocumentType
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...]
    engines: dict[str, Any]
    timings_ms: dict[str, float]


def validate(
    data: bytes,
    *,
    tables: Tables | None = None,
    strict: bool = False,
    today: datetime | None = None,
    pdfa: Severity = Severity.WARNING,
    known: Known | None = None,
) -> Report:
    """Judge the bytes of one CDA document with our own rules, in the order of `STAGES`.

    ``strict`` raises to errors every warning and the information that the catalogue marks; ``today`` (with an offset)
    is what dates are compared with; ``pdfa`` is how much a PDF weighs that does not claim PDF/A-1; ``known`` tells
    whose INS may not be left out (nobody's, when None). Never raises on the document's account: what cannot be read is
    a finding.
    """
    clock = perf_counter()
    started = clock
    timings: dict[str, float] = {}
    tables = tables if tables is not None else Tables()
    document, found = read(data, tables=tables, today=today, pdfa=pdfa, known=known)
    findings = list(found)
    timings["preflight"] = (perf_counter() - clock) * 1000
    if document is not None:
        for stage in STAGES:
            clock = perf_counter()
            findings += import_module(f"norms.cda.{stage}").check(document)
            timings[stage] = (perf_counter() - clock) * 1000
    engines: dict[str, Any] = {"own": {"rules": "norms.cda", "strict": strict}}
    if document is not None:
        notes, engines["terminology"] = _terminology(document)
        findings += notes
    timings["total"] = (perf_counter() - started) * 1000
    if strict:
        findings = [_raised(finding) for finding in findings]
    return Report(
        _document_type(document),
        "fail" if any(f.severity is Severity.ERROR for f in findings) else "pass",
        tuple(_ordered(findings)),
        engines,
        {stage: round(spent, 3) for stage, spent in timings.items()},
    )


def _terminology(document: Document) -> tuple[list[Finding], dict[str, Any]]:
    """What was not looked up (a finding, never silence), and which tables of which date judged."""
    from norms.cda.terminology import NAMES, unchecked

    systems, tables = unchecked(document), document.tables
    said = {
        "tables": tables.consulted(),
        "packs": [pack.shown() for pack in tables.packs],
        "not_checked": {"code_systems": systems, "value_sets": tables.not_loaded()},
    }
    missing = [NAMES.get(oid, oid) for oid in systems] + tables.not_loaded()
    if not missing:
        return [], said
    return [find("CDA-TRM-06", expected=", ".join(missing), count=sum(systems.values()))], said


def _raised(finding: Finding) -> Finding:
    raised = finding.severity is Severity.WARNING or (finding.severity is Severity.INFO and rule(finding.rule).strict)
    return replace(finding, severity=Severity.ERROR) if raised else finding


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (_WEIGHT[f.severity], f.where.line or 0, f.where.column or 0))


def _document_type(document: Document | None) -> DocumentType:
    if document is None:
        return DocumentType()
    code = first(document.root, "code")
    said = [code.get(name, "") if code is not None else "" for name in ("code", "codeSystem", "displayName")]
    volet, template, version = import_module("norms.cda.volets").identify(document)
    level = 1 if first(document.root, "component/nonXMLBody") is not None else 3
    return DocumentType(said[0], said[1], said[2], volet, template, version, level)
