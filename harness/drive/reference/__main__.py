"""``python -m harness.drive.reference --port N --config FILE.json``: the reference software as a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path

from harness.drive.reference.config import ConfigError, load
from harness.drive.reference.defects import UnknownDefect
from norms.texts import Lang, text


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; 2 when the configuration cannot be used."""
    lang: Lang = "fr" if os.environ.get("SEGUR_LANG", os.environ.get("LANG", "")).lower().startswith("fr") else "en"
    package = __package__ or "harness.drive.reference"
    about = text(package, "main.help", lang)
    parser = argparse.ArgumentParser(prog="python -m harness.drive.reference", description=about)
    parser.add_argument("--port", type=int, required=True, help=text(package, "main.port", lang))
    parser.add_argument("--config", type=Path, required=True, help=text(package, "main.config", lang))
    parser.add_argument("--host", default="127.0.0.1", help=text(package, "main.host", lang))
    parser.add_argument("--leash", action="store_true", help=text(package, "main.leash", lang))
    args = parser.parse_args(argv)
    if str(args.config) == "-":  # told later: everything is loaded meanwhile
        import uvicorn

        import harness.drive.reference.app  # noqa: F401
    try:
        config = load(args.config)
    except ConfigError as error:
        print(error.shown(lang), file=sys.stderr)
        return 2
    import uvicorn  # after the configuration: a wrong one is told at once

    from harness.drive.reference.app import build
    from harness.drive.reference.software import Software

    try:
        software = Software(config)
    except UnknownDefect as error:
        print(text(package, "config.defect", lang, found=error.name, near=", ".join(error.near)), file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:  # a certificate or a key that cannot be read
        print(text(package, "config.certificate", lang, reason=error), file=sys.stderr)
        return 2
    if args.leash:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    uvicorn.run(build(software), host=args.host, port=args.port, log_level="warning", access_log=False)
    software.close()
    return 0


def _end_with_stdin() -> None:
    """End this process when whoever started it is gone, even killed: its end of the pipe closes."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
