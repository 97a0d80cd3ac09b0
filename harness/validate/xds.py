"""A captured DMP request judged offline: a raw MTOM dump (with or without its HTTP headers), or the XML alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

from harness.validate.engine import Options, Result, tables_of
from norms.finding import Finding, Severity, find
from norms.soap import BadEnvelope, read
from norms.soap.mtom import BadPackage, Part, is_related, split
from norms.xds import names
from norms.xds.check import Setting, check_set
from norms.xds.codes import is_signature
from norms.xds.coherence import check_document
from norms.xds.provide import check_provided, read_provide
from norms.xds.query import read_query
from norms.xds.retrieve import read_retrieve
from norms.xds.update import read_update

_HEAD = re.compile(rb"\A(?:[A-Z]+ [^\r\n]+ HTTP/[\d.]+\r?\n)?(?:[\w-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+\r?\n")
_CONTENT_TYPE = re.compile(rb"^content-type:[ \t]*((?:[^\r\n]|\r?\n[ \t])*)", re.I | re.M)
_BOUNDARY = re.compile(rb"\A\s*--([^\r\n]{1,70})\r?\n")
_ROOT_ID = re.compile(rb"^content-id:[ \t]*(<[^>\r\n]+>)", re.I | re.M)
TRANSACTIONS = {names.PROVIDE: "ITI-41", names.ADHOC: "ITI-18", names.RETRIEVE: "ITI-43", names.SUBMIT: "ITI-57"}


def judge(name: str, data: bytes, options: Options) -> Result:
    """The result for a captured request: the rules that the DMP mock has, its state and the VIHF apart."""
    clock = perf_counter()
    kind, findings = _findings(data, options)
    if options.strict:
        findings = [_raised(finding) for finding in findings]
    verdict = "fail" if any(finding.severity is Severity.ERROR for finding in findings) else "pass"
    spent = {"total": round((perf_counter() - clock) * 1000, 3)}
    return Result(name, "xds", kind, {}, verdict, tuple(findings), {}, spent)


def _raised(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.ERROR) if finding.severity is Severity.WARNING else finding


def unpacked(data: bytes) -> tuple[str, bytes]:
    """Content-Type and body of a dump. Without HTTP headers, a package's own delimiter and root say its type."""
    head = _HEAD.match(data)
    if head and not _BOUNDARY.match(data) and (said := _CONTENT_TYPE.search(head[0])):
        return " ".join(said[1].decode("latin-1").split()), data[head.end() :]
    if boundary := _BOUNDARY.match(data):
        root = _ROOT_ID.search(data)
        start = root[1].decode("latin-1") if root else ""
        kind = f'{_package_type(boundary[1].decode("latin-1"))}; start="{start}"'
        return kind, data.lstrip()
    return "application/soap+xml", data


def _package_type(boundary: str) -> str:
    """The Content-Type that a package with this boundary must have had."""
    return f'multipart/related; type="application/xop+xml"; start-info="application/soap+xml"; boundary="{boundary}"'


def _findings(data: bytes, options: Options) -> tuple[str, list[Finding]]:
    content_type, body = unpacked(data)
    parts: dict[str, Part] = {}
    try:
        if related := is_related(content_type):
            package = split(content_type, body)
            parts, body = dict(package.parts), package.root.data
        element = read(body).body
    except (BadPackage, BadEnvelope) as bad:
        return "", [bad.finding]
    transaction = TRANSACTIONS.get(str(element.tag), "")
    setting = Setting(tables_of(options.packs), options.now or datetime.now(UTC))
    if transaction == "ITI-41":
        provided = read_provide(element, parts)
        found = list(check_provided(provided, setting).findings)
        for one in provided.documents:
            if not is_signature(one.entry) and one.size:
                found += check_document(one.entry, one.root)
        return transaction, found if related else [*found, find("DMP-REQ-01")]
    if transaction == "ITI-18":
        return transaction, read_query(element)[1]
    if transaction == "ITI-43":
        return transaction, read_retrieve(element)[1]
    if transaction == "ITI-57":
        asked = read_update(element)
        return transaction, [*asked.findings, *(check_set(asked.set, setting) if asked.set else ())]
    expected = ", ".join(tag.rpartition("}")[2] for tag in TRANSACTIONS)
    return "", [find("DMP-ACT-02", expected=expected, found=element.tag)]
