"""``--as mail``: a message judged as a software sent it; without its envelope, what only that tells is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter

from harness.validate.engine import Options, Result
from harness.validate.xdm import archive_options, result, worst_first
from norms.finding import Finding
from norms.mail import Facts, check, parse
from norms.mail.check import Seen, findings_of


def judge(name: str, data: bytes, options: Options) -> Result:
    """The result for one message."""
    clock = perf_counter()
    mail = parse(data)
    seen = Seen(mail, Facts(options=archive_options(options)))
    made = result(name, "mail", seen.documents, findings_of(seen), options, clock)
    made.document |= {"from": mail.sender.address, "subject": mail.subject, "message_id": mail.message_id}
    return made


def submitted(said: Mapping[str, str], data: bytes) -> list[Finding]:
    """What is wrong in a message submitted by SMTP, the worst first; ``said``: the facts of its exchange.

    Whether From is the mailbox that was opened is left to the submission itself.
    """
    options = archive_options(Options(now=datetime.now(UTC)))
    facts = Facts(
        mail_from=said.get("mail_from") or None,
        recipients=tuple(one for one in said.get("rcpt", "").split(", ") if one) or None,
        notify=tuple(one for one in said.get("dsn", "").split() if one.startswith("notify=")),
        kind=said.get("kind", ""),
        owner=owner_of(said.get("owner", "")),
        now=options.setting.now,
        options=options,
    )
    return worst_first(check(parse(data), facts))


def owner_of(said: str) -> tuple[str, str]:
    """Given name and family name of ``given|family``."""
    given, _, family = said.partition("|")
    return given, family
