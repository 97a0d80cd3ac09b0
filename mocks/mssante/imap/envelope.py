"""ENVELOPE, BODY and BODYSTRUCTURE as they are sent (RFC 3501 §7.4.2), from header fields and a tree of parts."""

from __future__ import annotations

import re

from mocks.mssante.imap.structure import Fields, Part, parameters
from mocks.mssante.imap.wire import string

_MAX = 1_000  # addresses of one field
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"?|\((?:[^()\\]|\\.)*\)|([<>,:;@])|([^\s"(<>,:;@]+)|\s+')
_SYMBOLS = (b"<", b">", b",", b":", b";", b"@")


def envelope(found: Fields) -> bytes:
    """ENVELOPE of a message with these fields; Sender and Reply-To default to From (§7.4.2)."""
    values: dict[str, bytes] = {}
    for name, value in found:
        values.setdefault(name, value)
    sender = _addresses(values.get("from"))
    parts = [
        _nstring(values.get("date")),
        _nstring(values.get("subject")),
        sender,
        _addresses(values.get("sender")) if values.get("sender") else sender,
        _addresses(values.get("reply-to")) if values.get("reply-to") else sender,
        *(_addresses(values.get(name)) for name in ("to", "cc", "bcc")),
        _nstring(values.get("in-reply-to")),
        _nstring(values.get("message-id")),
    ]
    return b"(" + b" ".join(parts) + b")"


def addresses(value: bytes) -> list[tuple[bytes | None, bytes | None, bytes | None]]:
    """Name, mailbox, host of each address; a group is (None, its name, None) … (None, None, None) (§7.4.2)."""
    found: list[tuple[bytes | None, bytes | None, bytes | None]] = []
    words: list[bytes] = []  # before "<"
    inside: list[bytes] | None = None  # within "<…>"
    group = False

    def flush() -> None:
        nonlocal words, inside
        spec, name = (inside, b" ".join(words)) if inside is not None else (words, b"")
        if b"@" in spec:
            at = len(spec) - 1 - spec[::-1].index(b"@")
            local, host = b"".join(spec[:at]), b"".join(spec[at + 1 :])
            found.append((name or None, local, host))
        elif spec or name:
            found.append((name or None, b"".join(spec) or None, b""))
        words, inside = [], None

    for match in _TOKEN.finditer(value[:100_000]):
        if len(found) >= _MAX:
            break
        quoted, symbol, atom = match[1], match[2], match[3]
        word = re.sub(rb"\\(.)", rb"\1", quoted) if quoted is not None else atom
        if word is not None:
            (words if inside is None else inside).append(word)
        elif symbol == b"<":
            inside = []
        elif symbol == b"@":
            (words if inside is None else inside).append(b"@")
        elif symbol == b",":
            flush()
        elif symbol == b":" and inside is None and not group:
            found.append((None, b" ".join(words) or b"", None))
            words, group = [], True
        elif symbol == b":" and inside is not None:
            inside = []  # a source route, obsolete
        elif symbol == b";" and group:
            flush()
            found.append((None, None, None))
            group = False
    flush()
    if group:
        found.append((None, None, None))
    return found


def bodystructure(root: Part, raw: bytes, *, extended: bool) -> bytes:
    """BODYSTRUCTURE, or BODY without the extension data."""
    done: dict[int, bytes] = {}
    for part in reversed(list(root.walk())):  # children first: no recursion whatever the depth
        inner = [done.pop(id(child)) for child in part.children]
        done[id(part)] = _one(part, raw, inner, extended=extended)
    return done[id(root)]


def _one(part: Part, raw: bytes, inner: list[bytes], *, extended: bool) -> bytes:
    if part.type == "multipart":
        held = inner or [b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)']
        shown = b"".join(held) + b" " + _word(part.subtype)
        return b"(%b %b %b)" % (shown, _parameters(part.parameters), _extension(part)) if extended else b"(%b)" % shown
    given = part.parameters
    if part.type == "text" and "charset" not in given:
        given = {**given, "charset": "us-ascii"}
    encoding = part.get("content-transfer-encoding").strip().decode("latin-1").lower() or "7bit"
    shown = b" ".join(
        [
            _word(part.type),
            _word(part.subtype),
            _parameters(given),
            _nstring(part.get("content-id") or None),
            _nstring(part.get("content-description") or None),
            _word(encoding),
            b"%d" % (part.end - part.body),
        ]
    )
    lines = b"%d" % raw.count(b"\n", part.body, part.end)
    if part.is_message:
        shown += b" %b %b %b" % (envelope(part.children[0].fields), inner[0], lines)
    elif part.type == "text":
        shown += b" " + lines
    md5 = _nstring(part.get("content-md5") or None)
    return b"(%b %b %b)" % (shown, md5, _extension(part)) if extended else b"(%b)" % shown


def _extension(part: Part) -> bytes:
    """Disposition, language, location."""
    disposition, language = part.get("content-disposition"), part.get("content-language")
    shown = b"NIL"
    if disposition:
        word, given = parameters(disposition)
        shown = b"(%b %b)" % (_word(word), _parameters(given))
    spoken = [_word(word.strip().decode("latin-1")) for word in language.split(b",") if word.strip()]
    tongue = b"NIL" if not spoken else spoken[0] if len(spoken) == 1 else b"(%b)" % b" ".join(spoken)
    return b"%b %b %b" % (shown, tongue, _nstring(part.get("content-location") or None))


def _parameters(given: dict[str, str]) -> bytes:
    if not given:
        return b"NIL"
    pairs = (x for name, value in given.items() for x in (_word(name), _word(value)))
    return b"(" + b" ".join(pairs) + b")"


def _word(value: str) -> bytes:
    return string(value.encode("latin-1"))


def _nstring(value: bytes | None) -> bytes:
    return b"NIL" if value is None else string(value)


def _addresses(value: bytes | None) -> bytes:
    shown = (
        [
            b"(%b NIL %b %b)" % (_nstring(name), _nstring(local), _nstring(host))
            for name, local, host in addresses(value)
        ]
        if value
        else []
    )
    return b"(" + b"".join(shown) + b")" if shown else b"NIL"
