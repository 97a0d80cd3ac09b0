"""What both say, what only one says: refusals of the official rules and our findings, brought together by place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from harness.official import svrl
from norms.cda.document import Document
from norms.finding import Finding, Severity


def compare(
    root: etree._Element, data: bytes, errors: Sequence[svrl.Row], schema: Sequence[str], findings: Sequence[Finding]
) -> dict[str, list[str]]:
    """``both``, ``official`` and ``ours``: the places refused, as paths. Two refusals are one place when they are about
    the same element, or one about the parent of the other; what is left is paired, each official refusal with one of
    ours below it; the schema's count as one place by line."""
    held = next(root.iter("{urn:hl7-org:v3}ClinicalDocument"), root)
    document = Document(data, held, outer=root)
    refused = [finding for finding in findings if finding.severity is not Severity.INFO and finding.where.xpath]
    ours = {_bare(finding.where.xpath) for finding in refused}
    ours_errors = {_bare(f.where.xpath) for f in refused if f.severity is Severity.ERROR}
    lines = {f.where.line for f in refused if f.rule.startswith("CDA-GRM")}
    official = {_bare(document.xpath(node)) for row in errors if (node := svrl.element(row.location, root)) is not None}
    both = sorted(place for place in official if any(_near(place, other) for other in ours))
    only = sorted(official - set(both))
    if schema:
        words = f"XSD {schema[0][:100]}"
        (both if lines else only).append(words)
    alone = sorted(place for place in ours_errors if not any(_near(place, other) for other in official) and not schema)
    for place in list(only):  # a rule set on the document or a section, about something below that we name exactly
        below = next((other for other in alone if other.startswith(f"{place}/")), None)
        if below is not None:
            only.remove(place)
            alone.remove(below)
            both.append(below)
    return {"both": both, "official": only, "ours": alone}


def _bare(xpath: str) -> str:
    return xpath.split("/@", 1)[0].replace("hl7:", "")


def _near(one: str, other: str) -> bool:
    return one == other or _above(one) == other or _above(other) == one


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def count(agreement: dict[str, Any]) -> dict[str, int]:
    """How many places of each kind."""
    return {name: len(rows) for name, rows in agreement.items()}
