"""The official rules, kept warm: two worker processes share the profiles so that each has about half of the work."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from lxml import etree

from harness.official import svrl
from harness.official.agreement import compare
from harness.official.pack import SCHEMA, Pack
from harness.validate.engine import Result
from norms.xml import BadXml, parse

# What each worker runs; the second one runs the volet's own schematron too.
SHARES = (("StructurationMinimale", "IHE"), ("ModelesDeContenusCDA", "Modeles_ANS", "Terminologies"))
_START = 180.0  # seconds to compile, on a slow machine
_EACH = 60.0  # seconds for one document


class OfficialError(RuntimeError):
    """The official rules cannot run: no saxonche, an incomplete copy, a worker that died."""


class Official:
    """A copy of the official rules at work. Use as a context manager; `judge` is not for several threads at once.

    ``cache``: a folder of this user's that keeps the schematrons turned into XSLT from one start to the next.
    Raises OfficialError when the copy is incomplete, when saxonche is absent or when a worker cannot start.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self.pack = Pack(folder)
        if not self.pack.complete:
            raise OfficialError("incomplete")
        try:
            import saxonche  # noqa: F401
        except ImportError:
            raise OfficialError("saxonche") from None
        self._cache = cache
        self._schema: etree.XMLSchema | None = None
        self._workers: list[tuple[BaseProcess, Connection]] = []
        self._asked = 0  # documents sent so far
        self.defects: list[str] = []
        self.seconds = 0.0

    def __enter__(self) -> Official:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Compile everything; some ten seconds, and 1.3 GB of memory in all."""
        began = perf_counter()
        context = get_context("spawn")
        from harness.official.worker import serve

        for profiles in SHARES:
            near, far = context.Pipe()
            work = (far, str(self.pack.folder), str(self._cache), profiles, profiles is SHARES[-1])
            process = context.Process(target=serve, args=work, daemon=True)
            process.start()
            far.close()
            self._workers.append((process, near))
        self._schema = etree.XMLSchema(etree.parse(str(self.pack.folder / SCHEMA)))
        for _, pipe in self._workers:
            self._answer(pipe, _START)
        self.seconds = perf_counter() - began

    def stop(self) -> None:
        """End the workers."""
        for process, pipe in self._workers:
            with suppress(OSError):
                pipe.send(None)
            process.join(2)
            if process.is_alive():
                process.terminate()
            pipe.close()
        self._workers.clear()

    def _answer(self, pipe: Connection, patience: float) -> tuple[Any, ...]:
        """What a worker says of the last document sent; an answer that came too late for an earlier one is dropped."""
        number = -1
        try:
            while number != self._asked:
                if not pipe.poll(patience):
                    raise OfficialError("timeout")
                number, what, said, *rest = pipe.recv()
        except (EOFError, OSError):
            raise OfficialError("died") from None
        if what == "failed":
            raise OfficialError(said)
        self.defects += [words for words in said if words not in self.defects]
        return tuple(rest)

    def judge(self, data: bytes, result: Result) -> dict[str, Any]:
        """What the official rules say of a document, beside our own `result`: verdict, findings, agreement, defects."""
        began = perf_counter()
        said: dict[str, Any] = {"verdict": "error", "findings": [], "schema": [], "timings_ms": {}, "defects": []}
        found: list[dict[str, Any]] = []
        try:
            root = parse(data)
            said["schema"] = found = self._schema_errors(root)
            rows, said["timings_ms"] = self._rows(etree.tostring(root, encoding="unicode"), result)
        except BadXml as error:
            return {**said, "verdict": "fail", "schema": [{"line": error.line, "text": str(error)}]}
        except OfficialError as error:  # what the schema refused is refused, whatever befell the schematrons
            return {**said, "verdict": "fail" if found else "error", "error": str(error)}
        errors = [row for row in rows if row.weight == "error"]
        said["findings"] = [
            {**asdict(row), "location": svrl.short(row.location), "line": _line(row, root)} for row in rows
        ]
        said["verdict"] = "fail" if found or errors else "pass"
        said["agreement"] = compare(root, data, errors, [row["text"] for row in found], result.findings)
        said["defects"] = list(self.defects)
        said["ms"] = round((perf_counter() - began) * 1000, 1)
        return said

    def _schema_errors(self, root: etree._Element) -> list[dict[str, Any]]:
        held = next(root.iter("{urn:hl7-org:v3}ClinicalDocument"), None)
        if held is None or self._schema is None:
            return [{"line": 0, "text": "ClinicalDocument"}]
        alone = held if held is root else etree.fromstring(etree.tostring(held, with_tail=False))
        self._schema.validate(etree.ElementTree(alone) if alone is not root else root.getroottree())
        log = self._schema.error_log
        return [{"line": error.line, "text": error.message} for error in log]  # type: ignore[attr-defined]

    def _rows(self, text: str, result: Result) -> tuple[list[svrl.Row], dict[str, float]]:
        said = result.document
        self._asked += 1
        try:
            for _, pipe in self._workers:
                pipe.send((self._asked, text, said.get("volet", ""), said.get("version", "")))
        except OSError:
            raise OfficialError("died") from None
        rows: list[svrl.Row] = []
        spent: dict[str, float] = {}  # by profile
        for _, pipe in self._workers:
            found, times = self._answer(pipe, _EACH)
            rows += found
            spent |= times
        return rows, spent


def _line(row: svrl.Row, root: etree._Element) -> int:
    """The line of the element that a refusal is about; 0 when it names none."""
    node = svrl.element(row.location, root)
    return cast(int, node.sourceline or 0) if node is not None else 0
