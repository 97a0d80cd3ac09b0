"""Whether the copy filed among those sent is the message that left."""

from __future__ import annotations

from typing import Final

from norms.finding import Finding, find
from norms.mail.model import Mail, Part
from norms.mail.parse import parse

# Fields that a copy may have of its own, or that a server adds on the way.
_OWN: Final = frozenset(
    {"bcc", "received", "return-path", "delivered-to", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys",
     "x-uid", "status", "x-status"}
)  # fmt: skip


def same_message(sent: bytes, filed: bytes) -> list[Finding]:
    """MAIL-SENT-01 (not the same) or -02 (the same but for fields that do not matter); nothing when equal."""
    if sent == filed:
        return []
    left, kept = parse(sent), parse(filed)
    differs = [*_fields(left, kept), *_parts(left.root, kept.root)]
    if differs:
        return [find("MAIL-SENT-01", found=" ; ".join(differs[:5]), where=kept.where())]
    own = sorted({one.name for mail in (left, kept) for one in mail.root.fields if one.name.lower() in _OWN})
    return [find("MAIL-SENT-02", found=", ".join(own) or "CRLF", where=kept.where())]


def _fields(left: Mail, kept: Mail) -> list[str]:
    ours, theirs = ([(f.name.lower(), " ".join(f.value.split())) for f in mail.root.fields] for mail in (left, kept))
    names = [name for name, _ in sorted(set(ours) ^ set(theirs)) if name not in _OWN]
    return list(dict.fromkeys(name for name in names if not name.startswith("content-")))


def _parts(left: Part, kept: Part) -> list[str]:
    ours, theirs = ([part for part in root.walk() if not part.parts] for root in (left, kept))
    if len(ours) != len(theirs):
        return [f"{len(ours)} / {len(theirs)} parts"]
    return [
        mine.filename or mine.type
        for mine, other in zip(ours, theirs, strict=True)
        if mine.type != other.type or mine.filename != other.filename or _content(mine) != _content(other)
    ]


def _content(part: Part) -> bytes:
    if part.type.startswith("text/"):
        return part.content.replace(b"\r\n", b"\n").rstrip(b"\n")
    return part.content
