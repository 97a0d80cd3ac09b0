"""ITI-43, Retrieve Document Set: which documents are asked for, and the answer (ITI TF-2 §3.43)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from norms.finding import Finding, find
from norms.soap import escape
from norms.soap.mtom import Part
from norms.soap.tree import place, value
from norms.soap.xop import content, include
from norms.xds.answers import RegistryError, write_response
from norms.xds.datatypes import is_oid
from norms.xds.names import PARTIAL, XDS


@dataclass(frozen=True, slots=True)
class Asked:
    """One document asked for."""

    repository: str
    unique_id: str
    element: etree._Element | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One document of an answer."""

    repository: str
    unique_id: str
    mime_type: str
    part: Part


def _x(name: str) -> str:
    return f"{{{XDS}}}{name}"


def read_retrieve(body: etree._Element) -> tuple[list[Asked], list[Finding]]:
    """The documents that a RetrieveDocumentSetRequest asks for, and what is wrong in it (XDS-RET-01, -04)."""
    asked: list[Asked] = []
    findings: list[Finding] = []
    for element in body.iterchildren(_x("DocumentRequest")):
        said = {name: element.find(_x(name)) for name in ("RepositoryUniqueId", "DocumentUniqueId")}
        repository, unique_id = (value(held) if held is not None else "" for held in said.values())
        if not repository or not unique_id:
            findings.append(find("XDS-RET-04", where=place(element)))
            continue
        if not is_oid(unique_id):
            findings.append(find("XDS-RET-01", expected="OID", found=unique_id, where=place(element)))
        asked.append(Asked(repository, unique_id, element))
    if not asked and not findings:
        findings.append(find("XDS-RET-04", where=place(body)))
    return asked, findings


def write_retrieve(asked: Iterable[Asked]) -> str:
    """The RetrieveDocumentSetRequest for these documents."""
    held = "".join(
        f"<xds:DocumentRequest><xds:RepositoryUniqueId>{escape(one.repository)}</xds:RepositoryUniqueId>"
        f"<xds:DocumentUniqueId>{escape(one.unique_id)}</xds:DocumentUniqueId></xds:DocumentRequest>"
        for one in asked
    )
    return f'<xds:RetrieveDocumentSetRequest xmlns:xds="{XDS}">{held}</xds:RetrieveDocumentSetRequest>'


def write_retrieved(documents: Sequence[Retrieved], errors: Sequence[RegistryError] = ()) -> str:
    """The answer's body; its documents travel as parts. Some found and some not is a partial success."""
    status = PARTIAL if documents and any(not error.warning for error in errors) else ""
    held = "".join(
        f"<xds:DocumentResponse><xds:RepositoryUniqueId>{escape(one.repository)}</xds:RepositoryUniqueId>"
        f"<xds:DocumentUniqueId>{escape(one.unique_id)}</xds:DocumentUniqueId>"
        f"<xds:mimeType>{escape(one.mime_type)}</xds:mimeType>"
        f"<xds:Document>{include(one.part.id)}</xds:Document></xds:DocumentResponse>"
        for one in documents
    )
    return (
        f'<xds:RetrieveDocumentSetResponse xmlns:xds="{XDS}">{write_response(errors, status)}{held}'
        "</xds:RetrieveDocumentSetResponse>"
    )


def read_retrieved(body: etree._Element, parts: Mapping[str, Part]) -> list[Retrieved]:
    """The documents of an answer; raises norms.soap.xop.BadInclude."""
    found = []
    for element in body.iterchildren(_x("DocumentResponse")):
        said = {child.tag: child for child in element.iterchildren(etree.Element)}
        part, _ = content(said[_x("Document")], parts)
        repository, unique_id, mime_type = (
            value(said[_x(name)]) if _x(name) in said else ""
            for name in ("RepositoryUniqueId", "DocumentUniqueId", "mimeType")
        )
        found.append(Retrieved(repository, unique_id, mime_type, part))
    return found
