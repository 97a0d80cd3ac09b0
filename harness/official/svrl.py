"""Reports of schematrons (SVRL): what failed, how much it weighs, and which element it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from norms.xml import parse

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_STEP = re.compile(r"/(?:\*:|)([\w.\-]+|\*)(?:\[namespace-uri\(\)\s*=\s*'([^']*)'\])?(?:\[(\d+)\])?|/@")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that the official rules say: ``weight`` is error, warning or info."""

    profile: str
    weight: str
    location: str
    test: str
    text: str


def rows(report: str, profile: str) -> Iterator[Row]:
    """The failed assertions and successful reports of one SVRL document."""
    for node in parse(report.encode()).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        role = (node.get("role") or node.get("flag") or "").lower()
        weight = "info" if role.startswith("info") else "warning" if role.startswith("warn") else "error"
        words = " ".join("".join(map(str, node.itertext())).split())
        yield Row(profile, weight, node.get("location", ""), node.get("test", ""), words)


def element(location: str, root: etree._Element) -> etree._Element | None:
    """The element that an SVRL location names (``/*:a[namespace-uri()='u'][1]/…`` or ``/a/b[2]``), or None."""
    node: etree._Element | None = None
    for hit in _STEP.finditer(location):
        name, space, rank = hit.groups()
        if name is None:
            break  # an attribute of the element reached
        if node is None:
            node = root
            continue
        wanted = [
            child for child in node
            if isinstance(child.tag, str) and etree.QName(child).localname == name
            and (space is None or (etree.QName(child).namespace or "") == space)
        ]  # fmt: skip
        at = int(rank or 1) - 1
        if at >= len(wanted):
            return node
        node = wanted[at]
    return node


def short(location: str) -> str:
    """A location as a person reads it: ``recordTarget/patientRole/id[2]``."""
    steps = [f"{name}[{rank}]" if rank and rank != "1" else name for name, _, rank in _STEP.findall(location) if name]
    return "/".join(steps[1:]) or "/".join(steps)
