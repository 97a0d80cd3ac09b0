"""The full validation of an archive: package, layout, metadata with the value sets of the CI-SIS, documents, coherence.

IHE ITI TF-2 §3.32, TF-3 §4.2; CI-SIS volets Partage, Échange, Structuration minimale. The rules on metadata are those
of `norms.xds`, apart from the DMP's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from typing import Final

from lxml import etree

from norms.finding import Finding, Severity, Where, find
from norms.ins import matricule
from norms.ins.oids import ALL
from norms.soap.mtom import Part
from norms.xdm.actions import CODING, Coding, check_action
from norms.xdm.layout import check_layout
from norms.xdm.model import METADATA, Archive, BadArchive, File, Subset
from norms.xdm.read import examine, read_metadata
from norms.xds.check import Setting
from norms.xds.codes import CI_SIS
from norms.xds.coherence import CDA_ROOT, check_document
from norms.xds.datatypes import is_oid, read_cx
from norms.xds.derive import header_of
from norms.xds.model import DocumentEntry, Submission
from norms.xml import BadXml, parse

# What the DMP alone asks, or what is said here with other words.
_DMP_ONLY: Final = frozenset(
    {"XDS-MIME-01", "XDS-AUT-05", "XDS-CONF-04", "XDS-ASC-05", "XDS-COH-21", "XDS-COH-22", "XDS-OBJ-03",
     "XDS-HASH-01", "XDS-HASH-02", "XDS-HASH-03", "XDS-PID-02", "XDS-OID-01"}
)  # fmt: skip
_MOST: Final = 1_000  # findings on the metadata of one set
_PLAIN: Final = re.compile(r"(?!/)(?![A-Za-z][A-Za-z0-9+.-]*:)(?!(?:.*/)?\.\.(?:/|$)).+")
_CX: Final = "INS^^^&1.2.250.1.213.1.4.8&ISO^NH"


@dataclass(frozen=True)
class Held:
    """A document of an archive with its metadata; parsed once for everyone who looks into it."""

    subset: Subset
    entry: DocumentEntry
    file: File

    @property
    def place(self) -> str:
        """Its path in the archive."""
        return self.subset.place(self.file.path)

    @cached_property
    def root(self) -> etree._Element | BadXml:
        """The document's tree, or why it is not XML."""
        try:
            return parse(self.file.data)
        except BadXml as bad:
            return bad

    @property
    def cda(self) -> etree._Element | None:
        """The ClinicalDocument; None when the file is none."""
        return self.root if not isinstance(self.root, BadXml) and self.root.tag == CDA_ROOT else None


@dataclass(frozen=True)
class Opened:
    """An archive opened: what it holds, what was wrong on the way; ``archive`` None when it could not be opened."""

    archive: Archive | None
    documents: tuple[Held, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def cdas(self) -> list[Held]:
        """The documents that are CDA."""
        return [held for held in self.documents if held.cda is not None]


@dataclass(frozen=True)
class Options:
    """How an archive is judged. ``setting``: value sets, present time, INS OIDs; ``content``: judge each CDA too, with
    `norms.cda` or with ``judge``."""

    setting: Setting = field(default_factory=lambda: Setting(ins_oids=ALL, sets=CI_SIS))
    coding: Coding = CODING
    content: bool = True
    pdfa: Severity = Severity.WARNING
    judge: Callable[[bytes], Iterable[Finding]] | None = None


def open_archive(data: bytes) -> Opened:
    """The archive in these bytes; never raises."""
    try:
        archive, findings = examine(data)
    except BadArchive as bad:
        return Opened(None, (), (bad.finding,))
    documents = tuple(Held(subset, entry, file) for subset, entry, file in archive.pairs())
    return Opened(archive, documents, tuple(findings))


def validate(data: bytes, options: Options | None = None) -> list[Finding]:
    """Everything that is wrong in the bytes of an archive, each CDA included; never raises."""
    return check(open_archive(data), options)


def check_metadata(data: bytes, options: Options | None = None) -> list[Finding]:
    """What is wrong in a METADATA.XML alone: what its documents would tell is left out."""
    options = options or Options()
    submission, findings = read_metadata(data)
    found = [one for one in findings if not _silent(one, options.coding)]
    if submission is not None:
        found += islice(_metadata(submission, Subset("", submission), [], options), _MOST)
    return [one for one in found if one.rule not in ("XDM-DOC-02", "XDM-DOC-05", "XDM-DOC-06", "XDS-DOC-02")]


def check(opened: Opened, options: Options | None = None) -> list[Finding]:
    """Everything that is wrong in an archive already opened."""
    options = options or Options()
    findings = [one for one in opened.findings if not _silent(one, options.coding)]
    if opened.archive is None:
        return findings
    findings += check_layout(opened.archive)
    for subset in opened.archive.subsets:
        if subset.submission is not None:
            held = [one for one in opened.documents if one.subset is subset]
            outer = subset.place(METADATA)
            said = islice(_metadata(subset.submission, subset, held, options), _MOST)
            findings += [one.inside(outer) for one in said]
    findings += _across(opened.archive)
    if options.content:
        for one in opened.cdas:
            findings += _content(one, options)
    return findings


def _silent(one: Finding, coding: Coding) -> bool:
    """What the metadata reader says of the DMP alone, and of the slot that holds the action."""
    return one.rule in _DMP_ONLY or (one.rule == "XDS-SLOT-04" and coding.reads(one.found))


def _metadata(submission: Submission, subset: Subset, held: list[Held], options: Options) -> Iterator[Finding]:
    from norms.xds.provide import Attached, Provided, check_provided  # loads what reads signatures

    setting = options.setting
    attached = tuple(Attached(one.entry, Part("", "", one.file.data)) for one in held)
    for finding in check_provided(Provided(submission, attached), setting, signed=False).findings:
        if finding.rule not in _DMP_ONLY:
            yield finding
    if not submission.entries:
        yield find("XDM-MET-05", found=subset.name, where=submission.set.where())
    patients = [(one.patient_id, one.id, one.where("patientId")) for one in submission.entries]
    for patient in ((submission.set.patient_id, submission.set.id, submission.set.where("patientId")), *patients):
        yield from _patient(*patient, setting)
    taken: set[str] = set()
    by_entry = {one.entry.id: one for one in held}
    for entry in submission.entries:
        if entry.unique_id and not _unique_id(entry.unique_id):
            yield find("XDS-OID-01", found=entry.unique_id, where=entry.where("uniqueId"), object=entry.id)
        yield from _file(entry, subset, by_entry.get(entry.id), taken)
        one = by_entry.get(entry.id)
        replaces = header_of(one.cda).replaces if one is not None and one.cda is not None else None
        yield from check_action(submission, entry, replaces, options.coding)
        if one is not None and entry.mime_type == "text/xml":
            yield from (f for f in check_document(entry, one.root) if f.rule != "XDS-COH-22")


def _unique_id(text: str) -> bool:
    """An OID, with an extension or not (ITI TF-3 §4.2.3.2.26)."""
    oid, _, extension = text.partition("^")
    return is_oid(oid) and ("^" not in text or 0 < len(extension) <= 16)


def _patient(text: str, id: str, where: Where, setting: Setting) -> Iterator[Finding]:
    read = read_cx(text)
    if text and read is None:
        yield find("XDM-PAT-02", expected=_CX, found=text, where=where, object=id)
    elif read is not None and (read.oid not in setting.ins_oids or read.type != "NH"):
        yield find("XDM-PAT-01", found=text, where=where, object=id)
    elif read is not None and not _matricule(read.id):
        yield find("XDM-PAT-02", expected=_CX, found=text, where=where, object=id)


def _matricule(text: str) -> bool:
    try:
        return bool(matricule.split(text))
    except matricule.BadMatricule:
        return False


def _file(entry: DocumentEntry, subset: Subset, held: Held | None, taken: set[str]) -> Iterator[Finding]:
    """XDM-DOC-*: the file that an entry names, its size and SHA-1."""
    forms = {"URI": (entry.uri, "DOC0001.XML"), "hash": (entry.hash, "SHA-1"), "size": (entry.size, "octets")}
    for name, (value, form) in forms.items():
        if not value:
            yield find("XDM-DOC-01", expected=form, where=entry.where(), object=entry.id, field=name)
    where = entry.where("URI")
    if entry.uri and not _PLAIN.fullmatch(entry.uri):
        yield find("XDM-DOC-05", expected="DOC0001.XML", found=entry.uri, where=where, object=entry.id)
    elif entry.uri and held is None:
        present = ", ".join(one.path for one in subset.documents) or "—"
        yield find("XDM-DOC-02", expected=present, found=entry.uri, where=where, object=entry.id)
    if held is None:
        return
    if held.file.path in taken:
        yield find("XDM-DOC-06", found=held.file.path, where=where, object=entry.id)
    taken.add(held.file.path)
    sha1 = hashlib.sha1(held.file.data, usedforsecurity=False).hexdigest()
    size = str(len(held.file.data))
    if entry.hash and entry.hash.lower() != sha1:
        yield find("XDM-DOC-03", expected=sha1, found=entry.hash, where=entry.where("hash"), object=entry.id)
    if entry.size and entry.size != size:
        yield find("XDM-DOC-04", expected=size, found=entry.size, where=entry.where("size"), object=entry.id)


def _across(archive: Archive) -> Iterator[Finding]:
    """XDM-MET-04 and -06: one patient, each document once, over all sets (within one set, XDS-* said it)."""
    submissions = [(subset, subset.submission) for subset in archive.subsets if subset.submission is not None]
    patients: dict[str, Subset] = {}
    seen: Mapping[str, str] = {}
    for subset, submission in submissions:
        patients.setdefault("^".join(submission.set.patient_id.split("^")[:5]), subset)
        own = {entry.unique_id: subset.name for entry in submission.entries if entry.unique_id}
        for unique_id in own.keys() & seen.keys():
            yield find("XDM-MET-06", found=unique_id, where=Where(path=subset.place(METADATA)))
        seen = {**seen, **own}
    if len(patients) > 1:
        last = list(patients.values())[-1]
        yield find("XDM-MET-04", found=", ".join(patients), where=Where(path=last.place(METADATA)))


def _content(one: Held, options: Options) -> Iterator[Finding]:
    judge = options.judge or partial(_judged, options=options)
    for finding in judge(one.file.data):
        yield finding.inside(one.place)


def _judged(data: bytes, options: Options) -> Iterable[Finding]:
    from norms.cda import validate as validate_cda

    setting = options.setting
    return validate_cda(data, tables=setting.tables, today=setting.now, pdfa=options.pdfa).findings
