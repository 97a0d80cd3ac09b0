"""What a client does wrong: the OAuth error that the norm asks for, and a finding that says the rule and the fix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.oidc import discovery
from norms.oidc.requests import MAX_STATE
from tests.psc_kit import BACK, CLIENT, FORM, SECRET, Provider, Reply


def speaks(reply: Reply, rule: str) -> None:
    """The finding is there, with its fix in both languages."""
    found = next(finding for finding in reply.exchange.findings if finding.rule == rule)
    assert all(found.message(lang) and found.fix(lang) for lang in ("fr", "en"))


@pytest.mark.parametrize(
    ("changes", "error", "rule"),
    [
        ({"response_type": "token"}, "unsupported_response_type", "OIDC-AUTHZ-01"),
        ({"response_type": None}, "unsupported_response_type", "OIDC-AUTHZ-01"),
        ({"response_type": "code id_token"}, "unsupported_response_type", "OIDC-AUTHZ-01"),
        ({"scope": "openid"}, "invalid_scope", "OIDC-AUTHZ-02"),
        ({"scope": None}, "invalid_scope", "OIDC-AUTHZ-02"),
        ({"acr_values": None}, "invalid_request", "OIDC-AUTHZ-04"),
        ({"acr_values": None, "acr": "eidas1"}, "invalid_request", "OIDC-AUTHZ-05"),
        ({"acr_values": "eidas2"}, "invalid_request", "OIDC-AUTHZ-06"),
        ({"state": None}, "invalid_request", "OIDC-AUTHZ-07"),
        ({"nonce": None}, "invalid_request", "OIDC-AUTHZ-08"),
        ({"nonce": ""}, "invalid_request", "OIDC-AUTHZ-08"),
        ({"nonce": "n" * (MAX_STATE + 1)}, "invalid_request", "OIDC-AUTHZ-11"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request", "OIDC-PKCE-03"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request", "OIDC-PKCE-03"),
        ({"code_challenge_method": "S256"}, "invalid_request", "OIDC-PKCE-03"),
        ({"request": "e30.e30.", "scope": None}, "request_not_supported", "OIDC-AUTHZ-16"),
        ({"request_uri": "https://lps.invalid/ask.jwt"}, "request_uri_not_supported", "OIDC-AUTHZ-17"),
    ],
)
def test_authorization_requests(psc: Provider, changes: dict[str, str | None], error: str, rule: str) -> None:
    reply = psc.authorize(**changes)
    assert (reply.status, reply.error) == (302, error)
    assert reply.headers["location"].startswith(BACK)
    assert reply.back.get("state", "") == (reply.exchange.target.partition("state=")[2].partition("&")[0])
    assert reply.back["error_description"].isascii()
    speaks(reply, rule)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"redirect_uri": BACK + "/"}, "OIDC-AUTHZ-03"),
        ({"redirect_uri": "https://evil.invalid/"}, "OIDC-AUTHZ-03"),
        ({"redirect_uri": None}, "OIDC-AUTHZ-03"),
        ({"redirect_uri": BACK.replace("8080", "8081")}, "OIDC-AUTHZ-03"),
        ({"client_id": "nobody"}, "OIDC-AUTHZ-12"),
        ({"client_id": None}, "OIDC-AUTHZ-12"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:none"}, "OIDC-AUTHZ-15"),
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_known(
    psc: Provider, changes: dict[str, str | None], rule: str
) -> None:
    reply = psc.authorize(**changes)
    assert reply.status == 400
    assert "location" not in reply.headers
    speaks(reply, rule)
    assert reply.exchange.findings[0].fix("fr").split("{")[0][:20] in reply.text.replace("&#39;", "'")


def test_a_megabyte_of_state_is_refused_and_not_sent_back(psc: Provider) -> None:
    reply = psc.call("psc_auth", "POST", "/auth", form=psc.asked(state="s" * 1_000_000))
    assert reply.error == "invalid_request"
    assert "state" not in reply.back
    assert len(reply.headers["location"]) < 2000
    speaks(reply, "OIDC-AUTHZ-11")
    assert len(reply.exchange.findings[0].found) < 400


def test_a_parameter_given_twice(psc: Provider) -> None:
    target = "/auth?" + "&".join(f"{k}={v.replace(' ', '+')}" for k, v in psc.asked().items()) + "&state=another"
    speaks(psc.call("psc_auth", "GET", target), "OIDC-AUTHZ-10")
    reply = psc.token(grant_type="refresh_token", refresh_token="x")
    twice = psc.call("psc", "POST", discovery.TOKEN, form=[("grant_type", "a"), ("grant_type", "b")])
    assert (reply.error, twice.error) == ("invalid_grant", "invalid_request")
    speaks(twice, "OIDC-AUTHZ-10")
    assert psc.call("psc_auth", "GET", "/auth?" + "a=b&" * 300).status == 400


def test_state_and_nonce_serve_once(psc: Provider) -> None:
    assert psc.authorize(state="s" * 22, nonce="n" * 22).status == 200
    for changes in ({"state": "s" * 22}, {"nonce": "n" * 22}):
        reply = psc.authorize(**changes)
        assert reply.error == "invalid_request"
        speaks(reply, "OIDC-AUTHZ-14")


def test_the_login_page_in_a_frame(psc: Provider) -> None:
    reply = psc.authorize(headers={"sec-fetch-dest": "iframe"})
    assert reply.error == "invalid_request"
    speaks(reply, "OIDC-AUTHZ-13")
    page = psc.authorize(headers={"sec-fetch-dest": "document"})
    assert (page.status, page.headers["x-frame-options"]) == (200, "DENY")


def test_a_lenient_provider_only_notes(psc: Provider) -> None:
    psc.switch(strict=False)
    reply = psc.authorize(acr_values=None, state=None, nonce=None)
    assert reply.status == 200
    assert {"OIDC-AUTHZ-04", "OIDC-AUTHZ-07", "OIDC-AUTHZ-08"} <= set(reply.rules)
    tokens = psc.exchange(psc.choose(reply).back["code"]).json
    assert psc.userinfo(tokens).status == 200


def test_a_code_serves_once_and_takes_back_what_it_gave(psc: Provider) -> None:
    code = psc.code()
    tokens = psc.exchange(code).json
    replayed = psc.exchange(code)
    assert (replayed.status, replayed.error) == (400, "invalid_grant")
    speaks(replayed, "OIDC-TOKEN-03")
    assert psc.userinfo(tokens).status == 401
    assert psc.refresh(tokens).error == "invalid_grant"


def test_a_code_that_a_refusal_spent_is_not_told_as_exchanged(psc: Provider) -> None:
    code = psc.code(code_challenge="x" * 43, code_challenge_method="S256")
    speaks(psc.exchange(code, code_verifier="v" * 43), "OIDC-PKCE-04")
    for _ in range(2):
        again = psc.exchange(code, code_verifier="v" * 43)
        assert again.error == "invalid_grant"
        speaks(again, "OIDC-TOKEN-11")
        assert "OIDC-TOKEN-03" not in again.rules
        assert "OIDC-PKCE-04" in again.exchange.findings[-1].message("fr")


@pytest.mark.parametrize(
    ("form", "error", "rule"),
    [
        ({"redirect_uri": BACK + "/"}, "invalid_grant", "OIDC-TOKEN-05"),
        ({"redirect_uri": ""}, "invalid_grant", "OIDC-TOKEN-05"),
        ({"code_verifier": "v" * 43}, "invalid_grant", "OIDC-PKCE-04"),
        ({"code": "unknown"}, "invalid_grant", "OIDC-TOKEN-04"),
        ({"code": ""}, "invalid_grant", "OIDC-TOKEN-04"),
        ({"grant_type": "password"}, "unsupported_grant_type", "OIDC-TOKEN-08"),
        ({"grant_type": ""}, "unsupported_grant_type", "OIDC-TOKEN-08"),
    ],
)
def test_token_requests(psc: Provider, form: dict[str, str], error: str, rule: str) -> None:
    reply = psc.exchange(psc.code(), **form)
    assert (reply.status, reply.error) == (400, error)
    speaks(reply, rule)


def test_a_challenge_asks_for_its_verifier(psc: Provider) -> None:
    for form in ({}, {"code_verifier": "v" * 43}, {"code_verifier": "é" * 43}):
        reply = psc.exchange(psc.code(code_challenge="x" * 43, code_challenge_method="S256"), **form)
        assert reply.error == "invalid_grant"
        speaks(reply, "OIDC-PKCE-04")


def test_a_code_is_its_clients_and_lives_a_minute(psc: Provider) -> None:
    code = psc.code()
    other = psc.token(
        auth=("segur-web", "segur+web%3Asecret%26%2B%25"), grant_type="authorization_code", code=code, redirect_uri=BACK
    )
    assert other.error == "invalid_grant"
    psc.later(61)
    speaks(psc.exchange(code), "OIDC-TOKEN-04")


def test_a_form_of_the_wrong_type(psc: Provider) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "", "text/plain"):
        reply = psc.call(
            "psc", "POST", discovery.TOKEN, body=b'{"grant_type":"authorization_code"}', headers={"content-type": kind}
        )
        assert (reply.status, reply.error) == (400, "invalid_request")
        speaks(reply, "OIDC-TOKEN-01")
    assert psc.call("psc", "GET", discovery.TOKEN).status == 405


@pytest.mark.parametrize(
    ("auth", "form", "status"),
    [
        ((CLIENT, "wrong"), {}, 401),
        (("nobody", SECRET), {}, 401),
        ((CLIENT, ""), {}, 401),
        (("segur-mtls", ""), {}, 401),
        (("segur-mtls", "anything"), {}, 401),
        (None, {}, 400),
        (None, {"client_id": CLIENT}, 400),
        (None, {"client_id": CLIENT, "client_secret": "wrong"}, 400),
        (None, {"client_id": CLIENT, "client_assertion": "e30.e30.", "client_assertion_type": "jwt-bearer"}, 400),
    ],
)
def test_a_client_that_is_not_authenticated(
    psc: Provider, auth: tuple[str, str] | None, form: dict[str, str], status: int
) -> None:
    reply = psc.token(auth=auth, grant_type="authorization_code", code="x", **form)
    assert (reply.status, reply.error) == (status, "invalid_client")
    assert ("www-authenticate" in reply.headers) == (status == 401)
    speaks(reply, "OIDC-TOKEN-02")


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic ////", "Bearer x", "Basic " + "A" * 5000])
def test_unreadable_client_credentials(psc: Provider, header: str) -> None:
    kind = {"authorization": header, "content-type": FORM}
    reply = psc.call("psc", "POST", discovery.TOKEN, body=b"grant_type=refresh_token", headers=kind)
    assert (reply.status, reply.error) == (401, "invalid_client")


def test_a_secret_in_the_address(psc: Provider) -> None:
    target = f"{discovery.TOKEN}?client_secret={SECRET}"
    reply = psc.call("psc", "POST", target, form={"grant_type": "refresh_token"}, auth=(CLIENT, SECRET))
    speaks(reply, "OIDC-TOKEN-10")


@pytest.mark.parametrize("token", ["", "not-a-token", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é"])
def test_userinfo_wants_a_living_token(psc: Provider, token: str) -> None:
    reply = psc.call("psc", "GET", discovery.USERINFO, headers={"authorization": f"Bearer {token}".encode().decode()})
    assert (reply.status, reply.error) == (401, "invalid_token")
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


@given(st.binary(max_size=300))
def test_no_body_brings_the_provider_down(body: bytes) -> None:
    shared = Provider()
    for path in (discovery.TOKEN, discovery.CIBA, discovery.REVOCATION, discovery.PUSHED, discovery.LOGOUT):
        reply = shared.call("psc", "POST", path, body=body, headers={"content-type": FORM})
        assert reply.status in (200, 302, 400, 401)
    for path in ("/auth", "/auth/login"):
        assert shared.call("psc_auth", "POST", path, body=body, headers={"content-type": FORM}).status == 400
    for path in ("/connect", "/share", "/signsessiondata"):
        reply = shared.call("psc_api", "PUT" if path == "/share" else "POST", path, body=body)
        assert reply.status in (400, 401, 403, 404)
