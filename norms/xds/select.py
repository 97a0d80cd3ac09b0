"""What a stored query selects: conditions on entries and submission sets (ITI TF-2 §3.18.4.1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from norms.xds.model import Author, Code, DocumentEntry, SubmissionSet
from norms.xds.names import STABLE
from norms.xds.query import Query

T = TypeVar("T", DocumentEntry, SubmissionSet)
Test = Callable[[T], bool]

_ONE_CODE: Final = {
    "$XDSDocumentEntryClassCode": "class_code",
    "$XDSDocumentEntryTypeCode": "type_code",
    "$XDSDocumentEntryPracticeSettingCode": "practice",
    "$XDSDocumentEntryHealthcareFacilityTypeCode": "facility",
    "$XDSDocumentEntryFormatCode": "format_code",
    "$XDSSubmissionSetContentType": "content_type",
}
_CODES: Final = {"$XDSDocumentEntryEventCodeList": "events", "$XDSDocumentEntryConfidentialityCode": "confidentiality"}
_TIMES: Final = {
    "$XDSDocumentEntryCreationTime": "creation_time",
    "$XDSDocumentEntryServiceStartTime": "service_start",
    "$XDSDocumentEntryServiceStopTime": "service_stop",
    "$XDSSubmissionSetSubmissionTime": "submission_time",
}
_TEXTS: Final = {
    "$XDSDocumentEntryStatus": "status",
    "$XDSSubmissionSetStatus": "status",
    "$XDSSubmissionSetSourceId": "source_id",
}


def select(things: Iterable[T], query: Query) -> list[T]:
    """The things that hold for every parameter of the query; the patient is the caller's affair."""
    found = list(things)
    tests: Iterable[Test[T]] = _tests(query)
    for test in tests:  # one pass for each: what the first tests leave out costs the others nothing
        found = [thing for thing in found if test(thing)]
    return found


def _tests(query: Query) -> Iterator[Test[T]]:
    for name, groups in query.groups.items():
        if name in _TEXTS:
            yield _among(_TEXTS[name], frozenset(query.values(name)))
        elif name in _ONE_CODE:
            yield _coded(_ONE_CODE[name], frozenset(map(_pair, query.values(name))))
        elif name in _CODES:
            for group in groups:
                yield _some_code(_CODES[name], frozenset(map(_pair, group)))
        elif name.endswith("AuthorPerson"):
            yield _authored([_like(text) for text in query.values(name)])
        elif name == "$XDSDocumentEntryReferenceIdList":
            for group in groups:
                yield _referred(frozenset(group))
        elif name == "$XDSDocumentEntryType":
            yield _stable(STABLE in query.values(name))
    for stem, attribute in _TIMES.items():
        start, end = query.first(f"{stem}From"), query.first(f"{stem}To")
        if start or end:
            yield _between(attribute, full_time(start) if start else "", full_time(end) if end else "")


@lru_cache(maxsize=65536)
def full_time(text: str) -> str:
    """A DTM to the second: what is missing is the beginning of the period."""
    return text + "00000101000000"[len(text) :]


def _pair(text: str) -> tuple[str, str]:
    code, _, system = text.partition("^^")
    return code, system


def _among(attribute: str, wanted: frozenset[str]) -> Test[T]:
    return lambda thing: getattr(thing, attribute) in wanted


def _coded(attribute: str, wanted: frozenset[tuple[str, str]]) -> Test[T]:
    def test(thing: T) -> bool:
        code: Code | None = getattr(thing, attribute)
        return code is not None and (code.code, code.system) in wanted

    return test


def _some_code(attribute: str, wanted: frozenset[tuple[str, str]]) -> Test[T]:
    return lambda thing: any((code.code, code.system) in wanted for code in getattr(thing, attribute))


def _stable(asked: bool) -> Test[T]:
    return lambda _: asked


def _referred(wanted: frozenset[str]) -> Test[T]:
    """A reference is asked for with its type, or without (the first four components)."""
    short = {text for text in wanted if text.count("^") < 4}

    def test(thing: T) -> bool:
        return any(
            text in wanted or text.rsplit("^", 1)[0] in short or text.split("^")[0] in short
            for text in getattr(thing, "references", ())
        )

    return test


def _like(text: str) -> re.Pattern[str]:
    """An SQL pattern: ``%`` any text, ``_`` any character."""
    return re.compile("".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in text[:200]), re.S | re.I)


def _authored(patterns: Sequence[re.Pattern[str]]) -> Test[T]:
    def test(thing: T) -> bool:
        authors: tuple[Author, ...] = thing.authors
        return any(p.fullmatch(person) for author in authors for person in author.persons for p in patterns)

    return test


def _between(attribute: str, start: str, end: str) -> Test[T]:
    def test(thing: T) -> bool:
        text: str = getattr(thing, attribute)
        return bool(text) and (not start or full_time(text) >= start) and (not end or full_time(text) < end)

    return test
