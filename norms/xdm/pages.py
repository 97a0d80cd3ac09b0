"""The two files of an archive that a person may open: INDEX.HTM (XHTML Basic) and README.TXT (ASCII)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from norms.texts import text
from norms.xdm.model import METADATA, README, Sender, Subset

_PACKAGE = "norms.xdm"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr">\n'
)


def index(sender: Sender, subsets: Iterable[Subset]) -> bytes:
    """INDEX.HTM: who sent, where the README is, one link by document."""
    title = text(_PACKAGE, "page.title", "fr")
    rows = "".join(
        f"<li><a href={quoteattr(subset.place(held.path))}>{escape(entry.title or held.path)}</a></li>\n"
        for subset in subsets
        for entry, held in subset.pairs()
    )
    body = (
        f"<head><title>{escape(title)}</title></head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"<p>{escape(text(_PACKAGE, 'page.sender', 'fr', sender=sender.organisation))}</p>\n"
        f'<p><a href="{README}">{escape(text(_PACKAGE, "page.readme", "fr"))}</a></p>\n'
    )
    return (_HEAD + body + (f"<ul>\n{rows}</ul>\n" if rows else "") + "</body>\n</html>\n").encode()


def readme(sender: Sender, subsets: Iterable[Subset]) -> bytes:
    """README.TXT: sender, software, what to do, the tree; ASCII, lines ended by CRLF."""
    said = {name: getattr(sender, name) or "-" for name in ("organisation", "software", "version", "vendor", "contact")}
    tree = [path for subset in subsets for path in (subset.place(METADATA), *map(subset.place, _paths(subset)))]
    words = text(_PACKAGE, "page.instructions", "fr", **said) + "\n" + "\n".join(f"  {path}" for path in tree) + "\n"
    return _ascii(words).replace("\n", "\r\n").encode("ascii")


def _paths(subset: Subset) -> list[str]:
    return [one.path for one in subset.documents]


def _ascii(words: str) -> str:
    bare = unicodedata.normalize("NFKD", words.replace("’", "'").replace("œ", "oe"))
    return "".join(char for char in bare if char.isascii())
