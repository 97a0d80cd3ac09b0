"""An API Pro Santé Connectée: token exchange over mutual TLS, the bound token, the protected calls."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mocks.psc import exchange
from norms.oidc import binding
from norms.oidc.discovery import EXCHANGE_GRANT
from tests.psc_kit import CLIENT, PEER, Provider, Reply, claims

OTHER = replace(PEER, common_name="AUTRE", subject="CN=AUTRE", sha256="cd" * 32)
TYPE = "urn:ietf:params:oauth:token-type:access_token"


def swap(psc: Provider, access: str, peer: object = PEER, **changes: str) -> Reply:
    form = {
        "grant_type": EXCHANGE_GRANT,
        "client_id": CLIENT,
        "subject_token": access,
        "subject_token_type": TYPE,
        "scope": "echo",
        "cnf": binding.ans(PEER.sha256),
    }
    return psc.call("psc_api", "POST", exchange.TOKEN, form=form | changes, peer=peer)  # type: ignore[arg-type]


def echo(psc: Provider, token: str, peer: object = PEER) -> Reply:
    return psc.call("psc_api", "GET", "/api/echo", token=token, peer=peer)  # type: ignore[arg-type]


def test_a_psc_token_becomes_an_api_token(psc: Provider) -> None:
    tokens = psc.login("dr-verveine")
    got = swap(psc, tokens["access_token"])
    assert {"token_type": "Bearer", "expires_in": 14400, "scope": "echo", "issued_token_type": TYPE}.items() <= (
        got.json.items()
    )
    told = claims(got.json["access_token"])
    assert told["SubjectNameID"] == "899700900022"
    assert told["iss"] == "https://127.0.0.1:18448/realms/signsessiondata"
    assert told["cnf"]["x5t#S256"] == binding.ans(PEER.sha256)
    assert len(told["cnf"]["x5t#S256"]) == 88
    answer = echo(psc, got.json["access_token"])
    assert (answer.status, answer.json["SubjectNameID"]) == (200, "899700900022")
    assert answer.exchange.thread == got.exchange.thread == psc.userinfo(tokens).exchange.thread
    inspect = {"token": got.json["access_token"], "client_id": CLIENT}
    introspected = psc.call("psc_api", "POST", exchange.INTROSPECTION, form=inspect, peer=PEER)
    assert introspected.json["active"] is True


@pytest.mark.parametrize("form", ["ans", "rfc"])
def test_both_forms_of_the_fingerprint_are_understood(psc: Provider, form: str) -> None:
    psc.switch(cnf_form=form)
    write = {"ans": binding.ans, "rfc": binding.rfc}[form]
    access = psc.login()["access_token"]
    for cnf in (write(PEER.sha256), json.dumps({"x5t#S256": write(PEER.sha256)})):
        got = swap(psc, access, cnf=cnf)
        assert claims(got.json["access_token"])["cnf"]["x5t#S256"] == write(PEER.sha256)
        told = next(f for f in got.exchange.findings if f.rule == "OIDC-EXCHANGE-04")
        assert told.found == {"ans": "ANS", "rfc": "RFC 8705"}[form]


@pytest.mark.parametrize(
    ("changes", "error", "rule"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type", "OIDC-TOKEN-08"),
        ({"subject_token": ""}, "invalid_request", "OIDC-EXCHANGE-01"),
        ({"subject_token_type": ""}, "invalid_request", "OIDC-EXCHANGE-01"),
        ({"scope": ""}, "invalid_request", "OIDC-EXCHANGE-01"),
        ({"cnf": ""}, "invalid_request", "OIDC-EXCHANGE-01"),
        ({"cnf": "x" * 43}, "invalid_request", "OIDC-EXCHANGE-03"),
        ({"cnf": "[1]"}, "invalid_request", "OIDC-EXCHANGE-03"),
        ({"cnf": binding.ans("cd" * 32)}, "invalid_request", "OIDC-EXCHANGE-03"),
        ({"subject_token_type": "saml"}, "invalid_request", "OIDC-EXCHANGE-07"),
        ({"scope": "echo ordonnances"}, "invalid_scope", "OIDC-EXCHANGE-06"),
        ({"subject_token": "unknown"}, "invalid_request", "OIDC-BEARER-02"),
        ({"client_id": "nobody"}, "invalid_client", "OIDC-TOKEN-02"),
        ({"client_id": "segur-web"}, "invalid_client", "OIDC-EXCHANGE-09"),
    ],
)
def test_exchanges_that_are_refused(psc: Provider, changes: dict[str, str], error: str, rule: str) -> None:
    reply = swap(psc, psc.login()["access_token"], **changes)
    assert reply.error == error
    assert rule in reply.rules


def test_the_exchange_wants_the_registered_certificate(psc: Provider) -> None:
    access = psc.login()["access_token"]
    assert swap(psc, access, None).rules == ["OIDC-EXCHANGE-02"]
    assert swap(psc, access, OTHER).rules == ["OIDC-EXCHANGE-09"]


def test_a_refreshed_token_is_exchanged_again(psc: Provider) -> None:
    tokens = psc.login()
    psc.later(121)
    late = swap(psc, tokens["access_token"])
    assert (late.error, late.rules[-1]) == ("invalid_request", "OIDC-BEARER-02")
    assert swap(psc, psc.refresh(tokens).json["access_token"]).status == 200


def test_the_api_token_is_bound_scoped_and_mortal(psc: Provider) -> None:
    tokens = psc.login()
    token = swap(psc, tokens["access_token"]).json["access_token"]
    assert echo(psc, token, OTHER).rules == ["OIDC-EXCHANGE-05"]
    assert echo(psc, token, None).rules == ["OIDC-EXCHANGE-05"]
    direct = echo(psc, tokens["access_token"])
    assert (direct.status, direct.rules) == (401, ["OIDC-EXCHANGE-08"])
    narrow = echo(psc, swap(psc, tokens["access_token"], scope="contexte").json["access_token"])
    assert (narrow.status, narrow.error, narrow.rules) == (403, "insufficient_scope", ["OIDC-EXCHANGE-06"])
    for junk in ("", "x", "a.b.c", "e30.e30.e30"):
        assert echo(psc, junk).status == 401
    psc.later(600)
    assert echo(psc, token).status == 200, "it outlives the PSC token"
    psc.logout(id_token_hint=tokens["id_token"])
    assert echo(psc, token).status == 401, "but not the session"


def test_session_data_is_signed(psc: Provider) -> None:
    token = swap(psc, psc.login()["access_token"]).json["access_token"]
    data = {"nationalId": "8", "clientID": CLIENT, "proxy_session_id": "p", "session_state": "s"}

    def sign(body: bytes) -> Reply:
        return psc.call("psc_api", "POST", "/signsessiondata", body=body, token=token, peer=PEER)

    signed = sign(json.dumps(data).encode()).json
    assert claims(signed.pop("signature")) == signed == data
    assert sign(b"{}").rules == ["OIDC-PROXY-01"]
    assert sign(b"nonsense").rules == ["OIDC-PROXY-01"]
