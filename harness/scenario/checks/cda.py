"""Checks on a CDA document that the software produced: its rules, whose it is, who answers for it, its versions."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.values import at
from harness.scenario.verdict import Failed, Seen, kept, mended, said
from harness.words import Words, words
from norms.cda.document import Document, Element, each, first
from norms.cda.document import words as text_of
from norms.cda.preflight import read
from norms.cda.report import validate
from norms.codes import Tables
from norms.finding import Severity

_P = "harness.scenario"
_INS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")


@check(
    "cda.valid",
    fr="Le document CDA respecte les règles du CI-SIS et les nôtres (mode strict), et il est du modèle attendu.",
    en="The CDA document follows the rules of the CI-SIS and ours (strict mode), and is of the expected model.",
)
def valid(context: Context, on: list[Traffic], *, document: Mapping[str, Any], volet: str = "") -> Seen:
    """``document`` is the result of document.get; ``volet`` a name such as CDA-N1 or VSM."""
    report = validate(_bytes(document), strict=True)
    wrong = [f for f in report.findings if f.severity is Severity.ERROR]
    expected = words(_P, "cda.valid_expected")
    if wrong:
        message = words(_P, "cda.invalid", n=len(wrong), said=said(wrong))
        raise Failed(message, Seen(expected, said(wrong), findings=kept(wrong)), fix=mended(wrong))
    found = report.document_type
    if volet and found.volet != volet:
        raise Failed(
            words(_P, "cda.other_volet", wanted=volet, found=found.volet or "—"),
            Seen(Words.of(volet), Words.of(str(found))),
        )
    return Seen(expected, Words.of(str(found)))


@check(
    "cda.patient",
    fr="Le document porte l'INS (avec sa clé et son OID) et les traits stricts du dossier, et eux seuls.",
    en="The document carries the record's INS (with key and OID) and strict traits, and nothing else.",
)
def patient(context: Context, on: list[Traffic], *, document: Mapping[str, Any], record: Mapping[str, Any]) -> Seen:
    """``record`` is the result of patient.get."""
    role = first(_read(document).root, "recordTarget/patientRole")
    if role is None:
        raise Failed(words(_P, "cda.no_patient"))
    ids = [(i.get("root", ""), i.get("extension", "")) for i in each(role, "id") if i.get("root") in _INS]
    ins = _first(record, "ins.value") + _first(record, "ins.key")
    wanted = {
        "INS": f"{ins} ({_first(record, 'ins.oid')})",
        "family[BR]": _first(record, "traits.birth_name"),
        "given": _first(record, "traits.given_names"),
        "birthTime": _first(record, "traits.birth_date").replace("-", ""),
        "gender": _first(record, "traits.sex"),
        "county": _first(record, "traits.birth_place"),
    }
    found = {"INS": ", ".join(f"{value} ({root})" for root, value in ids), **_traits(role)}
    for name, value in wanted.items():
        if found[name].upper() != value.upper():
            message = words(_P, "cda.trait_differs", field=name, wanted=value, found=found[name] or "—")
            raise Failed(message, Seen(Words.of(f"{name} = {value}"), Words.of(found[name])))
    return Seen(Words.of(wanted["INS"]), Words.of(found["INS"]))


@check(
    "cda.no-ins",
    fr="Le document d'une identité qui n'est pas qualifiée ne porte aucun INS, mais l'identifiant local du patient.",
    en="The document of an identity that is not qualified carries no INS but the patient's local identifier.",
)
def no_ins(context: Context, on: list[Traffic], *, document: Mapping[str, Any]) -> Seen:
    """RNIV: the INS goes with a qualified identity only."""
    ids = each(_read(document).root, "recordTarget/patientRole/id")
    carried = [f"{i.get('extension', '')} ({i.get('root', '')})" for i in ids if i.get("root") in _INS]
    expected = words(_P, "cda.no_ins_expected")
    if carried:
        raise Failed(words(_P, "cda.ins_carried", found=", ".join(carried)), Seen(expected, Words.of(carried[0])))
    if not [i for i in ids if i.get("extension")]:
        raise Failed(words(_P, "cda.no_local_id"), Seen(expected))
    return Seen(expected, Words.of(ids[0].get("extension", "")))


@check(
    "cda.author",
    fr="Auteur, responsable et conservateur sont ceux qui ont travaillé, sous leurs identifiants nationaux.",
    en="Author, legal authenticator and custodian are those who worked, under their national identifiers.",
)
def author(context: Context, on: list[Traffic], *, document: Mapping[str, Any], national_id: str) -> Seen:
    """``national_id`` of the professional who is logged in."""
    root = _read(document).root
    for path in ("author/assignedAuthor/id", "legalAuthenticator/assignedEntity/id"):
        found = [i.get("extension", "") for i in each(root, path)]
        if national_id not in found:
            message = words(_P, "cda.author_differs", path=path, wanted=national_id, found=", ".join(found) or "—")
            raise Failed(message, Seen(Words.of(national_id), Words.of(", ".join(found))))
    kept_by = first(root, "custodian/assignedCustodian/representedCustodianOrganization/id")
    if kept_by is None or not kept_by.get("extension"):
        raise Failed(words(_P, "cda.no_custodian"))
    return Seen(Words.of(national_id), Words.of(kept_by.get("extension", "")))


@check(
    "cda.version",
    fr="La nouvelle version a son propre identifiant, le même setId, le numéro suivant, et dit laquelle elle remplace.",
    en="The new version has its own id, the same setId, the next number, and says which one it replaces.",
)
def version(context: Context, on: list[Traffic], *, document: Mapping[str, Any], previous: Mapping[str, Any]) -> Seen:
    """``document`` and ``previous`` are results of document.get."""
    new, old = _read(document).root, _read(previous).root
    number = int(_attribute(old, "versionNumber", "value") or "0") + 1
    replaced = _attribute(new, "relatedDocument/parentDocument/id", "root")
    for name, wanted, found in (
        ("setId", _attribute(old, "setId", "root"), _attribute(new, "setId", "root")),
        ("versionNumber", str(number), _attribute(new, "versionNumber", "value")),
        ("relatedDocument[RPLC]", _attribute(old, "id", "root"), replaced),
    ):
        if wanted != found:
            message = words(_P, "cda.version_differs", field=name, wanted=wanted, found=found or "—")
            raise Failed(message, Seen(Words.of(f"{name} = {wanted}"), Words.of(found)))
    if _attribute(new, "id", "root") == _attribute(old, "id", "root"):
        raise Failed(words(_P, "cda.same_id", found=_attribute(new, "id", "root")))
    return Seen(Words.of(f"versionNumber = {number}"), Words.of(replaced))


def _bytes(document: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(document.get("content_base64", "")), validate=True)
    except (ValueError, binascii.Error):
        raise Failed(words(_P, "cda.not_base64")) from None


def _read(document: Mapping[str, Any]) -> Document:
    made, wrong = read(_bytes(document), tables=Tables(), today=None)
    if made is None:
        raise Failed(words(_P, "cda.unreadable", said=said(wrong)), Seen(findings=kept(wrong)), fix=mended(wrong))
    return made


def _attribute(root: Element, path: str, name: str) -> str:
    element = first(root, path)
    return element.get(name, "") if element is not None else ""


def _traits(role: Element) -> dict[str, str]:
    names = {e.get("qualifier", ""): text_of(e) for e in each(role, "patient/name/family")}
    given = {e.get("qualifier", ""): text_of(e) for e in each(role, "patient/name/given")}
    return {
        "family[BR]": names.get("BR", ""),
        "given": given.get("", ""),
        "birthTime": _attribute(role, "patient/birthTime", "value"),
        "gender": _attribute(role, "patient/administrativeGenderCode", "code"),
        "county": text_of(first(role, "patient/birthplace/place/addr/county")),
    }


def _first(record: Mapping[str, Any], path: str) -> str:
    return str(next(iter(at(record, path)), "") or "")
