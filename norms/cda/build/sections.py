"""Sections, and the templateIds that go with a template."""

from __future__ import annotations

from norms.cda.build import parties
from norms.cda.build.ids import Ids
from norms.cda.build.model import Code, Section
from norms.cda.build.narrative import narrative
from norms.cda.build.xml import E, coded, ident
from norms.cda.document import Element, qname
from norms.cda.volets import sheets
from norms.cda.volets.lines import system


def template_ids(oid: str) -> list[Element]:
    """The templateIds of an element that claims a template: its companions (international first), then its own."""
    found: dict[str, None] = {}

    def visit(one: str) -> None:
        sheet = sheets.sheet(one)
        for companion in sheet.companions if sheet else ():
            if companion not in found and companion != oid:
                found[companion] = None
                visit(companion)

    visit(oid)
    ordered = sorted(found, key=lambda root: (root.startswith("1.2.250"), not root.startswith("2.16.840")))
    return [E("templateId", root=root) for root in (*ordered, oid)]


def section_code(oid: str) -> Code | None:
    """The code that a section template, or one of its companions, fixes."""
    sheet = sheets.sheet(oid)
    for one in (oid, *(sheet.companions if sheet else ())):
        found = sheets.sheet(one)
        if found and found.code[1]:
            return Code(found.code[1], system(found.code[0]) or system("LOINC"))
    return None


def section(spec: Section, ids: Ids) -> Element:
    """A section, its id of the series `ids`; raises ValueError when neither template nor caller gives its code."""
    code = spec.code or section_code(spec.template)
    if code is None:
        raise ValueError(f"no code for section template {spec.template}")
    return E(
        "section",
        template_ids(spec.template),
        ident(spec.id or ids.new()),
        coded("code", code),
        E("title", spec.title),
        narrative(spec.blocks) if spec.blocks else None,
        parties.author(*spec.author) if spec.author else None,
        [_entry(entry) for entry in spec.entries],
        [E("component", section(part, ids)) for part in spec.parts],
        classCode="DOCSECT",
    )


def _entry(statement: Element) -> Element:
    return statement if statement.tag == qname("entry") else E("entry", statement)
