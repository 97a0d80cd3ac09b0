"""Contextual web access: real addresses, who reads, what the patient allows."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from lxml import html

from mocks.dmp.routes import service
from mocks.dmp.web import GENERAL, OF_PATIENT, _day
from mocks.grants import Grants, Login
from tests.dmp_bench import Dmp, peer


class Browser:
    """GET and POST of pages, with a card or with nothing."""

    def __init__(self, dmp: Dmp) -> None:
        self.dmp, self.service = dmp, service(dmp.hub)

    def open(
        self, path: str, card: str = "cps-auth", body: bytes = b"", **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": "POST" if body else "GET",
            "path": path,
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in {"host": "localhost", **headers}.items()],
            "client": ("127.0.0.1", 4),
            "server": ("127.0.0.1", 18450),
            "extensions": {"tls": {"peer": peer(self.dmp.pki, card) if card else None, "listener": "webps"}},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(one: dict[str, Any]) -> None:
            sent.append(one)

        asyncio.run(self.service(scope, receive, send))
        headers_ = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent).decode(), headers_

    @property
    def outcome(self) -> str:
        assert self.dmp.journal.last
        return self.dmp.journal.last.outcome


@pytest.fixture
def browser(pki: Any) -> Browser:
    return Browser(Dmp(pki))


LEONIE = "285055503991010"


@pytest.mark.parametrize("page", OF_PATIENT)
def test_every_page_of_a_patient(browser: Browser, page: str) -> None:
    status, text, headers = browser.open(f"/AccesDirect/{page}/{LEONIE}")
    assert status == 200
    assert "PINSON" in text
    assert browser.outcome == "record"
    assert "<script" not in text
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", GENERAL)
def test_general_pages_list_who_authorised(browser: Browser, page: str) -> None:
    status, text, _ = browser.open(f"/AccesDirect/{page}")
    assert status == 200
    assert "PINSON" in text
    assert "TOUCAN" not in text


def test_documents_are_listed_as_people_read_them(browser: Browser) -> None:
    _, text, _ = browser.open(f"/AccesDirect/Documents/{LEONIE}")
    rows = [row.xpath("td/text()") for row in html.fromstring(text.encode()).xpath("//tbody/tr")]
    assert int(re.findall(r"Documents : (\d+)", text)[0]) == len(rows) > 9
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", row[0]) for row in rows)
    assert "12/05/1985" in text
    assert "ROMARIN CLAIRE, 899700900014" in text
    hidden = {row[3]: row[4].strip() for row in rows if len(row) > 4}
    assert hidden == {"VERVEINE LUC": "Masqué aux professionnels", "ANGELIQUE MARIE-ODILE": "Invisible au patient"}
    _, text, _ = browser.open(f"/AccesDirect/HistoriqueAcces/{LEONIE}", **{"accept-language": "en"})
    assert "1985-05-12" in text
    assert "Valid<" in text


def test_a_masked_document_is_not_shown_to_others(browser: Browser) -> None:
    world = browser.dmp.session.world
    world.patch("patients", "pinson-leonie", {"dmp": {"treating": "", "rights": [{"who": "899700900014"}]}})
    assert "VERVEINE" not in browser.open(f"/AccesDirect/Documents/{LEONIE}")[1]


@pytest.mark.parametrize(
    ("written", "shown"),
    [("20261231233000", "01/01/2027"), ("20260701", "01/07/2026"), ("1985-00-00", "00/00/1985"), ("", "")],
)
def test_days_are_local(written: str, shown: str) -> None:
    assert _day(written, "fr") == shown


def test_without_authorisation_it_is_asked_for(browser: Browser) -> None:
    path = "/AccesDirect/DossierPatient/275126322074974"
    assert browser.open(path)[0] == 200
    assert browser.outcome == "confirm"
    browser.open(path, body=b"autoriser=oui", origin="https://ailleurs.test")
    assert browser.outcome == "confirm"
    _, text, _ = browser.open(path, body=b"autoriser=oui", origin="https://localhost")
    assert browser.outcome == "record"
    assert "ADRUN" in text


@pytest.mark.parametrize(
    ("ins", "outcome"),
    [
        ("268112A02190531", "absent"),
        ("190072B01390678", "closed"),
        ("195069735290825", "blocked"),
        ("272019711090738", "confirm"),
        ("1990155039001", "absent"),
        ("../etc", "absent"),
        ("<script>", "absent"),
    ],
)
def test_states(browser: Browser, ins: str, outcome: str) -> None:
    _, text, _ = browser.open(f"/AccesDirect/DossierPatient/{ins}")
    assert browser.outcome == outcome
    assert "<script>" not in text


def test_who_reads(browser: Browser) -> None:
    assert browser.open("/AccesDirect/TableauDeBord", card="")[0] == 401
    assert browser.open("/AccesDirect/TableauDeBord", card="org-auth-cli")[0] == 401
    now = browser.dmp.session.clock.now()
    login = Login("sid", "dr-romarin", "899700900014", "MOBILE", now, now)
    browser.dmp.session.state("grants", Grants).logins["sid"] = login
    assert browser.open(f"/AccesDirect/DossierPatient/{LEONIE}", card="")[0] == 200
    assert browser.dmp.journal.last.operation == "TD0.10"  # type: ignore[union-attr]


def test_unknown_pages_are_a_finding(browser: Browser) -> None:
    assert browser.open("/AccesDirect/Autre/1")[0] == 404
    assert [f.rule for f in browser.dmp.journal.last.findings] == ["VIHF-WEB-01"]  # type: ignore[union-attr]
    assert browser.open("/static/dmp.css")[2]["content-type"].startswith("text/css")


def test_in_english(browser: Browser) -> None:
    assert "contextual web access" in browser.open(f"/AccesDirect/Documents/{LEONIE}", **{"accept-language": "en"})[1]
