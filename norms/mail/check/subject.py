"""The subject against the documents (ECO.2.1.3): MAIL-SUBJ-*."""

from __future__ import annotations

from collections.abc import Iterator

from norms.finding import Finding, find
from norms.ins.lexical import fold
from norms.mail.check.seen import Seen
from norms.mail.documents import Described
from norms.mail.names import PREFIX, Subject, read_subject

_FORM = f"{PREFIX}<libellé> <NOM> <prénom> <JJ/MM/AAAA>"


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on the subject."""
    mail, where = seen.mail, seen.mail.where("subject")
    said = mail.subject
    if not said:
        yield find("MAIL-SUBJ-07", where=where)
    read = read_subject(said)
    if not seen.archives:
        if read is not None and not read.before:  # an answer or a forwarded message keeps its subject
            yield find("MAIL-SUBJ-06", found=said, where=where)
        return
    expected = seen.documents[0].subject() if seen.documents else _FORM
    if read is None:
        if said:
            yield find("MAIL-SUBJ-01", expected=expected, found=said, where=where)
        return
    if not read.strict:
        yield find("MAIL-SUBJ-02", expected=expected, found=said, where=where)
    elif seen.documents:
        yield from _compare(read, seen.documents, seen)


def _compare(read: Subject, documents: list[Described], seen: Seen) -> Iterator[Finding]:
    where, one = seen.mail.where("subject"), documents[0]
    if not read.birth_date:
        yield find("MAIL-SUBJ-08", expected=one.subject(), found=seen.mail.subject, where=where)
    elif one.birth_date and all(read.birth_date != other.birth_date for other in documents):
        yield find("MAIL-SUBJ-05", expected=one.birth_date, found=read.birth_date, where=where)
    labels = [read.label(other.birth_name, other.given) for other in documents]
    label = next((one for one in labels if one is not None), None)
    if label is None:
        yield find("MAIL-SUBJ-04", expected=f"{one.birth_name} {one.given}", found=read.words, where=where)
        return
    known = [word for other in documents for word in (other.display, other.title) if word]
    if known and not any(fold(word) in fold(label) or fold(label) in fold(word) for word in known if label):
        yield find("MAIL-SUBJ-03", expected=" / ".join(dict.fromkeys(known)), found=label, where=where)
