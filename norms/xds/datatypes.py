"""HL7 v2 data types inside XDS metadata, in their French form (CI-SIS, volet Partage de documents de santé)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

PERSONS: Final = "1.2.250.1.71.4.2.1"  # national identifiers of professionals
STRUCTURES: Final = "1.2.250.1.71.4.2.2"  # national identifiers of structures
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+", re.ASCII)
_AUTHORITY: Final = re.compile(r"&([^&]+)&ISO")
_UUID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)
_DTM_LENGTHS: Final = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True, slots=True)
class Cx:
    """An identifier: value, assigning authority (OID), type (``NH``, ``PI``…)."""

    id: str
    oid: str
    type: str


@dataclass(frozen=True, slots=True)
class Xcn:
    """A person or a device: identifier, names, authority, type of name (``D``, ``U``), type of identifier."""

    id: str
    family: str
    given: str
    oid: str
    name_type: str
    id_type: str


@dataclass(frozen=True, slots=True)
class Xon:
    """A structure: name, authority, type of identifier, national identifier."""

    name: str
    oid: str
    id_type: str
    id: str


def is_oid(text: str) -> bool:
    """Whether this is an OID of 64 characters at most."""
    return len(text) <= 64 and _OID.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether this is ``urn:uuid:`` and a UUID in lower case."""
    return _UUID.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def read_dtm(text: str) -> datetime | None:
    """A DTM in UTC (``AAAA[MM[JJ[hh[mm[ss]]]]]``); None for anything else."""
    shape = _DTM_LENGTHS.get(len(text))
    if shape is None or not (text.isascii() and text.isdigit()):
        return None
    try:
        return datetime.strptime(text, shape).replace(tzinfo=UTC)
    except ValueError:
        return None


def write_dtm(when: datetime) -> str:
    """``AAAAMMJJhhmmss`` in UTC of an aware time."""
    return when.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _authority(text: str) -> str:
    match = _AUTHORITY.fullmatch(text)
    return match[1] if match and is_oid(match[1]) else ""


@lru_cache(maxsize=4096)
def read_cx(text: str) -> Cx | None:
    """``id^^^&oid&ISO^type`` (further components allowed); None for anything else."""
    parts = text.split("^")
    if len(parts) < 5 or not parts[0] or not (oid := _authority(parts[3])) or not parts[4]:
        return None
    return Cx(parts[0], oid, parts[4])


def write_cx(id: str, oid: str, kind: str) -> str:
    """An identifier in CX form."""
    return f"{id}^^^&{oid}&ISO^{kind}"


@lru_cache(maxsize=4096)
def read_xcn(text: str) -> Xcn | None:
    """``id^FAMILY^Given^^^^^^&oid&ISO^D^^^type``; None when it has fewer components or no authority."""
    parts = text.split("^")
    if len(parts) < 13 or not (oid := _authority(parts[8])):
        return None
    return Xcn(parts[0], parts[1], parts[2], oid, parts[9], parts[12])


def write_xcn(id: str, family: str, given: str) -> str:
    """A professional in XCN form."""
    return f"{id}^{family}^{given}^^^^^^&{PERSONS}&ISO^D^^^IDNPS"


@lru_cache(maxsize=4096)
def read_xon(text: str) -> Xon | None:
    """``Name^^^^^&oid&ISO^IDNST^^^id``; None when it has fewer components or no authority."""
    parts = text.split("^")
    if len(parts) < 10 or not (oid := _authority(parts[5])):
        return None
    return Xon(parts[0], oid, parts[6], parts[9])


def write_xon(name: str, id: str) -> str:
    """A structure in XON form."""
    return f"{name}^^^^^&{STRUCTURES}&ISO^IDNST^^^{id}"
