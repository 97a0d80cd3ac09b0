"""Reading an archive tolerantly: whatever case or order its names have; what is odd or missing is a finding."""

from __future__ import annotations

from collections.abc import Iterable

from norms.finding import Finding, Where, find
from norms.soap.names import local
from norms.soap.tree import place
from norms.xdm.model import INDEX, METADATA, README, ROOT, Archive, File, Subset
from norms.xdm.package import unpack
from norms.xds import names
from norms.xds.model import Submission
from norms.xds.names import rim
from norms.xds.read import read_submission
from norms.xml import BadXml, parse


def read(data: bytes) -> Archive:
    """The archive in these bytes; raises BadArchive when it cannot be opened safely."""
    return examine(data)[0]


def examine(data: bytes) -> tuple[Archive, list[Finding]]:
    """The archive, and what is wrong with its package and with the form of its metadata; raises BadArchive."""
    files, findings = unpack(data)
    folders: dict[str, list[File]] = {}
    index = readme = b""
    others: list[File] = []
    for one in files:
        parts = one.path.split("/")
        if one.path.upper() == INDEX:
            index = one.data
        elif one.path.upper() == README:
            readme = one.data
        elif len(parts) >= 3 and parts[0].upper() == ROOT:
            folders.setdefault(parts[1], []).append(File("/".join(parts[2:]), one.data))
        else:
            others.append(one)
    subsets = tuple(_subset(name, held, findings) for name, held in folders.items())
    return Archive(subsets, index, readme, tuple(others)), findings


def _subset(name: str, files: Iterable[File], findings: list[Finding]) -> Subset:
    metadata = next((one for one in files if one.path.upper() == METADATA), None)
    documents = tuple(one for one in files if one is not metadata)
    folder = f"{ROOT}/{name}"
    if metadata is None:
        findings.append(find("XDM-LAY-04", found=folder, where=Where(path=folder)))
        return Subset(name, None, documents)
    submission, found = read_metadata(metadata.data)
    findings += [finding.inside(f"{folder}/{metadata.path}") for finding in found]
    return Subset(name, submission, documents)


def read_metadata(data: bytes) -> tuple[Submission | None, list[Finding]]:
    """The submission that a METADATA.XML holds (None when it holds none), and what is wrong in its form."""
    try:
        root = parse(data)
    except BadXml as bad:
        return None, [
            find(
                "XDM-MET-01",
                found="DOCTYPE" if bad.reason == "dtd" else bad.detail,
                where=Where(bad.line or None, bad.column or None),
            )
        ]
    request = root if root.tag == names.SUBMIT else next(root.iter(names.SUBMIT), None)
    if request is None:
        found = local(str(root.tag))
        return None, [find("XDM-MET-02", expected="lcm:SubmitObjectsRequest", found=found, where=place(root))]
    findings = [] if request is root else [find("XDM-MET-03", found=local(str(root.tag)), where=place(root))]
    objects = request.find(rim("RegistryObjectList"))
    if objects is None:
        return None, [*findings, find("XDM-MET-02", expected="rim:RegistryObjectList", found="—", where=place(request))]
    submission, more = read_submission(objects)
    return submission, [*findings, *more]
