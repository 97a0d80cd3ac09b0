"""The X-MSS headers, present and absent as they must be, recomputed from the CDA documents: MAIL-XMSS-*."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from norms.finding import Finding, find
from norms.mail.check.seen import Seen

NAMES: Final = ("X-MSS-NIL", "X-MSS-CODECDA", "X-MSS-INS", "X-MSS-MES")


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on X-MSS headers."""
    mail, facts = seen.mail, seen.facts
    for name in NAMES:
        if (several := len(mail.root.all(name))) > 1:
            yield find("MAIL-XMSS-13", found=several, where=mail.where(name), field=name)
    nil = mail.header("x-mss-nil").strip()
    if not nil and seen.by_software:
        yield find("MAIL-XMSS-01", expected=facts.nil, where=mail.where("X-MSS-NIL"))
    elif nil and facts.nil and nil != facts.nil:
        yield find("MAIL-XMSS-02", expected=facts.nil, found=nil, where=mail.where("X-MSS-NIL"))
    if mail.is_report:
        return
    if any(opened.archive is None for _, opened in seen.archives):
        return  # what the archive holds is not known
    yield from _codes(seen)
    yield from _ins(seen)
    yield from _end(seen)


def _codes(seen: Seen) -> Iterator[Finding]:
    said, where = seen.mail.header("x-mss-codecda").strip(), seen.mail.where("X-MSS-CODECDA")
    codes = [one.code for one in seen.documents]
    if not codes:
        if said or seen.mail.root.field("x-mss-codecda"):
            yield find("MAIL-XMSS-05", found=said, where=where)
        return
    expected = ",".join(codes)
    if not said:
        yield find("MAIL-XMSS-03", expected=expected, where=where)
        return
    given = [code.strip() for code in said.split(",")]
    # Two documents of one type: whether the code is said once or twice is not written anywhere.
    if set(given) != set(codes) or (len(given) != len(codes) and sorted(given) != sorted(set(codes))):
        yield find("MAIL-XMSS-04", expected=expected, found=said, where=where)


def _ins(seen: Seen) -> Iterator[Finding]:
    said, where = seen.mail.header("x-mss-ins").strip(), seen.mail.where("X-MSS-INS")
    if not seen.documents:
        if said or seen.mail.root.field("x-mss-ins"):
            yield find("MAIL-XMSS-09", found=said, where=where)
        return
    expected = "O" if any(one.qualified for one in seen.documents) else "N"
    if not said:
        yield find("MAIL-XMSS-06", expected=expected, where=where)
    elif said not in ("O", "N"):
        yield find("MAIL-XMSS-07", expected=expected, found=said, where=where)
    elif said != expected:
        first = seen.documents[0]
        why = f"INS {first.ins}" if expected == "O" else f"− {', '.join(first.lacks)}"
        yield find("MAIL-XMSS-08", expected=expected, found=said, where=where, name=why)


def _end(seen: Seen) -> Iterator[Finding]:
    held, where = seen.mail.root.field("x-mss-mes"), seen.mail.where("X-MSS-MES")
    said = held.value.strip() if held else ""
    if held is not None and said != "FIN":
        yield find("MAIL-XMSS-10", expected="FIN", found=said, where=where)
    elif held is not None and not seen.to_patients:
        found = ", ".join(one.address for one in seen.recipients)
        yield find("MAIL-XMSS-11", found=found, where=where)
    elif seen.facts.ends is not None and seen.to_patients and seen.facts.ends != (said == "FIN"):
        yield find("MAIL-XMSS-12", expected="FIN" if seen.facts.ends else "—", found=said or "—", where=where)
