"""Layers of an exchange: what is in it is found, and whatever is in it nothing breaks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.journal import Exchange, Kind
from mocks.journal.content import FACT, LAYERS, SHOWN, Content
from mocks.journal.decode import Layer, layers

Make = Callable[..., Exchange]


def b64u(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


TOKEN = f"{b64u({'alg': 'RS256', 'kid': 'k1'})}.{b64u({'sub': 'f:é', 'SubjectNameID': '899700000017'})}.c2lnbmF0dXJl"


def certificate(common_name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 10, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def soap(inside: str, header: str = "") -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<s:Header><a:Action>urn:act</a:Action><a:MessageID>uuid:1</a:MessageID>{header}</s:Header>"
        f"<s:Body>{inside}</s:Body></s:Envelope>"
    ).encode()


def every(found: list[Layer]) -> Iterator[Layer]:
    for layer in found:
        yield layer
        yield from every(list(layer.inner))


def kinds(found: list[Layer]) -> list[str]:
    return [layer.kind for layer in every(found)]


def test_a_soap_call_over_mutual_tls(make: Make) -> None:
    found = layers(
        make(
            request_body=soap("<r:RECSANSVITALE xmlns:r='urn:r'><r:Nom>ADRUN</r:Nom></r:RECSANSVITALE>"),
            response_body=soap(
                "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>"
                "<s:Reason><s:Text xml:lang='fr'>insi_101</s:Text></s:Reason></s:Fault>"
            ),
            status=500,
        )
    )
    tls, request, response = found
    assert dict(tls.facts)["version"] == "TLSv1.3"
    assert dict(tls.facts)["subject"] == "CN=INSI-AUTO,O=Éditeur"
    assert (request.name, response.name) == ("POST /lps", "500 Internal Server Error")
    assert dict(request.facts)["host"] == "localhost:18442"
    [envelope] = request.inner
    assert dict(envelope.facts) == {
        "version": "1.2",
        "Action": "urn:act",
        "MessageID": "uuid:1",
        "Body": "RECSANSVITALE",
    }
    assert "\n <r:RECSANSVITALE" in envelope.text
    assert "\n  <r:Nom>ADRUN</r:Nom>\n" in envelope.text
    assert envelope.inner[0].name == "Header"
    assert [value for key, value in response.inner[0].facts if key == "Fault"] == ["s:Receiver", "insi_101"]


def test_a_refused_handshake_shows_what_tls_told(make: Make) -> None:
    assert kinds(layers(make(kind=Kind.HANDSHAKE, method="", target="", status=0))) == ["tls"]


def test_what_base64_wraps_inside_xml_is_found() -> None:
    document = base64.b64encode(b"<ClinicalDocument><title>Compte rendu</title></ClinicalDocument>").decode()
    carried = base64.b64encode(soap(f"<Doc>{document}</Doc>")).decode()
    der = base64.b64encode(certificate("PROFESSIONNEL DE TEST")).decode()
    found = Content().read(soap(f"<x>{carried}</x>", f"<Cert>\n{der[:76]}\n{der[76:]}\n</Cert>"))
    assert kinds(found) == ["soap", "xml", "certificate", "soap", "xml", "xml"]
    read = {layer.name: layer for layer in every(found)}
    assert "Compte rendu" in read["Doc"].text
    assert dict(read["Cert"].facts)["subject"] == "CN=PROFESSIONNEL DE TEST"
    assert len(found[0].inner[0].text) < 600, "long base64 is shortened where it stands"


def test_tokens_wherever_they_are(make: Make) -> None:
    form = f"grant_type=urn%3Aexchange&subject_token={TOKEN}&empty=".encode()
    exchange = make(
        target=f"/authorize?id_token_hint={TOKEN}",
        request_headers=[
            ("authorization", f"Bearer {TOKEN}"),
            ("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
        ],
        request_body=form,
        response_headers=[("content-type", "application/json")],
        response_body=json.dumps({"id_token": TOKEN, "expires_in": 120}).encode(),
    )
    _, request, response = layers(exchange)
    assert kinds([request]) == ["request", "jwt", "jwt", "form", "jwt"]
    assert kinds([response]) == ["response", "json", "jwt"]
    token = response.inner[0].inner[0]
    assert dict(token.facts)["alg"] == "RS256"
    assert '"sub": "f:é"' in token.text
    assert dict(request.inner[2].facts) == {"grant_type": "urn:exchange", "subject_token": TOKEN, "empty": ""}


def test_an_encrypted_token_shows_its_header_only() -> None:
    word = f"{b64u({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a2V5.aXY.dGV4dA.dGFn"
    [layer] = Content().tokens("t", [word])
    assert (dict(layer.facts), layer.text) == ({"alg": "RSA-OAEP", "enc": "A256GCM"}, "")


@pytest.mark.parametrize(
    ("data", "media_type", "kind", "seen"),
    [
        (b"<a><b></a>", "application/xml", "text", "<a><b></a>"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "", "text", "ENTITY"),
        (b'{"a": [1, ', "application/json", "text", '{"a"'),
        (b"[" * 200_000, "application/json", "text", "[[["),
        (b"\x00\x01\x02PK", "application/zip", "bytes", "00 01 02 50 4b"),
        ("état".encode("latin-1"), "text/plain; charset=ISO-8859-1", "text", "état"),
        ("état".encode("latin-1"), "text/plain", "text", "état"),
        (b"abc", "text/plain; charset=no-such", "text", "abc"),
        (b"<html><p>Erreur", "text/html", "text", "Erreur"),
        (b"\x1b[2Jgone\x07", "text/plain", "text", "\\x1b[2Jgone\\x07"),
        ("a\u202eb".encode(), "text/plain", "text", "a\\x202eb"),
        (b"\x30\x82\x00\x05oops", "", "bytes", "30 82"),
        ("<a>é</a>".encode("utf-16"), "text/xml", "text", "\\xff"),
    ],
)
def test_odd_bytes_are_shown_as_they_are(data: bytes, media_type: str, kind: str, seen: str) -> None:
    [layer] = Content().read(data, media_type)
    if data[:2] == b"\xff\xfe":  # an XML reader may well take UTF-16
        assert layer.kind in ("xml", "text", "bytes")
        return
    assert layer.kind == kind
    assert seen in layer.text


def test_nothing_grows_without_bound(make: Make) -> None:
    deep = b"<x/>"
    for _ in range(30):
        deep = b"<x>" + base64.b64encode(deep.ljust(40)) + b"</x>"
        if len(deep) > 600_000:
            break
    wide = b"<r>" + b"".join(b"<x>" + base64.b64encode(b"<y>%060d</y>" % n) + b"</x>" for n in range(500)) + b"</r>"
    blanks = b"<r>" + b" " * 900_000 + b"!</r>"
    form = b"&".join(b"a%d=1" % n for n in range(50_000))
    for body in (deep, wide, blanks, form, b"<r>" + b"a" * 5_000_000, b"{" * 5_000_000, b"\xff" * 5_000_000):
        found = list(every(layers(make(request_body=body, request_headers=[("x", "y" * 100_000)]))))
        assert len(found) <= LAYERS + 3
        assert all(len(layer.text) <= SHOWN * 8 and len(layer.facts) <= 200 for layer in found)
        assert all(len(value) <= FACT * 8 for layer in found for _, value in layer.facts)


PIECES = st.sampled_from(
    [
        b"<a>",
        b"</a>",
        b"{",
        b'"k":',
        b"=",
        b"&",
        b"%FF",
        TOKEN.encode(),
        b"\x30\x82\x01",
        b"<s:Envelope xmlns:s='",
        b"http://www.w3.org/2003/05/soap-envelope'>",
        b"]]>",
        b"\xef\xbb\xbf",
        base64.b64encode(b"<a>" * 30),
        b"\n",
    ]
)
MEDIA = [
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "text/xml",
    "text/plain; charset=utf-16",
    "a/b; charset=x",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=12), st.sampled_from(MEDIA), st.text(max_size=20))
def test_nothing_is_ever_raised(make: Make, pieces: list[bytes], media_type: str, word: str) -> None:
    exchange = make(
        request_body=b"".join(pieces),
        response_body=b"".join(reversed(pieces)),
        request_headers=[("content-type", media_type), (word, word)],
        response_headers=[("Content-Type", media_type)],
        target=f"/{word}?{word}={word}&a",
        status=len(word) * 50,
    )
    for layer in every(layers(exchange)):
        assert "\x1b" not in layer.text + layer.name
        layer.text.encode()


@settings(max_examples=100)
@given(st.data())
def test_a_mutated_envelope_is_still_shown(data: st.DataObject) -> None:
    sound = soap(f"<x>{base64.b64encode(b'<CDA>' + b'a' * 60 + b'</CDA>').decode()}</x>", f"<t>{TOKEN}</t>")
    at = data.draw(st.integers(0, len(sound)))
    mutated = sound[:at] + data.draw(st.binary(max_size=4)) + sound[at + data.draw(st.integers(0, 4)) :]
    assert Content().read(mutated, "application/soap+xml")
