"""What lies behind the paths given: documents, IHE XDM archives, mails, folders of them. Nothing is written to disk.

Mails and XDM archives are whole things to judge, unless CDA documents are asked for: then what they carry is taken out.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.lang import reason

if TYPE_CHECKING:
    import zipfile

MEMBERS = 5_000  # in one archive
MEMBER_BYTES = 60_000_000  # one member, uncompressed
ARCHIVE_BYTES = 1_000_000_000  # all members that are read
DEPTH = 3  # a ZIP in a mail in a ZIP

_SUFFIXES = (".xml", ".cda", ".zip", ".eml")
_XDM = re.compile(rb"METADATA\.XML|IHE_XDM[/\\]", re.I)  # in the directory, at the end of an archive
_LOOK = 65_536  # how far into a file of a folder the root element is looked for


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to judge: its name as shown, a path or the bytes taken out of an archive, its kind when known."""

    name: str
    path: Path | None = None
    data: bytes = b""
    kind: str = ""

    def read(self) -> bytes:
        """The bytes; raises OSError."""
        return self.path.read_bytes() if self.path is not None else self.data


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that cannot be read, and why (a key of the texts, with what fills it)."""

    name: str
    reason: str
    detail: str = ""


def find(paths: list[Path], kind: str = "cda") -> Iterator[Source | Unreadable]:
    """Everything to judge behind these paths, in a stable order; what cannot be read is said, not skipped.

    ``kind``: ``auto`` (mails and XDM archives whole, other archives searched), ``cda`` (documents only, wherever they
    are), or what every file given is (``mail``, ``xdm``, ``vihf``, ``xds``). The path ``-`` is standard input.
    """
    for path in paths:
        if path.is_dir():
            closed: list[OSError] = []
            walked = (Path(top) / name for top, _, names in os.walk(path, onerror=closed.append) for name in names)
            held = sorted(p for p in walked if p.suffix.lower() in _SUFFIXES and p.is_file())
            found = bool(closed)
            for error in closed:
                yield Unreadable(str(error.filename or path), "unreadable", reason(error))
            for inner in held:
                for source in _file(inner, kind, given=False):
                    found = True
                    yield source
            if not found:
                yield Unreadable(str(path), "empty_folder")
        elif str(path) == "-" or path.is_fifo():
            yield from _piped(path, kind)
        elif path.is_file():
            yield from _file(path, kind, given=True)
        else:
            yield Unreadable(str(path), "absent")


def _piped(path: Path, kind: str) -> Iterator[Source | Unreadable]:
    """What comes through a pipe: ``-`` is standard input."""
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        yield Unreadable(str(path), "unreadable", reason(error))
        return
    held = list(_content(str(path), data, 0, kind)) if kind in ("auto", "cda") else []
    yield from held or [Source(str(path), None, data)]


def _file(path: Path, kind: str, *, given: bool) -> Iterator[Source | Unreadable]:
    if kind not in ("auto", "cda"):
        yield Source(str(path), path)
        return
    try:
        with path.open("rb") as stream:
            head = stream.read(_LOOK)
        if _is_zip(head) or path.suffix.lower() == ".zip":
            data = path.read_bytes()
            if kind == "auto" and _is_xdm(path.name, data):
                yield Source(str(path), path, kind="xdm")
            else:
                yield from _zip(str(path), data, 1, kind)
        elif path.suffix.lower() == ".eml" and kind == "auto":
            yield Source(str(path), path, kind="mail")
        elif path.suffix.lower() == ".eml":
            yield from _mail(str(path), path.read_bytes(), 1)
        elif kind == "auto" and _is_metadata(head):
            yield Source(str(path), path, kind="xdm")
        elif given or b"ClinicalDocument" in head:
            yield Source(str(path), path)
    except OSError as error:
        yield Unreadable(str(path), "unreadable", reason(error))


def _is_zip(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04")


def _is_xdm(name: str, data: bytes) -> bool:
    """Whether an archive is meant as an IHE XDM: by its name, or by the names of its files and folders."""
    return PurePosixPath(name).stem.upper() == "IHE_XDM" or _XDM.search(data[-200_000:]) is not None


def _is_metadata(head: bytes) -> bool:
    """Whether a file is the METADATA.XML of an archive, taken out of it."""
    return b"SubmitObjectsRequest" in head[:2000] and b"Envelope" not in head and b"ProvideAndRegister" not in head


def _zip(name: str, data: bytes, depth: int, kind: str) -> Iterator[Source | Unreadable]:
    import io
    import zipfile

    from norms.xdm.package import fault

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        yield Unreadable(name, "bad_zip", fault(error))
        return
    if len(members) > MEMBERS:
        yield Unreadable(name, "too_many", str(len(members)))
        return
    spent = 0
    found = False
    for info in sorted(members, key=lambda one: one.filename):
        shown = f"{name}!{PurePosixPath(info.filename.replace(chr(92), '/'))}"
        if not info.filename.lower().endswith(_SUFFIXES):
            continue
        try:
            content = _member(archive, info, ARCHIVE_BYTES - spent)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
            found = True
            yield Unreadable(shown, "bad_zip", fault(error))
            continue
        if content is None:
            found = True
            yield Unreadable(shown, "too_big", f"{info.file_size / 1e6:.0f}")
            continue
        spent += len(content)
        for source in _content(shown, content, depth, kind):
            found = True
            yield source
    if not found:
        yield Unreadable(name, "nothing_in")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes | None:
    """A member's bytes; None past the bounds, whatever size its header claims."""
    bound = min(MEMBER_BYTES, left)
    with archive.open(info) as stream:
        content = stream.read(bound + 1)
    return None if len(content) > bound else content


def _mail(name: str, data: bytes, depth: int) -> Iterator[Source | Unreadable]:
    import email.policy
    from email.message import EmailMessage

    message = email.message_from_bytes(data, policy=email.policy.default)
    found = False
    for rank, part in enumerate(message.walk(), 1):
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        content = part.get_payload(decode=True)
        label = part.get_filename() or f"part-{rank}"
        if isinstance(content, bytes) and (_is_zip(content) or b"ClinicalDocument" in content[:_LOOK]):
            for source in _content(f"{name}!{label}", content, depth, "cda"):
                found = True
                yield source
    if not found:
        yield Unreadable(name, "nothing_in")


def _content(name: str, content: bytes, depth: int, kind: str) -> Iterator[Source | Unreadable]:
    if _is_zip(content) or name.lower().endswith(".eml"):
        if depth >= DEPTH:
            yield Unreadable(name, "too_deep")
        elif kind == "auto" and (not _is_zip(content) or _is_xdm(name, content)):
            yield Source(name, None, content, "xdm" if _is_zip(content) else "mail")
        elif _is_zip(content):
            yield from _zip(name, content, depth + 1, kind)
        else:
            yield from _mail(name, content, depth + 1)
    elif b"ClinicalDocument" in content[:_LOOK]:
        yield Source(name, None, content)
