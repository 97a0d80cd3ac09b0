"""Reading a message (RFC 5322, 2045, 2046): fields, parts, contents, and what is wrong with its form, with lines.

Nothing raises: what cannot be read is a finding (MAIL-FORM-*). Parts are cut by searching their boundaries, contents
are decoded when asked for, so a large message costs little before anyone looks into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from norms.finding import Finding, Where, find
from norms.mail.model import Field, Mail, Part
from norms.mail.words import charset_text, decode

MAX_DEPTH: Final = 30
MAX_PARTS: Final = 500
MAX_HEAD: Final = 512_000  # bytes of the fields of one part
MAX_LINE: Final = 998
MAX_FINDINGS: Final = 200  # on the form of one message
_FIELD: Final = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.S)
_CONTINUED: Final = re.compile(rb"\r?\n(?=[ \t])")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_NO_HEAD: Final = re.compile(rb"\r?\n")
_TAIL: Final = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_BARE_CR: Final = re.compile(rb"\r(?!\n)")
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
_COMMAND: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a tab may fold a field
_ONCE: Final = ("date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject")


def parse(raw: bytes) -> Mail:
    """A message, whatever its state."""
    reader = _Reader(raw)
    root = reader.part(0, len(raw), 1, "", 0)
    if not root.fields and reader.unlimited:
        return Mail(raw, root, (find("MAIL-FORM-15", found=ascii(raw[:24])[2:-1] or "—", where=Where(1, 1)),))
    reader.lines()
    reader.once(root)
    return Mail(raw, root, tuple(reader.findings))


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.view = raw, memoryview(raw)
        self.findings: list[Finding] = []
        self.count = 0
        self.unlimited = True  # no field was left unread

    def say(self, rule: str, line: int, path: str = "", **args: object) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(find(rule, where=Where(line, None, path), **args))  # type: ignore[arg-type]

    def lines(self) -> None:
        """Line breaks that are not CRLF, bytes that are NUL, a line too long, anywhere."""
        if (nul := self.raw.find(b"\0")) >= 0:
            self.say("MAIL-FORM-14", self.raw.count(b"\n", 0, nul) + 1)
        if all(one.rule != "MAIL-FORM-03" for one in self.findings):
            self._long_line()
        pairs = self.raw.count(b"\r\n")
        for pattern, char, name in ((_BARE_CR, b"\r", "CR"), (_BARE_LF, b"\n", "LF")):
            alone = self.raw.count(char) - pairs
            if alone and (hit := pattern.search(self.raw)):
                self.say("MAIL-FORM-01", self.raw.count(b"\n", 0, hit.start()) + 1, found=name, count=alone)

    def _long_line(self) -> None:
        """The first line beyond the limit, found by leaping from line to line, not by reading each."""
        raw, at = self.raw, 0
        while at + MAX_LINE < len(raw):
            end = raw.rfind(b"\n", at, at + MAX_LINE + 2)
            if end < 0:
                found = (raw.find(b"\n", at) if b"\n" in raw[at:] else len(raw)) - at
                self.say("MAIL-FORM-03", raw.count(b"\n", 0, at) + 1, expected=MAX_LINE, found=found)
                return
            at = end + 1

    def once(self, root: Part) -> None:
        for name in _ONCE:
            several = root.all(name)
            if len(several) > 1:
                self.say("MAIL-FORM-08", several[1].line, name, found=len(several), field=several[0].name)

    def part(self, start: int, end: int, line: int, path: str, depth: int) -> Part:
        """The part that lies between two offsets."""
        self.count += 1
        reach = min(end, start + MAX_HEAD)
        blank = _NO_HEAD.match(self.raw, start, reach) or _BLANK.search(self.raw, start, reach)
        if blank is None and end - start > MAX_HEAD:
            self.unlimited = False
            self.say("MAIL-FORM-09", line, path, expected=MAX_HEAD)
            return Part((), self.view[start:end], line, path, line)
        head = self.raw[start : blank.start() if blank else end]
        body = blank.end() if blank else end
        fields = tuple(self._fields(head, line, path))
        body_line = line + self.raw.count(b"\n", start, body)
        part = Part(fields, self.view[body:end], line, path, body_line)
        if part.type.startswith("multipart/"):
            part.parts = tuple(self._split(part, body, end, body_line, depth))
        elif not part.sound_parameters:
            self.say("MAIL-FORM-10", line, path, found=part.filename or part.header("content-type"))
        return part

    def _fields(self, head: bytes, line: int, path: str) -> Iterator[Field]:
        rows = re.split(rb"\r?\n(?![ \t])", head) if head else []
        for row in rows:
            match = _FIELD.fullmatch(row)
            if match is None:
                if row.strip():
                    self.say("MAIL-FORM-02", line, path, found=row[:60].decode("latin-1"))
            else:
                name = match[1].decode("ascii")
                value = _CONTINUED.sub(b"", match[2]).strip()
                odd = not value.isascii()
                text = charset_text(value, "utf-8")[0] if odd else value.decode("ascii")
                if odd:
                    self.say("MAIL-FORM-04", line, _below(path, name), found=text[:60], field=name)
                longest = max(map(len, row.splitlines() or [b""]))
                if longest > MAX_LINE:
                    self.say("MAIL-FORM-03", line, _below(path, name), expected=MAX_LINE, found=longest)
                said, sound = decode(text)
                if not sound:
                    self.say("MAIL-FORM-11", line, _below(path, name), found=text[:80], field=name)
                elif command := _COMMAND.search(said):
                    shown = f"U+{ord(command[0]):04X}"
                    self.say("MAIL-FORM-16", line, _below(path, name), found=shown, field=name)
                yield Field(name, text.replace("\r", " ").replace("\n", " "), line, odd)
            line += row.count(b"\n") + 1

    def _split(self, part: Part, start: int, end: int, line: int, depth: int) -> Iterator[Part]:
        boundary = part.params.get("boundary", "").encode("latin-1", "replace")
        if not boundary:
            self.say("MAIL-FORM-07", line, part.path, found=part.type, expected="boundary")
            return
        if depth >= MAX_DEPTH:
            self.say("MAIL-FORM-05", line, part.path, expected=MAX_DEPTH)
            return
        wanted = b"--" + boundary
        opened, first, rank, at = -1, line, 0, start
        while (hit := self._delimiter(wanted, start, at, end)) is not None:
            before, after, closing = hit
            if opened >= 0:
                rank += 1
                if self.count >= MAX_PARTS:
                    self.say("MAIL-FORM-12", line, part.path, expected=MAX_PARTS)
                    return
                yield self.part(opened, max(opened, before), first, _child(part.path, rank), depth + 1)
            first += self.raw.count(b"\n", at, after)
            opened = at = after
            if closing:
                return
        self.say("MAIL-FORM-07", line, part.path, found=part.type, expected=f"{wanted.decode('latin-1')}--")
        if 0 <= opened < end:
            yield self.part(opened, end, first, _child(part.path, rank + 1), depth + 1)

    def _delimiter(self, wanted: bytes, start: int, at: int, end: int) -> tuple[int, int, bool] | None:
        """The next delimiter line: where what precedes it ends, where what follows begins, whether it is the last."""
        raw = self.raw
        while (found := raw.find(wanted, at, end)) >= 0:
            tail = _TAIL.match(raw, found + len(wanted), end)
            if tail is not None and (found == start or raw[found - 1 : found] == b"\n"):
                before = found - (2 if raw[found - 2 : found] == b"\r\n" else 1)
                return before, tail.end(), bool(tail[1])
            at = found + len(wanted)
        return None


def _below(path: str, name: str) -> str:
    return f"part[{path}]/{name}" if path else name


def _child(path: str, rank: int) -> str:
    return f"{path}.{rank}" if path else str(rank)
