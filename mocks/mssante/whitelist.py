"""The white list of MSSanté domains, as its operators fetch it (``listeblanchemssante.xml``), and what routing accepts.

An operator's document; whether a software must read it is not known (provisional). Element names as published, but for
the root's, which was not seen.
"""

from __future__ import annotations

from datetime import UTC, datetime

from lxml import etree

from mocks.http import Answer, Call
from mocks.mssante.routing import local, others
from mocks.session import Session
from norms.mail.address import PATIENTS

PATH = "/listeblanchemssante.xml"
HOST = "espacedeconfiance.mssante.fr"
NAMESPACE = "https://listeblanche.mssante.fr/schema"
_OPERATOR = "CN=operateur.formation.mssante.fr,OU=BANC SEGUR-HARNESS,O=ESSAI,ST=Paris (75),C=FR"


def domains(session: Session) -> dict[str, str]:
    """Every domain of the trust space that the session knows, with its description."""
    own = dict.fromkeys(sorted(local(session)), "Domaine de l'opérateur simulé")
    return {PATIENTS: "Mon espace santé (simulé)", **own, **others()}


def document(session: Session) -> bytes:
    """The list, dated from the session's clock."""
    now = datetime.fromtimestamp(session.clock.now(), UTC).isoformat(timespec="seconds")
    root = etree.Element(f"{{{NAMESPACE}}}ListeBlanche", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    _add(root, "DateDeGeneration", now)
    for name, description in domains(session).items():
        domain = etree.SubElement(root, f"{{{NAMESPACE}}}Domaine")
        contact = f"support@{name}"
        words = (name, description, _OPERATOR, contact, contact, now)
        tags = ("Nom", "Description", "DNCertificatOperateur", "ResponsableContact", "SupportContact", "DateMAJ")
        for tag, text in zip(tags, words, strict=True):
            _add(domain, tag, text)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


async def serve(call: Call) -> Answer:
    """``GET /listeblanchemssante.xml``."""
    call.exchange.operation, call.exchange.outcome = "white-list", "served"
    return Answer(200, document(call.session), "text/xml; charset=utf-8")


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}").text = text
