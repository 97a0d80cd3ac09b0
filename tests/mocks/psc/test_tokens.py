"""Lives of tokens and sessions, all on the session's clock; introspection and revocation."""

from __future__ import annotations

import time

import pytest

from mocks.grants import Grants, Recent
from norms.oidc import discovery
from tests.psc_kit import CLIENT, SECRET, Provider, claims


def test_an_access_token_lives_two_minutes_and_is_refreshed(psc: Provider) -> None:
    tokens = psc.login()
    psc.later(119)
    assert psc.userinfo(tokens).status == 200
    psc.later(2)
    late = psc.userinfo(tokens)
    assert (late.status, late.rules) == (401, ["OIDC-BEARER-02"])
    again = psc.refresh(tokens).json
    assert psc.userinfo(again).status == 200
    assert claims(again["id_token"])["sid"] == claims(tokens["id_token"])["sid"]
    assert abs(claims(again["id_token"])["iat"] - time.time()) < 60, "the dates in tokens are the wall clock's"


def test_a_refresh_token_serves_once(psc: Provider) -> None:
    tokens = psc.login()
    again = psc.refresh(tokens).json
    reused = psc.refresh(tokens)
    assert (reused.error, reused.rules[-1]) == ("invalid_grant", "OIDC-TOKEN-06")
    assert psc.refresh(again).error == "invalid_grant", "the whole grant is taken back"
    psc.switch(rotation=False)
    tokens = psc.login()
    assert [psc.refresh(tokens).status for _ in range(3)] == [200, 200, 200]


def test_a_session_ends_after_thirty_idle_minutes_or_four_hours(psc: Provider) -> None:
    psc.switch(refresh_life_s=100_000)
    tokens = psc.login()
    psc.later(1801)
    assert "session over" in psc.refresh(tokens).json["error_description"]
    tokens = psc.login()
    for _ in range(9):
        psc.later(1500)
        tokens = psc.refresh(tokens).json
    psc.later(1000)
    assert psc.refresh(tokens).error == "invalid_grant", "4 h since the authentication"


def test_a_refresh_token_lives_half_an_hour(psc: Provider) -> None:
    psc.switch(refresh_life_s=60)
    tokens = psc.login()
    psc.later(61)
    assert "expired" in psc.refresh(tokens).json["error_description"]
    psc.switch(refresh_refused=True)
    assert "refused" in psc.refresh(psc.login()).json["error_description"]


def test_a_refresh_token_is_its_clients(psc: Provider) -> None:
    tokens = psc.login()
    other = psc.token(
        auth=("segur-web", "segur+web%3Asecret%26%2B%25"),
        grant_type="refresh_token",
        refresh_token=tokens["refresh_token"],
    )
    assert other.error == "invalid_grant"
    assert psc.token(grant_type="refresh_token", refresh_token=tokens["access_token"]).error == "invalid_grant"


def test_introspection_names_the_professional_for_access_tokens_only(psc: Provider) -> None:
    tokens = psc.login()
    access, refresh = psc.introspect(tokens["access_token"]), psc.introspect(tokens["refresh_token"])
    assert (access["active"], access["SubjectNameID"], access["username"]) == (True, "899700900014", "899700900014")
    assert refresh["active"] is True
    assert "SubjectNameID" not in refresh
    assert psc.introspect("unknown") == {"active": False}
    psc.later(121)
    assert psc.introspect(tokens["access_token"]) == {"active": False}
    psc.switch(introspection_inactive=True)
    assert psc.introspect(psc.login()["access_token"]) == {"active": False}
    assert psc.call("psc", "POST", discovery.INTROSPECTION, form={"token": "x"}).error == "invalid_client"


def test_revocation_of_a_refresh_token_ends_the_grant(psc: Provider) -> None:
    def revoke(value: str) -> int:
        return psc.call("psc", "POST", discovery.REVOCATION, form={"token": value}, auth=(CLIENT, SECRET)).status

    tokens = psc.login()
    assert revoke(tokens["access_token"]) == 200
    assert psc.userinfo(tokens).status == 401
    again = psc.refresh(tokens).json
    assert revoke(again["refresh_token"]) == 200
    assert (psc.userinfo(again).status, psc.refresh(again).error) == (401, "invalid_grant")
    assert revoke("unknown") == 200
    assert psc.call("psc", "POST", discovery.REVOCATION, form={"token": "x"}).error == "invalid_client"


@pytest.mark.parametrize("acr", ["eidas1", "eidas2", "eidas3", "absent"])
def test_the_acr_returned_may_not_be_the_one_asked(psc: Provider, acr: str) -> None:
    psc.switch(acr=acr)
    assert claims(psc.login()["id_token"]).get("acr", "absent") == acr


def test_other_services_accept_the_tokens_without_knowing_the_provider(psc: Provider) -> None:
    tokens = psc.login("infirmier-thym")
    grants, now = psc.session.state("grants", Grants), psc.session.clock.now()
    token, reason = grants.bearer(tokens["access_token"], now)
    assert token
    assert (token.grant.login.national_id, reason) == ("899700900097", "")
    assert grants.bearer(tokens["refresh_token"], now) == (None, "unknown")
    assert grants.bearer(tokens["access_token"], now + 121) == (None, "expired")
    psc.logout(id_token_hint=tokens["id_token"])
    assert grants.bearer(tokens["access_token"], now) == (None, "session over")


def test_what_is_remembered_is_bounded() -> None:
    table: Recent[int] = Recent(3)
    for n in range(10):
        table[str(n)] = n
    assert [*table.values()] == [7, 8, 9]
    table["8"] = 80
    assert [*table.items()] == [("7", 7), ("8", 80), ("9", 9)]


def test_one_authentication_time_for_a_whole_session(psc: Provider) -> None:
    tokens = psc.login()
    psc.later(600)
    assert claims(psc.refresh(tokens).json["id_token"])["auth_time"] == claims(tokens["id_token"])["auth_time"]
