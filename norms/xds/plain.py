"""XDS objects as plain JSON values and back: what a registry keeps of them. Empty fields are left out.

Codes and authors repeat from one document to the next: read back, equal ones are one object.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from norms.xds.model import Association, Author, Code, DocumentEntry, Extra, SubmissionSet, Thing

Plain = dict[str, Any]
_CODES: Final = ("class_code", "type_code", "format_code", "facility", "practice", "content_type")
_LISTS: Final = ("source_patient_info", "references", "recipients")
_AUTHOR: Final = tuple(Author.__slots__)


def plain(thing: Thing) -> Plain:
    """The fields of an entry, a submission set or an association that are not empty."""
    fields: Plain = {}
    for name in (*Thing.__slots__, *type(thing).__slots__):
        value = getattr(thing, name)
        if not value or name == "origin":
            continue
        if name in _CODES:
            value = [value.code, value.system, value.display]
        elif name in ("confidentiality", "events"):
            value = plain_codes(value)
        elif name == "authors":
            value = [[getattr(author, part) for part in _AUTHOR] for author in value]
        fields[name] = value
    return fields


def plain_codes(codes: tuple[Code, ...]) -> list[list[str]]:
    """Coded values."""
    return [[code.code, code.system, code.display] for code in codes]


def entry_from(fields: Plain) -> DocumentEntry:
    """The document entry of these fields."""
    return DocumentEntry(**_read(fields))


def set_from(fields: Plain) -> SubmissionSet:
    """The submission set of these fields."""
    return SubmissionSet(**_read(fields))


def association_from(fields: Plain) -> Association:
    """The association of these fields."""
    return Association(**_read(fields))


def codes_from(values: list[list[str]]) -> tuple[Code, ...]:
    """Coded values read back."""
    return tuple(_code(*value) for value in values)


def _read(fields: Mapping[str, Any]) -> Plain:
    read = dict(fields)
    for name in _CODES:
        if name in read:
            read[name] = _code(*read[name])
    for name in ("confidentiality", "events"):
        if name in read:
            read[name] = codes_from(read[name])
    for name in _LISTS:
        if name in read:
            read[name] = tuple(read[name])
    if "authors" in read:
        read["authors"] = tuple(_author(*map(tuple, author)) for author in read["authors"])
    for name in ("extra", "slots"):
        if name in read:
            read[name] = _extra(read[name])
    return read


def _extra(slots: list[list[Any]]) -> Extra:
    return tuple((name, tuple(values)) for name, values in slots)


@lru_cache(maxsize=8192)
def _code(code: str, system: str, display: str) -> Code:
    return Code(code, system, display)


@lru_cache(maxsize=8192)
def _author(*parts: tuple[str, ...]) -> Author:
    return Author(*parts)
