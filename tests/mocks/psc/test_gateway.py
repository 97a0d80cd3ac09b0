"""The Proxy e-Santé contract, and context sharing."""

from __future__ import annotations

import json

import pytest

from tests.psc_kit import CLIENT, PEER, Provider, Reply

ASKED = {"nationalId": "899700900014", "bindingMessage": "42", "clientId": CLIENT, "channel": "MOBILE"}
BAG = {"ps": {"nationalId": "899700900014"}, "patient": {"patientINS": "2751263220749"}}
CONTEXT = {"schemaId": "urn:jsonschema:fr:ans:psc:patient-info", "bag": BAG}


def connect(psc: Provider, cookie: str = "", **changes: str) -> Reply:
    body = json.dumps(ASKED | changes).encode()
    return psc.call("psc_api", "POST", "/connect", body=body, peer=PEER, headers={"cookie": cookie} if cookie else {})


def test_connect_send_disconnect_and_traces(psc: Provider) -> None:
    psc.switch(ciba="approve", ciba_polls=0)
    opened = connect(psc)
    cookie = opened.headers["set-cookie"].split(";")[0]
    assert cookie == f"proxy_session_id={opened.json['proxy_session_id']}"
    assert connect(psc, cookie).status == 304
    headers = {"cookie": cookie}
    sent = psc.call("psc_api", "PATCH", "/send/echo/a/b?c=d", body=b"x", headers=headers)
    assert (sent.json["SubjectNameID"], sent.json["path"], sent.json["method"]) == ("899700900014", "/a/b", "PATCH")
    assert sent.exchange.thread == opened.exchange.thread
    assert psc.call("psc_api", "GET", "/send/unknown/x", headers=headers).status == 502
    assert psc.call("psc_api", "DELETE", "/disconnect", headers=headers).status == 200
    again = psc.call("psc_api", "DELETE", "/disconnect", headers=headers)
    assert (again.status, again.rules) == (401, ["OIDC-PROXY-02"])
    assert psc.call("psc_api", "GET", "/send/echo/x", headers=headers).status == 401
    traces = json.loads(psc.call("psc_api", "GET", "/traces").body)
    assert [row["type"] for row in traces] == ["CONNECT_SUCCESS", "CONNECT_REPLAY", "SEND", "DISCONNECT"]
    assert traces[0]["dn"] == PEER.subject
    assert traces[2]["apiRequest"] == {"nomApiPsc": "echo", "methode": "PATCH", "path": "/a/b"}
    assert json.loads(psc.call("psc_api", "GET", "/traces?start=2999").body) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"channel": "SMS"}, 400),
        ({"bindingMessage": "1"}, 400),
        ({"nationalId": ""}, 400),
        ({"clientId": "nobody"}, 404),
        ({"nationalId": "899700999999"}, 404),
        ({"clientId": "segur-web"}, 401),
    ],
)
def test_connections_that_are_refused(psc: Provider, changes: dict[str, str], status: int) -> None:
    reply = connect(psc, **changes)
    assert (reply.status, reply.json["code"]) == (status, str(status))
    assert set(reply.json["metadata"]) <= {"nationalId", "clientId"}
    assert reply.rules


@pytest.mark.parametrize(("script", "word"), [("deny", "access_denied"), ("expire", "expired_token")])
def test_the_professional_does_not_approve(psc: Provider, script: str, word: str) -> None:
    psc.switch(ciba=script, ciba_polls=0)
    reply = connect(psc)
    assert (reply.status, word in reply.json["message"]) == (401, True)
    assert json.loads(psc.call("psc_api", "GET", "/traces").body)[0]["type"] == "CONNECT_FAILURE"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"nationalId": 5}', b"\xff"])
def test_a_body_that_is_no_request(psc: Provider, body: bytes) -> None:
    reply = psc.call("psc_api", "POST", "/connect", body=body)
    assert (reply.status, reply.rules) == (400, ["OIDC-PROXY-01"])


def test_a_proxy_session_lives_four_hours(psc: Provider) -> None:
    psc.switch(ciba="approve", ciba_polls=0)
    headers = {"cookie": connect(psc).headers["set-cookie"].split(";")[0]}
    for _ in range(9):
        psc.later(1590)
        assert psc.call("psc_api", "GET", "/send/echo/x", headers=headers).status == 200
    psc.later(1590)
    assert psc.call("psc_api", "GET", "/send/echo/x", headers=headers).status == 401


def test_one_software_shares_what_another_reads(psc: Provider) -> None:
    def share(method: str, token: str, body: object = None) -> Reply:
        return psc.call("psc_api", method, "/share", token=token, body=json.dumps(body).encode() if body else b"")

    first, second = psc.login()["access_token"], psc.login()["access_token"]
    assert share("GET", second).status == 404
    assert share("PUT", first, CONTEXT).status == 200
    assert share("GET", second).json == CONTEXT
    assert share("GET", psc.login("dr-verveine")["access_token"]).status == 404, "somebody else"
    for wrong in ({}, [], {"schemaId": "other", "bag": BAG}, CONTEXT | {"bag": {"ps": {}}}, "x"):
        reply = share("PUT", first, wrong or {"a": 1})
        assert (reply.status, reply.rules) == (400, ["OIDC-SHARE-01"])
    assert psc.call("psc_api", "GET", "/share").status == 403
    assert share("GET", "unknown").status == 401
    schemas = json.loads(psc.call("psc_api", "GET", "/discovery").body)
    assert psc.call("psc_api", "GET", f"/discovery/{schemas[0]['$id']}").json == schemas[0]
    assert psc.call("psc_api", "GET", "/discovery/other").status == 404
    psc.later(901)
    assert share("GET", psc.login()["access_token"]).status == 404, "forgotten after 15 minutes"
