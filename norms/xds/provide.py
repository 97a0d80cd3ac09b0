"""ITI-41, Provide and Register Document Set-b: the request read, and judged as a whole.

ITI TF-2 §3.41; ITI TF-3 §4.2; CI-SIS volet Partage; DMP guide (TD2.1, TD2.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lxml import etree

from norms.finding import Finding, errors, find
from norms.saml import Certificate
from norms.soap.mtom import Part
from norms.soap.tree import place
from norms.soap.xop import BadInclude, content, include
from norms.xds import names
from norms.xds.check import Setting, check_entry, check_set
from norms.xds.codes import is_signature
from norms.xds.datatypes import is_uuid
from norms.xds.model import Association, DocumentEntry, Submission
from norms.xds.names import HAS_MEMBER, RPLC, SET_STATUS, SIGNS, XDS, rim
from norms.xds.read import read_submission
from norms.xds.signature import Content, check_signature
from norms.xds.write import attribute, write_submission
from norms.xml import BadXml, parse

_LINKS = (HAS_MEMBER, RPLC, SIGNS, names.APND, names.XFRM, names.XFRM_RPLC)
_OLD_RPLC = "urn:ihe:iti:2010:AssociationType:RPLC"


@dataclass(frozen=True)
class Attached:
    """A document and its metadata."""

    entry: DocumentEntry
    part: Part
    optimized: bool = True  # it came by a part of the package

    @cached_property
    def sha1(self) -> str:
        """The SHA-1 of the bytes, in hexadecimal."""
        return hashlib.sha1(self.part.body, usedforsecurity=False).hexdigest()

    @cached_property
    def root(self) -> etree._Element | BadXml:
        """The document's tree, or why it is not XML."""
        try:
            return parse(self.part.data)
        except BadXml as bad:
            return bad

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.part.body)


@dataclass(frozen=True)
class Provided:
    """A request read: metadata, documents in the order of their entries, what is wrong in the form."""

    submission: Submission | None
    documents: tuple[Attached, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def signatures(self) -> tuple[Attached, ...]:
        """The signature documents."""
        return tuple(one for one in self.documents if is_signature(one.entry))


@dataclass(frozen=True)
class Verdict:
    """What was found in a request, and who signed its set when the signature holds."""

    findings: tuple[Finding, ...]
    signer: Certificate | None = None
    replaced: Mapping[str, str] = field(default_factory=dict)  # id of an entry -> entryUUID that it replaces


def read_provide(body: etree._Element, parts: Mapping[str, Part]) -> Provided:
    """The request in a ProvideAndRegisterDocumentSetRequest."""
    objects = body.find(f"{names.SUBMIT}/{rim('RegistryObjectList')}")
    if objects is None:
        missing = "lcm:SubmitObjectsRequest/rim:RegistryObjectList"
        return Provided(None, (), (find("XDS-REQ-01", expected=missing, where=place(body)),))
    submission, findings = read_submission(objects)
    if submission is None:
        return Provided(None, (), tuple(findings))
    documents = tuple(_documents(body, submission, parts, findings))
    return Provided(submission, documents, tuple(findings))


def _documents(
    body: etree._Element, submission: Submission, parts: Mapping[str, Part], findings: list[Finding]
) -> Iterator[Attached]:
    held: dict[str, tuple[Part, bool]] = {}
    used: set[str] = set()
    for element in body.iterchildren(f"{{{XDS}}}Document"):
        id = element.get("id", "")
        if submission.entry(id) is None:
            described = ", ".join(entry.id for entry in submission.entries) or "—"
            findings.append(find("XDS-DOC-01", expected=described, found=id or "—", where=place(element)))
        if id in held:
            findings.append(find("XDS-DOC-03", found=id, where=place(element)))
        try:
            held[id] = content(element, parts)
            used.add(held[id][0].id)
        except BadInclude as bad:
            findings.append(bad.finding)
            held[id] = (Part("", "", b""), True)
            continue
        if not len(held[id][0].body):
            findings.append(find("XDS-DOC-04", where=place(element), object=id))
    findings += [find("SOAP-XOP-04", found=id) for id in parts if id not in used]
    for entry in submission.entries:
        if entry.id in held:
            yield Attached(entry, *held[entry.id])
        else:
            findings.append(find("XDS-DOC-02", where=entry.where(), object=entry.id))


def check_provided(provided: Provided, setting: Setting, *, signed: bool = True) -> Verdict:
    """Everything that can be said of a request without knowing the registry."""
    submission = provided.submission
    if submission is None:
        return Verdict(provided.findings)
    findings = list(provided.findings)
    findings += check_set(submission.set, setting)
    for entry in submission.entries:
        findings += check_entry(entry, setting)
        if (
            entry.patient_id
            and submission.set.patient_id
            and _bare(entry.patient_id) != _bare(submission.set.patient_id)
        ):
            findings.append(
                find(
                    "XDS-PID-01",
                    expected=submission.set.patient_id,
                    found=entry.patient_id,
                    where=entry.where("patientId"),
                    object=entry.id,
                )
            )
    findings += _unique(submission)
    findings += _institutions(submission)
    replaced: dict[str, str] = {}
    findings += _associations(submission, replaced)
    for attached in provided.documents:
        findings += _measured(attached)
    signer: Certificate | None = None
    if signed:
        signer, more = _signature(provided)
        findings += more
    return Verdict(tuple(findings), signer, replaced)


def _bare(cx: str) -> str:
    """A patient identifier without the date that the DMP's examples append."""
    return "^".join(cx.split("^")[:5])


def _unique(submission: Submission) -> Iterator[Finding]:
    seen: set[str] = {submission.set.unique_id}
    for entry in submission.entries:
        if entry.unique_id and entry.unique_id in seen:
            yield find("XDS-DUP-02", found=entry.unique_id, where=entry.where("uniqueId"), object=entry.id)
        seen.add(entry.unique_id)


def _institutions(submission: Submission) -> Iterator[Finding]:
    """XDS-AUT-05: the author's structure is the same in the set and its documents."""
    of_set = {text.split("^")[-1] for author in submission.set.authors for text in author.institutions}
    for entry in submission.entries:
        own = [text for author in entry.authors for text in author.institutions]
        if of_set and own and not of_set & {text.split("^")[-1] for text in own}:
            yield find(
                "XDS-AUT-05", expected=", ".join(sorted(of_set)), found=own[0], where=entry.where("author"),
                object=entry.id,
            )  # fmt: skip


def _associations(submission: Submission, replaced: dict[str, str]) -> Iterator[Finding]:
    known = {submission.set.id, *(entry.id for entry in submission.entries)}
    members: set[str] = set()
    for link in submission.associations:
        where = link.where()
        if link.type not in _LINKS:
            expected = RPLC if link.type == _OLD_RPLC else ", ".join(_LINKS[:3])
            yield find("XDS-ASC-02", expected=expected, found=link.type or "—", where=where, object=link.id)
            continue
        ends = (("sourceObject", link.source), ("targetObject", link.target))
        for field_name, id in ends if link.type in (HAS_MEMBER, SIGNS) else ends[:1]:
            if id not in known and not (field_name == "targetObject" and is_uuid(id)):
                yield find("XDS-ASC-01", found=id or "—", where=where, object=link.id, field=field_name)
        if link.type == HAS_MEMBER:
            members.add(link.target if link.source == submission.set.id else "")
            if link.slot(SET_STATUS) != "Original":
                found = link.slot(SET_STATUS) or "—"
                yield find("XDS-ASC-04", expected="Original", found=found, where=where, object=link.id)
        elif link.type in (RPLC, names.XFRM_RPLC):
            if not is_uuid(link.target):
                yield find("XDS-ASC-05", found=link.target or "—", where=where, object=link.id)
            if link.source in replaced or link.target in replaced.values():
                yield find("XDS-ASC-06", where=where, object=link.source)
            replaced[link.source] = link.target
    for entry in submission.entries:
        if entry.id not in members:
            yield find("XDS-ASC-03", where=entry.where(), object=entry.id)


def _measured(attached: Attached) -> Iterator[Finding]:
    entry = attached.entry
    held = attached.size > 0  # an empty document is told of as that
    if held and entry.hash and entry.hash.lower() != attached.sha1:
        yield find("XDS-HASH-01", expected=attached.sha1, found=entry.hash, where=entry.where("hash"), object=entry.id)
    if held and entry.size and entry.size != str(attached.size):
        yield find("XDS-HASH-02", expected=attached.size, found=entry.size, where=entry.where("size"), object=entry.id)
    if absent := [name for name, value in (("hash", entry.hash), ("size", entry.size)) if not value]:
        yield find("XDS-HASH-03", where=entry.where(), object=entry.id, field=", ".join(absent))


def _signature(provided: Provided) -> tuple[Certificate | None, Iterable[Finding]]:
    submission, signatures = provided.submission, provided.signatures
    assert submission is not None  # the caller saw to it
    # A part that did not come was told of already: what the signature lacks for it says nothing more.
    lost = any(f.rule.startswith(("SOAP-XOP", "XDS-DOC")) for f in errors(provided.findings))
    if not signatures and lost and any(map(is_signature, submission.entries)):
        return None, []
    if len(signatures) != 1:
        rule = "XDS-SIG-02" if signatures else "XDS-SIG-01"
        expected = "http://www.w3.org/2000/09/xmldsig#"
        return None, [find(rule, expected=expected, found=len(signatures), where=submission.set.where())]
    signature = signatures[0]
    if lost and not signature.size:
        return None, []
    others = {
        one.entry.unique_id: Content(one.part.body, one.root if isinstance(one.root, etree._Element) else None)
        for one in provided.documents
        if one is not signature
    }
    where = signature.entry.where()
    signer, findings = check_signature(signature.part.body, signature.entry.id, submission.set.unique_id, others, where)
    if lost:
        findings = [finding for finding in findings if finding.rule not in ("XDS-SIG-06", "XDS-SIG-07")]
    if not any(
        link.source == signature.entry.id and link.target == submission.set.id for link in submission.of_type(SIGNS)
    ):
        findings.append(find("XDS-SIG-04", expected=SIGNS, where=where, object=signature.entry.id))
    return signer, findings


def write_provide(submission: Submission, documents: Mapping[str, Part]) -> str:
    """The body of a request whose documents travel as parts, by id of their entry."""
    held = "".join(
        f'<xds:Document id="{attribute(id)}">{include(part.id)}</xds:Document>' for id, part in documents.items()
    )
    return (
        f'<xds:ProvideAndRegisterDocumentSetRequest xmlns:xds="{XDS}">'
        f'<lcm:SubmitObjectsRequest xmlns:lcm="{names.LCM}">{write_submission(submission)}</lcm:SubmitObjectsRequest>'
        f"{held}</xds:ProvideAndRegisterDocumentSetRequest>"
    )


def linked(submission: Submission, replaced: Mapping[str, str] | None = None) -> Submission:
    """The submission with the associations it must have: members, signature, replacements (entry id → entryUUID)."""
    status = ((SET_STATUS, ("Original",)),)
    own = submission.set.id
    links = [
        Association(id=f"as{n}", type=HAS_MEMBER, source=own, target=entry.id, slots=status)
        for n, entry in enumerate(submission.entries, 1)
    ]
    links += [
        Association(id=f"sig{n}", type=SIGNS, source=entry.id, target=own, slots=status)
        for n, entry in enumerate(submission.entries, 1)
        if is_signature(entry)
    ]
    links += [
        Association(id=f"rplc{n}", type=RPLC, source=id, target=old, slots=status)
        for n, (id, old) in enumerate((replaced or {}).items(), 1)
    ]
    return replace(submission, associations=tuple(links))
