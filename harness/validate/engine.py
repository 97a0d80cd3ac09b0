"""Judging documents: one after the other, or in worker processes that keep their tables warm."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from harness.lang import reason
from harness.validate.sources import Source, Unreadable
from norms.finding import Finding, Severity, find

MANY = 12  # from here on, worker processes pay for their start
_BATCH = 8
LIMIT = 50_000_000  # bytes of one document: a bigger file is not even read


@dataclass(frozen=True, slots=True)
class Options:
    """How documents are judged: ``packs`` folders of value sets and code systems, ``now`` what dates are held against.

    ``kind``: what the files are (``auto``, ``cda``, ``xdm``, ``mail``, ``vihf``, ``xds``); ``trust``: PEM bundle of
    the authorities who sign.
    """

    strict: bool = False
    packs: tuple[str, ...] = ()
    pdfa: Severity = Severity.WARNING
    now: datetime | None = None
    kind: str = "cda"
    trust: str = ""


@dataclass(slots=True)
class Result:
    """What is said of one document; ``error`` when it could not be read at all."""

    file: str
    kind: str = "cda"
    document_type: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    verdict: str = "pass"  # pass, fail, error
    findings: tuple[Finding, ...] = ()
    engines: dict[str, Any] = field(default_factory=dict)
    timings_ms: dict[str, float] = field(default_factory=dict)
    error: Unreadable | None = None

    def count(self, severity: Severity) -> int:
        """How many findings weigh that much."""
        return sum(1 for finding in self.findings if finding.severity is severity)


def refusals(official: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the official rules refuse (``engines["official"]`` of a result): schema first, then profile by profile."""
    schema = [
        {"profile": "XSD", "line": row["line"], "location": "", "text": row["text"]}
        for row in official.get("schema", ())
    ]
    return schema + [row for row in official.get("findings", ()) if row["weight"] == "error"]


def run(
    sources: list[Source | Unreadable], options: Options, workers: int = 0, done: Callable[[int], None] | None = None
) -> Iterator[Result]:
    """Results in the order of the sources; ``workers`` 0 chooses, ``done`` hears how many are finished."""
    workers = workers or (min(os.cpu_count() or 1, 8) if len(sources) >= MANY else 1)
    for finished, result in enumerate(_judged(sources, options, min(workers, len(sources))), 1):
        if done is not None:
            done(finished)
        yield result


def _judged(sources: list[Source | Unreadable], options: Options, workers: int) -> Iterator[Result]:
    if workers < 2:
        for source in sources:
            yield judge(source, options)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    batches = [sources[at : at + _BATCH] for at in range(0, len(sources), _BATCH)]
    with ProcessPoolExecutor(workers, get_context("spawn"), _start, (options,)) as pool:
        for results in pool.map(_batch, batches):
            yield from results


_options = Options()


def _start(options: Options) -> None:
    global _options
    _options = options


def _batch(sources: list[Source | Unreadable]) -> list[Result]:
    return [judge(source, _options) for source in sources]


_tables: dict[tuple[str, ...], Any] = {}


def tables_of(packs: tuple[str, ...]) -> Any:
    """The tables of these packs, ours behind them; read once by process."""
    if packs not in _tables:
        from norms.codes import Tables

        _tables[packs] = Tables(*_folders(packs)) if packs else Tables()
    return _tables[packs]


def _folders(packs: tuple[str, ...]) -> Iterator[Any]:
    from norms.codes.packs import Folder

    return (Folder(pack) for pack in packs)


def judge(source: Source | Unreadable, options: Options) -> Result:
    """The result for one source."""
    if isinstance(source, Unreadable):
        return Result(source.name, verdict="error", error=source)
    try:
        size = source.path.stat().st_size if source.path is not None else 0
        if size > LIMIT and (source.kind or options.kind) in ("auto", "cda"):
            too_big = find("CDA-PRE-06", expected=LIMIT, found=size)
            return Result(source.name, verdict="fail", findings=(too_big,))
        data = source.read()
    except OSError as error:
        gone = Unreadable(source.name, "unreadable", reason(error))
        return Result(source.name, verdict="error", error=gone)
    return judge_bytes(source.name, data, replace(options, kind=source.kind) if source.kind else options)


@cache
def _insured() -> dict[tuple[str, str, str, str], str]:
    from mocks.world import World  # read only when a strict document carries no INS

    held = World.load().patients.values()
    return {
        (one.birth_name, one.given_names[0], one.sex, one.birth_date.replace("-", "")): one.ins.full
        for one in held
        if one.ins and one.known and one.given_names
    }


def ins_of_the_bench(birth_name: str, given_name: str, sex: str, birth_date: str) -> str:
    """The INS of the patient of the bench's world who has these traits; empty when there is none."""
    return _insured().get((birth_name.upper(), given_name.upper(), sex, birth_date), "")


_PARTS = ("code", "system", "display", "volet", "template", "version", "level")


def judge_bytes(name: str, data: bytes, options: Options) -> Result:
    """The result for these bytes."""
    if options.kind not in ("auto", "cda"):
        from importlib import import_module

        result: Result = import_module(f"harness.validate.{options.kind}").judge(name, data, options)
        return result
    from norms.cda import validate

    report = validate(
        data,
        tables=tables_of(options.packs),
        strict=options.strict,
        today=options.now,
        pdfa=options.pdfa,
        known=ins_of_the_bench if options.strict else None,
    )
    kind = report.document_type
    said = {part: getattr(kind, part) for part in _PARTS}
    return Result(name, "cda", str(kind), said, report.verdict, report.findings, report.engines, report.timings_ms)
