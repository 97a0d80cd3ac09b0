"""The page of a document: what it shows, and that nothing in a document can act in it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from harness.render import NotADocument, render
from harness.samples import shelf

VALID = sorted(row["id"] for row in shelf.rows() if row["kind"] == "valid")
HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<title>{title}</title><component><structuredBody><component><section><title>S</title><text>{text}</text>"
    "{entry}</section></component></structuredBody></component></ClinicalDocument>"
)


def shown(text: str = "", *, title: str = "T", entry: str = "") -> html.HtmlElement:
    return html.fromstring(render(HEAD.format(title=title, text=text, entry=entry).encode(), "fr"))


def harmless(page: html.HtmlElement) -> None:
    """No script, no handler, nothing fetched."""
    for node in page.iter():
        if not isinstance(node.tag, str):
            continue
        assert node.tag not in ("script", "iframe", "object", "form", "base", "link", "svg", "math", "template")
        for name, value in node.attrib.items():
            assert not name.lower().startswith("on")
            assert name != "style"
            if name in ("href", "src", "action", "data"):
                assert value.startswith(("#", "data:application/pdf;base64,", "data:image/")), value


@pytest.mark.parametrize("id", VALID)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_sample_renders(id: str, lang: str) -> None:
    text = render(shelf.data(id), lang)  # type: ignore[arg-type]
    page = html.fromstring(text)
    harmless(page)
    assert "default-src 'none'" in text
    assert shelf.row(id)["title"] in page.text_content()
    for section in shelf.row(id)["sections"]:
        assert section.partition(" ")[2] in page.text_content()
    anchors = {node.get("id") for node in page.iter() if node.get("id")}
    for link in page.iterfind(".//a[@href]"):
        if link.get("href", "").startswith("#"):
            assert link.get("href", "")[1:] in anchors, link.get("href")


def test_header_summary() -> None:
    said = html.fromstring(render(shelf.data("REMPLACE_v2"), "fr")).find(".//dl").text_content()
    for part in ("GRIVE JEAN-PIERRE LOUIS-MARIE", "22/08/1970", "ANGELIQUE", "CH ALISIER SITE NORD", "2 ←"):
        assert part in said


def test_narrative_styles() -> None:
    page = shown(
        '<paragraph styleCode="Bold xRed">a<br/><sub>b</sub></paragraph>'
        '<list listType="ordered" styleCode="LittleRoman"><caption>c</caption><item>d</item></list>'
        '<table><thead><tr><th colspan="2">e</th></tr></thead><tbody><tr><td rowspan="x">f</td></tr></tbody></table>'
        '<content revised="delete">g</content>'
        'h<footnoteRef IDREF="n1"/><footnote ID="n1">i</footnote>'
    )
    assert page.find(".//p[@class='s-b s-red']") is not None
    assert page.find(".//ol[@type='i']/li") is not None
    assert page.find(".//th[@colspan='2']") is not None
    assert page.find(".//td").get("rowspan") is None
    assert page.find(".//del").text == "g"
    assert page.find(".//small[@id='n-n1']") is not None
    assert page.find(".//a[@href='#n-n1']") is not None
    harmless(page)


@pytest.mark.parametrize(
    "text",
    [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
        "<paragraph onclick='alert(1)' styleCode='\"&gt;&lt;script&gt;'>x</paragraph>",
        "<linkHtml href='javascript:alert(1)'>x</linkHtml>",
        "<linkHtml href='https://example.test/'>x</linkHtml>",
        "<content ID='\" onload=\"x'>y</content>",
        "<renderMultiMedia referencedObject='absent'/>",
        "<iframe src='https://example.test/'/>",
    ],
)
def test_nothing_acts(text: str) -> None:
    harmless(shown(text, title="&lt;img src=x onerror=alert(1)&gt;"))


def test_media_is_embedded_only_when_it_is_what_it_says() -> None:
    def media(kind: str, data: bytes) -> html.HtmlElement:
        body = base64.b64encode(data).decode()
        return shown(
            "<renderMultiMedia referencedObject='m'/>",
            entry=f"<entry><observationMedia ID='m'><value mediaType='{kind}'>{body}</value>"
            "</observationMedia></entry>",
        )

    assert media("image/png", b"\x89PNG").find(".//img") is not None
    assert media("application/pdf", b"%PDF-1.4").find(".//embed") is not None
    for kind, data in (("text/html", b"<script>"), ("image/svg+xml", b"<svg/>"), ("application/pdf", b"<html>")):
        page = media(kind, data)
        assert page.find(".//img") is None
        assert page.find(".//embed") is None
        harmless(page)
    assert media("text/plain", b"<b>x</b>").find(".//pre").text == "<b>x</b>"


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="<&\x00"), max_size=40))
def test_any_text_is_only_text(text: str) -> None:
    kept = "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    harmless(shown(kept, title=kept))


@pytest.mark.parametrize("data", [b"", b"<a/>", b"<ClinicalDocument>", b"\x00\x01"])
def test_what_is_no_document_is_told(data: bytes) -> None:
    with pytest.raises(NotADocument):
        render(data, "fr")


def test_dates_are_written_as_the_reader_writes_them() -> None:
    data = shelf.data("VSM_2023.01")
    assert "12/05/1985" in render(data, "fr")
    assert "1985-05-12" in render(data, "en")
