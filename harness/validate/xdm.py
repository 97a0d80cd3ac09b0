"""``--as xdm``: an IHE_XDM archive judged whole, each CDA inside included; what `mail` also needs to judge one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePath
from time import perf_counter

from harness.validate.engine import Options, Result, ins_of_the_bench, tables_of
from norms import xdm
from norms.cda import validate
from norms.finding import Finding, Severity
from norms.ins.oids import ALL
from norms.mail import Described, describe
from norms.xds.check import Setting
from norms.xds.codes import CI_SIS


def judge(name: str, data: bytes, options: Options) -> Result:
    """The result for one archive, or for a METADATA.XML alone."""
    clock = perf_counter()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return result(name, "xdm", [], xdm.check_metadata(data, archive_options(options)), options, clock)
    opened = xdm.open_archive(data)
    findings = xdm.check(opened, archive_options(options))
    told = [describe(held.cda) for held in opened.cdas if held.cda is not None]
    return result(name, "xdm", told, findings, options, clock)


def archive_options(options: Options) -> xdm.Options:
    """How archives are judged: value sets of the CI-SIS, every INS OID, each CDA as ``segur validate`` does."""
    setting = Setting(tables_of(options.packs), options.now or datetime.now(UTC), ins_oids=ALL, sets=CI_SIS)
    return xdm.Options(setting, judge=partial(_document, options=options))


def _document(data: bytes, options: Options) -> Iterable[Finding]:
    known = ins_of_the_bench if options.strict else None
    tables = tables_of(options.packs)
    return validate(
        data, tables=tables, strict=options.strict, today=options.now, pdfa=options.pdfa, known=known
    ).findings


def result(
    name: str, kind: str, documents: list[Described], findings: list[Finding], options: Options, clock: float
) -> Result:
    """A result: places from the file inwards, the worst first, with what the file carries."""
    outer = PurePath(name.rpartition("!")[2]).name
    told = worst_first(_raised(one, options).inside(outer) for one in findings)
    said = {"documents": [{"code": one.code, "display": one.display, "title": one.title} for one in documents]}
    verdict = "fail" if any(one.severity is Severity.ERROR for one in told) else "pass"
    types = f"{LABELS[kind]} ({', '.join(one.code for one in documents)})" if documents else LABELS[kind]
    spent = {"total": round((perf_counter() - clock) * 1000, 3)}
    engines = {"own": {"rules": f"norms.{kind}", "strict": options.strict}}
    return Result(name, kind, types, said, verdict, tuple(told), engines, spent)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then information, otherwise in their order."""
    return sorted(findings, key=lambda one: list(Severity).index(one.severity))


LABELS = {"xdm": "IHE_XDM", "mail": "MSSanté"}


def _raised(finding: Finding, options: Options) -> Finding:
    weak = options.strict and finding.severity is Severity.WARNING
    return replace(finding, severity=Severity.ERROR) if weak else finding
