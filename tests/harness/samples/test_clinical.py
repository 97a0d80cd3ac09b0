"""What a clinician would object to: results older than they can be, flags that contradict their ranges."""

from __future__ import annotations

import base64
import io
import re

import pikepdf
import pytest

from harness.samples import shelf
from norms.cda.document import HL7, Document, Element, each, first, words
from norms.cda.preflight import read
from norms.codes import Tables

VALID = sorted(row["id"] for row in shelf.rows() if row["kind"] == "valid")
NS = {"h": HL7}


def _document(id: str) -> Document:
    document, _ = read(shelf.data(id), tables=Tables(), today=None)
    assert document is not None
    return document


def _number(element: Element | None) -> float | None:
    return None if element is None or element.get("value") is None else float(element.get("value", ""))


@pytest.mark.parametrize("id", VALID)
def test_nothing_was_observed_after_the_document_was_written(id: str) -> None:
    root = _document(id).root
    written = first(root, "effectiveTime").get("value", "")[:14]  # type: ignore[union-attr]
    done = root.xpath(
        ".//h:section//*[@moodCode='EVN'][not(h:statusCode/@code='active')]/h:effectiveTime", namespaces=NS
    )
    for time in done:
        for value in [time.get("value"), *(bound.get("value") for bound in each(time, "low") + each(time, "high"))]:
            digits = re.match(r"\d*", value or "")
            assert digits is not None
            assert digits[0] <= written[: len(digits[0])], f"{id}: {value} after {written}"


@pytest.mark.parametrize("id", [id for id in VALID if "BIO" in id])
def test_a_result_s_flag_agrees_with_its_usual_values(id: str) -> None:
    seen = 0
    for one in _document(id).root.xpath(".//h:observation[h:referenceRange]", namespaces=NS):
        flag = first(one, "interpretationCode")
        value = _number(first(one, "value"))
        usual = first(one, "referenceRange/observationRange/value")
        assert flag is not None
        assert value is not None
        assert usual is not None
        low, high = _number(first(usual, "low")), _number(first(usual, "high"))
        is_low, is_high = low is not None and value < low, high is not None and value > high
        said = flag.get("code")
        assert (is_low, is_high) == (said in ("L", "LL"), said in ("H", "HH")) or (said == "A" and (is_low or is_high))
        seen += 1
    assert seen


def test_one_code_has_one_meaning_in_the_library() -> None:
    """A drug tested under another drug's LOINC code is the mistake this would show."""
    labels: dict[tuple[str, str], set[str]] = {}
    for id in VALID:
        for code in _document(id).root.xpath(".//h:section//h:code[@code][@displayName]", namespaces=NS):
            labels.setdefault((code.get("codeSystem"), code.get("code")), set()).add(code.get("displayName").lower())
    drugs = {code: said for code, said in labels.items() if "[sensibilité]" in " ".join(said)}
    assert {code: len(said) for code, said in drugs.items()} == dict.fromkeys(drugs, 1)
    assert "lévofloxacine" in " ".join(drugs["2.16.840.1.113883.6.1", "20396-8"])


def test_a_page_is_said_to_be_by_who_wrote_the_document() -> None:
    looked = 0
    for row in shelf.rows():
        if (row["kind"], row["volet"]) != ("valid", "CDA-N1"):
            continue
        root = _document(row["id"]).root
        body = first(root, "component/nonXMLBody/text")
        found = root.xpath("h:author/h:assignedAuthor/h:assignedPerson/h:name/h:family", namespaces=NS)
        assert body is not None
        if body.get("mediaType") != "application/pdf" or not found:
            continue  # a text, or written by a device
        looked += 1
        with pikepdf.open(io.BytesIO(base64.b64decode(body.text or ""))) as page:
            assert any(words(name) in str(page.docinfo["/Author"]) for name in found), row["id"]
    assert looked > 3
