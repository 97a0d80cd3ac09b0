"""The path language of the data files: XPath 1.0 in which a bare name is an HL7 element and ``#oid`` a templateId.

``entryRelationship[@typeCode='SUBJ']/act[#1.3.6.1.4.1.19376.1.5.3.1.4.2]`` is
``hl7:entryRelationship[@typeCode='SUBJ']/hl7:act[hl7:templateId/@root='1.3.6…4.2']``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from lxml import etree

from norms.cda.document import HL7, PREFIXES, XSI, Element, qname

_NAMESPACES = {"h": HL7, "xsi": XSI, **PREFIXES}
_PREFIX = re.compile(r"([a-z][\w\-]*):(?!:)")
_TOKEN = re.compile(
    r"""'[^']*'|"[^"]*"|\#(?P<oid>[\d.]+)|@(?:[\w\-]+:)?[\w\-]+|(?P<name>[A-Za-z_][\w\-]*(?::(?!:)[\w\-]+)?)(?P<after>\s*\(|::)?|."""
)
_OPERATORS = frozenset({"and", "or", "not", "div", "mod"})


def _translated(path: str) -> str:
    out: list[str] = []
    for token in _TOKEN.finditer(path):
        oid, name, after = token["oid"], token["name"], token["after"]
        if oid:
            out.append(f"h:templateId/@root='{oid}'")
        elif name and not after and ":" not in name and name not in _OPERATORS:
            out.append(f"h:{name}")
        else:
            out.append(token.group())
    return "".join(out)


@cache
def compiled(path: str) -> etree.XPath:
    """The path, ready to be evaluated on an element; raises lxml.etree.XPathSyntaxError on a bad one."""
    written = _translated(path)
    # What a path does not use costs time at each evaluation.
    used = {prefix: _NAMESPACES[prefix] for prefix in _PREFIX.findall(written) if prefix in _NAMESPACES}
    return etree.XPath(written, namespaces=used, regexp=False, smart_strings=False)


def count(path: str, element: Element) -> int:
    """How many nodes the path selects; 1 or 0 for a test."""
    value = compiled(path)(element)
    return len(value) if isinstance(value, list) else int(bool(value))


def select(path: str, element: Element) -> list[Element]:
    """The elements that the path selects."""
    value = compiled(path)(element)
    return [node for node in value if isinstance(node, etree._Element)] if isinstance(value, list) else []


def holds(path: str, element: Element) -> bool:
    """Whether the path selects anything, or the test is true."""
    return bool(compiled(path)(element))


_NAME = re.compile(r"(?:[a-z\-\d]+:)?[A-Za-z]\w*")


@cache
def tag(path: str) -> str:
    """The child that a path of one mere name names (``id``, ``sdtc:raceCode``); empty for any other path."""
    return qname(path) if _NAME.fullmatch(path) else ""


_BELOW = re.compile(r"\.//\*\[#([\d.]+)\]")


@cache
def below(path: str) -> str:
    """The templateId whose bearers a path selects at any depth (``.//*[#1.3.6]``); empty for any other path."""
    hit = _BELOW.fullmatch(path)
    return hit[1] if hit else ""


_OID = re.compile(r"#([\d.]+)")
_STEP = re.compile(r"(?:\.//)?\*?(@?[\w\-:]+)?")


def oids(path: str) -> list[str]:
    """The templateIds that a path names."""
    return _OID.findall(path)


@cache
def needs(path: str) -> tuple[frozenset[str], frozenset[str]]:
    """(element names, templateIds) without which the path selects nothing: a quick look before the slow one."""
    steps = re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\[[^\[\]]*\][^\[\]]*\]", "", path))
    names = frozenset(qname(step) for step in steps.split("/") if re.fullmatch(r"(?:[a-z0-9\-]+:)?[A-Za-z]\w*", step))
    choosy = " or " in path or "not(" in path or "|" in path
    return (frozenset() if "|" in path else names), (frozenset() if choosy else frozenset(oids(path)))


@cache
def anchors(path: str) -> tuple[str, ...]:
    """The templateIds of which the path's first step must bear one; empty when any element may be the first step."""
    depth = 0
    for end, char in enumerate(path):  # noqa: B007 - where the first step ends
        depth += (char == "[") - (char == "]")
        if char == "/" and depth == 0:
            break
    else:
        end = len(path)
    asked = re.sub(r"not\([^()]*\)", "", path[:end].partition("[")[2])
    found = tuple(oids(asked))
    terms = asked.count(" or ") + 1
    if "(" in asked or (terms > 1 and (terms != len(found) or " and " in asked)):
        return ()
    return found if terms > 1 else found[:1]


def head(path: str) -> str:
    """The name of the path's first step: what two lines about the same child have in common."""
    inner = re.match(r"(?:not|count|string)\(+(.*)", path)
    hit = _STEP.match(inner[1] if inner else path)
    return (hit[1] if hit else None) or path


def alternatives(text: str) -> Iterator[str]:
    """The members of ``a | b | c``."""
    return (part.strip() for part in text.split(" | "))
