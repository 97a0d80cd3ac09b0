"""Stage 1: can these bytes be read as one CDA document at all? Encoding, prolog, size, root and what wraps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from norms.cda.document import DS, HL7, XSI, XSL, Document, Element, Known
from norms.codes import Tables
from norms.finding import Finding, Severity, Where, find
from norms.xml import BadXml, parse

LIMIT = 50_000_000  # bytes: beyond, the file is not read

_ROOT = f"{{{HL7}}}ClinicalDocument"
_WRAPPERS = {f"{{{XSL}}}stylesheet": "xsl", f"{{{XSL}}}transform": "xsl", f"{{{DS}}}Signature": "signature"}
_BOMS = {b"\xff\xfe\0\0": "UTF-32", b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_WIDE = (b"<\x00", b"\x00<")  # UTF-16 without its mark: the parser reads it, whatever the prolog says
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
# What the parser says, and the rule that tells it to a reader; the group is what was found.
_MISMATCH = re.compile(r"tag mismatch: (\S+) line (\d+) and ([^\s,]+)")
_SYNTAX: tuple[tuple[str, str], ...] = (
    (r"(?:Char|PCDATA invalid Char value) (0x[0-9A-Fa-f]+|\d+)", "CDA-PRE-24"),
    (r"Entity '(\S+)' not defined", "CDA-PRE-12"),
    (r"(?:xmlParseEntityRef|EntityRef|PCDATA invalid|StartTag: invalid element name)(.*)", "CDA-PRE-13"),
    (r"(?:Premature end|EndTag: '</' not found|Couldn't find end)(.*)", "CDA-PRE-14"),
    (r"[Nn]amespace prefix (\S+)(?: for \S+)?(?: on \S+)? is not defined", "CDA-PRE-15"),
    (r"Attribute (\S+) redefined", "CDA-PRE-16"),
    (r"[Dd]epth(.*)", "CDA-PRE-21"),
    (r"declaration allowed only at the start(.*)", "CDA-PRE-22"),
    (r"Extra content(.*)", "CDA-PRE-23"),
    (r"(?:huge|[Ee]xcessive)(.*)", "CDA-PRE-06"),
)


def read(
    data: bytes,
    *,
    tables: Tables,
    today: datetime | None = None,
    pdfa: Severity = Severity.WARNING,
    known: Known | None = None,
) -> tuple[Document | None, list[Finding]]:
    """The document in these bytes (None when they hold none) and what is wrong before any element is looked at."""
    if len(data) > LIMIT:
        return None, [find("CDA-PRE-06", expected=LIMIT, found=len(data))]
    try:
        outer = parse(data)
    except BadXml as error:
        return None, [_unreadable(data, error)]
    root, wrapper, held = _unwrap(outer)
    if root is None or held > 1:
        line = cast(int, outer.sourceline)
        where = Where(line, 1, outer.tag.rpartition("}")[2], "", _line(data, line))
        namespace, _, name = outer.tag.strip("{").rpartition("}")
        rule = "CDA-PRE-09" if held > 1 else _no_root(outer)
        return None, [find(rule, found=held if held > 1 else name, where=where, namespace=namespace or "—")]
    document = Document(
        data, root, outer=outer, wrapper=wrapper, tables=tables.fresh(), today=today, pdfa=pdfa, known=known
    )
    return document, list(_prolog(document, data))


def _unwrap(outer: Element) -> tuple[Element | None, str, int]:
    """The ClinicalDocument, what wraps it, and how many there are."""
    if outer.tag == _ROOT:
        return outer, "", 1
    wrapper = _WRAPPERS.get(outer.tag)
    held = list(outer.iter(_ROOT)) if wrapper else []
    return (held[0], wrapper or "", len(held)) if held else (None, "", 0)


def _no_root(outer: Element) -> str:
    if outer.tag.rpartition("}")[2] == "ClinicalDocument":
        return "CDA-PRE-08"  # the right name in another namespace, or in none
    return "CDA-PRE-10" if outer.tag in _WRAPPERS else "CDA-PRE-03"


def _unreadable(data: bytes, error: BadXml) -> Finding:
    where = Where(error.line or None, error.column or None, "", "", _line(data, error.line))
    if error.reason == "dtd":
        return find("CDA-PRE-02", where=where)
    text = data.lstrip(b" \t\r\n")
    if not text:
        return find("CDA-PRE-19")
    if not text.startswith((b"<", *_WIDE, *_BOMS)):
        return find("CDA-PRE-20", found=_beginning(text), where=Where(1, 1))
    try:
        if _encoding(data) == "UTF-8":
            data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        column = wrong.start - data.rfind(b"\n", 0, wrong.start)
        return find("CDA-PRE-05", found=data[wrong.start : wrong.start + 1].hex(), where=Where(line, column))
    whole = "Extra content" in error.detail or "out of allowed range" in error.detail
    if not whole and b"<" in data and not data.rstrip().endswith(b">") and error.line > data.count(b"\n") - 1:
        return find("CDA-PRE-14", where=where)
    if tags := _MISMATCH.search(error.detail):
        opened, at, closed = tags.groups()
        return find("CDA-PRE-11", expected=f"<{opened}>", found=f"</{closed}>", where=where, opened=at)
    for pattern, rule in _SYNTAX:
        if hit := re.search(pattern, error.detail):
            return find(rule, found=len(data) if rule == "CDA-PRE-06" else hit[1].strip(" :"), where=where)
    return find("CDA-PRE-01", found=error.detail.partition(", line ")[0], where=where)


def _beginning(data: bytes) -> str:
    """The first bytes as a reader can see them."""
    words = "".join(data[:24].decode("utf-8", "replace").splitlines()[:1])
    return words if words and words.isprintable() and "\ufffd" not in words else data[:8].hex(" ")


def _prolog(document: Document, data: bytes) -> Iterator[Finding]:
    encoding = _encoding(data)
    top = Where(1, 1, "", "", _line(data, 1))
    if encoding != "UTF-8":
        yield find("CDA-PRE-04", found=encoding, where=top)
    elif data.startswith(b"\xef\xbb\xbf"):
        yield find("CDA-PRE-07", where=top)
    if document.outer.get(f"{{{XSI}}}schemaLocation"):
        at = data.find(b"schemaLocation")
        line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
        yield find("CDA-PRE-17", where=Where(line, column, "ClinicalDocument/@xsi:schemaLocation"))
    for node in document.outer.itersiblings(preceding=True):
        if "xml-stylesheet" in str(getattr(node, "target", "")):
            yield find("CDA-PRE-18", where=Where(cast(int | None, node.sourceline), 1, "", "", str(node)))


def _encoding(data: bytes) -> str:
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            return name
    if data.startswith(_WIDE):
        return "UTF-16"
    declared = _DECLARED.match(data[:300])
    return declared[1].decode().upper().replace("UTF8", "UTF-8") if declared else "UTF-8"


def _line(data: bytes, line: int) -> str:
    """One line of the file as it can be shown, in whatever encoding it is."""
    if _encoding(data) == "UTF-16":
        data = (
            data[: len(data) & ~1]
            .decode("utf-16-be" if data[:1] in (b"\xfe", b"\0") else "utf-16-le", "replace")
            .encode()
        )
    lines = data.splitlines() if line else []
    told = lines[line - 1].decode("utf-8", "replace").strip(" \t\r\n\ufeff")[:160] if 0 < line <= len(lines) else ""
    return "".join(char if char.isprintable() else "·" for char in told.replace("\t", " "))
