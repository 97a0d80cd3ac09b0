"""CIBA in poll mode, and the e-CPS that answers."""

from __future__ import annotations

import pytest

from mocks.journal.redact import redact
from norms.oidc import discovery
from norms.oidc.discovery import CIBA_GRANT
from tests.psc_kit import CLIENT, SECRET, Provider, Reply, claims

ASKED = {
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "login_hint": "899700900014",
    "binding_message": "07",
    "channel": "MOBILE",
}


def ask(psc: Provider, **changes: str) -> Reply:
    return psc.call("psc", "POST", discovery.CIBA, form=ASKED | changes, auth=(CLIENT, SECRET))


def poll(psc: Provider, request: str) -> Reply:
    return psc.token(grant_type=CIBA_GRANT, auth_req_id=request)


def answer(psc: Provider, request: str, decision: str, **headers: str) -> Reply:
    form = {"request": request, "decision": decision}
    return psc.call("psc_wallet", "POST", "/requests", form=form, headers=headers)


def test_the_professional_approves_on_another_device(psc: Provider) -> None:
    asked = ask(psc)
    request = asked.json["auth_req_id"]
    assert {"expires_in": 120, "interval": 5}.items() <= asked.json.items()
    assert poll(psc, request).error == "authorization_pending"
    shown = psc.call("psc_wallet", "GET", "/requests").json["requests"]
    assert [(row["binding_message"], row["national_id"], row["client"]) for row in shown] == [
        ("07", "899700900014", CLIENT)
    ]
    page = psc.call("psc_wallet", "GET", "/")
    assert "07" in page.text
    assert shown[0]["request"] in page.text
    approved = answer(psc, shown[0]["request"], "approve")
    psc.later(5)
    tokens = poll(psc, request)
    assert tokens.status == 200
    assert claims(tokens.json["access_token"])["authMode"] == "MOBILE"
    assert asked.exchange.thread == approved.exchange.thread == tokens.exchange.thread
    assert psc.userinfo(tokens.json).exchange.thread == asked.exchange.thread
    assert psc.refresh(tokens.json).status == 200
    psc.later(5)
    over = poll(psc, request)
    assert (over.error, over.rules[-1]) == ("invalid_grant", "OIDC-CIBA-05")
    assert request not in "".join(repr(redact(exchange)) for exchange in psc.hub.journal.list())


def test_the_card_is_the_other_channel(psc: Provider) -> None:
    psc.switch(ciba="approve", ciba_polls=0)
    assert claims(poll(psc, ask(psc, channel="CARD").json["auth_req_id"]).json["access_token"])["authMode"] == "CARD"


def test_polling_too_fast_slows_down(psc: Provider) -> None:
    request = ask(psc).json["auth_req_id"]
    assert poll(psc, request).error == "authorization_pending"
    psc.later(3)
    fast = poll(psc, request)
    assert (fast.error, fast.rules[-1]) == ("slow_down", "OIDC-CIBA-04")
    psc.later(6)
    assert poll(psc, request).error == "slow_down", "10 s now"
    psc.later(16)
    assert poll(psc, request).error == "authorization_pending"


def test_a_refusal_and_an_expiry_are_told_once(psc: Provider) -> None:
    refused = ask(psc).json["auth_req_id"]
    answer(psc, refused, "deny")
    late = ask(psc).json["auth_req_id"]
    assert poll(psc, refused).error == "access_denied"
    psc.later(121)
    assert poll(psc, late).error == "expired_token"
    psc.later(20)
    assert {poll(psc, refused).error, poll(psc, late).error} == {"invalid_grant"}


@pytest.mark.parametrize(("script", "error"), [("approve", ""), ("deny", "access_denied"), ("expire", "expired_token")])
def test_a_switch_answers_in_the_professional_s_place(psc: Provider, script: str, error: str) -> None:
    psc.switch(ciba=script, ciba_polls=1)
    request = ask(psc).json["auth_req_id"]
    first = poll(psc, request)
    psc.later(5)
    last = first if script == "expire" else poll(psc, request)
    assert first.error == ("expired_token" if script == "expire" else "authorization_pending")
    assert last.json.get("error", "") == error


@pytest.mark.parametrize(
    ("changes", "error", "rule"),
    [
        ({"login_hint": ""}, "invalid_request", "OIDC-CIBA-01"),
        ({"login_hint": "899700999999"}, "unknown_user_id", "OIDC-CIBA-06"),
        ({"binding_message": "123"}, "invalid_binding_message", "OIDC-CIBA-02"),
        ({"binding_message": ""}, "invalid_binding_message", "OIDC-CIBA-02"),
        ({"binding_message": "٠٧"}, "invalid_binding_message", "OIDC-CIBA-02"),
        ({"channel": "SMS"}, "invalid_request", "OIDC-CIBA-03"),
        ({"channel": ""}, "invalid_request", "OIDC-CIBA-03"),
        ({"scope": "openid"}, "invalid_scope", "OIDC-AUTHZ-02"),
        ({"acr_values": ""}, "invalid_request", "OIDC-AUTHZ-04"),
    ],
)
def test_requests_that_are_refused(psc: Provider, changes: dict[str, str], error: str, rule: str) -> None:
    reply = ask(psc, **changes)
    assert (reply.status, reply.error) == (400, error)
    assert rule in reply.rules
    said = str(reply.json["error_description"])
    assert "?" not in said or not "".join(changes.values()).isascii()  # our own words are in ASCII


def test_only_clients_that_may(psc: Provider) -> None:
    auth = ("segur-web", "segur+web%3Asecret%26%2B%25")
    reply = psc.call("psc", "POST", discovery.CIBA, form=ASKED, auth=auth)
    assert (reply.error, reply.rules[-1]) == ("unauthorized_client", "OIDC-CIBA-07")
    assert psc.call("psc", "POST", discovery.CIBA, form=ASKED).error == "invalid_client"
    request = ask(psc).json["auth_req_id"]
    other = psc.token(auth=auth, grant_type=CIBA_GRANT, auth_req_id=request)
    assert (other.error, other.rules[-1]) == ("invalid_grant", "OIDC-CIBA-08")


def test_the_phone_answers_to_its_own_pages_only(psc: Provider) -> None:
    request = ask(psc).json["auth_req_id"]
    assert answer(psc, request, "approve", origin="https://evil.invalid").status == 403
    assert answer(psc, request, "approve", origin="null").status == 403  # a sandboxed frame's, never our page's
    assert answer(psc, request, "perhaps").status == 404
    assert answer(psc, "unknown", "approve").status == 404
    own = answer(psc, request, "approve", origin="https://127.0.0.1:18447", accept="text/html,*/*")
    assert (own.status, own.headers["location"]) == (303, "/")
    assert answer(psc, request, "deny").status == 404, "answered once"


def test_each_session_has_its_own_phone(psc: Provider) -> None:
    mine = psc.sessions.open("mine", {"port": ["20007"], "client_id": [CLIENT]})
    request = ask(psc)
    assert request.exchange.session == mine.id
    own = psc.call("psc_wallet", "GET", "/requests", port=20007).json["requests"]
    shared = psc.call("psc_wallet", "GET", "/requests").json["requests"]
    assert own == shared, "the shared phone shows everybody's"
    other = psc.sessions.open("other", {"port": ["20008"]})
    assert psc.call("psc_wallet", "GET", "/requests", port=20008).json["requests"] == []
    assert other.id != mine.id
    assert answer(psc, request.json["auth_req_id"], "approve").exchange.session == mine.id
