"""``--as mail``: a message judged as a software sent it; without its envelope, what only that tells is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter

from harness.validate.engine import Options, Result
from harness.validate.xdm import archive_options, result, worst_first
from mocks.mssante.smtp.judge import judged
from norms.finding import Finding
from norms.mail import Facts, parse
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
    """What is wrong in a message submitted by SMTP, the worst first; ``said``: the facts of its exchange."""
    return worst_first(judged(said, data, archive_options(Options(now=datetime.now(UTC)))))
