"""The files of a message: one IHE_XDM archive, the same documents as PDF/A-1, their names (ECO.2.1.x): MAIL-PART-*."""

from __future__ import annotations

from collections.abc import Iterator

from norms import xdm
from norms.cda.body.media import pdfa_level
from norms.finding import Finding, find
from norms.ins.lexical import fold
from norms.mail import names
from norms.mail.check.seen import Seen, is_named
from norms.mail.documents import Described
from norms.mail.model import Part

_SIGNED = ("application/pkcs7-signature", "application/x-pkcs7-signature")
_FORM = "<AAAAMMJJ>_<type ≤ 40>_<NOM>_<prénom>[_<n° de dossier>].pdf"


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on attached files."""
    mail = seen.mail
    meant = seen.facts.documents if seen.facts.documents is not None else bool(mail.pdfs)
    if not seen.archives:
        if meant:
            found = ", ".join(part.filename for part in mail.pdfs) or "—"
            yield find("MAIL-PART-01", expected=xdm.NAME, found=found, where=mail.where())
    elif len(seen.archives) > 1:
        yield find("MAIL-PART-02", expected=1, found=len(seen.archives), where=seen.where(seen.archives[1][0]))
    if mail.attachments and mail.root.type not in ("multipart/mixed", "multipart/signed"):
        yield find("MAIL-PART-10", expected="multipart/mixed", found=mail.root.type, where=mail.where("content-type"))
    for part, _ in seen.archives:
        where = seen.where(part)
        if not is_named(part):
            yield find("MAIL-PART-03", expected=xdm.NAME, found=part.filename or "—", where=where)
        if part.type not in ("application/zip", "application/x-zip-compressed"):
            yield find("MAIL-PART-12", expected="application/zip", found=part.type, where=where)
    known = [*(part for part, _ in seen.archives), *mail.pdfs]
    for part in mail.attachments:
        if part not in known and part.type not in _SIGNED:
            name = part.filename or f"part[{part.path}]"
            yield find("MAIL-PART-09", found=name, where=seen.where(part), name=part.type)
    yield from _pdfs(seen)


def _pdfs(seen: Seen) -> Iterator[Finding]:
    pdfs = seen.mail.pdfs
    for part in pdfs:
        yield from _pdf(part, seen)
    if not seen.archives or any(opened.archive is None for _, opened in seen.archives):
        return
    documents = seen.documents
    expected = len(documents) or sum(len(opened.documents) for _, opened in seen.archives)
    if len(pdfs) != expected:
        where = seen.where(seen.archives[0][0])
        yield find("MAIL-PART-04", expected=expected, found=len(pdfs), where=where)
    if documents:
        for part, one in _paired(pdfs, documents):
            yield from _named(part, one, seen)


def _pdf(part: Part, seen: Seen) -> Iterator[Finding]:
    data, where, name = part.content, seen.where(part), part.filename
    wrong = (
        "%PDF-" if not data.startswith(b"%PDF-")
        else "%%EOF" if b"%%EOF" not in data[-2048:]
        else "/Encrypt" if b"/Encrypt" in data[-4096:] else ""
    )  # fmt: skip
    if wrong:
        yield find("MAIL-PART-11", found=wrong, where=where, name=name)
        return
    level = pdfa_level(data)
    if not level.startswith("1"):
        found = f"PDF/A-{level}" if level else "—"
        yield find("MAIL-PART-05", expected="PDF/A-1", found=found, where=where, name=name)


def _paired(pdfs: list[Part], documents: list[Described]) -> list[tuple[Part, Described]]:
    """Each PDF with the document it shows: by its content, else by its name, else in their order."""
    left = list(documents)
    rest: list[Part] = []
    pairs: list[tuple[Part, Described]] = []
    for wanted in (_by_content, _by_name):
        rest = []
        for part in pdfs:
            one = next((one for one in left if wanted(part, one)), None)
            if one is None:
                rest.append(part)
            else:
                left.remove(one)
                pairs.append((part, one))
        pdfs = rest
    return [*pairs, *zip(rest, left, strict=False)]


def _by_content(part: Part, one: Described) -> bool:
    return one.pdf is not None and part.content == one.pdf


def _by_name(part: Part, one: Described) -> bool:
    read = names.read_pdf_name(part.filename)
    return read is not None and not any(found != said for _, found, said in _fields(read, one))


def _fields(read: names.PdfName, one: Described) -> list[tuple[str, str, str]]:
    """Field, what the name says, what it must say; equal when folded alike."""
    wanted = names.read_pdf_name(one.pdf_name()) or names.PdfName(one.act, one.label, one.birth_name, one.given)
    act = read.date if not one.act or read.date in (one.act, one.act_utc) else one.act
    return [
        ("date", read.date, act),
        *(
            (field, mine, mine if _alike(mine, said) else said)
            for field, mine, said in (
                ("type", read.label, wanted.label),
                ("nom", read.birth_name, wanted.birth_name),
                ("prénom", read.given, wanted.given),
            )
        ),
    ]  # fmt: skip


def _alike(one: str, other: str) -> bool:
    return fold(one) == fold(other)


def _named(part: Part, one: Described, seen: Seen) -> Iterator[Finding]:
    where = seen.where(part)
    read = names.read_pdf_name(part.filename)
    if read is None:
        yield find("MAIL-PART-06", expected=one.pdf_name(), found=part.filename or "—", where=where, form=_FORM)
    else:
        for field, found, said in _fields(read, one):
            if found != said:
                yield find("MAIL-PART-07", expected=said, found=found, where=where, field=field)
    if one.pdf is not None and part.content != one.pdf:
        yield find("MAIL-PART-08", found=part.filename or "—", where=where)
