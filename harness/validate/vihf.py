"""``--as vihf``: the VIHF of a captured request (a raw HTTP or MTOM dump, a SOAP envelope, an assertion alone).

A capture is judged at its own instant: how old it is now says nothing of the software. The chain of its certificate is
judged only against authorities that are given.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from lxml import etree

from harness.validate.engine import Options, Result
from harness.validate.sources import Unreadable
from norms.finding import Finding, Severity, find
from norms.instant import read_utc
from norms.saml import ASSERTION, Trust, TrustStore
from norms.soap.names import SECURITY
from norms.soap.tree import place
from norms.vihf import Expected, Vihf, check_vihf, names, read_vihf
from norms.xml import BadXml, parse

_XML = re.compile(rb"<(?:([\w.-]+):)?(Envelope|Assertion)[\s>].*</(?:\1:)?\2\s*>", re.S)
_CHAIN = "SAML-CRT-02"


def judge(name: str, data: bytes, options: Options) -> Result:
    """The result for one capture."""
    began = time.perf_counter()
    found = _XML.search(data)
    try:
        root = parse(found[0] if found else data)
    except BadXml as bad:
        return Result(name, "vihf", verdict="error", error=Unreadable(name, "unreadable", str(bad)))
    vihf, findings = _judged(root, options)
    said = {"mode": vihf.mode, "version": vihf.text(names.VERSION), "user": vihf.user} if vihf else {}
    wrong = any(f.severity is Severity.ERROR or (options.strict and f.severity is Severity.WARNING) for f in findings)
    kind = f"VIHF {said.get('version', '')} {said.get('mode', '')}".strip()
    spent = {"total": (time.perf_counter() - began) * 1000}
    engines = {"own": {"rules": "VIHF"}}
    return Result(name, "vihf", kind, said, "fail" if wrong else "pass", tuple(findings), engines, spent)


def _judged(root: etree._Element, options: Options) -> tuple[Vihf | None, list[Finding]]:
    held = [root] if root.tag == ASSERTION else list(root.iterfind(f".//{SECURITY}/{ASSERTION}"))
    if not held:
        return None, [find("VIHF-SEC-01", where=place(root))]
    vihf, findings = read_vihf(held[0])
    if len(held) > 1:
        findings.append(
            find("VIHF-SEC-02", found=len(held), where=place(held[1]), blocks=sum(1 for _ in root.iter(SECURITY)))
        )
    store = TrustStore.from_pem(Path(options.trust).read_bytes()) if options.trust else None
    when = read_utc(vihf.assertion.issue_instant) or time.time()
    expected = Expected(Trust(store or TrustStore(()), when), patient=bool(vihf.text(names.RESOURCE)))
    findings += check_vihf(vihf, expected)
    return vihf, [finding for finding in findings if store or finding.rule != _CHAIN]
