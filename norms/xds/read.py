"""Reading ebRIM: RegistryObjectList → submission set, document entries, associations, with what is wrong in the form.

ebRIM 3.0, and its use by IHE ITI TF-3 §4.2. Values are read as they stand; whether they are right is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from norms.finding import Finding, find
from norms.soap.names import local
from norms.soap.tree import elements, value
from norms.xds import model, names
from norms.xds.model import Association, Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import rim
from norms.xds.places import at

_SLOT, _CLASSIFICATION, _IDENTIFIER = rim("Slot"), rim("Classification"), rim("ExternalIdentifier")
_VALUE_LIST, _VALUE, _NAME, _TEXT = rim("ValueList"), rim("Value"), rim("Name"), rim("LocalizedString")
_DESCRIPTION, _VERSION = rim("Description"), rim("VersionInfo")
_PACKAGE, _DOCUMENT, _ASSOCIATION = rim("RegistryPackage"), rim("ExtrinsicObject"), rim("Association")
_LONGEST, _LONGEST_TEXT = 256, 1024  # characters of a Slot's value, of a title or comments
_WRONG_SCHEMES = {"urn:uuid:a09d5840-386c-46f2-b5ad-9fdf87b75cc4": names.DOCUMENT_CODES["formatCode"]}

Fields = dict[str, Any]
Origin = dict[str, etree._Element]


class Reader:
    """Reads the objects of one list; ``findings`` grows as it goes."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._ids: set[str] = set()
        self._as_sets: set[str] = set()

    def say(self, rule: str, element: etree._Element, **args: object) -> None:
        """Keep a finding about an element; ``field`` is the metadata that it is about."""
        where = at(element, str(args.get("field", "")))
        self.findings.append(find(rule, where=where, **args))  # type: ignore[arg-type]

    def submission(self, objects: etree._Element) -> Submission | None:
        """What a RegistryObjectList holds; None when it has no submission set."""
        sets: list[SubmissionSet] = []
        entries: list[DocumentEntry] = []
        links: list[Association] = []
        loose: list[etree._Element] = []
        for element in elements(objects):
            if element.tag == _PACKAGE:
                sets.append(self.set(element))
            elif element.tag == _DOCUMENT:
                entries.append(self.entry(element))
            elif element.tag == _ASSOCIATION:
                links.append(self.association(element))
            elif element.tag == _CLASSIFICATION:
                loose.append(element)
            else:
                self.say("XDS-OBJ-03", element, found=local(element.tag))
        for node in loose:
            self._node(node, node.get("classifiedObject", ""))
        if len(sets) != 1:
            self.say("XDS-PKG-01", objects, expected=1, found=len(sets))
        for one in sets:
            if one.id not in self._as_sets:
                self.findings.append(find("XDS-PKG-02", where=one.where(), expected=names.SET_NODE, object=one.id))
        return Submission(sets[0], tuple(entries), tuple(links)) if sets else None

    def _node(self, element: etree._Element, object_id: str) -> None:
        """What an object is classified as by ``classificationNode``."""
        if element.get("classificationNode") == names.SET_NODE:
            self._as_sets.add(object_id)
        else:
            self.say("XDS-CLS-07", element, found=element.get("classificationNode", "—"), object=object_id)

    # -- objects ---------------------------------------------------------------------------------------------------

    def entry(self, element: etree._Element) -> DocumentEntry:
        """An ExtrinsicObject."""
        fields, origin = self._common(
            element, model.DOCUMENT_SLOT, model.DOCUMENT_SLOTS, model.DOCUMENT_CODE, names.DOCUMENT_CODES,
            names.DOCUMENT_IDS, names.DOCUMENT_AUTHOR,
        )  # fmt: skip
        version = element.find(_VERSION)
        kind = element.get("objectType", "")
        if kind != names.STABLE:
            self.say("XDS-OBJ-02", origin[""], expected=names.STABLE, found=kind or "—", object=fields["id"])
        return DocumentEntry(
            lid=element.get("lid", ""),
            version=version.get("versionName", "") if version is not None else "",
            status=element.get("status", ""),
            mime_type=element.get("mimeType", ""),
            home=element.get("home", ""),
            origin=origin,
            **fields,
        )

    def set(self, element: etree._Element) -> SubmissionSet:
        """A RegistryPackage."""
        fields, origin = self._common(
            element, model.SET_SLOT, model.SET_SLOTS, model.SET_CODE, names.SET_CODES, names.SET_IDS, names.SET_AUTHOR
        )
        return SubmissionSet(status=element.get("status", ""), home=element.get("home", ""), origin=origin, **fields)

    def association(self, element: etree._Element) -> Association:
        """An Association."""
        origin = {"": element}
        object_id = self._id(element)
        slots = self._slots(element, object_id, origin)
        return Association(
            id=object_id,
            origin=origin,
            type=element.get("associationType", ""),
            source=element.get("sourceObject", ""),
            target=element.get("targetObject", ""),
            status=element.get("status", ""),
            slots=tuple(slots.items()),
        )

    # -- parts -----------------------------------------------------------------------------------------------------

    def _id(self, element: etree._Element) -> str:
        object_id = element.get("id", "")
        if not object_id or object_id in self._ids:
            self.say("XDS-OBJ-01", element, found=object_id or "—", object=local(element.tag))
        self._ids.add(object_id)
        return object_id

    def _common(
        self, element: etree._Element, single: Mapping[str, str], several: Mapping[str, str], coded: Mapping[str, str],
        schemes: Mapping[str, str], identifiers: Mapping[str, str], author: str,
    ) -> tuple[Fields, Origin]:  # fmt: skip
        object_id = self._id(element)
        origin: Origin = {"": element}
        fields: Fields = {"id": object_id, "title": _localized(element, _NAME)}
        fields["comments"] = _localized(element, _DESCRIPTION)
        for field in ("title", "comments"):
            if (size := len(fields[field])) > _LONGEST_TEXT:
                self.say("XDS-SLOT-06", element, expected=_LONGEST_TEXT, found=size, object=object_id, field=field)
        extra: list[tuple[str, tuple[str, ...]]] = []
        for name, values in self._slots(element, object_id, origin).items():
            if name in single:
                if len(values) > 1:
                    self.say("XDS-SLOT-03", origin[name], expected=1, found=len(values), object=object_id, field=name)
                fields[single[name]] = values[0] if values else ""
            elif name in several:
                fields[several[name]] = values
            else:
                extra.append((name, values))
                if not name.startswith("urn:"):
                    self.say("XDS-SLOT-04", origin[name], found=name, object=object_id)
        fields["extra"] = tuple(extra)
        self._classified(element, object_id, fields, origin, coded, schemes, author)
        self._identified(element, object_id, fields, origin, identifiers)
        return fields, origin

    def _slots(self, element: etree._Element, object_id: str, origin: Origin) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for slot in element.iterchildren(_SLOT):
            name = slot.get("name", "")
            values = tuple(value(v) for held in slot.iterchildren(_VALUE_LIST) for v in held.iterchildren(_VALUE))
            here = slot
            if name in found:
                self.say("XDS-SLOT-02", here, found=name, object=object_id, field=name)
                continue
            if not values or not all(values):
                self.say("XDS-SLOT-05", here, found=name, object=object_id, field=name)
            for text in values:
                if len(text) > _LONGEST:
                    self.say("XDS-SLOT-06", here, expected=_LONGEST, found=len(text), object=object_id, field=name)
            found[name], origin[name] = values, here
        return found

    def _classified(
        self, element: etree._Element, object_id: str, fields: Fields, origin: Origin,
        coded: Mapping[str, str], schemes: Mapping[str, str], author: str,
    ) -> None:  # fmt: skip
        by_scheme = {scheme: name for name, scheme in schemes.items()}
        authors: list[Author] = []
        for item in element.iterchildren(_CLASSIFICATION):
            here = item
            scheme = item.get("classificationScheme", "")
            name = by_scheme.get(scheme) or by_scheme.get(_WRONG_SCHEMES.get(scheme, ""), "")
            if item.get("classifiedObject", object_id) != object_id:
                found, field = item.get("classifiedObject", ""), "author" if scheme == author else name or scheme
                self.say("XDS-CLS-06", here, expected=object_id, found=found, object=object_id, field=field)
            if not scheme:
                self._node(item, object_id)
                continue
            if scheme == author:
                origin.setdefault("author", item)
                authors.append(self._author(item, object_id))
            elif not name or scheme in _WRONG_SCHEMES:
                expected = _WRONG_SCHEMES.get(scheme, "—")
                self.say("XDS-CLS-07", here, expected=expected, found=scheme, object=object_id)
            else:
                origin.setdefault(name, item)
                code = self._code(item, object_id, name)
                if name in model.MANY:
                    fields[coded[name]] = (*fields.get(coded[name], ()), code)
                elif coded[name] in fields:
                    self.say("XDS-CLS-02", here, expected=1, found=name, object=object_id, field=name)
                else:
                    fields[coded[name]] = code
        fields["authors"] = tuple(authors)

    def _author(self, item: etree._Element, object_id: str) -> Author:
        where: Origin = {}
        slots = self._slots(item, object_id, where)
        for name in slots.keys() - names.AUTHOR_SLOTS.keys():
            self.say("XDS-SLOT-04", where[name], found=name, object=object_id)
        return Author(**{attribute: slots.get(name, ()) for name, attribute in names.AUTHOR_SLOTS.items()})

    def _code(self, item: etree._Element, object_id: str, name: str) -> Code:
        here = item
        slots = self._slots(item, object_id, {})
        system = next(iter(slots.get("codingScheme", ())), "")
        code, display = item.get("nodeRepresentation", ""), _localized(item, _NAME)
        if not system:
            self.say("XDS-CLS-03", here, found=code or "—", object=object_id, field=name)
        if not code:
            self.say("XDS-CLS-04", here, object=object_id, field=name)
        if not display:
            self.say("XDS-CLS-05", here, found=code or "—", object=object_id, field=name)
        return Code(code, system, display)

    def _identified(
        self, element: etree._Element, object_id: str, fields: Fields, origin: Origin,
        identifiers: Mapping[str, str],
    ) -> None:  # fmt: skip
        by_scheme = {scheme: name for name, scheme in identifiers.items()}
        for item in element.iterchildren(_IDENTIFIER):
            scheme, here = item.get("identificationScheme", ""), item
            name = by_scheme.get(scheme)
            if item.get("registryObject", object_id) != object_id:
                found = item.get("registryObject", "")
                self.say("XDS-ID-03", here, expected=object_id, found=found, object=object_id, field=name or scheme)
            if name is None:
                self.say("XDS-ID-04", here, found=scheme or "—", object=object_id)
                continue
            attribute = model.IDENTIFIER[name]
            if attribute in fields:
                self.say("XDS-ID-02", here, found=name, object=object_id, field=name)
                continue
            fields[attribute], origin[name] = item.get("value", "").strip(), item


def read_submission(objects: etree._Element) -> tuple[Submission | None, list[Finding]]:
    """The content of a RegistryObjectList, and what is wrong in its form (XDS-PKG, -OBJ, -SLOT, -CLS, -ID)."""
    reader = Reader()
    return reader.submission(objects), reader.findings


def read_objects(objects: etree._Element) -> tuple[list[SubmissionSet], list[DocumentEntry], list[Association]]:
    """The objects of an answer's RegistryObjectList, whatever their number."""
    reader, sets, entries, links = Reader(), [], [], []
    for element in elements(objects):
        if element.tag == _PACKAGE:
            sets.append(reader.set(element))
        elif element.tag == _DOCUMENT:
            entries.append(reader.entry(element))
        elif element.tag == _ASSOCIATION:
            links.append(reader.association(element))
    return sets, entries, links


def _localized(element: etree._Element, tag: str) -> str:
    text = element.find(f"{tag}/{_TEXT}")
    return text.get("value", "").strip() if text is not None else ""
