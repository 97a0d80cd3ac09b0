"""The reference software at Pro Santé Connect: logins, sessions, forged answers refused, and what each defect shows."""

from __future__ import annotations

import pytest

from harness.drive.reference.defects import catalogue
from tests.psc_desk import Desk, code

pytestmark = pytest.mark.usefixtures("waits")


def test_a_login_in_the_browser() -> None:
    desk = Desk()
    assert desk.login()["result"] == {"professional": "dr-romarin", "user": "899700900014"}
    told = desk.session
    assert (told["open"], told["mode"], told["account"]) == (True, "psc", "dr-romarin")
    assert told["situation"]["name"] == "CABINET DES TILLEULS"
    assert desk.operations() == ["discovery", "authorization", "login", "token:authorization_code", "jwks", "userinfo"]
    assert not [f.rule for x in desk.psc.hub.journal.list() for f in x.findings]


FORGED = {
    ("id_token", "wrong_nonce"): "psc-skips-nonce",
    ("id_token", "missing_nonce"): "psc-skips-nonce",
    ("id_token", "wrong_aud"): "psc-skips-audience",
    ("id_token", "missing_aud"): "psc-skips-audience",
    ("id_token", "wrong_iss"): "psc-skips-issuer",
    ("id_token", "unknown_kid"): "psc-ignores-kid",
    ("id_token", "alg_none"): "psc-accepts-unsigned",
    ("id_token", "hs256"): "psc-confuses-algorithms",
    ("id_token", "other_key"): "psc-skips-signature",
    ("id_token", "missing_iat"): "psc-skips-dates",
    ("id_token", "expired"): "psc-skips-dates",
    ("id_token", "future"): "psc-skips-dates",
    ("id_token", "wrong_at_hash"): "psc-skips-at-hash",
    ("authorization", "other_state"): "psc-skips-state",
    ("authorization", "no_state"): "psc-skips-state",
    ("userinfo", "other_sub"): "psc-skips-userinfo-subject",
    ("userinfo", "missing_sub"): "psc-skips-userinfo-subject",
}


@pytest.mark.parametrize(("switch", "fault"), [*FORGED, ("id_token", "missing_sub")])
def test_a_forged_answer_opens_no_session(switch: str, fault: str) -> None:
    desk = Desk()
    desk.psc.switch(**{switch: fault})
    assert code(desk.login()).startswith("psc.")
    assert desk.session == {"open": False}


@pytest.mark.parametrize(("switch", "fault"), FORGED)
def test_the_matching_defect_lets_it_pass(switch: str, fault: str) -> None:
    desk = Desk(FORGED[switch, fault])
    desk.psc.switch(**{switch: fault})
    assert desk.login()["ok"], desk.login()
    assert desk.session["open"]


@pytest.mark.parametrize("acr", ["eidas2", "eidas3", "absent"])
def test_another_acr_is_accepted(acr: str) -> None:
    for names, opens in (((), True), (("psc-demands-acr",), False)):
        desk = Desk(*names)
        desk.psc.switch(acr=acr)
        assert desk.login()["ok"] is opens


def test_new_keys_are_read() -> None:
    for names, opens in (((), True), (("psc-keeps-old-keys",), False)):
        desk = Desk(*names)
        assert desk.login()["ok"]
        desk.psc.switch(key_rollover=True)
        assert desk.login()["ok"] is opens


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"authorization": "access_denied"}, "psc.denied"),
        ({"authorization": "server_error"}, "psc.unavailable"),
        ({"token_error": "500"}, "psc.unavailable"),
        ({"token_error": "html"}, "psc.unavailable"),
        ({"userinfo": "500"}, "psc.unavailable"),
        ({"userinfo": "401"}, "psc.refused"),
        ({"outage": "503"}, "psc.unavailable"),
        ({"outage": "html"}, "psc.unavailable"),
    ],
)
def test_a_provider_that_fails_is_told(switches: dict[str, str], expected: str) -> None:
    desk = Desk()
    desk.psc.switch(**switches)
    answer = desk.login()
    assert code(answer) == expected
    assert answer["shown"][0]["kind"] == "alert"
    assert desk.session == {"open": False}
    assert desk.act("login", professional="dr-romarin", mode="password")["ok"], "another way in"


def test_a_page_that_crashes() -> None:
    desk = Desk("psc-trusts-any-page")
    desk.psc.switch(token_error="html")
    assert code(desk.login()) == "crash"


@pytest.mark.parametrize("name", ["psc-fixed-state", "psc-fixed-nonce", "psc-without-acr-values"])
def test_requests_that_the_provider_refuses(name: str) -> None:
    desk = Desk(name)
    answers = [desk.login()["ok"], desk.login("dr-verveine")["ok"]]
    assert answers == [name != "psc-without-acr-values", False]


def test_a_session_is_kept_alive_by_refreshing() -> None:
    for names, opens in (((), True), (("psc-never-refreshes",), False)):
        desk = Desk(*names)
        desk.login()
        desk.psc.later(150)
        answer = desk.act("api.call")
        assert (answer["ok"], desk.session["open"]) == (opens, opens)
        assert ("token:refresh_token" in desk.operations()) is opens


def test_a_session_that_is_over_is_closed_and_told() -> None:
    for names, opens in (((), False), (("psc-stays-open-after-end",), True)):
        desk = Desk(*names)
        desk.login()
        desk.psc.later(1900)
        assert not desk.act("api.call")["ok"]
        assert desk.session["open"] is opens
        assert desk.login()["ok"], "the user logs in again"


def test_logout_closes_both_sessions() -> None:
    desk = Desk()
    desk.login()
    assert desk.act("logout")["ok"]
    last = desk.psc.hub.journal.list()[-1]
    assert (last.operation, last.outcome) == ("logout", "logged-out")
    assert desk.session == {"open": False}
    desk.login("dr-verveine")
    assert desk.session["user"] == "899700900022", "asked again who it is"


@pytest.mark.parametrize("name", ["psc-local-logout-only", "psc-logout-without-hint"])
def test_logout_defects_leave_the_provider_s_session(name: str) -> None:
    desk = Desk(name)
    desk.login()
    desk.act("logout")
    desk.login("dr-verveine")
    assert desk.session["user"] == "899700900014", "the provider still knows the former user"


@pytest.mark.parametrize(
    ("who", "count", "chosen"),
    [
        ("dr-romarin", 1, True),
        ("secretaire-menthe", 1, True),
        ("dr-verveine", 3, False),
        ("double-serpolet", 2, False),
        ("agent-melisse", 1, True),
        ("agent-armoise", 1, True),
        ("edit-origan", 1, True),
        ("opticien-anis", 1, True),
        ("dr-absinthe", 0, False),
        ("sans-role-ortie", 0, False),
    ],
)
def test_every_kind_of_user(who: str, count: int, chosen: bool) -> None:
    desk = Desk()
    person = desk.psc.session.world.professionals[who]
    assert desk.login(who)["result"]["user"] == person.national_id
    assert (len(desk.session["situations"]), desk.session["situation"] is not None) == (count, chosen)


def test_the_situation_is_chosen() -> None:
    desk = Desk()
    desk.login("dr-verveine")
    assert code(desk.act("session.choose", situation=3)) == "psc.situation"
    answer = desk.act("session.choose", situation=1)
    assert answer["result"]["situation"]["name"] == "CH ALISIER  SITE NORD"
    assert any("choisi" in item["text"] for item in answer["shown"])
    assert desk.software.user.sector == "SA01"
    hasty = Desk("psc-first-activity")
    hasty.login("dr-verveine")
    assert hasty.session["situation"]


@pytest.mark.parametrize(
    ("name", "who"), [("psc-needs-practices", "sans-role-ortie"), ("psc-numeric-id", "agent-melisse")]
)
def test_users_that_crash_a_hasty_software(name: str, who: str) -> None:
    assert code(Desk(name).login(who)) == "crash"


def test_numbers_lose_their_zeros() -> None:
    assert Desk("psc-numeric-id").login("opticien-anis")["result"]["user"] == "992800011"


def test_one_account_per_identifier() -> None:
    desk = Desk()
    world = desk.psc.session.world
    world.patch("professionals", "dr-romarin", {"family_name": "ROMARIN-THYM"})
    world.patch("professionals", "dr-verveine", {"family_name": "ROMARIN", "given_name": "CLAIRE"})
    desk.login("dr-romarin")
    assert (desk.session["account"], desk.session["name"]) == ("dr-romarin", "CLAIRE ROMARIN-THYM")
    desk.act("logout")
    desk.login("dr-verveine")
    assert desk.session["account"] == "dr-verveine"


@pytest.mark.parametrize("name", ["psc-links-by-name", "psc-links-by-sub"])
def test_accounts_linked_by_the_wrong_thing(name: str) -> None:
    desk = Desk(name)
    desk.psc.session.world.patch("professionals", "dr-romarin", {"family_name": "ROMARIN-THYM"})
    desk.login()
    assert desk.session["account"].startswith("psc-")


def test_an_unknown_user_gets_an_account() -> None:
    desk = Desk()
    desk.software.psc.accounts._all.clear()
    desk.login()
    first = desk.session["account"]
    desk.act("logout")
    desk.login()
    assert desk.session["account"] == first == "psc-1"


def test_the_api_is_called_in_the_user_s_name() -> None:
    desk = Desk()
    desk.login("dr-romarin")
    assert desk.act("api.call")["result"]["user"] == "899700900014"
    desk.act("logout")
    desk.login("secretaire-menthe")
    assert desk.act("api.call")["result"]["user"] == "899700900121"
    desk.psc.session.world.patch("clients", "segur-reference", {"api_scopes": []})
    desk.act("logout")
    desk.login("dr-romarin")
    refused = desk.act("api.call")
    assert code(refused) == "psc.exchange"
    assert desk.session["open"]


def test_api_defects() -> None:
    desk = Desk("psc-api-keeps-former-user")
    desk.login("dr-romarin")
    assert desk.act("api.call")["ok"]
    desk.act("logout")
    desk.login("secretaire-menthe")
    assert code(desk.act("api.call")) == "psc.api"
    last = desk.psc.hub.journal.list()[-1]
    assert last.facts["national_id"] == "899700900014", "the token of the doctor"
    desk = Desk("psc-api-sends-psc-token")
    desk.login()
    assert code(desk.act("api.call")) == "psc.api"


def test_each_defect_of_psc_is_in_the_catalogue() -> None:
    mine = {name: row for name, row in catalogue().items() if name.startswith("psc-")}
    counted = [scenario for row in mine.values() for scenario in row.scenarios]
    assert {s for s in counted if s.startswith("H.PSC")} == {f"H.PSC.0{n}" for n in range(1, 7)}
    assert all(counted.count(f"H.PSC.0{n}") >= 2 for n in range(1, 7))
