"""The reference software: CIBA logins, and what it tells when Pro Santé Connect refuses."""

from __future__ import annotations

import re
from contextlib import nullcontext

import pytest

from harness.drive import Reply
from harness.scenario import checks
from harness.scenario.context import Context, Window
from harness.scenario.model import Step, Variant
from harness.scenario.verdict import Failed
from harness.words import Words
from tests.psc_desk import Desk, code
from tests.scenario_kit import START, traffic

pytestmark = pytest.mark.usefixtures("waits")


def test_ciba(waits: list[float]) -> None:
    desk = Desk()
    desk.psc.switch(ciba="approve", ciba_polls=0, ciba_interval_s=3)
    answer = desk.login("secretaire-menthe", flow="ciba")
    assert answer["result"]["user"] == "899700900121"
    number = desk.psc.session.state("psc", lambda: None).ciba.popitem()[1].binding_message
    assert any(number in item["text"] for item in answer["shown"])
    assert waits == [3.0]


@pytest.mark.parametrize(("script", "expected"), [("deny", "psc.denied"), ("expire", "psc.expired")])
def test_ciba_refused(script: str, expected: str) -> None:
    for names, polls in (((), 1), (("psc-ciba-polls-after-refusal",), 3)):
        desk = Desk(*names)
        desk.psc.switch(ciba=script, ciba_polls=0)
        assert code(desk.login(flow="ciba")) == (expected if not names else "psc.refused")
        assert desk.operations().count("token:ciba") == polls


@pytest.mark.parametrize(("script", "reason"), [("deny", "denied"), ("expire", "expired")])
@pytest.mark.parametrize("defect", ["", "psc-ciba-vague-refusal", "psc-ciba-refusal-as-success"])
def test_ciba_refusal_is_told_in_words_that_name_it(script: str, reason: str, defect: str) -> None:
    desk = Desk(*filter(None, [defect]))
    desk.psc.switch(ciba=script, ciba_polls=0)
    answer = desk.login(flow="ciba")
    step = Window(Step("s", "validation", Words()), START, reply=Reply.of(answer))
    number = re.search(r"[0-9]{2}$", answer["shown"][0]["text"])
    assert number
    asked = traffic(service="psc", operation="ciba", facts={"binding_message": number[0]})
    check = checks.named("psc.refusal-told")
    with pytest.raises(Failed) if defect else nullcontext():
        check.run(Context(Variant(), {"s": step}, {}, lambda name: name), [asked], reason=reason)


@pytest.mark.parametrize(
    ("defect", "reason", "switches", "later"),
    [
        ("psc-vague-failure", "failed", {"authorization": "access_denied"}, 0),
        ("psc-vague-failure", "failed", {"authorization": "server_error"}, 0),
        ("psc-vague-failure", "failed", {"token_error": "500"}, 0),
        ("psc-vague-failure", "failed", {"token_error": "html"}, 0),
        ("psc-vague-failure", "failed", {"userinfo": "500"}, 0),
        ("psc-end-as-outage", "over", {}, 1920),
        ("psc-api-refusal-as-end", "closed", {"exchange": "invalid_scope"}, 0),
    ],
)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_refused_is_told_in_words_that_name_it(
    defect: str, reason: str, switches: dict[str, str], later: int, lang: str
) -> None:
    for names in ((), (defect,)):
        desk = Desk(*names)
        desk.software.screen.lang = lang
        desk.psc.switch(**switches)
        answer = desk.login()
        if reason != "failed":
            desk.psc.later(later)
            answer = desk.act("api.call")
        assert not answer["ok"]
        assert code(answer) != "crash"
        step = Window(Step("s", "validation", Words()), START, reply=Reply.of(answer))
        with pytest.raises(Failed) if names else nullcontext():
            checks.named("psc.refusal-told").run(
                Context(Variant(), {"s": step}, {}, lambda name: name), [], reason=reason
            )


def test_ciba_slows_down(waits: list[float]) -> None:
    desk = Desk()
    desk.psc.switch(ciba="approve", ciba_polls=2, ciba_interval_s=3)
    desk.psc.session.switches.arm("psc.ciba_slow_down", True)
    assert desk.login(flow="ciba")["ok"]
    assert waits == [3.0, 8.0, 8.0]


def test_ciba_defects(waits: list[float]) -> None:
    hidden = Desk("psc-ciba-hides-number")
    hidden.psc.switch(ciba="approve", ciba_polls=0)
    assert [item["kind"] for item in hidden.login(flow="ciba")["shown"]] == ["message"]
    assert code(Desk("psc-ciba-without-channel").login(flow="ciba")) == "psc.refused"
    fast = Desk("psc-ciba-polls-too-fast")
    fast.psc.switch(ciba="approve", ciba_polls=0)
    waits.clear()
    fast.login(flow="ciba")
    assert waits == [0.5]
