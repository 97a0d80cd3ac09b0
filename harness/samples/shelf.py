"""The samples that ship with the program, as they lie on the shelf: nothing is built here."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any


def library() -> Path:
    """The folder of the samples."""
    return Path(str(files("cda_samples")))


@cache
def rows() -> list[dict[str, Any]]:
    """The rows of the catalogue: ``id kind file volet version code title sections shows``, and for a faulty sample
    ``base edit rule severity relation official``."""
    found: list[dict[str, Any]] = json.loads((library() / "catalogue.json").read_text(encoding="utf-8"))["samples"]
    return found


def row(id: str) -> dict[str, Any]:
    """The row of a sample; ``VSM_2023.01.xml`` and ``valid/VSM_2023.01`` will do. KeyError when there is none."""
    wanted = id.removesuffix(".xml").rpartition("/")[2]
    for one in rows():
        if one["id"].lower() == wanted.lower():
            return one
    raise KeyError(id)


def data(id: str) -> bytes:
    """The bytes of a sample; raises KeyError when there is none."""
    return (library() / str(row(id)["file"])).read_bytes()
