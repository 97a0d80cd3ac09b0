"""What must not be accepted, and how it is said: the fault where it is known, a finding always, never a traceback."""

from __future__ import annotations

import re
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms.instant import write_utc
from tests import insi_kit as kit
from tests.insi_bench import SOAP, Bench

GOOD = kit.message(kit.traits()).decode()


def fresh(text: str = GOOD) -> str:
    """The message with identifiers not used before and the present time."""
    text = re.sub(r"uuid:[0-9a-f-]{36}", f"uuid:{uuid.uuid4()}", text)
    text = re.sub(r"(<([bl]):Id>)[0-9a-f-]{36}", lambda m: f"{m[1]}{uuid.uuid4()}", text)
    return re.sub(r"(:Temps>)[^<]+", lambda m: m[1] + write_utc(time.time()), text)


def changed(pattern: str, into: str) -> bytes:
    text, count = re.subn(pattern, into, fresh(), flags=re.S)
    assert count
    return text.encode()


# What is sent -> first finding, fault code (SOAP subcode/code).
MESSAGES = {
    "nothing": (b"", "SOAP-XML-01", "siram_10/desir_xx"),
    "not XML": (b'{"a": 1}', "SOAP-XML-01", "siram_10/desir_xx"),
    "binary": (bytes(range(256)), "SOAP-XML-01", "siram_10/desir_xx"),
    "cut": (GOOD[: len(GOOD) // 2].encode(), "SOAP-XML-01", "siram_10/desir_xx"),
    "DTD": (b"<!DOCTYPE x []>" + GOOD.encode(), "SOAP-XML-02", "siram_10/desir_xx"),
    "entities": (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        "SOAP-XML-02",
        "siram_10/desir_xx",
    ),
    "external entity": (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        "SOAP-XML-02",
        "siram_10/desir_xx",
    ),
    "DTD in UTF-16": ("<!DOCTYPE x []><x/>".encode("utf-16"), "SOAP-XML-02", "siram_10/desir_xx"),
    "deep": (b"<a>" * 5000 + b"</a>" * 5000, "SOAP-XML-01", "siram_10/desir_xx"),
    "other root": (b"<html/>", "SOAP-ENV-01", "siram_10/desir_xx"),
    "SOAP 1.1": (
        GOOD.replace("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/").encode(),
        "SOAP-ENV-02",
        "VersionMismatch",
    ),
    "no body": (re.sub(r"<s:Body>.*</s:Body>", "", GOOD).encode(), "SOAP-ENV-03", "siram_10/desir_xx"),
    "body first": (
        re.sub(r"(<s:Header>.*</s:Header>)(<s:Body>.*</s:Body>)", r"\2\1", GOOD).encode(),
        "SOAP-ENV-03",
        "siram_10/desir_xx",
    ),
    "empty body": (re.sub(r"<s:Body>.*</s:Body>", "<s:Body/>", GOOD).encode(), "SOAP-ENV-04", "siram_10/desir_xx"),
    "two bodies": (GOOD.replace("</s:Body>", "<x/></s:Body>").encode(), "SOAP-ENV-04", "siram_10/desir_xx"),
    "must understand": (
        GOOD.replace("</s:Header>", '<x:Y xmlns:x="urn:x" s:mustUnderstand="1"/></s:Header>').encode(),
        "SOAP-HDR-01",
        "MustUnderstand",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(insi: Bench, name: str) -> None:
    body, rule, outcome = MESSAGES[name]
    reply = insi.call(body)
    assert reply.status == 500
    assert reply.rules[0] == rule
    assert reply.exchange.outcome == outcome
    assert reply.fault.code == (outcome if "/" not in outcome else "Sender")
    assert reply.exchange.request_body == body
    finding = reply.exchange.findings[0]
    assert finding.message("fr")
    assert finding.fix("en")
    if name == "cut":
        assert finding.where.line
    assert b"Traceback" not in reply.body


def test_a_header_for_somebody_else_need_not_be_understood(insi: Bench) -> None:
    block = '<x:Y xmlns:x="urn:x" s:mustUnderstand="true" s:role="urn:other"/>'
    assert insi.call(fresh(GOOD.replace("</s:Header>", f"{block}</s:Header>")).encode()).result.code == "00"


def test_fifty_megabytes(insi: Bench) -> None:
    reply = insi.call(GOOD.replace("ADRUN", "A" * 50_000_000).encode())
    assert (reply.status, reply.exchange.outcome, reply.rules) == (413, "too-large", ["HTTP-BODY-01"])
    assert len(reply.exchange.request_body) <= 2_000_000


@pytest.mark.parametrize(
    ("content_type", "status", "rules"),
    [
        ("text/xml; charset=utf-8", 415, ["SOAP-CT-01"]),
        ("", 415, ["SOAP-CT-01"]),
        ('multipart/related; type="application/xop+xml"', 415, ["SOAP-CT-01"]),
        ("application/soap+xml", 200, []),
        ("Application/SOAP+XML;charset=UTF-8", 200, []),
        (f'application/soap+xml; charset=utf-8; action="{kit.TRAITS_ACTION}"', 200, []),
        ('application/soap+xml; action="urn:other"', 200, ["SOAP-WSA-03"]),
        ("application/soap+xml; charset=iso-8859-1", 200, ["SOAP-CT-02"]),
    ],
)
def test_content_types(insi: Bench, content_type: str, status: int, rules: list[str]) -> None:
    reply = insi.call(fresh().encode(), content_type=content_type)
    assert (reply.status, reply.rules) == (status, rules)


@pytest.mark.parametrize(("method", "target", "status"), [("PUT", "/lps", 405), ("POST", "/other", 404)])
def test_other_routes(insi: Bench, method: str, target: str, status: int) -> None:
    assert insi.call(fresh().encode(), method=method, target=target).status == status


# pattern replaced, by what -> the rule, fault when strict (empty: answered), answered when lenient
HEADERS = [
    (r"<a:Action>.*?</a:Action>", "", "INSI-ACT-01", "siram_10/desir_xx", False),
    (r"(<a:Action>.*?</a:Action>)", r"\1\1", "SOAP-WSA-01", "siram_10/desir_xx", True),
    (r"rechercherInsAvecTraits", "chercher", "INSI-ACT-01", "siram_10/desir_xx", False),
    (r"rechercherInsAvecTraitsIdentite", "rechercherInsAvecCarteVitale", "INSI-ACT-03", "siram_10/desir_xx", False),
    (r"<a:MessageID>.*?</a:MessageID>", "", "INSI-MID-01", "siram_10/desir_xx", True),
    (r"uuid:[0-9a-f]", "uuid:zz", "INSI-MID-02", "siram_10/desir_xx", True),
    (r"<a:MessageID>uuid:", "<a:MessageID>urn:uuid:", "INSI-MID-03", "", True),
    (r"<b:ContexteBAM.*</b:ContexteBAM>", "", "INSI-CTX-01", "siram_10/desir_xx", True),
    (r"<l:ContexteLPS.*</l:ContexteLPS>", "", "INSI-CTX-01", "siram_10/desir_xx", True),
    (r"(<b:ContexteBAM.*</b:ContexteBAM>)", r"\1\1", "INSI-CTX-11", "siram_10/desir_xx", True),
    (r'Version="01_02"', 'Version="01_00"', "INSI-CTX-02", "siram_10/desir_xx", True),
    (r'Version="01_00"', 'Version="1.00.00"', "INSI-CTX-02", "siram_10/desir_xx", True),
    (r'Nature="CTXLPS"', 'Nature="CTXBAM"', "INSI-CTX-12", "", True),
    (r"<b:COUVERTURE/>", "", "INSI-XSD-03", "siram_10/desir_xx", True),
    (r"<b:Id>[^<]*", "<b:Id>1", "INSI-CTX-05", "siram_10/desir_xx", True),
    (r"<b:Temps>[^<]*", "<b:Temps>2026-01-01 10:00", "INSI-CTX-06", "siram_10/desir_xx", True),
    (r"<b:Temps>[^<]*", "<b:Temps>2026-01-01T10:00:00+01:00", "INSI-CTX-06", "siram_10/desir_xx", True),
    (r"<l:Emetteur>[^<]*", "<l:Emetteur>other", "INSI-CTX-08", "siram_10/desir_xx", True),
    (r":Emetteur>[^<]*", ":Emetteur>199999999", "INSI-CTX-09", "siram_10/desir_xx", True),
    (r"<[bl]:Emetteur>[^<]*</[bl]:Emetteur>", "", "INSI-CTX-10", "", True),
    (r"(<b:Id>[^<]*</b:Id>)(<b:Temps>[^<]*</b:Temps>)", r"\2\1", "INSI-XSD-02", "siram_10/desir_xx", True),
    (r"<l:LPS>.*</l:LPS>", "", "INSI-XSD-03", "siram_10/desir_xx", True),
    (r"<l:IDAM.*</l:IDAM>", "", "INSI-XSD-03", "siram_10/desir_xx", True),
    (r'R="4">[^<]*', 'R="4">', "INSI-LPS-02", "siram_10/desir_xx", True),
    (r'R="4"', 'R="1"', "INSI-LPS-03", "siram_10/desir_xx", True),
    (r'R="4"', 'R="04"', "INSI-LPS-04", "", True),
    (r"<l:Version>[^<]*", "<l:Version>", "INSI-LPS-05", "siram_10/desir_xx", True),
    (r"<l:Instance>[^<]*", "<l:Instance>poste-12", "INSI-LPS-06", "siram_10/desir_xx", True),
    (r"urn:lps:essai:1.0", "essai", "INSI-LPS-07", "siram_10/desir_xx", True),
    (r"urn:lps:essai:1.0", "urn:lps:", "INSI-LPS-07", "siram_10/desir_xx", True),
    (r"<b:COUVERTURE/>", "<b:COUVERTURE/><b:Autre/>", "INSI-XSD-01", "siram_10/desir_xx", True),
]


@pytest.mark.parametrize(("pattern", "into", "rule", "outcome", "lenient"), HEADERS)
def test_headers(insi: Bench, pattern: str, into: str, rule: str, outcome: str, lenient: bool) -> None:
    reply = insi.call(changed(pattern, into))
    assert rule in reply.rules
    assert reply.exchange.outcome == (outcome or "00")
    if outcome:
        assert reply.status == 500
        assert rule in reply.error.text
        placed = next(f for f in reply.exchange.findings if f.rule == rule).where
        assert placed.path or rule == "INSI-ACT-01"
    insi.switch(mode="lenient")
    again = insi.call(changed(pattern, into))
    assert rule in again.rules
    assert (again.status == 200) is lenient


@pytest.mark.parametrize("seconds", [3600, -3600, -7200])
def test_clock_off_by_an_hour(insi: Bench, seconds: int) -> None:
    body = kit.message(kit.traits(), header=kit.contexts(now=time.time() + seconds))
    reply = insi.call(body)
    assert reply.rules == ["INSI-CTX-07", "INSI-CTX-07"]
    assert reply.status == 500
    said = reply.exchange.findings[0].message("en")
    assert f"{seconds:+d}" in said or f"{seconds - 1:+d}" in said
    insi.switch(clock_tolerance_s=8000)
    assert insi.call(kit.message(kit.traits(), header=kit.contexts(now=time.time() + seconds))).result.code == "00"


def test_the_bench_clock_does_not_move_what_the_software_says(insi: Bench) -> None:
    insi.session.clock.offset = 86_400.0
    assert insi.traits().rules == []


def test_reuse_of_identifiers(insi: Bench) -> None:
    body = kit.message(kit.traits())
    assert insi.call(body).rules == []
    again = insi.call(body)
    assert again.rules == ["INSI-MID-04", "INSI-CTX-14", "INSI-CTX-14"]
    assert again.result.code == "00"
    insi.session.reset()
    assert insi.call(body).rules == []


def test_remembered_identifiers_are_bounded() -> None:
    from mocks.insi.state import REMEMBERED, InsiState

    state = InsiState()
    assert not any(state.used_before(str(n)) for n in range(REMEMBERED + 10))
    assert not state.used_before("3")  # forgotten
    assert state.used_before(str(REMEMBERED))


BODIES = [
    ((None, "ZOE", "F", "1975-12-31"), "INSI-REQ-01", "siram_10/insi_19"),
    (("", "ZOE", "F", "1975-12-31"), "INSI-REQ-01", "siram_10/insi_19"),
    (("ADRUN", "ZOE", None, "1975-12-31"), "INSI-REQ-02", "siram_10/insi_24"),
    (("ADRUN", "ZOE", "", "1975-12-31"), "INSI-REQ-02", "siram_10/insi_24"),
    (("ADRUN", "ZOE", "I", "1975-12-31"), "INSI-REQ-02", "siram_10/insi_24"),
    (("ADRUN", "ZOE", "f", "1975-12-31"), "INSI-REQ-02", "siram_10/insi_24"),
    (("ADRUN", None, "F", "1975-12-31"), "INSI-REQ-03", "siram_10/insi_xx"),
    (("ADRUN", "ZOE", "F", None), "INSI-REQ-04", "siram_10/insi_xx"),
    (("ADRUN", "ZOE", "F", "31/12/1975"), "INSI-REQ-05", "siram_10/insi_xx"),
    (("ADRUN", "ZOE", "F", "1975-12-31", "632"), "INSI-REQ-06", "siram_10/insi_xx"),
    (("ADRUN", "ZOE", "F", "1975-02-31"), "INSI-REQ-07", "01"),
    (("Adrun", "ZOE", "F", "1975-12-31"), "INS-LEX-01", "siram_10/insi_xx"),
    (("D’AEION", "COEUR", "M", "1987-01-01"), "INS-LEX-01", "siram_10/insi_xx"),
    (("ADRUN", "ZOÉ", "F", "1975-12-31"), "INS-LEX-01", "siram_10/insi_xx"),
    (("-ADRUN", "ZOE", "F", "1975-12-31"), "INS-LEX-02", "siram_10/insi_xx"),
    (("ADRUN  B", "ZOE", "F", "1975-12-31"), "INS-LEX-03", "siram_10/insi_xx"),
]


@pytest.mark.parametrize(("traits", "rule", "outcome"), BODIES)
def test_bodies(insi: Bench, traits: tuple[str | None, ...], rule: str, outcome: str) -> None:
    reply = insi.traits(*traits)
    assert rule in reply.rules
    assert reply.exchange.outcome == outcome
    assert next(f for f in reply.exchange.findings if f.rule == rule).where.path.startswith("Body/RECSANSVITALE/")


def test_bodies_out_of_order_unknown_and_repeated(insi: Bench) -> None:
    body = kit.traits().replace("<r:Sexe>F</r:Sexe>", "").replace("<r:Prenom>", "<r:Sexe>F</r:Sexe><r:Prenom>")
    reply = insi.call(kit.message(body))
    assert (reply.rules, reply.exchange.outcome) == (["INSI-XSD-02"], "siram_10/insi_xx")
    reply = insi.call(kit.message(kit.traits().replace("<r:Sexe>", "<r:Genre/><r:Sexe>")))
    assert reply.rules == ["INSI-XSD-01"]
    reply = insi.call(kit.message(kit.traits().replace("<r:Sexe>", "<r:Sexe/><r:Sexe>")))
    assert "INSI-XSD-04" in reply.rules
    reply = insi.call(kit.message(kit.traits().replace("<r:Sexe>", "<Sexe xmlns=''>F</Sexe><r:Sexe>")))
    assert reply.rules == ["INSI-XSD-01"]


def test_header_blocks_in_any_order(insi: Bench) -> None:
    text = fresh()
    head = re.search(r"<s:Header>(.*)</s:Header>", text, re.S)
    assert head is not None
    blocks = re.findall(
        r"<a:\w+>.*?</a:\w+>|<b:Contexte.*?</b:ContexteBAM>|<l:Contexte.*?</l:ContexteLPS>", head[1], re.S
    )
    assert len(blocks) == 4
    reply = insi.call(
        text.replace(
            head[1], "<!-- -->".join(reversed(blocks)) + "<a:To xmlns:a='http://www.w3.org/2005/08/addressing'>x</a:To>"
        ).encode()
    )
    assert (reply.result.code, reply.rules) == ("00", [])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_answered(data: st.DataObject) -> None:
    """Bytes of a good message, changed anywhere: an answer that is SOAP, an exchange, never a crash."""
    insi = Bench.shared()
    raw = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=3))
    reply = insi.call(bytes(raw), content_type=SOAP)
    assert reply.status in (200, 500)
    assert reply.exchange.outcome != "bench-error"
    assert reply.inside is not None


MANY = 60_000
HOSTILE = {
    "elements in the body": kit.traits().replace("</r:RECSANSVITALE>", "<x/>" * MANY + "</r:RECSANSVITALE>"),
    "given names": kit.traits().replace("<r:Prenom>", "<r:Prenom/>" * MANY + "<r:Prenom>"),
    "characters in a name": kit.traits("a" * 1_500_000),
    "comments": kit.traits().replace("ADRUN", "A<!---->" * MANY),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_answered_with_few_findings(insi: Bench, name: str) -> None:
    reply = insi.call(kit.message(HOSTILE[name]))
    assert reply.status in (200, 500)
    assert reply.exchange.outcome != "bench-error"
    assert len(reply.rules) < 100
    assert max(len(fact) for fact in reply.exchange.facts.values()) <= 300


HOSTILE_HEADERS = {
    "blocks": '<x:a xmlns:x="urn:x"/>' * MANY,
    "blocks to understand": '<x:a xmlns:x="urn:x" s:mustUnderstand="1"/>' * (MANY // 2),
    "contexts": '<b:ContexteBAM xmlns:b="urn:siram:bam:ctxbam"/>' * (MANY // 2),
    "assertions": f'<w:Security xmlns:w="{kit.WSSE}">' + f'<Assertion xmlns="{kit.SAML}"/>' * 20_000 + "</w:Security>",
    "attributes": f'<w:Security xmlns:w="{kit.WSSE}"><Assertion xmlns="{kit.SAML}"><AttributeStatement>'
    + '<Attribute Name="x"/>' * MANY
    + "</AttributeStatement></Assertion></w:Security>",
    "issuer": f'<w:Security xmlns:w="{kit.WSSE}"><Assertion xmlns="{kit.SAML}"><Issuer>{"CN=a," * MANY}</Issuer>'
    "</Assertion></w:Security>",
}


@pytest.mark.parametrize("name", HOSTILE_HEADERS)
@pytest.mark.parametrize("listener", ["insi_ps", "insi_tlsm"])
def test_hostile_headers_are_answered_with_few_findings(insi: Bench, name: str, listener: str) -> None:
    reply = insi.call(kit.message(kit.traits(), extra=HOSTILE_HEADERS[name]), listener=listener)
    assert reply.status in (200, 500)
    assert reply.exchange.outcome != "bench-error"
    assert len(reply.rules) < 100
