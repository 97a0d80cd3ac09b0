"""The builder: same input, same bytes; companions of templates; wrappings that keep the document what it is."""

from __future__ import annotations

from datetime import datetime

import pytest
from lxml import etree

from norms.cda.build import P, Section, T, Table
from norms.cda.build.entries import clinical
from norms.cda.build.entries.base import icd10
from norms.cda.build.ids import Ids, oid
from norms.cda.build.model import Code
from norms.cda.build.narrative import Items, narrative
from norms.cda.build.sections import section, section_code, template_ids
from norms.cda.build.xml import E, coded, span, stamp
from norms.cda.document import qname, words


def test_template_ids_bring_their_companions_international_first() -> None:
    roots = [t.get("root") for t in template_ids("1.2.250.1.213.1.1.3.37")]
    assert roots == ["2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37"]


def test_the_code_of_a_section_follows_its_template() -> None:
    assert section_code("1.2.250.1.213.1.1.2.137") == Code("48765-2", "2.16.840.1.113883.6.1")
    assert section_code("1.2.250.1.213.1.1.2.70") is None
    with pytest.raises(ValueError, match="no code"):
        section(Section("1.2.250.1.213.1.1.2.70", "Biochimie"), Ids("t"))


def test_identifiers_are_stable() -> None:
    assert Ids("a").new() == Ids("a").new() != Ids("b").new()
    assert oid("a") == oid("a")
    assert oid("a").root.startswith("2.25.")
    assert len(oid("a").root) <= 64


def test_a_problem_points_at_its_words() -> None:
    act = clinical.problem(Ids("t"), icd10("I10", "Hypertension"), "pb", "2015")
    references = [r.get("value") for r in act.iter(qname("reference"))]
    assert references == ["#pb", "#pb"]
    assert act.find(qname("statusCode")).get("code") == "active"


def test_narrative_blocks() -> None:
    text = narrative(
        [P(["a ", T("b", "id-b", "Bold", note="n")]), Table(["h"], [["c"]], "cap"), Items(["d"], True), "e"]
    )
    tags = [etree.QName(n).localname for n in text.iter(etree.Element)]
    assert tags == [
        "text", "paragraph", "content", "footnote", "table", "caption", "thead", "tr", "th", "tbody", "tr", "td",
        "list", "item", "paragraph",
    ]  # fmt: skip
    assert words(text) == "a bncaphcde"


def test_an_element_that_stands_elsewhere_is_copied() -> None:
    value = E("value", value="1")
    first, second = E("observation", value), E("observation", value)
    assert len(first) == len(second) == 1
    assert first[0] is value is not second[0]


def test_times_need_their_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        stamp(datetime(2026, 1, 1))  # noqa: DTZ001
    assert span(None)[0].get("nullFlavor") == "UNK"


def test_null_codes() -> None:
    assert coded("code", None).get("nullFlavor") == "UNK"
    assert coded("code", Code("", "", original="#x"))[0].tag == qname("originalText")
