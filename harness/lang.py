"""The language of what the user reads: ``--lang``, else ``SEGUR_LANG``, else the locale, else English."""

from __future__ import annotations

import errno
import locale
import os
import sys
from collections.abc import Sequence
from functools import cache

from norms.texts import LANGS, Lang, text


def choose(argv: Sequence[str], environ: dict[str, str], system: str | None) -> Lang:
    """The language that these arguments, variables and system locale ask for."""
    asked = ""
    for position, word in enumerate(argv):
        if word == "--lang" and position + 1 < len(argv):
            asked = argv[position + 1]
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    if asked in LANGS:
        return asked
    for name in ("SEGUR_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name, ""):
            return "fr" if value.lower().startswith("fr") else "en"
    return "fr" if (system or "").lower().startswith("fr") else "en"


@cache
def lang() -> Lang:
    """The language of this process. Known before the commands load, so that ``--help`` speaks it too."""
    return choose(sys.argv[1:], dict(os.environ), locale.getlocale()[0])


def reason(error: OSError) -> str:
    """Why the system could not do it, in the language of the messages; its own words when we have none."""
    key = f"reason.{errno.errorcode.get(error.errno or 0, '')}"
    try:
        return text("harness", key, lang())
    except KeyError:
        return error.strerror or str(error)
