"""The rules on a message that a software sends (référentiel socle MSSanté n° 2; REM Ségur): `check` says them all.

Each module has ``check(seen) -> Iterator[Finding]``; `Seen` holds what they share, read once.
"""

from __future__ import annotations

from norms import xdm
from norms.finding import Finding
from norms.mail.check import headers, parts, patients, receipts, subject, texts, xmss
from norms.mail.check.seen import Seen
from norms.mail.check.sent import same_message
from norms.mail.facts import Facts
from norms.mail.model import Mail

__all__ = ["Seen", "check", "findings_of", "same_message"]


def check(mail: Mail, facts: Facts | None = None) -> list[Finding]:
    """Everything that is wrong in a message sent: its form, its headers, its parts, its archive and each CDA inside.

    A receipt or a delivery notice is judged as such. Never raises.
    """
    return findings_of(Seen(mail, facts or Facts()))


def findings_of(seen: Seen) -> list[Finding]:
    """The same for a message already opened."""
    mail = seen.mail
    findings = list(mail.problems)
    if not mail.root.fields:  # no message: nothing else would help
        return findings
    stages = (receipts,) if mail.is_report else (texts, parts, subject, patients, receipts)
    for stage in (headers, xmss, *stages):
        findings += stage.check(seen)
    if not mail.is_report:
        for part, opened in seen.archives:
            findings += [one.inside(part.filename or xdm.NAME) for one in xdm.check(opened, seen.facts.options)]
    return findings
