"""Stage 1: can these bytes be read as one CDA document at all?"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from norms.cda.document import DS, HL7, XSL, Document, Element
from norms.codes import Tables
from norms.finding import Finding, Where, find
from norms.xml import BadXml, parse

_ROOT = f"{{{HL7}}}ClinicalDocument"
_WRAPPERS = {f"{{{XSL}}}stylesheet": "xsl", f"{{{XSL}}}transform": "xsl", f"{{{DS}}}Signature": "signature"}


def read(data: bytes, *, tables: Tables, today: datetime | None = None) -> tuple[Document | None, list[Finding]]:
    """The document in these bytes (None when they hold none) and what is wrong before any element is looked at."""
    try:
        outer = parse(data)
    except BadXml as error:
        rule = "CDA-PRE-02" if error.reason == "dtd" else "CDA-PRE-01"
        return None, [find(rule, found=error.detail, where=Where(error.line or None, error.column or None))]
    root, wrapper = _unwrap(outer)
    if root is None:
        return None, [find("CDA-PRE-03", found=outer.tag, where=Where(cast(int | None, outer.sourceline)))]
    return Document(data, root, outer=outer, wrapper=wrapper, tables=tables, today=today), []


def _unwrap(outer: Element) -> tuple[Element | None, str]:
    if outer.tag == _ROOT:
        return outer, ""
    wrapper = _WRAPPERS.get(outer.tag)
    if wrapper is None:
        return None, ""
    held = next(outer.iter(_ROOT), None)
    return held, wrapper
