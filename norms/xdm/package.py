"""ZIP archives from outside, opened without trust; archives of ours, the same bytes for the same files.

Nothing is inflated before the sizes announced were looked at, and never more than was announced.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from typing import Final

from norms.finding import Finding, Where, find
from norms.xdm.model import BadArchive, File

MEMBERS: Final = 1_000
MEMBER_BYTES: Final = 60_000_000
TOTAL_BYTES: Final = 200_000_000
RATIO: Final = 200  # of a member of more than `SMALL` bytes
SMALL: Final = 1_000_000
_ENTRY: Final = b"PK\x01\x02"
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(data: bytes) -> tuple[list[File], list[Finding]]:
    """The files of an archive in the order of its directory, and what was found odd but harmless (folders left out).

    Raises BadArchive when it is no archive, or one that nobody should open (XDM-ZIP-*).
    """
    if data.count(_ENTRY) > MEMBERS * 2:
        raise BadArchive(find("XDM-ZIP-02", expected=MEMBERS, found=data.count(_ENTRY)))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _safe(members)
            return _read(archive, [one for one in members if not one.is_dir()])
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive(find("XDM-ZIP-01", found=fault(error))) from None


def fault(error: Exception) -> str:
    """What is broken in an archive, by the names of APPNOTE, which need no translation."""
    said = str(error)
    if isinstance(error, zlib.error):
        return "deflate"
    if "CRC" in said:
        return "CRC-32"
    return "end of central directory record" if "not a zip file" in said else said or type(error).__name__


def _safe(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS:
        raise BadArchive(find("XDM-ZIP-02", expected=MEMBERS, found=len(members)))
    total = 0
    for one in members:
        name, where = _name(one), Where(path=_name(one))
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or _DRIVE.match(name):
            raise BadArchive(find("XDM-ZIP-04", found=name, where=where))
        if stat.S_ISLNK(one.external_attr >> 16):
            raise BadArchive(find("XDM-ZIP-05", found=name, where=where))
        if one.flag_bits & 0x1:
            raise BadArchive(find("XDM-ZIP-06", found=name, where=where))
        if one.compress_type not in _METHODS:
            raise BadArchive(find("XDM-ZIP-08", found=one.compress_type, where=where))
        total += one.file_size
        swollen = one.file_size > SMALL and one.file_size > RATIO * max(1, one.compress_size)
        if swollen or one.file_size > MEMBER_BYTES or total > TOTAL_BYTES:
            raise BadArchive(find("XDM-ZIP-03", found=one.file_size, expected=MEMBER_BYTES, where=where))


def _name(one: zipfile.ZipInfo) -> str:
    return one.filename.replace("\\", "/")


def _read(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> tuple[list[File], list[Finding]]:
    files: dict[str, File] = {}
    findings: list[Finding] = []
    for one in members:
        name = _name(one)
        if "\\" in one.orig_filename:
            findings.append(find("XDM-ZIP-09", found=one.orig_filename, where=Where(path=name)))
        if name.upper() in files:
            raise BadArchive(find("XDM-ZIP-07", found=name, where=Where(path=name)))
        try:
            with archive.open(one) as stream:
                content = stream.read(one.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError) as error:
            raise BadArchive(find("XDM-ZIP-01", found=fault(error), where=Where(path=name))) from None
        files[name.upper()] = File(name, content)
    return list(files.values()), findings


def pack(files: Iterable[File]) -> bytes:
    """A ZIP archive of these files, in this order, without a date: the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in files:
            info = zipfile.ZipInfo(one.path, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, one.data)
    return packed.getvalue()
