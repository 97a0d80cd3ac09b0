"""Files that a person gives: kept in the run's folder under the number of the proof, bounded, under safe names.

``proofs/<number, / as ->/<scenario>-<step>-<name>``: `harness.report.evidence` takes them from there.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import mimetypes
import re
import unicodedata
from pathlib import Path
from typing import Any

from harness.guide.model import Place
from harness.words import Words, words

_P = "harness.guide"
FOLDER = "proofs"
UNNUMBERED = "sans-numero"
LARGEST = 100_000_000  # bytes of one file
WHOLE = 2_000_000_000  # bytes of the files of one run
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")  # names that Windows keeps for itself
_CALLS = {"time", "modality", "code"}  # what a journal of calls to INSi has at least
_MAIL = {"time", "action", "request", "answer"}  # and one of a mailbox


class BadFile(ValueError):
    """The file cannot be kept; ``message`` says why."""

    def __init__(self, message: Words) -> None:
        super().__init__(message.en)
        self.message = message


def keep(run: Path, place: Place, proof: str, name: str, data: bytes) -> dict[str, Any]:
    """Keep a file and say what is kept of it: ``{proof, name, path, size, sha256}``; raises BadFile."""
    if len(data) > LARGEST:
        raise too_large(name, len(data) // 1_000_000)
    if not data:
        raise BadFile(words(_P, "file.empty", name=name))
    held = sum(path.stat().st_size for path in (run / FOLDER).rglob("*") if path.is_file())
    if held + len(data) > WHOLE:
        raise BadFile(words(_P, "file.full", limit=WHOLE // 1_000_000))
    folder = run / FOLDER / (_safe(proof) or UNNUMBERED)
    folder.mkdir(parents=True, exist_ok=True)
    path = _free(folder, _safe("-".join(filter(None, (place.scenario, place.variant, place.step)))), safe_name(name))
    path.write_bytes(data)
    return {
        "proof": proof,
        "name": name,
        "path": path.relative_to(run).as_posix(),
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def read(path: Path) -> bytes:
    """The bytes of a file of the person's, not more than may be kept; raises BadFile."""
    try:
        size = path.stat().st_size if path.is_file() else 0
        data = path.read_bytes() if size <= LARGEST else b""
    except (OSError, ValueError) as error:
        raise BadFile(words(_P, "file.unreadable", name=path, why=getattr(error, "strerror", "") or error)) from None
    if size > LARGEST:
        raise too_large(path.name, size // 1_000_000)
    return data


def too_large(name: str, size: object) -> BadFile:
    """A file of that many megabytes is not kept."""
    return BadFile(words(_P, "file.large", name=name, size=size, limit=LARGEST // 1_000_000))


def safe_name(name: str) -> str:
    """A file name for every system: its last part, ASCII letters, digits, dots, dashes, underscores."""
    last = re.split(r"[\\/]", name)[-1]
    stem, dot, ending = last.rpartition(".")
    found = f"{_safe(stem)[:60]}{dot}{_safe(ending)[:12]}".strip(".") if dot else _safe(last)[:60]
    found = found or "fichier"
    return f"_{found}" if _RESERVED.match(found) else found


def _safe(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", plain).strip("-.")


def _free(folder: Path, stem: str, name: str) -> Path:
    taken = {path.name.lower() for path in folder.iterdir()}  # Windows and macOS do not tell case apart
    number, found = 1, f"{stem}-{name}"
    while found.lower() in taken:
        number += 1
        found = f"{stem}-{number}-{name}"
    return folder / found


# -- reading what the software made ---------------------------------------------------------------------------------


def result(action: str, name: str, data: bytes) -> dict[str, Any]:
    """What a file made by the software stands for in the answer to its action; empty when it cannot be told."""
    if action == "identity.export":
        return {"media_type": _media_type(name), "content": _text(data)}
    if action == "trace.export":
        traces = _traces(_text(data))
        return {"traces": traces} if traces is not None else {}
    return {"media_type": _media_type(name), "content_base64": base64.b64encode(data).decode()}


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _traces(text: str) -> list[dict[str, Any]] | None:
    """The journal of the software: JSON (``{"traces": […]}`` or the list), or CSV with the API's names as headings."""
    try:
        found = json.loads(text)
        found = found.get("traces") if isinstance(found, dict) else found
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else None
    except ValueError:
        pass
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(";,\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator)
    known = {str(name).strip() for name in rows.fieldnames or ()}
    if not any(needed <= known for needed in (_CALLS, _MAIL)):
        return None
    return [{str(k).strip(): (v or "").strip() for k, v in row.items() if isinstance(v, str)} for row in rows]
