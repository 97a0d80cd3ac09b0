"""What receipts and delivery notices share: multipart/report (RFC 6522) and its groups of fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from norms.mail.model import Mail, Part
from norms.mail.parse import parse
from norms.mail.words import decode

Group = dict[str, str]
_LONGEST: Final = 1_000_000  # bytes of a machine-readable part
_MOST: Final = 1_000  # groups of fields, one by recipient


@dataclass(frozen=True, slots=True)
class Report:
    """A multipart/report taken apart: the words for a person, the groups of fields, the original, whatever follows."""

    text: str
    groups: tuple[Group, ...]
    original: Part | None
    others: tuple[Part, ...]
    part: Part


def read_report(mail: Mail, kind: str) -> Report | None:
    """The report of that kind (``disposition-notification``, ``delivery-status``); None when the message is none."""
    machine = next((part for part in mail.leaves if part.type == f"message/{kind}"), None)
    if machine is None:
        return None
    rest = [part for part in mail.leaves if part is not machine]
    words = next((part.text for part in rest if part.type == "text/plain"), "")
    original = next((part for part in rest if part.type in ("message/rfc822", "text/rfc822-headers")), None)
    others = tuple(part for part in rest if part is not original and part.type not in ("text/plain", "text/html"))
    return Report(words.replace("\r\n", "\n").rstrip("\n"), _groups(machine), original, others, machine)


def _groups(machine: Part) -> tuple[Group, ...]:
    found: list[Group] = []
    for block in machine.content[:_LONGEST].replace(b"\r\n", b"\n").split(b"\n\n", _MOST)[:_MOST]:
        fields = parse(block.strip(b"\n") + b"\r\n\r\n").root.fields if block.strip() else ()
        group: Group = {}
        for one in fields:
            group.setdefault(one.name.lower(), decode(one.value)[0])
        if group:
            found.append(group)
    return tuple(found)


def typed(value: str) -> str:
    """``rfc822; address`` without its type."""
    return value.rpartition(";")[2].strip()
