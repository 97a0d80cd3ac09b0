"""``python -m harness.samples build [FOLDER]``: rebuild the sample documents from the world, in ``cda_samples``."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.samples.catalogue import build


def main(arguments: list[str]) -> int:
    """Returns 0, or 2 when the command is not ``build``."""
    if arguments[:1] != ["build"] or len(arguments) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).resolve().parents[2] / "cda_samples"
    print(f"{len(build(folder))} files in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
