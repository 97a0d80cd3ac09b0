"""What goes wrong inside the bench is written to ``bench.log`` of the home folder, never shown to the user as it is."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

NAMES = ("segur", "uvicorn", "asyncio", "mocks", "harness")
SIZE = 1_000_000


def to_file(path: Path) -> None:
    """Send the bench's log to that file (1 MB, one older kept); with ``SEGUR_DEBUG`` to the screen too."""
    kept = RotatingFileHandler(path, maxBytes=SIZE, backupCount=1, encoding="utf-8", delay=True)
    handlers: list[logging.Handler] = [kept]
    if os.environ.get("SEGUR_DEBUG"):
        handlers.append(logging.StreamHandler(sys.stderr))
    shape = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in handlers:
        handler.setFormatter(shape)
    for name in NAMES:
        logger = logging.getLogger(name)
        for old in logger.handlers:
            old.close()
        logger.handlers, logger.propagate = list(handlers), False
        logger.setLevel(logging.WARNING)
