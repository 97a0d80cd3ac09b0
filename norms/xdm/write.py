"""Writing an archive strictly: layout and names of ITI-32, metadata in ebRIM, URI, size and SHA-1 computed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from norms.xdm import pages
from norms.xdm.model import INDEX, METADATA, README, Archive, File, Sender, Subset
from norms.xdm.package import pack
from norms.xds.derive import entry_of
from norms.xds.model import Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import LCM
from norms.xds.write import write_submission
from norms.xml import parse

_NAME: Final = re.compile(r"[A-Z0-9_]{1,8}")
_FILE: Final = re.compile(r"[A-Z0-9_]{1,8}(?:\.[A-Z0-9_]{1,3})?")


class BadLayout(ValueError):
    """What is to be written is not what ITI-32 allows; the message names the file."""


def write(archive: Archive) -> bytes:
    """The bytes of IHE_XDM.ZIP: sealed metadata, 8.3 names in capitals, same archive same bytes; raises BadLayout."""
    archive = sealed(archive)
    files = [File(INDEX, archive.index), File(README, archive.readme)]
    for subset in archive.subsets:
        if subset.submission is None:
            raise BadLayout(f"{subset.folder}: no metadata")
        files.append(File(subset.place(METADATA), metadata(subset.submission)))
        files += [File(subset.place(one.path), one.data) for one in subset.documents]
    files += archive.others
    for one in files:
        _strict(one)
    if len({one.path for one in files}) < len(files):
        raise BadLayout("two files of one name")
    return pack(files)


def _strict(one: File) -> None:
    *folders, name = one.path.split("/")
    if not _FILE.fullmatch(name) or not all(_NAME.fullmatch(folder) for folder in folders) or len(folders) > 7:
        raise BadLayout(f"{one.path}: not a name of 8 characters and an extension of 3, in capitals")
    if not one.data:
        raise BadLayout(f"{one.path}: empty")


def sealed(archive: Archive) -> Archive:
    """The archive with the URI, size and hash that its metadata must have. Raises BadLayout (an entry without file)."""
    return replace(archive, subsets=tuple(map(_sealed, archive.subsets)))


def _sealed(subset: Subset) -> Subset:
    if subset.submission is None:
        return subset
    entries = tuple(_measured(entry, subset) for entry in subset.submission.entries)
    return replace(subset, submission=replace(subset.submission, entries=entries))


def _measured(entry: DocumentEntry, subset: Subset) -> DocumentEntry:
    held = subset.document(entry.uri)
    if held is None:
        raise BadLayout(f"{subset.folder}: no file for the entry {entry.id} (URI {entry.uri or 'absent'})")
    sha1 = hashlib.sha1(held.data, usedforsecurity=False).hexdigest()
    return replace(entry, uri=held.path, size=str(len(held.data)), hash=sha1)


def metadata(submission: Submission) -> bytes:
    """METADATA.XML of a submission: an lcm:SubmitObjectsRequest."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<lcm:SubmitObjectsRequest xmlns:lcm="{LCM}">'
    return f"{head}{write_submission(submission)}</lcm:SubmitObjectsRequest>".encode()


def subset(
    documents: Sequence[bytes], *, unique_id: str, source_id: str, time: str, content_type: Code,
    author: Author | None = None, title: str = "", name: str = "SUBSET01", local: str = "", first: int = 1,
) -> Subset:  # fmt: skip
    """A submission set of CDA documents, their metadata derived from their headers.

    ``unique_id`` and ``source_id`` OIDs, ``time`` AAAAMMJJhhmmss UTC, ``author`` (by default the first document's),
    ``local`` sourcePatientId in CX form when it is known, ``first`` the number of the first file. Raises BadXml.
    """
    from norms.xds.provide import linked  # loads what reads signatures

    files = tuple(File(f"DOC{rank:04d}.XML", data) for rank, data in enumerate(documents, first))
    entries = []
    for rank, one in enumerate(files, 1):
        entry = entry_of(parse(one.data), f"Document{rank:02d}", local=local)
        entries.append(replace(entry, uri=one.path, patient_id=entry.patient_id or entry.source_patient_id))
    head = entries[0] if entries else DocumentEntry(id="")
    one_set = SubmissionSet(
        id="SubmissionSet01",
        unique_id=unique_id,
        source_id=source_id,
        submission_time=time,
        patient_id=head.patient_id,
        authors=(author,) if author else head.authors[:1],
        content_type=content_type,
        title=title,
    )
    return _sealed(Subset(name, linked(Submission(one_set, tuple(entries))), files))


def archive(subsets: Sequence[Subset], sender: Sender) -> Archive:
    """An archive of these submission sets, with its pages."""
    return Archive(tuple(subsets), pages.index(sender, subsets), pages.readme(sender, subsets))
