"""FETCH: what is asked (RFC 3501 §6.4.5) and how it is answered (§7.4.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mocks.mssante.boxes import Boxes, Message
from mocks.mssante.content import Content
from mocks.mssante.imap import wire
from mocks.mssante.imap.envelope import bodystructure
from mocks.mssante.imap.grammar import BadCommand, Words
from mocks.mssante.imap.structure import Part, header_end, structure

MACROS = {
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}
PLAIN = {b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODYSTRUCTURE", b"BODY", b"UID"}
WHOLE = {b"RFC822": b"", b"RFC822.HEADER": b"HEADER", b"RFC822.TEXT": b"TEXT"}
ITEMS = 100
_SECTION = re.compile(rb"((?:[1-9]\d{0,3}\.)*[1-9]\d{0,3})(?=[\].])|")
_ITEM = re.compile(rb"[A-Za-z0-9.]+")
_HEADER = (b"HEADER", b"HEADER.FIELDS", b"HEADER.FIELDS.NOT")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked of a message. ``name`` is said in the answer; for a section: path, what of it, fields, slice."""

    name: bytes
    path: tuple[int, ...] = ()
    text: bytes | None = None  # None: not a section; b"": the whole part; HEADER, HEADER.FIELDS, TEXT, MIME…
    names: frozenset[bytes] = frozenset()
    offset: int | None = None
    count: int = 0
    peek: bool = True

    @property
    def sees(self) -> bool:
        """Whether fetching it sets ``\\Seen``."""
        return not self.peek


def items(words: Words) -> tuple[Item, ...]:
    """What a FETCH asks, a macro or one item or several in brackets; raises BadCommand."""
    if words.peek() == b"(":
        return words.brackets(lambda: _item(words), limit=ITEMS)
    at = words.at
    word = words.atom()
    if word in MACROS:
        return tuple(Item(name) for name in MACROS[word])
    words.at = at
    return (_item(words),)


def _item(words: Words) -> Item:
    match = _ITEM.match(words.data, words.at)
    word = match[0].upper() if match else b""
    words.at += len(word)
    if word in (b"BODY", b"BODY.PEEK") and words.peek() == b"[":
        return _section(words, peek=word == b"BODY.PEEK")
    if word in PLAIN:
        return Item(word)
    if word in WHOLE:
        return Item(word, text=WHOLE[word], peek=word == b"RFC822.HEADER")
    raise BadCommand(f"nothing to fetch is called {word.decode('ascii', 'replace')!r}")


def _section(words: Words, *, peek: bool) -> Item:
    words.expect(b"[")
    match = _SECTION.match(words.data, words.at)
    given = match[0] if match else b""
    words.at += len(given)
    path = tuple(int(n) for n in given.split(b".")) if given else ()
    if len(path) > 200:
        raise BadCommand("section too deep")
    text = b""
    if words.peek() != b"]":
        if path:
            words.expect(b".")
        text = words.atom() if b"]" not in words.peek() else b""
    if text not in (b"", b"TEXT", b"MIME", *_HEADER) or (text == b"MIME" and not path):
        raise BadCommand(f"no section {text.decode('ascii', 'replace')!r}")
    names: frozenset[bytes] = frozenset()
    shown = given + (b"." if path and text else b"") + text
    if text.startswith(b"HEADER.FIELDS"):
        words.space()
        asked = words.brackets(lambda: words.astring().upper(), limit=200)
        names, shown = frozenset(asked), shown + b" (%b)" % b" ".join(wire.astring(name) for name in asked)
    words.expect(b"]")
    offset, count, part = None, 0, b""
    if words.take(b"<"):
        offset = words.number()
        words.expect(b".")
        count = words.number()
        words.expect(b">")
        if not count:
            raise BadCommand("a slice holds at least one byte")
        part = b"<%d>" % offset
    return Item(b"BODY[%b]%b" % (shown, part), path, text, names, offset, count, peek)


class Fetcher:
    """Answers for the messages of one connection; the last message opened is kept, for clients that fetch by parts."""

    def __init__(self, boxes: Boxes) -> None:
        self.boxes = boxes
        self._opened: tuple[int, bytes, Part] | None = None

    def forget(self) -> None:
        """Keep nothing of the last message."""
        self._opened = None

    def answer(self, message: Message, asked: tuple[Item, ...], flags: Callable[[Message], list[str]]) -> bytes:
        """The words between the brackets of a FETCH response; raises NoFolder when the message just went."""
        light: Content | None = None
        shown = []
        for item in asked:
            name = item.name
            if name == b"UID":
                value = b"%d" % message.uid
            elif name == b"FLAGS":
                value = wire.flags(flags(message))
            elif name == b"INTERNALDATE":
                value = wire.date_time(message.date)
            elif name == b"RFC822.SIZE":
                value = b"%d" % message.size
            elif name in (b"ENVELOPE", b"RFC822.HEADER") or (not item.path and (item.text or b"") in _HEADER):
                light = light or self.boxes.content(message.content, body=False)
                value = light.envelope if name == b"ENVELOPE" else _cut(item, _fields(light.header, item))
            elif name in (b"BODYSTRUCTURE", b"BODY"):
                value = self._structure(message.content, extended=name == b"BODYSTRUCTURE")
            else:
                value = self._text(message, item)
            shown.append(name + b" " + value)
        return b" ".join(shown)

    def _structure(self, content: int, *, extended: bool) -> bytes:
        if not extended:
            raw, tree = self.opened(content)
            return bodystructure(tree, raw, extended=False)
        return self.boxes.structure(content, lambda raw: bodystructure(structure(raw), raw, extended=True))

    def _text(self, message: Message, item: Item) -> bytes:
        raw, tree = self.opened(message.content)
        return _cut(item, section(raw, tree, item))

    def opened(self, content: int) -> tuple[bytes, Part]:
        """A message's bytes and tree."""
        if self._opened is None or self._opened[0] != content:
            raw = self.boxes.content(content).raw
            self._opened = (content, raw, structure(raw))
        return self._opened[1], self._opened[2]


def section(raw: bytes, tree: Part, item: Item) -> bytes | None:
    """The bytes of a section, None when the message has no such part (sent as an empty string, as others do)."""
    part: Part | None = tree
    itself = False  # part 1 of a message that has no parts
    for number in item.path:
        inner = None if part is None or itself else _child(part, number)
        itself = inner is part or (part is not None and part.is_message and inner is part.children[0])
        part = inner
    if part is None:
        return None
    if item.text == b"MIME":
        return raw[part.start : part.body]
    if not item.path:
        whole, text = part, item.text
    elif item.text:
        if not part.is_message:  # HEADER and TEXT of a part are those of the message it holds
            return None
        whole, text = part.children[0], item.text
    else:
        return raw[part.body : part.end]
    if text == b"":
        return raw[whole.start : whole.end] if item.path else raw
    if text == b"TEXT":
        return raw[whole.body : whole.end]
    return _fields(raw[whole.start : whole.body], item)


def _child(part: Part, number: int) -> Part | None:
    """Part ``number`` of a part (§6.4.5): of the multipart, of its message; part 1 of a plain message is itself."""
    if part.is_message:
        part = part.children[0]
        if not part.is_multipart:
            return part if number == 1 else None
    if part.is_multipart:
        return part.children[number - 1] if number <= len(part.children) else None
    return part if number == 1 and part.depth == 0 else None


def _fields(header: bytes, item: Item) -> bytes:
    """The header, or those of its fields that are asked, blank line included."""
    if not item.names:
        return header
    wanted, keep = item.names, item.text == b"HEADER.FIELDS"
    found = []
    for line in re.findall(rb"[^\n]*\n(?:[ \t][^\n]*\n)*", header[: header_end(header)]):
        name = line.partition(b":")[0].strip().upper()
        if line.strip() and (name in wanted) is keep:
            found.append(line if line.endswith(b"\r\n") else line.rstrip(b"\n") + b"\r\n")
    return b"".join(found) + b"\r\n"


def _cut(item: Item, value: bytes | None) -> bytes:
    if value is None:
        return b'""'
    if item.offset is not None:
        value = value[item.offset : item.offset + item.count]
    return wire.literal(value)
