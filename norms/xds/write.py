"""Writing ebRIM from the model: the same values read back (`norms.xds.read`). Text is written, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from norms.soap import escape
from norms.xds import model, names
from norms.xds.model import Association, Author, Code, DocumentEntry, Submission, SubmissionSet

Object = SubmissionSet | DocumentEntry | Association


def attribute(text: str) -> str:
    """Text fit for an attribute in double quotes, line breaks and tabs kept."""
    return escape(text).replace("\n", "&#10;").replace("\t", "&#9;")


def slot(name: str, values: Sequence[str]) -> str:
    """A Slot, nothing when it has no value."""
    if not values or values == ("",):
        return ""
    held = "".join(f"<Value>{escape(value)}</Value>" for value in values)
    return f'<Slot name="{attribute(name)}"><ValueList>{held}</ValueList></Slot>'


def write_objects(objects: Iterable[Object]) -> str:
    """A RegistryObjectList of these objects, in this order."""
    written = "".join(map(write_object, objects))
    return f'<RegistryObjectList xmlns="{names.RIM}">{written}</RegistryObjectList>'


def write_submission(submission: Submission) -> str:
    """The RegistryObjectList of a submission."""
    return write_objects((submission.set, *submission.entries, *submission.associations))


def write_object(thing: Object) -> str:
    """One object, in the default namespace of ebRIM."""
    if isinstance(thing, DocumentEntry):
        return _document(thing)
    return _set(thing) if isinstance(thing, SubmissionSet) else _association(thing)


def reference(id: str) -> str:
    """An ObjectRef, in the default namespace of ebRIM."""
    return f'<ObjectRef id="{attribute(id)}"/>'


def _document(entry: DocumentEntry) -> str:
    numbers, own = count(1), attribute(entry.id)
    single = "".join(slot(name, (getattr(entry, key),)) for name, key in model.DOCUMENT_SLOT.items())
    several = "".join(slot(name, getattr(entry, key)) for name, key in model.DOCUMENT_SLOTS.items())
    version = f'<VersionInfo versionName="{attribute(entry.version)}"/>' if entry.version else ""
    coded = "".join(
        _code(code, names.DOCUMENT_CODES[name], own, next(numbers))
        for name, key in model.DOCUMENT_CODE.items()
        for code in _several(getattr(entry, key))
    )
    return (
        f'<ExtrinsicObject id="{own}"{_given("lid", entry.lid)}{_given("mimeType", entry.mime_type)}'
        f' objectType="{names.STABLE}"{_given("status", entry.status)}{_given("home", entry.home)}>'
        f"{single}{several}{_extra(entry.extra)}{_words('Name', entry.title)}{_words('Description', entry.comments)}"
        f"{version}{_authors(entry.authors, names.DOCUMENT_AUTHOR, own, numbers)}{coded}"
        + _identifier(entry.patient_id, names.DOCUMENT_IDS["patientId"], own, "XDSDocumentEntry.patientId", numbers)
        + _identifier(entry.unique_id, names.DOCUMENT_IDS["uniqueId"], own, "XDSDocumentEntry.uniqueId", numbers)
        + "</ExtrinsicObject>"
    )


def _set(one: SubmissionSet) -> str:
    numbers, own = count(1), attribute(one.id)
    coded = "".join(
        _code(c, names.SET_CODES["contentTypeCode"], own, next(numbers)) for c in _several(one.content_type)
    )
    identifiers = "".join(
        _identifier(getattr(one, model.IDENTIFIER[name]), names.SET_IDS[name], own, f"XDSSubmissionSet.{name}", numbers)
        for name in ("patientId", "sourceId", "uniqueId")
    )
    return (
        f'<RegistryPackage id="{own}"{_given("status", one.status)}{_given("home", one.home)}>'
        f"{slot('submissionTime', (one.submission_time,))}{slot('intendedRecipient', one.recipients)}"
        f"{_extra(one.extra)}{_words('Name', one.title)}{_words('Description', one.comments)}"
        f"{_authors(one.authors, names.SET_AUTHOR, own, numbers)}{coded}"
        f'<Classification id="{own}.c{next(numbers)}" classifiedObject="{own}" classificationNode="{names.SET_NODE}"/>'
        f"{identifiers}</RegistryPackage>"
    )


def _association(link: Association) -> str:
    return (
        f'<Association id="{attribute(link.id)}" associationType="{attribute(link.type)}"'
        f' sourceObject="{attribute(link.source)}" targetObject="{attribute(link.target)}"'
        f'{_given("status", link.status)} objectType="{names.ASSOCIATION_OBJECT}">{_extra(link.slots)}</Association>'
    )


def _several(held: Code | tuple[Code, ...] | None) -> tuple[Code, ...]:
    return held if isinstance(held, tuple) else (held,) if held else ()


def _given(name: str, value: str) -> str:
    return f' {name}="{attribute(value)}"' if value else ""


def _extra(slots: model.Extra) -> str:
    return "".join(slot(name, values) for name, values in slots)


def _words(tag: str, text: str) -> str:
    if not text:
        return ""
    return f'<{tag}><LocalizedString charset="UTF8" value="{attribute(text)}" xml:lang="FR"/></{tag}>'


def _code(code: Code, scheme: str, own: str, number: int) -> str:
    return (
        f'<Classification id="{own}.c{number}" classificationScheme="{scheme}" classifiedObject="{own}"'
        f' nodeRepresentation="{attribute(code.code)}">{slot("codingScheme", (code.system,))}'
        f"{_words('Name', code.display)}</Classification>"
    )


def _authors(authors: Iterable[Author], scheme: str, own: str, numbers: count[int]) -> str:
    return "".join(
        f'<Classification id="{own}.c{next(numbers)}" classificationScheme="{scheme}" classifiedObject="{own}"'
        ' nodeRepresentation="">'
        + "".join(slot(name, getattr(author, key)) for name, key in names.AUTHOR_SLOTS.items())
        + "</Classification>"
        for author in authors
    )


def _identifier(value: str, scheme: str, own: str, name: str, numbers: count[int]) -> str:
    if not value:
        return ""
    return (
        f'<ExternalIdentifier id="{own}.i{next(numbers)}" identificationScheme="{scheme}" registryObject="{own}"'
        f' value="{attribute(value)}">{_words("Name", name)}</ExternalIdentifier>'
    )
