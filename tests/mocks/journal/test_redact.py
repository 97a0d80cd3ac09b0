"""What leaves the journal carries no secret, wherever one may hide; what is no secret stays."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mocks.journal import Exchange, masks
from mocks.journal.redact import MARK, redact
from norms.finding import Where, find

Make = Callable[..., Exchange]
FORM = ("content-type", "application/x-www-form-urlencoded")
SECRET = "Zq7-s3cr3t.Value_42.lOnG"

relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
secrets = st.text(string.ascii_letters + string.digits + "-._~!@#$%^*+/", min_size=8, max_size=60).filter(
    lambda s: s.strip("*.") and "***" not in s
)
fields = st.sampled_from(
    [
        "access_token",
        "refresh_token",
        "client_secret",
        "password",
        "Password",
        "client_assertion",
        "api_key",
        "code_verifier",
    ]
)


def b64u(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(signature: str = "c2lnbmF0dXJlLW9mLXRoZS10b2tlbg") -> str:
    return f"{b64u({'alg': 'RS256'})}.{b64u({'sub': 'f:1', 'exp': 1})}.{signature}"


def everything(exchange: Exchange) -> str:
    """Every word of an exchange, base64 opened."""
    words = [exchange.target, *(w for pair in exchange.request_headers + exchange.response_headers for w in pair)]
    words += [exchange.request_body.decode("latin-1"), exchange.response_body.decode("latin-1")]
    words += [json.dumps(f.stored()) for f in exchange.findings] + [json.dumps(exchange.facts)]
    return "\n".join(words)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", f"Bearer {SECRET}", f"Bearer {MARK}"),
        ("Authorization", f"Basic {base64.b64encode(b'user:pass').decode()}", f"Basic {MARK}"),
        ("proxy-authorization", SECRET, MARK),
        ("authorization", f"Bearer {jwt()}", f"Bearer {jwt(MARK)}"),
        ("cookie", f"JSESSIONID={SECRET}; theme={SECRET}", f"JSESSIONID={MARK}; theme={MARK}"),
        ("set-cookie", f"sid={SECRET}; Path=/; HttpOnly", f"sid={MARK}; Path=/; HttpOnly"),
        ("X-Api-Key", SECRET, MARK),
        ("x-vault-token", SECRET, MARK),
        ("dpop", jwt(), jwt(MARK)),
        ("location", f"https://lps.test/cb?code={SECRET}&state=abc", f"https://lps.test/cb?code={MARK}&state=abc"),
        ("www-authenticate", 'Bearer realm="psc", error="invalid_token"', None),
        ("content-type", "application/soap+xml; charset=utf-8", None),
        ("user-agent", "LGC/4.2 (password manager)", None),
    ],
)
def test_headers(make: Make, name: str, value: str, shown: str | None) -> None:
    masked = redact(make(request_headers=[(name, value)], response_headers=[(name, value)]))
    assert masked.request_headers == masked.response_headers == [(name, value if shown is None else shown)]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (f'{{"access_token": "{SECRET}", "expires_in": 120}}', f'{{"access_token": "{MARK}", "expires_in": 120}}'),
        (f'{{"a": {{"password": ["{SECRET}", 12345678]}}}}', f'{{"a": {{"password": ["{MARK}", "{MARK}"]}}}}'),
        (f'{{"password": "{SECRET}', f'{{"password": "{MARK}"'),
        (f'{{"password": ["{SECRET}", "b', f'{{"password": {MARK}'),
        (f'not json "client_secret" : "{SECRET}\\"x", "b": 1', f'not json "client_secret" : "{MARK}", "b": 1'),
        (f'{{"log": "sent {{\\"password\\":\\"{SECRET}\\"}}"}}', f'{{"log": "sent {{\\"password\\":\\"{MARK}\\"}}"}}'),
        (
            f"<ds:SignatureValue Id='a'>\n{SECRET}\n</ds:SignatureValue>",
            f"<ds:SignatureValue Id='a'>{MARK}</ds:SignatureValue>",
        ),
        (f"<SignatureValue>{SECRET}", f"<SignatureValue>{MARK}"),
        (f"<w:Password Type='t'><![CDATA[{SECRET}<]]></w:Password>", f"<w:Password Type='t'>{MARK}</w:Password>"),
        (f"<user name='u' password='{SECRET}'/>", f"<user name='u' password='{MARK}'/>"),
        (
            f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----\nrest",
            f"-----BEGIN RSA PRIVATE KEY-----{MARK}-----END RSA PRIVATE KEY-----\nrest",
        ),
        (f"-----BEGIN PRIVATE KEY-----\n{SECRET}", f"-----BEGIN PRIVATE KEY-----{MARK}"),
        (f"see {jwt()} there", f"see {jwt(MARK)} there"),
        (f'{{"auth_req_id": "{SECRET}", "interval": 5}}', f'{{"auth_req_id": "{MARK}", "interval": 5}}'),
        (f'{{"to": "https://lps.test/cb?code={SECRET}"}}', f'{{"to": "https://lps.test/cb?code={MARK}"}}'),
        (f'{{"redirect_uri": "a", "code": "{SECRET}"}}', f'{{"redirect_uri": "a", "code": "{MARK}"}}'),
        ("<a href='/cb?x=1&amp;code=Sh0rt&amp;state=s'/>", f"<a href='/cb?x=1&amp;code={MARK}&amp;state=s'/>"),
        ("GET /cb#code=Sh0rt&iss=https%3A%2F%2Fpsc HTTP/1.1", f"GET /cb#code={MARK}&iss=https%3A%2F%2Fpsc HTTP/1.1"),
        (f"curl -H 'Authorization: Bearer {SECRET}'", f"curl -H 'Authorization: Bearer {MARK}'"),
    ],
)
def test_bodies(make: Make, body: str, shown: str) -> None:
    masked = redact(make(request_body=body.encode(), response_body=body.encode()))
    assert masked.request_body.decode() == masked.response_body.decode() == shown


@pytest.mark.parametrize(
    "body",
    [
        b"<saml:Assertion xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion' ID='_1'><a>1</a></saml:Assertion>",
        b'{"code": "00", "token_type": "Bearer", "error": "invalid_token", "scope": "openid"}',
        b'{"url": "/fhir/ValueSet?code=G15&name=a", "x": "code=00", "y": "/p?code=http%3A%2F%2Floinc.org%7C11502-2"}',
        b"<Password></Password><SignatureValue/><x>kept</x>",
        b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token_type=a%3Aaccess_token",
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        b"\x00\xff\xfe binary \x80 stays",
        b"",
    ],
)
def test_what_is_no_secret_stays_byte_for_byte(make: Make, body: bytes) -> None:
    exchange = make(request_body=body, target="/fhir/ValueSet?code=G15", facts={"ins": "255069999999934", "code": "00"})
    assert redact(exchange) == exchange


def test_a_form_keeps_its_shape_and_its_tokens_theirs(make: Make) -> None:
    form = f"grant_type=authorization_code&code={SECRET}&client%5Fsecret={SECRET}&id_token={jwt()}&token={SECRET}&x=1"
    masked = redact(make(request_headers=[FORM], request_body=form.encode())).request_body.decode()
    assert masked == (
        f"grant_type=authorization_code&code={MARK}&client%5Fsecret={MARK}&id_token={jwt(MARK)}&token={MARK}&x=1"
    )


def test_an_encrypted_token_keeps_its_header_only(make: Make) -> None:
    head = b64u({"alg": "RSA-OAEP", "enc": "A256GCM"})
    token = f"{head}.a2V5a2V5.aXZpdg.dGV4dA.dGFn"
    assert redact(make(request_body=token.encode())).request_body.decode() == f"{head}.{MARK}"


def test_what_base64_wraps_is_masked_inside(make: Make) -> None:
    inner = f"<a><ds:SignatureValue>{SECRET}</ds:SignatureValue></a>".encode()
    twice = base64.b64encode(b"<b>" + base64.encodebytes(inner) + b"</b>")
    masked = redact(make(request_body=b"<x>" + twice + b"</x>")).request_body
    opened = base64.b64decode(masked.removeprefix(b"<x>").removesuffix(b"</x>"))
    assert SECRET.encode() not in base64.b64decode(opened.removeprefix(b"<b>").removesuffix(b"</b>"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_other_encodings(make: Make, encoding: str) -> None:
    body = f"<é><Password>{SECRET}</Password></é>".encode(encoding)
    masked = redact(make(request_body=body)).request_body
    assert masked.decode(encoding) == f"<é><Password>{MARK}</Password></é>"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"AUTH PLAIN {SECRET}\r\nMAIL FROM:<a@b>\r\n", f"AUTH PLAIN {MARK}\r\nMAIL FROM:<a@b>\r\n"),
        (
            f"auth login\r\n{SECRET}\r\n{SECRET}\r\nDATA\r\nhello\r\n",
            f"auth login\r\n{MARK}\r\n{MARK}\r\nDATA\r\nhello\r\n",
        ),
        (f"AUTH XOAUTH2\r\n334 \r\n{SECRET}\r\n235 ok\r\nquit", f"AUTH XOAUTH2\r\n334 \r\n{MARK}\r\n235 ok\r\nquit"),
        (f"a1 AUTHENTICATE PLAIN\r\n+ \r\n{SECRET}\r\na2 NOOP", f"a1 AUTHENTICATE PLAIN\r\n+ \r\n{MARK}\r\na2 NOOP"),
        (f"a1 LOGIN alice {SECRET}\r\na2 SELECT INBOX", f"a1 LOGIN {MARK}\r\na2 SELECT INBOX"),
        (f"a1 LOGIN {{5}}\r\nalice {{19}}\r\n{SECRET}\r\na2 LIST", f"a1 LOGIN {MARK}\r\n{MARK}\r\n{MARK}\r\na2 LIST"),
        ("250-mssante.test\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n", None),
    ],
)
def test_mail_credentials(make: Make, said: str, shown: str | None) -> None:
    masked = redact(make(method="", target="", request_body=said.encode())).request_body.decode()
    assert masked == (said if shown is None else shown)


def test_findings_and_facts(make: Make) -> None:
    finding = find(
        "HTTP-ROUTE-01", expected="/x", found=f"client_secret={SECRET}", where=Where(excerpt=f"Bearer {SECRET}")
    )
    masked = redact(
        make(findings=[finding], facts={"access_token": SECRET, "note": f"password={SECRET}", "code": "00"})
    )
    assert SECRET not in everything(masked)
    assert masked.facts == {"access_token": MARK, "note": f"password={MARK}", "code": "00"}
    assert masked.findings[0].rule == "HTTP-ROUTE-01"


PLACES: list[Callable[[str, str], dict[str, Any]]] = [
    lambda name, s: {"request_headers": [("authorization", f"Bearer {s}")]},
    lambda name, s: {"request_headers": [("Cookie", f"{name}={s.replace('=', '')}")]},
    lambda name, s: {"request_headers": [FORM], "request_body": urlencode({"a": "b", name: s, "z": "é"}).encode()},
    lambda name, s: {"target": f"/p?{urlencode({name: s})}#"},
    lambda name, s: {"response_body": json.dumps({"x": [{name: s}], "y": 1}).encode()},
    lambda name, s: {"response_body": json.dumps(json.dumps({name: s})).encode()},
    lambda name, s: {"response_body": f'{{"{name}": "{s}" oops'.encode()},
    lambda name, s: {"request_body": f"<a><ds:SignatureValue>{s}</ds:SignatureValue></a>".encode()},
    lambda name, s: {"request_body": b"<x>" + base64.b64encode(f"<Password>{s}</Password>".encode()) + b"</x>"},
    lambda name, s: {"request_body": f"-----BEGIN EC PRIVATE KEY-----\n{s}\n-----END EC PRIVATE KEY-----".encode()},
    lambda name, s: {"method": "", "request_body": f"AUTH PLAIN {s}\r\nQUIT".encode()},
    lambda name, s: {"method": "", "request_body": f"a LOGIN me {s}\r\n".encode()},
    lambda name, s: {"facts": {name: s}},
]


@relaxed
@given(st.sampled_from(PLACES), fields, secrets)
def test_a_secret_is_gone_from_wherever_it_was(
    make: Make, place: Callable[[str, str], dict[str, Any]], name: str, secret: str
) -> None:
    exchange = make(**place(name, secret))
    forms = {secret, quote_plus(secret), json.dumps(secret)[1:-1]}
    assume(not any(form in everything(make(**place(name, "-"))) for form in forms))
    masked = redact(exchange)
    assert masked != exchange
    assert not any(form in everything(masked) for form in forms)
    assert redact(masked) == masked


PIECES = st.sampled_from(
    [
        "password=",
        '"password":',
        '"',
        "'",
        "\\",
        "{",
        "}",
        "<Password>",
        "</Password>",
        "<SignatureValue>",
        jwt(),
        "&",
        "AUTH PLAIN ",
        "a LOGIN x ",
        "\r\n",
        "***",
        "Bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "eyJ",
        ".",
        "=",
        "é",
    ]
)


@relaxed
@given(st.lists(PIECES | st.text(max_size=12), max_size=10), st.sampled_from(["POST", ""]), st.booleans())
def test_anything_passes(make: Make, pieces: list[str], method: str, form: bool) -> None:
    words = "".join(pieces)
    body = words.encode("utf-8", "surrogatepass")
    exchange = make(
        method=method,
        target=words,
        request_body=body,
        response_body=body[::-1],
        request_headers=[FORM] if form else [(words, words), ("authorization", words)],
        facts={words: words},
    )
    masked = redact(exchange)
    assert (masked.id, masked.status, len(masked.facts)) == (exchange.id, exchange.status, len(exchange.facts))
    redact(masked)


@given(st.binary(max_size=200))
def test_any_bytes_pass(body: bytes) -> None:
    masks.data(body, form=True)
    masks.data(body, mail=True)


def test_large_bodies_take_no_time_to_speak_of() -> None:
    for body in (
        b"a" * 3_000_000,
        b"<Password>" * 100_000,
        b'"password":' * 100_000,
        b"eyJ" * 500_000,
        b"AUTH " * 300_000,
    ):
        masks.data(body, mail=True)
