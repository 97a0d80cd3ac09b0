"""RESULTAT, the answer of the recovery operations: written as the service writes it, read whatever its prefixes.

Real answers depart from the schema (dates before IdIndividu, history equal to the active matricule, Prenom gone from
TIQ): reading takes them and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.ins import matricule
from norms.insi.names import FOUND, LABELS, RESULT
from norms.insi.shape import Shape
from norms.soap.fault import escape
from norms.soap.tree import place, value

ROOT_RESULT: Final = f"{{{RESULT}}}RESULTAT"
_ROOT: Final = Shape(RESULT, "CR!", "INDIVIDU")
_CR: Final = Shape(RESULT, "CodeCR!", "LibelleCR!")
_PERSON: Final = Shape(RESULT, "INSACTIF!", "INSHISTO*", "TIQ!")
_INS: Final = Shape(RESULT, "IdIndividu!", "OID!", "DateDeb", "DateFin")
_ID: Final = Shape(RESULT, "NumIdentifiant!", "Cle", "TypeMatricule")
_TIQ: Final = Shape(RESULT, "NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")
_PATTERNS: Final = {
    "NumIdentifiant": re.compile(r"\d{6}[A-Za-z0-9]\d{6}", re.ASCII),
    "Cle": re.compile(r"\d\d", re.ASCII),
    "Sexe": re.compile(r"[A-Z]"),
    "DateNaissance": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "DateDeb": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "DateFin": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
}
Fields = dict[str, etree._Element]


@dataclass(frozen=True, slots=True)
class Matricule:
    """One INS: 13 characters, key, OID, and the dates AAAA-MM-JJ between which it was in force (empty: not said)."""

    number: str
    key: str
    oid: str
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """INDIVIDU: the active INS, the former ones, the traits. ``given_names`` is ListePrenom, separated by spaces."""

    active: Matricule
    history: tuple[Matricule, ...] = ()
    birth_name: str = ""
    given_name: str = ""  # Prenom, which recent answers no longer hold
    given_names: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: CodeCR and LibelleCR, and the person with 00 only."""

    code: str
    label: str
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How an answer is written: prefixes of SOAP and of the result, dates of the matricules first or last."""

    soap: str = "S"
    result: str = ""  # empty: default namespace
    dates_first: bool = False


PLAIN: Final = Style()
STYLES: Final = (PLAIN, Style("soap", "ns2"), Style("env", "ns3"), Style("SOAP-ENV", "r"), Style("s", "tns"))


def result(code: str, person: Person | None = None) -> Result:
    """The answer of that CodeCR, with its usual label."""
    return Result(code, LABELS.get(code, ""), person)


def write_result(answer: Result, style: Style = PLAIN) -> str:
    """The RESULTAT element as XML text; empty traits are left out."""
    p = f"{style.result}:" if style.result else ""
    bound = f"xmlns:{style.result}" if style.result else "xmlns"
    return (
        f'<{p}RESULTAT {bound}="{RESULT}"><{p}CR><{p}CodeCR>{escape(answer.code)}</{p}CodeCR>'
        f"<{p}LibelleCR>{escape(answer.label)}</{p}LibelleCR></{p}CR>"
        f"{_person(answer.person, p, style) if answer.person else ''}</{p}RESULTAT>"
    )


def _person(person: Person, p: str, style: Style) -> str:
    history = "".join(_ins("INSHISTO", former, p, style) for former in person.history)
    traits = (
        ("NomNaissance", person.birth_name),
        ("Prenom", person.given_name),
        ("ListePrenom", person.given_names),
        ("Sexe", person.sex),
        ("DateNaissance", person.birth_date),
        ("LieuNaissance", person.birth_place),
    )
    tiq = "".join(f"<{p}{name}>{escape(held)}</{p}{name}>" for name, held in traits if held)
    active = _ins("INSACTIF", person.active, p, style)
    return f"<{p}INDIVIDU>{active}{history}<{p}TIQ>{tiq}</{p}TIQ></{p}INDIVIDU>"


def _ins(name: str, ins: Matricule, p: str, style: Style) -> str:
    key = f"<{p}Cle>{escape(ins.key)}</{p}Cle>" if ins.key else ""
    number = f"<{p}NumIdentifiant>{escape(ins.number)}</{p}NumIdentifiant>"
    identifier = f"<{p}IdIndividu>{number}{key}</{p}IdIndividu><{p}OID>{escape(ins.oid)}</{p}OID>"
    start = f"<{p}DateDeb>{escape(ins.start)}</{p}DateDeb>" if ins.start else ""
    dates = start + (f"<{p}DateFin>{escape(ins.end)}</{p}DateFin>" if ins.end else "")
    inner = dates + identifier if style.dates_first else identifier + dates
    return f"<{p}{name}>{inner}</{p}{name}>"


def read_result(root: etree._Element) -> tuple[Result, list[Finding]]:
    """An answer and what is odd in it (INSI-RES-*, INSI-XSD-*), whatever its prefixes; what is missing is empty."""
    findings: list[Finding] = []
    if root.tag != ROOT_RESULT:
        return Result("", ""), [find("INSI-RES-01", expected=ROOT_RESULT, found=root.tag, where=place(root))]
    fields = _ROOT.read(root, findings)
    said = _CR.read(fields["CR"], findings) if "CR" in fields else {}
    code = _text(said, "CodeCR", findings)
    if code not in LABELS:
        findings.append(
            find("INSI-RES-02", expected=", ".join(LABELS), found=code or "—", where=place(root, "CR/CodeCR"))
        )
    if (code == FOUND) != ("INDIVIDU" in fields):
        findings.append(find("INSI-RES-03", found=code or "—", where=place(root, "INDIVIDU")))
    person = _read_person(fields["INDIVIDU"], findings) if "INDIVIDU" in fields else None
    return Result(code, _text(said, "LibelleCR", findings), person), findings


def _read_person(element: etree._Element, findings: list[Finding]) -> Person:
    fields = _PERSON.read(element, findings)
    active = _read_ins(fields["INSACTIF"], findings) if "INSACTIF" in fields else Matricule("", "", "")
    history = tuple(_read_ins(former, findings) for former in element.iterchildren(f"{{{RESULT}}}INSHISTO"))
    tiq = _TIQ.read(fields["TIQ"], findings) if "TIQ" in fields else {}
    names = ("NomNaissance", "Prenom", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance")
    return Person(active, history, *(_text(tiq, name, findings) for name in names))


def _read_ins(element: etree._Element, findings: list[Finding]) -> Matricule:
    fields = _INS.read(element, findings)
    identifier = _ID.read(fields["IdIndividu"], findings) if "IdIndividu" in fields else {}
    number, key = _text(identifier, "NumIdentifiant", findings), _text(identifier, "Cle", findings)
    if key and matricule.well_formed(number) and not matricule.valid(number, key):
        findings.append(find("INSI-RES-05", expected=matricule.key(number), found=key, where=place(identifier["Cle"])))
    dates = (_text(fields, "DateDeb", findings), _text(fields, "DateFin", findings))
    return Matricule(number, key, _text(fields, "OID", findings), *dates)


def _text(fields: Fields, name: str, findings: list[Finding]) -> str:
    element = fields.get(name)
    if element is None:
        return ""
    held, pattern = value(element), _PATTERNS.get(name)
    if pattern is not None and not pattern.fullmatch(held):
        findings.append(find("INSI-RES-04", expected=pattern.pattern, found=held or "—", where=place(element)))
    return held
