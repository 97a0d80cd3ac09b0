"""Verification of an INS: unit (WS_INS3) and mass (WS_INS4 deposit, WS_INS5 result). All of it is **provisional**.

Neither the WSDL nor the codes of these operations are public. What is known: the verified person is an
``IndividuVerifie`` holding ``INSFourni`` and ``TraitsIdentiteIndividu`` (remains in the official C# kit), and the
outcome is OK or KO, no trait being returned. Everything else is inferred; namespaces are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from norms.finding import Finding, find
from norms.ins import dates, lexical, matricule, traits
from norms.insi.names import MASS_RESPONSE, VERIFY_RESPONSE
from norms.insi.request import check_name
from norms.insi.shape import ENOUGH, Shape
from norms.soap.fault import escape
from norms.soap.names import local, namespace
from norms.soap.tree import elements, place, value

MOST = 5000  # persons in one mass request


@dataclass(frozen=True, slots=True)
class Claim:
    """A person to verify: the INS held and the traits. ``reference`` tells persons of one mass request apart."""

    number: str
    key: str
    oid: str
    traits: traits.Traits
    reference: str = ""


class _Shapes(NamedTuple):
    person: Shape
    ins: Shape
    identifier: Shape
    traits: Shape


@lru_cache(maxsize=16)
def _shapes(ns: str) -> _Shapes:
    return _Shapes(
        Shape(ns, "INSFourni!", "TraitsIdentiteIndividu!"),
        Shape(ns, "IdIndividu!", "OID!"),
        Shape(ns, "NumIdentifiant!", "Cle", "TypeMatricule"),
        Shape(ns, "NomNaissance!", "Prenom", "ListePrenom", "Sexe!", "DateNaissance!", "LieuNaissance"),
    )


def read_claims(body: etree._Element, ns: str) -> tuple[list[Claim], list[Finding]]:
    """The persons of a verification request: each ``IndividuVerifie``, be it the root itself or held by it.

    Findings are INSI-VER-*, INSI-REQ-*, INSI-XSD-* and INS-LEX-*; at most `MOST` persons are read.
    """
    findings: list[Finding] = []
    if namespace(body.tag) != ns:
        findings.append(find("INSI-VER-01", expected=ns, found=namespace(body.tag) or "—", where=place(body)))
        ns = namespace(body.tag)
    tag = f"{{{ns}}}IndividuVerifie" if ns else "IndividuVerifie"
    found = [element for _, element in zip(range(MOST + 1), body.iter(tag), strict=False)]
    if not found:
        findings.append(find("INSI-VER-02", expected=tag, found=local(body.tag), where=place(body)))
    if len(found) > MOST:
        findings.append(find("INSI-VER-04", expected=MOST, where=place(body)))
    claims = [_claim(element, ns, n, findings) for n, element in enumerate(found[:MOST], 1)]
    return claims, findings[:ENOUGH]


def _claim(element: etree._Element, ns: str, n: int, findings: list[Finding]) -> Claim:
    shapes = _shapes(ns)
    fields = shapes.person.read(element, findings)
    ins = shapes.ins.read(fields["INSFourni"], findings) if "INSFourni" in fields else {}
    identifier = shapes.identifier.read(ins["IdIndividu"], findings) if "IdIndividu" in ins else {}
    said = shapes.traits.read(fields["TraitsIdentiteIndividu"], findings) if "TraitsIdentiteIndividu" in fields else {}

    def text(held: dict[str, etree._Element], name: str) -> str:
        return value(held[name]) if name in held else ""

    number, key = text(identifier, "NumIdentifiant"), text(identifier, "Cle")
    if number and not matricule.well_formed(number):
        findings.append(find("INSI-REQ-10", found=number, where=place(identifier["NumIdentifiant"])))
    elif number and key and not matricule.valid(number, key):
        findings.append(find("INSI-REQ-11", expected=matricule.key(number), found=key, where=place(identifier["Cle"])))
    born = text(said, "DateNaissance")
    if born and not dates.written(born):
        findings.append(find("INSI-REQ-05", expected="AAAA-MM-JJ", found=born, where=place(said["DateNaissance"])))
    for name in ("NomNaissance", "Prenom", "ListePrenom"):
        kind: lexical.Kind = "birth_name" if name == "NomNaissance" else "given_name"
        if name in said:
            findings += check_name(said[name], text(said, name), kind)
    if not text(said, "Prenom") and not text(said, "ListePrenom"):
        findings.append(find("INSI-REQ-03", where=place(element, "TraitsIdentiteIndividu/ListePrenom")))
    return Claim(
        number,
        key,
        text(ins, "OID"),
        traits.Traits(
            text(said, "NomNaissance"),
            text(said, "ListePrenom"),
            text(said, "Sexe"),
            born,
            text(said, "LieuNaissance"),
            text(said, "Prenom"),
        ),
        element.get("Reference", str(n)),
    )


def write_outcome(code: str, label: str, ns: str = VERIFY_RESPONSE) -> str:
    """The answer to a unit verification."""
    return f'<RESULTAT xmlns="{escape(ns)}">{_cr(code, label)}</RESULTAT>'


def read_outcome(root: etree._Element) -> tuple[str, str]:
    """CodeCR and LibelleCR of any answer holding a ``CR``, whatever its namespace; empty when there is none."""
    cr = next((child for child in elements(root) if local(child.tag) == "CR"), None)
    said = {local(child.tag): value(child) for child in elements(cr)} if cr is not None else {}
    return said.get("CodeCR", ""), said.get("LibelleCR", "")


def write_ticket(number: str, count: int, ns: str = MASS_RESPONSE) -> str:
    """The answer to a mass deposit: the number to ask the results with."""
    return (
        f'<RESULTAT xmlns="{escape(ns)}">{_cr("00", "OK")}<NumeroDemande>{escape(number)}</NumeroDemande>'
        f"<NombreIndividus>{count}</NombreIndividus></RESULTAT>"
    )


def read_ticket(root: etree._Element) -> str:
    """The number in a mass deposit's answer or in a request for results; empty when there is none."""
    found = next((e for e in root.iter(etree.Element) if local(e.tag) == "NumeroDemande"), None)
    return value(found) if found is not None else ""


def write_mass(
    number: str, outcomes: list[tuple[str, str, str]] | None, ns: str = MASS_RESPONSE, pending: str = "01"
) -> str:
    """The answer to a request for results: ``outcomes`` are (reference, code, label), None while not ready."""
    said = _cr(pending, "Traitement en cours") if outcomes is None else _cr("00", "OK")
    rows = "".join(
        f'<Verification Reference="{escape(reference)}">{_cr(code, label)}</Verification>'
        for reference, code, label in outcomes or ()
    )
    return f'<RESULTAT xmlns="{escape(ns)}">{said}<NumeroDemande>{escape(number)}</NumeroDemande>{rows}</RESULTAT>'


def read_mass(root: etree._Element) -> dict[str, tuple[str, str]]:
    """The results of a mass verification by reference: CodeCR and LibelleCR."""
    return {e.get("Reference", ""): read_outcome(e) for e in elements(root) if local(e.tag) == "Verification"}


def _cr(code: str, label: str) -> str:
    return f"<CR><CodeCR>{escape(code)}</CodeCR><LibelleCR>{escape(label)}</LibelleCR></CR>"
