"""Value sets of metadata: the DMP's own subsets (J56 to J66, map X16), or those of the CI-SIS (map X04)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from norms.codes import Tables, mapping
from norms.finding import Finding, Severity, find
from norms.xds.model import Code, DocumentEntry, SubmissionSet, Thing

# Metadata -> (value set of the DMP, the CI-SIS set it is a subset of)
SETS: Final[Mapping[str, tuple[str, str]]] = {
    "classCode": ("J57", "J06"),
    "typeCode": ("J66", "J07"),
    "formatCode": ("J60", "J10"),
    "healthcareFacilityTypeCode": ("J61", "J02"),
    "practiceSettingCode": ("J62", "J04"),
    "confidentialityCode": ("J58", "J08"),
    "authorSpecialty": ("J56", "J01"),
    "contentTypeCode": ("J59", ""),
}


@dataclass(frozen=True, slots=True)
class ValueSets:
    """Which value sets judge: metadata -> (its set, the wider set that tells why a code is missing from it)."""

    sets: Mapping[str, tuple[str, str]]
    classes: str  # the map from typeCode to classCode


DMP: Final = ValueSets(SETS, "X16")
# The set of contentTypeCode of the CI-SIS (J03) is not among the published tables that were read.
CI_SIS: Final = ValueSets({field: (wider or "J03", "") for field, (_, wider) in SETS.items()}, "X04")
CLASS_SYSTEM: Final = "1.2.250.1.213.1.1.4.1"
_SIGNATURE_FORMATS: Final = ("http://www.w3.org/2000/09/xmldsig#", "urn:ihe:iti:dsg:detached:2014")


def is_signature(entry: DocumentEntry) -> bool:
    """Whether an entry is the signature of the submission set."""
    return entry.format_code is not None and entry.format_code.code in _SIGNATURE_FORMATS


def class_of(type_code: Code, classes: str = "X16") -> str:
    """The classCode that goes with a typeCode, empty when the map (ASS_X16, ASS_X04) has none."""
    links = mapping(classes).links(*type_code.pair)
    return links[0].target if links else ""


def check_code(
    code: Code, field: str, thing: Thing, place: str, tables: Tables, sets: ValueSets = DMP
) -> Iterator[Finding]:
    """XDS-JDV-01, -02, -03 and -05: a code against the value set of its metadata."""
    name, wider = sets.sets[field]
    table = tables.table(name)
    if table is None or not code.code:
        return
    label = table.labels.get(code.pair)
    object = thing.id
    if label is not None:
        if code.display and code.display != label and _folded(code.display) != _folded(label):
            where = thing.where(place)
            yield find("XDS-JDV-05", expected=label, found=code.display, where=where, object=object, field=field)
        return
    said, where = f"{table.name} ({table.date})", thing.where(place)
    systems = table.systems_of(code.code)
    if field == "contentTypeCode" and (not systems or any("/" in system for system in systems)):
        # The OIDs of two of its code systems are not published: an unknown pair may be right.
        if not systems:
            yield find(
                "XDS-JDV-01", expected=said, found=f"{code.code}^^{code.system}", where=where, object=object,
                field=field, severity=Severity.WARNING,
            )  # fmt: skip
        return
    if systems:
        yield find(
            "XDS-JDV-02", expected=" / ".join(systems), found=code.system or "—", where=where, object=object,
            field=field, name=code.code,
        )  # fmt: skip
        return
    rule = "XDS-JDV-03" if wider and tables.holds(wider, *code.pair) else "XDS-JDV-01"
    yield find(rule, expected=said, found=f"{code.code}^^{code.system}", where=where, object=object, field=field)


def check_entry_codes(entry: DocumentEntry, tables: Tables, sets: ValueSets = DMP) -> Iterator[Finding]:
    """Every coded metadata of a document against its value set, and classCode against typeCode (XDS-JDV-04)."""
    given = {
        "classCode": entry.class_code,
        "typeCode": entry.type_code,
        "formatCode": entry.format_code,
        "healthcareFacilityTypeCode": entry.facility,
        "practiceSettingCode": entry.practice,
    }
    for field, code in given.items():
        if code is not None:
            yield from check_code(code, field, entry, field, tables, sets)
    for code in entry.confidentiality:
        yield from check_code(code, "confidentialityCode", entry, "confidentialityCode", tables, sets)
    if entry.type_code and entry.class_code and not is_signature(entry):
        wanted = class_of(entry.type_code, sets.classes)
        if wanted and wanted != entry.class_code.code:
            yield find(
                "XDS-JDV-04", expected=wanted, found=entry.class_code.code, where=entry.where("classCode"),
                object=entry.id, name=entry.type_code.code,
            )  # fmt: skip


def check_set_codes(one: SubmissionSet, tables: Tables, sets: ValueSets = DMP) -> Iterator[Finding]:
    """The coded metadata of a submission set against its value set."""
    if one.content_type is not None:
        yield from check_code(one.content_type, "contentTypeCode", one, "contentTypeCode", tables, sets)


def _folded(label: str) -> str:
    return "".join(char for char in label.casefold() if char.isalnum())
