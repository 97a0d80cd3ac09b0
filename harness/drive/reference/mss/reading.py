"""Reading what arrives: whose it is, what it carries, whether it may be filed without a person.

A document files itself only when the archive is sound, about one patient, and that patient is a record of the software
by a qualified INS and the same strict traits; anything else waits for a person, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Patient
from harness.drive.reference.mss.letter import NOBODY, Identity
from harness.drive.reference.mss.paper import Paper, paper
from norms import xdm
from norms.finding import Severity
from norms.ins.lexical import fold
from norms.ins.oids import nature
from norms.mail.model import Mail
from norms.mail.names import read_subject
from norms.xdm.actions import DELETE, action_of
from norms.xds.datatypes import read_cx
from norms.xds.model import DocumentEntry
from norms.xml import BadXml

INTACT = ("XDM-ZIP", "XDM-DOC")  # rules that tell whether the documents are those that were sent


@dataclass(frozen=True, slots=True)
class Content:
    """What a message carries. ``wrong`` is a word when it cannot be used: corrupt, several-patients, no-document."""

    papers: tuple[Paper, ...] = ()
    about: Identity = NOBODY
    deletes: bool = False
    wrong: str = ""
    unsure: bool = False  # its sender says that the identity is not qualified there (X-MSS-INS: N)


def content(mail: Mail, defects: Defects) -> Content | None:
    """The documents of a message and whom they are about; None when it carries no archive."""
    if not mail.archives or (mail.root.type == "multipart/signed" and defects.on("mss-ignores-signed")):
        return None
    raw = mail.archives[0].content
    opened = xdm.open_archive(raw)
    if opened.archive is None:
        return Content(wrong="corrupt")
    try:
        papers = tuple(paper(one.file.data) for one in opened.cdas)
    except BadXml:
        return Content(wrong="corrupt")
    if defects.on("mss-first-set-only"):
        papers = papers[: sum(one.subset is opened.cdas[0].subset for one in opened.cdas)]
    if defects.on("mss-refuses-level-3"):
        papers = tuple(one for one in papers if one.pdf)
    sound = not any(one.severity is Severity.ERROR and one.rule.startswith(INTACT) for one in xdm.validate(raw))
    if not papers:
        return Content(wrong="no-document")
    people = {identity(one.entry) for one in opened.documents}
    about = next(iter(people)) if len(people) == 1 else NOBODY
    if defects.on("mss-believes-subject"):
        about = _from_subject(mail, about)
    deletes = any(
        one.subset.submission is not None and action_of(one.subset.submission, one.entry) == DELETE
        for one in opened.documents
    )
    if len(people) > 1 and not defects.on("mss-files-two-patients"):
        return Content(papers, NOBODY, deletes, "several-patients")
    if len(people) > 1:
        about = sorted(people, key=lambda one: one.ins)[-1]
    if not sound and not defects.on("mss-files-unsound"):
        return Content(papers, about, deletes, "corrupt")
    unsure = mail.header("x-mss-ins") == "N" and not defects.on("mss-ignores-ins-header")
    return Content(papers, about, deletes, unsure=unsure and bool(about.ins))  # without INS it waits for that


def identity(entry: DocumentEntry) -> Identity:
    """Whom a document is about, as its metadata say (ECO.2.1.2)."""
    value, oid = "", ""
    if entry.patient_id and (cx := read_cx(entry.patient_id)) and nature(cx.oid):
        value, oid = cx.id, cx.oid
    told = dict(field.partition("|")[::2] for field in entry.source_patient_info)
    names = told.get("PID-5", "").split("^")
    born = told.get("PID-7", "")
    return Identity(
        ins=value,
        oid=oid,
        birth_name=names[0],
        first_given_name=names[1] if len(names) > 1 else "",
        birth_date=f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) >= 8 else "",
        sex=told.get("PID-8", ""),
    )


def match(about: Identity, patients: Iterable[Patient], defects: Defects) -> tuple[Patient | None, str]:
    """The record to file in, or why a person must look: no-ins, unknown, traits-differ, not-qualified."""
    if not about.ins and not defects.on("mss-files-without-ins"):
        return None, "no-ins"
    known = [one for one in patients if one.ins and one.ins.full == about.ins]
    if not known and (defects.on("mss-files-by-name") or (not about.ins and defects.on("mss-files-without-ins"))):
        known = [one for one in patients if _same_name(one, about)]
    if not known:
        return None, "unknown"
    one = known[0]
    if one.status != "qualifiee" and not defects.on("mss-files-without-ins"):
        return None, "not-qualified"
    if not _same_traits(one, about) and not defects.on("mss-ignores-traits"):
        return None, "traits-differ"
    return one, ""


def _same_name(patient: Patient, about: Identity) -> bool:
    return fold(patient.traits.birth_name) == fold(about.birth_name)


def _same_traits(patient: Patient, about: Identity) -> bool:
    t = patient.traits
    given = {fold(t.first_given_name), fold(t.given_names.split(" ")[0])}
    return (
        _same_name(patient, about)
        and fold(about.first_given_name) in given
        and t.birth_date == about.birth_date
        and t.sex == about.sex
    )


def _from_subject(mail: Mail, about: Identity) -> Identity:
    said = read_subject(mail.subject)
    if said is None or len(said.words.split()) < 2:
        return about
    name, given = said.words.split()[-2:]
    return Identity(about.ins, about.oid, name, given, said.birth_date, about.sex)
