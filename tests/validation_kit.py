"""What stands in for the judge of documents in the worker processes: it does what the body says."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from norms.finding import find


def obey(service: str, said: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
    """``hang``, ``die``, ``once <path>`` (die unless that file exists), ``fall``, else one finding with the words."""
    word, _, rest = body.decode().partition(" ")
    if word == "hang":
        time.sleep(60)
    if word == "once" and not Path(rest).exists():
        Path(rest).touch()
        word = "die"
    if word == "die":
        os._exit(1)
    if word == "fall":
        raise ValueError(rest)
    return [find("CDA-VAL-01", found=f"{service} {said['content-type']} {body.decode()}").stored()]
