"""Where files stand and what they are called (ITI-32, ISO 9660 level 1), and the two pages at the root."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from norms.finding import Finding, Where, find
from norms.xdm.model import INDEX, README, Archive, File, Subset
from norms.xml import BadXml, parse

DEPTH: Final = 8
_FOLDER: Final = re.compile(r"[A-Z0-9_]{1,8}")
_FILE: Final = re.compile(r"[A-Z0-9_]{1,8}(?:\.[A-Z0-9_]{1,3})?")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE[^>\[]*>")
_PROLOG: Final = 2_000  # bytes in which the document type declaration stands
_XHTML: Final = "{http://www.w3.org/1999/xhtml}"


def check_layout(archive: Archive) -> Iterator[Finding]:
    """XDM-LAY-*: what must be there, names, depth, files that nothing names, the pages (METADATA.XML apart)."""
    for rule, name, data in (("XDM-LAY-01", INDEX, archive.index), ("XDM-LAY-02", README, archive.readme)):
        if not data:
            yield find(rule, where=Where(path=name))
    if not archive.subsets:
        yield find("XDM-LAY-03", where=Where(path="IHE_XDM"))
    files = list(archive.others)
    for subset in archive.subsets:
        files += [File(subset.place(one.path), one.data) for one in subset.documents]
        yield from _named(subset)
    for one in files:
        yield from _name(one.path)
        if not one.data:
            yield find("XDM-LAY-10", found=one.path, where=Where(path=one.path))
    if archive.index:
        yield from _index(archive.index)


def _named(subset: Subset) -> Iterator[Finding]:
    if subset.submission is None:
        return
    used = {held.path for _, held in subset.pairs()}
    for one in subset.documents:
        if one.path not in used:
            path = subset.place(one.path)
            yield find("XDM-LAY-07", found=path, where=Where(path=path))


def _name(path: str) -> Iterator[Finding]:
    *folders, name = path.split("/")
    if len(folders) >= DEPTH:
        yield find("XDM-LAY-06", expected=DEPTH, found=path, where=Where(path=path))
    if not _FILE.fullmatch(name) or not all(map(_FOLDER.fullmatch, folders)):
        yield find("XDM-LAY-05", found=path, where=Where(path=path))


def _index(data: bytes) -> Iterator[Finding]:
    """The index: XHTML, whose document type declaration is the one that XHTML Basic asks for."""
    where = Where(path=INDEX)
    try:
        root = parse(_DOCTYPE.sub(b"", data[:_PROLOG], count=1) + data[_PROLOG:])
    except BadXml as bad:
        yield find("XDM-LAY-08", found=bad, where=Where(bad.line or None, bad.column or None, INDEX))
        return
    if root.tag not in (f"{_XHTML}html", "html"):
        yield find("XDM-LAY-08", found=root.tag, where=where)
    elif not any(README in (link.get("href") or "").upper() for link in root.iter(f"{_XHTML}a", "a")):
        yield find("XDM-LAY-09", where=where)
