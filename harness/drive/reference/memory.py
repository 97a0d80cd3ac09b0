"""What a restart of the software finds again: the records, the documents, what waits for the DMP. One JSON file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.drive.reference.model import Change, Ins, Patient, Traits

if TYPE_CHECKING:
    from harness.drive.reference.software import Software


def save(software: Software, file: Path) -> None:
    """Write the file anew, whole or not at all."""
    files = {number: [kind, base64.b64encode(data).decode()] for number, (kind, data) in software.documents.items()}
    held = {
        "made": software.store.made,
        "patients": [asdict(one) for one in software.store],
        "files": files,
        "dmp": software.dmp.stored() if software.dmp else None,
    }
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(held, default=sorted), encoding="utf-8")  # sorted: sets become lists
    fresh.replace(file)


def load(software: Software, file: Path) -> None:
    """Read back what `save` wrote; nothing when there is no file. Raises ValueError for one that is not ours."""
    if not file.is_file():
        return
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        software.store.made = held["made"]
        for row in held["patients"]:
            software.store.add(_patient(row))
        for number, (kind, data) in held["files"].items():
            software.documents[number] = (kind, base64.b64decode(data))
        if software.dmp and held["dmp"]:
            software.dmp.restore(held["dmp"])
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: {error!r}") from None


def _patient(row: Mapping[str, Any]) -> Patient:
    values = {
        **row,
        "traits": Traits(**row["traits"]),
        "ins": Ins(**row["ins"]) if row["ins"] else None,
        "ins_history": tuple(Ins(**one) for one in row["ins_history"]),
        "attributes": frozenset(row["attributes"]),
        "history": [Change(**one) for one in row["history"]],
        "foreign_ids": {(domain, identifier) for domain, identifier in row["foreign_ids"]},
    }
    return Patient(**values)
