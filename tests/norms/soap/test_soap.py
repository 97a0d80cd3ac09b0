"""SOAP 1.2 messages: what is written is read back, what is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from norms.soap import (
    BadEnvelope,
    Fault,
    check_content_type,
    envelope,
    escape,
    is_fault,
    read,
    read_addressing,
    read_content_type,
    read_fault,
)
from norms.soap.names import SOAP12
from norms.soap.tree import place, value
from norms.xml import BadXml, parse

ANY = st.text()
XML_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"))
PREFIX = st.sampled_from(["soap", "S", "s", "env", "SOAP-ENV"])


@given(ANY)
def test_escaped_text_is_always_well_formed(text: str) -> None:
    root = etree.fromstring(f'<a b="{escape(text)}">{escape(text)}</a>'.encode())
    kept = [
        c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD or ord(c) > 0xFFFF
    ]
    assert (root.text or "") == "".join(kept)


@given(
    code=st.sampled_from(["Sender", "Receiver", "VersionMismatch", "MustUnderstand"]),
    subcode=st.sampled_from(["", "siram_10", "siram_100"]),
    reason=XML_TEXT.map(str.strip),
    lang=st.sampled_from(["fr", "en"]),
    prefix=PREFIX,
    inside=XML_TEXT,
)
def test_faults_are_read_back(code: str, subcode: str, reason: str, lang: str, prefix: str, inside: str) -> None:
    detail = f'<e:Erreur xmlns:e="urn:siram" code="x">{escape(inside)}</e:Erreur>'
    fault = Fault(code, reason, subcode, lang, detail)
    body = read(envelope(fault.written(prefix), prefix=prefix)).body
    assert is_fault(body)
    again = read_fault(body)
    assert (again.code, again.subcode, again.reason.strip(), again.lang) == (code, subcode, reason, lang)
    assert etree.fromstring(again.detail).text == (inside or None)


@given(XML_TEXT, PREFIX)
def test_envelopes_are_read_back(text: str, prefix: str) -> None:
    message = read(envelope(f"<x>{escape(text)}</x>", f"<h>{escape(text)}</h>", prefix))
    assert value(message.body) == value(message.blocks["h"][0]) == text.strip()
    assert message.header("h") is not None
    assert message.header("other") is None


def test_fault_of_another_hand() -> None:
    """Nested subcodes, several languages, no detail."""
    raw = f"""<e:Envelope xmlns:e="{SOAP12}"><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value><e:Subcode>
      <e:Value>m:a</e:Value><e:Subcode><e:Value>m:b</e:Value></e:Subcode></e:Subcode></e:Code><e:Reason>
      <e:Text xml:lang="en">no</e:Text><e:Text xml:lang="fr">non</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"""
    assert read_fault(read(raw.encode()).body) == Fault("Receiver", "no", "a", "en")
    empty = etree.fromstring(f'<Fault xmlns="{SOAP12}"/>')
    assert read_fault(empty) == Fault("", "", "", "", "")


def test_bad_xml_has_its_place() -> None:
    with pytest.raises(BadEnvelope) as caught:
        read(b"<a>\n  <b>\n</a>")
    where = caught.value.finding.where
    assert (where.line, caught.value.finding.rule) == (3, "SOAP-XML-01")
    assert where.column


def test_addressing_of_another_version_is_named() -> None:
    head = '<a:Action xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:x</a:Action>'
    addressing, findings = read_addressing(read(envelope("<x/>", head)))
    assert addressing.action == ""
    assert [(f.rule, f.found) for f in findings] == [
        ("SOAP-WSA-02", "http://schemas.xmlsoap.org/ws/2004/08/addressing")
    ]


def test_values_skip_comments_and_places_name_their_path() -> None:
    message = read(envelope("<a><b> x<!-- c -->y </b></a>"))
    inner = message.body[0]
    assert value(inner) == "xy"
    assert place(inner).path == "Body/a/b"
    assert place(message.body, "c/d").path == "Body/a/c/d"
    assert place(inner).line == 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('application/soap+xml;charset=UTF-8;action="urn:a;b"', ("application/soap+xml", "UTF-8", "urn:a;b")),
        ("application/soap+xml ; Action=urn:a", ("application/soap+xml", "", "urn:a")),
        ("text/xml", ("text/xml", "", "")),
        (";;;", ("", "", "")),
    ],
)
def test_content_types(header: str, expected: tuple[str, str, str]) -> None:
    media = read_content_type(header)
    assert (media.type, media.charset, media.action) == expected


@given(ANY)
def test_any_content_type_is_read(header: str) -> None:
    check_content_type(header)


def test_a_long_text_is_read_and_depth_stays_bounded() -> None:
    """A PDF of 8 MB in base64 is one text of more than 10 MB."""
    assert len(parse(b"<a>" + b"x" * 10_100_000 + b"</a>").text or "") == 10_100_000
    for many in (1_000, 1_700_000):
        with pytest.raises(BadXml) as bad:
            parse(b"<a>" * many + b"</a>" * many)
        assert "depth" in bad.value.detail.lower()
        assert "HUGE" not in bad.value.detail
