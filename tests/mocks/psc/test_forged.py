"""Each fault makes a token that sound clients refuse: judged by another library, and by our own reading of why."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mocks.psc.issue import ID_TOKEN_FAULTS
from norms.oidc import discovery, jws
from tests.psc_kit import CLIENT, Provider, claims

ISSUER = "https://127.0.0.1:18445/auth/realms/esante-wallet"
FORGED = sorted(set(ID_TOKEN_FAULTS) - {"none", "no_kid"})  # without a kid and with one key, a client may go on


def judge(psc: Provider, token: str, access: str, nonce: str) -> dict[str, Any]:
    """What a careful client does with an id token; raises JoseError or ValueError."""
    keys = KeySet.import_key_set(psc.call("psc", "GET", discovery.JWKS).json)
    told = jwt.decode(token, keys, algorithms=["RS256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        sub={"essential": True},
        aud={"essential": True, "value": CLIENT},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(told)
    if told["at_hash"] != jws.half_hash(access):
        raise ValueError("at_hash")
    return told


@pytest.mark.parametrize("fault", FORGED)
def test_a_careful_client_refuses(psc: Provider, fault: str) -> None:
    psc.switch(id_token=fault)
    tokens = psc.exchange(psc.code(nonce="n" * 22))
    assert tokens.exchange.facts["forged"] == fault
    with pytest.raises((JoseError, ValueError)):
        judge(psc, tokens.json["id_token"], tokens.json["access_token"], "n" * 22)


def test_the_sound_token_passes(psc: Provider) -> None:
    tokens = psc.exchange(psc.code(nonce="n" * 22))
    assert "forged" not in tokens.exchange.facts
    assert judge(psc, tokens.json["id_token"], tokens.json["access_token"], "n" * 22)["sub"]


def test_one_fault_spoils_one_thing(psc: Provider) -> None:
    sound = claims(psc.login()["id_token"])
    moving = {"iat", "exp", "auth_time", "jti", "nonce", "at_hash", "sid", "session_state"}
    for fault in FORGED:
        psc.switch(id_token=fault)
        read = jws.read(psc.login()["id_token"])
        changed = {k for k in {*sound, *read.claims} - moving if sound.get(k) != read.claims.get(k)}
        wanted = {"wrong_aud": {"aud", "azp"}, "wrong_iss": {"iss"}, "missing_sub": {"sub"}, "missing_aud": {"aud"}}
        assert changed - {"nbf"} == wanted.get(fault, set()), fault


def test_a_fault_may_be_armed_for_one_login(psc: Provider) -> None:
    psc.session.switches.arm("psc.id_token", "alg_none")
    assert jws.read(psc.login()["id_token"]).header["alg"] == "none"
    assert jws.read(psc.login()["id_token"]).header["alg"] == "RS256"


def test_a_key_rollover_is_published(psc: Provider) -> None:
    before = psc.login()
    psc.switch(key_rollover=True)
    after = psc.login()
    kids = [jws.read(tokens["id_token"]).header["kid"] for tokens in (before, after)]
    assert kids[0] != kids[1]
    published = psc.call("psc", "GET", discovery.JWKS).json
    keys = KeySet.import_key_set(published)
    assert [key["kid"] for key in published["keys"]] == kids[::-1]
    for tokens in (before, after):
        assert jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    assert psc.logout(id_token_hint=before["id_token"]).status == 200, "its tokens are still known"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("no_state", ""), ("other_state", "another"), ("normal", "same")],
)
def test_the_state_comes_back_spoiled(psc: Provider, fault: str, expected: str) -> None:
    psc.switch(authorization=fault)
    state = psc.choose(psc.authorize(state="s" * 22)).back.get("state", "")
    assert {"": "", "s" * 22: "same"}.get(state, "another") == expected


def test_the_issuer_comes_back_spoiled(psc: Provider) -> None:
    assert psc.choose(psc.authorize()).back["iss"] == ISSUER
    psc.switch(authorization="other_iss")
    assert psc.choose(psc.authorize()).back["iss"] != ISSUER
    psc.switch(authorization="no_iss")
    assert "iss" not in psc.choose(psc.authorize()).back


@pytest.mark.parametrize("fault", ["access_denied", "server_error"])
def test_the_login_fails(psc: Provider, fault: str) -> None:
    psc.switch(authorization=fault)
    back = psc.choose(psc.authorize(state="s" * 22)).back
    assert (back["error"], back["state"], "code" in back) == (fault, "s" * 22, False)


def test_userinfo_spoiled(psc: Provider) -> None:
    tokens = psc.login()
    sub = claims(tokens["id_token"])["sub"]
    for fault, wanted in (("other_sub", f"{sub}-other"), ("missing_sub", None)):
        psc.switch(userinfo=fault)
        assert psc.userinfo(tokens).json.get("sub") == wanted
    psc.switch(userinfo="no_pro_data")
    assert "SubjectRefPro" not in psc.userinfo(tokens).json
    for fault, status in (("500", 500), ("401", 401)):
        psc.switch(userinfo=fault)
        assert psc.userinfo(tokens).status == status


def test_the_token_endpoint_fails(psc: Provider) -> None:
    psc.session.switches.arm("psc.token_error", "500")
    assert psc.exchange(psc.code()).status == 500
    psc.session.switches.arm("psc.token_error", "html")
    broken = psc.exchange(psc.code())
    assert (broken.status, broken.headers["content-type"]) == (503, "text/html; charset=utf-8")


def test_a_skewed_clock_shows_in_the_tokens(psc: Provider) -> None:
    psc.switch(clock_skew_s=30)
    ahead = psc.login()
    psc.switch(clock_skew_s=-30)
    behind = psc.login()
    assert 58 <= claims(ahead["id_token"])["iat"] - claims(behind["id_token"])["iat"] <= 60
    assert psc.userinfo(ahead).status == psc.userinfo(behind).status == 200
