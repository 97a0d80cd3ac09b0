"""A message submitted, judged by the rules of a MSSanté message with what its exchange says of the envelope.

A message without files is judged before its answer; one with an archive or files afterwards, in a worker process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from norms import xdm
from norms.finding import Finding
from norms.mail import Facts, check, parse

LIGHT = 64_000  # bytes
_HEAD = 8_192  # bytes in which the type of the message stands
_FILES = (b"multipart/mixed", b"multipart/related", b"multipart/signed", b"application/")


def at_once(said: Mapping[str, str], raw: bytes) -> list[Finding] | None:
    """The findings on a message without files; None when it is to be judged afterwards."""
    head = raw[:_HEAD].lower()
    if len(raw) > LIGHT or any(kind in head for kind in _FILES):
        return None
    return judged(said, raw, xdm.Options())


def judged(said: Mapping[str, str], raw: bytes, options: xdm.Options) -> list[Finding]:
    """The findings on a message; ``said``: the facts of its exchange. Whether From is the mailbox is left to SMTP."""
    given, _, family = said.get("owner", "").partition("|")
    facts = Facts(
        mail_from=said.get("mail_from") or None,
        recipients=tuple(one for one in said.get("rcpt", "").split(", ") if one) or None,
        notify=tuple(one for one in said.get("dsn", "").split() if one.startswith("notify=")),
        kind=said.get("kind", ""),
        owner=(given, family),
        now=datetime.now(UTC),
        options=options,
    )
    return check(parse(raw), facts)
