"""Attributes of the VIHF: which must be there, under which name, with which value (value sets J61, J64, TRE_R248)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from norms.codes import shipped
from norms.finding import Finding, find
from norms.soap.tree import place, value
from norms.vihf import names
from norms.vihf.read import Vihf


def check_attributes(vihf: Vihf) -> list[Finding]:
    """Presence, names, arity, then values that need nothing but the VIHF."""
    return [*_names(vihf), *_presence(vihf), *_values(vihf), *_purpose(vihf)]


def _names(vihf: Vihf) -> Iterator[Finding]:
    seen: set[str] = set()
    for name in vihf.names:
        proper = names.KNOWN.get(name.lower())
        if proper is None:
            rule = "VIHF-ATT-04" if name.lower() in names.OF_ROR else "VIHF-ATT-03"
            yield find(rule, found=name or "—", where=vihf.where(name))
            continue
        if proper in seen:
            yield find("VIHF-ATT-02", found=name, where=vihf.where(proper))
        seen.add(proper)
        if name != proper and proper not in names.BOTH_CASES:
            yield find("VIHF-ATT-05", expected=proper, found=name, where=vihf.where(proper))


def _presence(vihf: Vihf) -> Iterator[Finding]:
    for name in names.REQUIRED:
        if name not in vihf.values:
            yield find("VIHF-ATT-01", expected=name, where=place(vihf.assertion.element, "AttributeStatement"))
    sent = Counter(names.KNOWN.get(name.lower()) for name in vihf.names)
    for name, held in vihf.values.items():
        if name in (names.ROLE, names.PURPOSE):
            continue
        if len(held) > 1 and sent[name] == 1:  # an attribute sent twice was told of above
            yield find("VIHF-ATT-02", found=name, where=place(held[1]))
        if not held or not value(held[0]):
            yield find("VIHF-ATT-06", found=name, where=vihf.where(name))
    if vihf.mode in (names.INDIRECT, names.AIR) and not vihf.text(names.SUBJECT):
        yield find("VIHF-NAME-01", expected=names.SUBJECT, found=vihf.mode, where=vihf.where(names.SUBJECT))


def _values(vihf: Vihf) -> Iterator[Finding]:
    version = vihf.text(names.VERSION)
    if version and version not in names.VERSIONS:
        expected = ", ".join(names.VERSIONS)
        yield find("VIHF-VER-01", expected=expected, found=version, where=vihf.where(names.VERSION))
    if vihf.mode and vihf.mode not in names.MODES:
        yield find("VIHF-MODE-01", expected=", ".join(names.MODES), found=vihf.mode, where=vihf.where(names.MODE))
    urn = vihf.text(names.URN)
    if urn and urn != names.DMP_URN:
        yield find("VIHF-URN-01", expected=names.DMP_URN, found=urn, where=vihf.where(names.URN))
    yield from _coded_text(vihf, names.SECTOR, "VIHF-SECT", "J61", f"SAxx^{names.SECTOR_SYSTEM}")
    example = f"INVISIBLE_REPRESENTANTS_LEGAUX^{names.VISIBILITY_SYSTEM}"
    yield from _coded_text(vihf, names.CONFIDENTIALITY, "VIHF-CONF", "J64", example)


def _coded_text(vihf: Vihf, name: str, rules: str, table_name: str, example: str) -> Iterator[Finding]:
    """An attribute written ``code^OID``, against a value set."""
    written = vihf.text(name)
    if not written:
        return
    code, caret, system = written.partition("^")
    table = shipped(table_name)
    assert table is not None
    if not code or not caret or not system:
        yield find(f"{rules}-01", expected=example, found=written, where=vihf.where(name))
    elif (code, system) not in table:
        yield find(f"{rules}-02", expected=table.name, found=written, where=vihf.where(name), date=table.date)


def _purpose(vihf: Vihf) -> Iterator[Finding]:
    if names.PURPOSE not in vihf.values:
        return
    where = vihf.where(names.PURPOSE)
    if vihf.purpose is None:
        yield find("VIHF-PURP-01", expected="PurposeOfUse", where=where)
        return
    if vihf.purpose.code not in names.PURPOSES:
        expected, found = ", ".join(names.PURPOSES), vihf.purpose.code or "—"
        yield find("VIHF-PURP-02", expected=expected, found=found, where=where)
    if vihf.purpose.system != names.PURPOSE_SYSTEM:
        found = vihf.purpose.system or "—"
        yield find("VIHF-PURP-03", expected=names.PURPOSE_SYSTEM, found=found, where=where)
