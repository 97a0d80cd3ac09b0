"""INSi takes the token of Pro Santé Connect with the PSC assertion: the two services share only the session."""

from __future__ import annotations

import uuid

import pytest

from mocks.grants import Grant, Grants, Login, Token
from tests import insi_kit as kit
from tests.insi_bench import Bench, Reply


@pytest.fixture
def insi() -> Bench:
    return Bench()


def token(insi: Bench, national_id: str) -> str:
    """A living access token of that person."""
    now = insi.session.clock.now()
    login = Login(str(uuid.uuid4()), "someone", national_id, "CARD", now, now)
    grant = Grant("g", "segur-demo", login, "openid scope_all", "n", "eidas1")
    return insi.session.state("grants", Grants).add(Token(uuid.uuid4().hex, "access", grant, now, now + 120))


def ask(insi: Bench, header: str) -> Reply:
    """WS_INS2 of a PSC user, with that Authorization header."""
    body = kit.message(kit.traits(), security=kit.assertion(qualifier="PSC"), header=kit.contexts(kit.card().cn))
    return insi.call(body, listener="insi_ps", headers={"authorization": header} if header else {})


def test_the_token_of_the_user_is_accepted(insi: Bench) -> None:
    reply = ask(insi, f"Bearer {token(insi, kit.card().cn)}")
    assert (reply.result.code, reply.rules) == ("00", [])
    assert reply.exchange.facts["psc_session"]


def test_without_a_token_by_switch(insi: Bench) -> None:
    assert ask(insi, "").rules == []
    insi.switch(psc_token="required")
    assert ask(insi, "").rules == ["INSI-SEC-08"]
    insi.switch(psc_token="ignored")
    assert ask(insi, "Bearer unknown").rules == []


def test_a_dead_or_foreign_token_is_refused(insi: Bench) -> None:
    unknown = ask(insi, "Bearer unknown")
    assert (unknown.rules, unknown.status) == (["INSI-SEC-09"], 500)
    good = token(insi, kit.card().cn)
    insi.session.clock.offset = 121
    assert ask(insi, f"Bearer {good}").rules == ["INSI-SEC-09"]
    assert ask(insi, f"Bearer {token(insi, '899700900022')}").rules == ["INSI-SEC-10"]
