"""The evidence pack: one zip with the preuves by their REM number, the reports, and a manifest of digests.

::

    manifeste.json                       every file: sha256, size, preuve, scenario, step, exchange
    LISEZMOI.txt                         what this is, and what it does not replace
    rapport.html  resultats.json
    preuves/INS-va1.52/INS-va1.52.01.01/1-WS_INS2-00-requete.xml, …-reponse.xml, …-ecran.txt, files of the person

Secrets are masked; names hold ASCII letters, digits, dots, dashes and underscores only.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.report import html as page
from harness.report import json as results_json
from harness.report.exchanges import Shown, shown
from harness.report.explain import t
from harness.scenario.events import Event, RunFinished, RunStarted
from harness.scenario.result import ScenarioResult, StepRecord
from harness.scenario.store import Store
from norms.texts import Lang

SCHEMA = 1
MANIFEST = "manifeste.json"
FILES = "proofs"  # below the run's folder: files that a person joined, one folder per preuve
LARGEST = 200_000_000  # bytes of one file that `verify` reads
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class BadPack(ValueError):
    """The file is no evidence pack that can be read."""


@dataclass(frozen=True)
class File:
    """One file of the pack and where it comes from."""

    name: str
    data: bytes
    about: dict[str, Any] = field(default_factory=dict)


class EvidencePack:
    """Writes the zip when the run ends."""

    def __init__(self, path: Path, lang: Lang) -> None:
        self.path, self.lang = path, lang
        self._started: RunStarted | None = None

    def on(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, RunFinished) and event.folder:
            write(self.path, event, self._started, self.lang)


def write(path: Path, finished: RunFinished, started: RunStarted | None, lang: Lang) -> None:
    """Write the pack, as a whole or not at all."""
    files = list(_files(finished, started, lang))
    manifest = {
        "schema": SCHEMA,
        "run": finished.run,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": dict(started.suite) if started else {},
        "software": dict(started.software) if started else {},
        "notice": t("rehearsal", lang),
        "files": [
            {"name": f.name, "sha256": hashlib.sha256(f.data).hexdigest(), "size": len(f.data), **f.about}
            for f in files
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        for file in files:
            pack.writestr(file.name, file.data)
    draft.replace(path)


def verify(path: Path) -> list[str]:
    """What does not hold in a pack: files changed, missing or added since; empty when it is whole. Raises BadPack."""
    try:
        with zipfile.ZipFile(path) as pack:
            manifest = json.loads(pack.read(MANIFEST))
            told = {row["name"]: row["sha256"] for row in manifest["files"]}
            held = {info.filename: info for info in pack.infolist() if info.filename != MANIFEST}
            wrong = [f"{name}: missing" for name in told if name not in held]
            for name, info in held.items():
                if name not in told:
                    wrong.append(f"{name}: not in the manifest")
                elif info.file_size > LARGEST or _digest(pack, info) != told[name]:
                    wrong.append(f"{name}: changed")
            return wrong
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BadPack(f"{path}: {error}") from None


def _digest(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    digest = hashlib.sha256()
    with pack.open(info) as stream:
        while part := stream.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _files(finished: RunFinished, started: RunStarted | None, lang: Lang) -> Iterator[File]:
    store = Store(Path(finished.folder))
    yield File("LISEZMOI.txt", f"{t('evidence.readme', lang)}\n\n{t('rehearsal', lang)}\n".encode())
    yield File("rapport.html", page.document(finished, started, lang).encode())
    told = results_json.document(finished, started, lang)
    yield File("resultats.json", json.dumps(told, ensure_ascii=False, indent=1).encode())
    taken: set[str] = set()
    for result in finished.results:
        exchanges = {entry.id: shown(entry) for entry in store.traffic(result.id)}
        for file in _of_scenario(result, exchanges):
            yield _unique(file, taken)
    for path in sorted((store.folder / FILES).rglob("*")):
        if path.is_file():
            proof = path.parent.name
            yield _unique(File(f"{_folder(proof)}/{_safe(path.name)}", path.read_bytes(), {"proof": proof}), taken)


def _of_scenario(result: ScenarioResult, exchanges: dict[int, Shown]) -> Iterator[File]:
    for step in result.steps:
        for row in step.evidence:
            about = {"proof": row["proof"], "scenario": result.id, "step": step.id, "variant": step.variant}
            if "exchanges" in row["keeps"]:
                for number in step.exchanges:
                    if number in exchanges:
                        yield from _pair(row["proof"], exchanges[number], about)
            if "answer" in row["keeps"] and step.reply is not None:
                yield File(_name(row["proof"], step, "ecran.json"), _told(step), about)


def _pair(proof: str, x: Shown, about: dict[str, Any]) -> Iterator[File]:
    stem = _safe(f"{x.id}-{x.operation}-{x.outcome}")
    for side, data in (("requete", x.request_bytes), ("reponse", x.response_bytes)):
        if data:
            yield File(f"{_folder(proof)}/{stem}-{side}.{_kind(data)}", data, {**about, "exchange": x.id})


def _kind(data: bytes) -> str:
    """The ending by which a person's machine opens it."""
    start = data.lstrip()[:1]
    if start == b"<":
        return "xml"
    if start in (b"{", b"["):
        return "json"
    try:
        return "txt" if b"\0" not in data and data.decode() else "bin"
    except UnicodeDecodeError:
        return "bin"


def _told(step: StepRecord) -> bytes:
    kept = {"action": step.action, "body": step.body, "reply": step.reply}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode()


def _name(proof: str, step: StepRecord, ending: str) -> str:
    return f"{_folder(proof)}/{_safe('-'.join(filter(None, (step.variant, step.id))))}-{ending}"


def _folder(proof: str) -> str:
    """``INS/va1.52.01.01`` is filed below its requirement: ``preuves/INS-va1.52/INS-va1.52.01.01``."""
    whole = _safe(proof)
    requirement = ".".join(whole.split(".")[:-2]) or whole
    return f"preuves/{requirement}/{whole}"


def _safe(name: str) -> str:
    return _UNSAFE.sub("-", name).strip("-.")[:120] or "sans-nom"


def _unique(file: File, taken: set[str]) -> File:
    """The same file under a name that no other has; the same bytes twice are filed once more, each to its step."""
    name, number = file.name, 1
    stem, dot, ending = file.name.rpartition(".")
    while name.lower() in taken:  # Windows and macOS do not tell case apart
        number += 1
        name = f"{stem}-{number}{dot}{ending}"
    taken.add(name.lower())
    return File(name, file.data, file.about)
