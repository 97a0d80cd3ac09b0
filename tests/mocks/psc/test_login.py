"""The code flow, from the authorization request to userinfo."""

from __future__ import annotations

import base64
import hashlib

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from norms.oidc import discovery
from norms.oidc.person import ACTIVITY_KEYS
from tests.psc_kit import BACK, CLIENT, PEER, SECRET, Provider, claims


def test_a_login_gives_tokens_that_another_library_verifies(psc: Provider) -> None:
    page = psc.authorize(nonce="n-0S6_WzA2Mj-0S6_WzA2Mj", state="af0ifjsldkj-af0ifjsldkj")
    back = psc.choose(page)
    assert back.headers["location"].startswith(f"{BACK}?code=")
    assert back.back["state"] == "af0ifjsldkj-af0ifjsldkj"
    tokens = psc.exchange(back.back["code"])
    issuer = back.back["iss"]
    keys = KeySet.import_key_set(psc.call("psc", "GET", discovery.JWKS).json)
    read = jwt.decode(tokens.json["id_token"], keys, algorithms=["RS256"])
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": CLIENT}, exp={"essential": True}
    )
    registry.validate(read.claims)
    assert read.claims["nonce"] == "n-0S6_WzA2Mj-0S6_WzA2Mj"
    assert read.claims["sub"] == "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700900014"
    assert read.claims["SubjectNameID"] == "899700900014"
    half = hashlib.sha256(tokens.json["access_token"].encode()).digest()[:16]
    assert read.claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert jwt.decode(tokens.json["access_token"], keys, algorithms=["RS256"]).claims["authMode"] == "CARD"
    assert "aud" not in claims(tokens.json["access_token"])
    assert tokens.headers["cache-control"] == "no-store"
    assert {"expires_in": 120, "refresh_expires_in": 1800, "token_type": "Bearer"}.items() <= tokens.json.items()


def test_one_thread_joins_a_login(psc: Provider) -> None:
    page = psc.authorize()
    back = psc.choose(page)
    tokens = psc.exchange(back.back["code"])
    kept = [page, back, tokens, psc.userinfo(tokens.json), psc.refresh(tokens.json)]
    kept.append(psc.logout(id_token_hint=tokens.json["id_token"], post_logout_redirect_uri="http://localhost:8080/"))
    assert len({reply.exchange.thread for reply in kept}) == 1
    assert kept[0].exchange.thread
    assert [reply.exchange.operation for reply in kept] == [
        "authorization",
        "login",
        "token:authorization_code",
        "userinfo",
        "token:refresh_token",
        "logout",
    ]


def test_pkce_is_checked_in_both_methods(psc: Provider) -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    s256 = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = psc.code(code_challenge=s256, code_challenge_method="S256")
    assert psc.exchange(code, code_verifier=verifier).status == 200
    page = psc.authorize(code_challenge=verifier)
    assert page.rules == ["OIDC-PKCE-02"]
    assert psc.exchange(psc.choose(page).back["code"], code_verifier=verifier).status == 200


def test_a_living_session_needs_no_second_authentication(psc: Provider) -> None:
    first = psc.choose(psc.authorize())
    cookie = first.headers["set-cookie"].split(";")[0]
    second = psc.authorize(cookie=cookie)
    assert second.status == 302
    sid = {claims(psc.exchange(reply.back["code"]).json["id_token"])["sid"] for reply in (first, second)}
    assert len(sid) == 1
    assert psc.authorize(cookie=cookie, prompt="login").status == 200
    psc.later(600)
    assert psc.authorize(cookie=cookie, max_age="60").status == 200
    assert psc.authorize(cookie=cookie, max_age="6000").status == 302
    psc.later(1801)
    assert psc.authorize(cookie=cookie).status == 200, "idle for 30 minutes"


def test_without_a_session_prompt_none_is_told_so(psc: Provider) -> None:
    assert psc.authorize(prompt="none").error == "login_required"
    psc.switch(auto_login="dr-romarin")
    assert psc.authorize(prompt="none").error == "login_required"


def test_the_professional_may_be_named_by_identifier_or_refuse(psc: Provider) -> None:
    page = psc.authorize()
    back = psc.choose(page, "", identifier="3990000317/CPET00001")
    assert claims(psc.exchange(back.back["code"]).json["id_token"])["SubjectNameID"] == "3990000317/CPET00001"
    assert psc.choose(psc.authorize(), "", deny="1").error == "access_denied"
    page = psc.authorize()
    again = psc.choose(page, "nobody")
    assert (again.status, again.exchange.outcome) == (400, "unknown-professional")
    assert psc.choose(again).status == 302, "the request still waits"
    assert psc.choose(again).status == 400, "and is used once"


def test_auto_login_needs_no_page(psc: Provider) -> None:
    psc.switch(auto_login="secretaire-menthe")
    tokens = psc.exchange(psc.authorize().back["code"]).json
    assert claims(tokens["access_token"])["authMode"] == "MOBILE", "this person has no card"


def test_a_pushed_request_is_named_at_the_authorization_endpoint(psc: Provider) -> None:
    pushed = psc.call("psc", "POST", discovery.PUSHED, form=psc.asked(), auth=(CLIENT, SECRET))
    assert pushed.status == 201
    target = f"/auth?client_id={CLIENT}&request_uri={pushed.json['request_uri']}"
    page = psc.call("psc_auth", "GET", target)
    assert psc.exchange(psc.choose(page).back["code"]).status == 200
    again = psc.call("psc_auth", "GET", target)
    assert (again.status, again.rules) == (400, ["OIDC-AUTHZ-15"])
    refused = psc.call("psc", "POST", discovery.PUSHED, form=psc.asked(acr_values=None), auth=(CLIENT, SECRET))
    assert (refused.error, refused.rules) == ("invalid_request", ["OIDC-TOKEN-09", "OIDC-AUTHZ-04", "OIDC-PKCE-01"])


@pytest.mark.parametrize(
    ("auth", "form", "peer", "method"),
    [
        ((CLIENT, SECRET), {}, None, "client_secret_basic"),
        (None, {"client_id": CLIENT, "client_secret": SECRET}, None, "client_secret_post"),
        (None, {"client_id": CLIENT}, PEER, "tls_client_auth"),
    ],
)
def test_a_client_proves_who_it_is(psc: Provider, auth, form, peer, method: str) -> None:  # type: ignore[no-untyped-def]
    reply = psc.token(auth=auth, peer=peer, grant_type="authorization_code", code=psc.code(), redirect_uri=BACK, **form)
    assert reply.status == 200
    assert reply.exchange.facts["client_auth"] == method
    assert ("OIDC-TOKEN-09" in reply.rules) == (peer is None)


def test_a_secret_is_form_encoded_in_the_basic_header(psc: Provider) -> None:
    code = psc.code(client_id="segur-web")
    auth = ("segur-web", "segur+web%3Asecret%26%2B%25")
    assert psc.token(auth=auth, grant_type="authorization_code", code=code, redirect_uri=BACK).status == 200


def test_userinfo_has_every_key_of_every_activity(psc: Provider) -> None:
    told = psc.userinfo(psc.login("double-serpolet")).json
    practices = told["SubjectRefPro"]["exercices"]
    assert [row["codeProfession"] for row in practices] == ["50", "60"]
    assert {row["nomDexercice"] for row in practices} == {"SERPOLET-LARGE"} != {told["family_name"]}
    for row in practices:
        for activity in row["activities"]:
            assert tuple(activity) == ACTIVITY_KEYS
            assert all(isinstance(value, str) for value in activity.values())
    assert len(psc.userinfo(psc.login("dr-verveine")).json["SubjectRefPro"]["exercices"][0]["activities"]) == 3
    nobody = psc.userinfo(psc.login("sans-role-ortie")).json
    assert not {"SubjectRefPro", "SubjectRole", "SubjectOrganization"} & set(nobody)
    assert psc.userinfo(psc.login("edit-origan")).json["otherIds"][0]["origine"] == "EDIT"


def test_userinfo_by_post_and_as_a_signed_token(psc: Provider) -> None:
    tokens = psc.login()
    posted = psc.call("psc", "POST", discovery.USERINFO, form={"access_token": tokens["access_token"]})
    assert posted.json["SubjectNameID"] == "899700900014"
    psc.switch(userinfo="jwt")
    signed = psc.userinfo(tokens)
    assert signed.headers["content-type"] == "application/jwt"
    keys = KeySet.import_key_set(psc.call("psc", "GET", discovery.JWKS).json)
    assert jwt.decode(signed.text, keys).claims["aud"] == CLIENT


def test_discovery_is_at_its_own_path(psc: Provider) -> None:
    document = psc.call("psc", "GET", discovery.DISCOVERY).json
    assert document["authorization_endpoint"] == "https://127.0.0.1:18446/auth"
    assert document["acr_values_supported"] == ["0", "0"]
    assert document["token_endpoint_auth_methods_supported"][0] == "private_key_jwt"
    standard = psc.call("psc", "GET", discovery.STANDARD)
    assert (standard.status, standard.rules) == (404, ["OIDC-DISCOVERY-01"])
    psc.switch(discovery_standard=True)
    assert psc.call("psc", "GET", discovery.STANDARD).json == document
    psc.switch(stale_hosts=True)
    assert "bas.esw" in psc.call("psc", "GET", discovery.DISCOVERY).json["authorization_endpoint"]


def test_two_sessions_bound_by_client_do_not_see_each_other(psc: Provider) -> None:
    mine = psc.sessions.open("mine", {"client_id": ["segur-web"]})
    mine.switches.set({"psc.acr": "eidas3"})
    tokens = psc.login()
    auth = ("segur-web", "segur+web%3Asecret%26%2B%25")
    code = psc.code(client_id="segur-web")
    other = psc.token(auth=auth, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert other.exchange.session == mine.id
    assert (claims(tokens["id_token"])["acr"], claims(other.json["id_token"])["acr"]) == ("eidas1", "eidas3")
    assert psc.userinfo(other.json).exchange.session == mine.id
