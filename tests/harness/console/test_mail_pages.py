"""Mailboxes in the console: a message is sent into one from its page; every case has its words."""

from __future__ import annotations

import httpx
import pytest

from harness.bench import Bench
from harness.client import BenchClient
from mocks.mssante.incoming import ALONE
from norms.texts import Lang, text

BOX = "claire.romarin@tilleuls.formation.mssante.fr"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_case_has_its_words(lang: Lang) -> None:
    assert all(text("harness.console", f"case.{case}", lang) for case in ALONE)


def test_a_message_is_sent_from_the_page(live_bench: Bench, client: BenchClient) -> None:
    base = live_bench.status()["console"]
    with httpx.Client(base_url=base, trust_env=False, follow_redirects=True) as browser:
        form = {"case": "document", "patient": "pinson-leonie", "session": "default"}
        page = browser.post(f"/mailboxes/{BOX}", data=form)
        assert page.status_code == 200
        assert "PINSON" in page.text
        refused = browser.post(f"/mailboxes/{BOX}", data={**form, "patient": "ghost"})
        assert refused.status_code == 422
        assert "ghost" in refused.text
