"""RP-initiated logout, and the other clients of the login told by the back channel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from norms.oidc import discovery, jws
from tests.psc_kit import BACK, CLIENT, Provider, claims

HOME = "http://localhost:8080/"


def test_logout_ends_the_session_and_goes_back(psc: Provider) -> None:
    first = psc.choose(psc.authorize())
    cookie = first.headers["set-cookie"].split(";")[0]
    tokens = psc.exchange(first.back["code"]).json
    out = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="back-again")
    assert (out.status, out.headers["location"]) == (302, f"{HOME}?state=back-again")
    assert out.exchange.outcome == "logged-out"
    assert psc.userinfo(tokens).status == 401
    assert psc.refresh(tokens).error == "invalid_grant"
    assert psc.introspect(tokens["access_token"]) == {"active": False}
    assert psc.authorize(cookie=cookie).status == 200, "the next login asks again"


def test_logout_by_post_without_an_address_to_go_back_to(psc: Provider) -> None:
    tokens = psc.login()
    psc.later(7200)
    out = psc.call("psc", "POST", discovery.LOGOUT, form={"id_token_hint": tokens["id_token"]})
    assert (out.status, out.exchange.outcome) == (200, "logged-out"), "an expired id token is a good hint"
    assert "<h1>" in out.text


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"id_token_hint": "junk"}, "OIDC-LOGOUT-03"),
        ({"id_token_hint": jws.write_unsigned({"azp": CLIENT})}, "OIDC-LOGOUT-03"),
    ],
)
def test_a_hint_that_is_not_ours(psc: Provider, query: dict[str, str], rule: str) -> None:
    out = psc.logout(**query)
    assert (out.status, out.rules) == (400, [rule])


def test_an_address_that_is_not_registered_leaves_the_session_open(psc: Provider) -> None:
    tokens = psc.login()
    out = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME + "elsewhere")
    assert (out.status, out.rules) == (400, ["OIDC-LOGOUT-02"])
    assert psc.userinfo(tokens).status == 200
    tampered = tokens["id_token"][:-4] + "AAAA"
    assert psc.logout(id_token_hint=tampered).rules == ["OIDC-LOGOUT-03"]


def test_without_a_hint_the_professional_is_asked(psc: Provider) -> None:
    first = psc.choose(psc.authorize())
    tokens = psc.exchange(first.back["code"]).json
    cookie = first.headers["set-cookie"].split(";")[0]
    page = psc.logout()
    assert (page.status, page.rules, page.exchange.outcome) == (200, ["OIDC-LOGOUT-01"], "confirmation")
    assert psc.userinfo(tokens).status == 200
    done = psc.call("psc", "POST", discovery.LOGOUT, form={"confirm": "1"}, headers={"cookie": cookie})
    assert done.exchange.outcome == "logged-out"
    assert psc.userinfo(tokens).status == 401


@pytest.fixture
def told() -> Iterator[tuple[str, list[str]]]:
    """A client that listens for back-channel logouts."""
    received: list[str] = []

    class Client(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            received.append(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Client)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/out", received
    server.shutdown()
    server.server_close()


def test_the_other_clients_are_told(psc: Provider, told: tuple[str, list[str]]) -> None:
    url, received = told
    psc.session.world.patch("clients", "segur-web", {"backchannel_logout_uri": url})
    first = psc.choose(psc.authorize())
    cookie = first.headers["set-cookie"].split(";")[0]
    tokens = psc.exchange(first.back["code"]).json
    assert psc.authorize(cookie=cookie, client_id="segur-web").status == 302
    psc.logout(id_token_hint=tokens["id_token"])
    assert len(received) == 1
    token = jws.read(received[0])
    assert token.header["typ"] == "logout+jwt"
    assert (token.claims["aud"], token.claims["sid"]) == ("segur-web", claims(tokens["id_token"])["sid"])
    assert list(token.claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
    assert "nonce" not in token.claims
    kept = next(x for x in psc.hub.journal.list() if x.operation == "backchannel-logout")
    assert (kept.status, kept.outcome, kept.target) == (200, "told", url)


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://example.invalid/out", "not-loopback"),
        ("http://127.0.0.1:9/out", "unreachable: ConnectError"),
        ("http://localhost:bad/out", "unreachable"),
    ],
)
def test_a_client_that_cannot_be_told_changes_nothing(psc: Provider, url: str, outcome: str) -> None:
    psc.session.world.patch("clients", CLIENT, {"backchannel_logout_uri": url})
    tokens = psc.login()
    out = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME)
    assert (out.status, BACK) != (500, "")
    assert psc.userinfo(tokens).status == 401
    kept = next(x for x in psc.hub.journal.list() if x.operation == "backchannel-logout")
    assert kept.outcome.startswith(outcome)
