"""``python -m benchmarks [name …]``: every measurement, or those named."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from importlib import import_module

import psutil

NAMES = ("startup", "insi", "insi_handler", "psc", "smtp", "journal", "dmp", "mtom", "imap", "annuaire", "cda", "mail")


def main() -> None:
    """Run the benchmarks one after the other; each prints its own table."""
    memory = psutil.virtual_memory().total // 10**9
    print(
        f"{datetime.now(UTC):%Y-%m-%d} · Python {platform.python_version()} · {psutil.cpu_count()} cores · {memory} GB"
    )
    for name in sys.argv[1:] or NAMES:
        print(f"\n== {name}")
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
