"""The pages: both languages, no inline script, the client's address in the policy; the issuer's addresses."""

from __future__ import annotations

import re

import pytest

from norms.oidc import discovery
from tests.psc_kit import Provider


@pytest.mark.parametrize(
    ("query", "headers", "lang"),
    [
        ({}, {}, "fr"),
        ({}, {"accept-language": "fr-FR,fr;q=0.9,en;q=0.8"}, "fr"),
        ({}, {"accept-language": "en-US,en;q=0.9"}, "en"),
        ({}, {"accept-language": "de"}, "en"),
        ({"ui_locales": "en-GB fr"}, {"accept-language": "fr"}, "en"),
        ({"lang": "en"}, {"accept-language": "fr"}, "en"),
        ({"lang": "xx"}, {}, "fr"),
        ({}, {"accept-language": "fr", "cookie": "segur_psc_lang=en"}, "en"),
    ],
)
def test_the_reader_s_language(psc: Provider, query: dict[str, str], headers: dict[str, str], lang: str) -> None:
    page = psc.authorize(headers=headers, **query)
    assert f'<html lang="{lang}">' in page.text
    assert page.headers["content-language"] == lang
    assert ({"fr": "Qui se connecte", "en": "Who is logging in"}[lang]) in page.text


def test_the_language_is_changed_on_the_page(psc: Provider) -> None:
    page = psc.authorize()
    link = re.search(r'href="(/auth/login\?[^"]+lang=en[^"]*)"', page.text)
    assert link
    english = psc.call("psc_auth", "GET", link[1].replace("&amp;", "&"))
    assert "Who is logging in" in english.text
    assert "segur_psc_lang=en" in english.headers["set-cookie"]
    assert english.exchange.thread == page.exchange.thread
    assert psc.choose(english).status == 302


@pytest.mark.parametrize(("wanted", "found"), [("ROMARIN", 1), ("medecin", 8), ("ADELI", 1), ("cpet", 1), ("zzz", 0)])
def test_the_search_works_without_a_script(psc: Provider, wanted: str, found: int) -> None:
    page = psc.authorize()
    again = psc.call("psc_auth", "GET", f"/auth/login?request={page.request}&client_id=segur-demo&q={wanted}")
    assert again.text.count('name="professional"') == found


def test_every_page_is_closed_to_scripts_and_frames(psc: Provider) -> None:
    pages = [
        psc.authorize(),
        psc.authorize(redirect_uri="x"),
        psc.call("psc_wallet", "GET", "/"),
        psc.logout(),
    ]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]* src=)|style=|\son\w+=|(src|href)=.https?:", page.text)
        assert page.text.count("<h1>") == 1


def test_the_policy_lets_the_browser_go_back_to_the_client(psc: Provider) -> None:
    assert "form-action 'self' http://localhost:8080" in psc.authorize().headers["content-security-policy"]
    psc.session.world.patch("clients", "segur-demo", {"redirect_uris": ["fr.editeur.lps:/psc"]})
    page = psc.authorize(redirect_uri="fr.editeur.lps:/psc")
    assert "form-action 'self' fr.editeur.lps:" in page.headers["content-security-policy"]
    assert psc.choose(page).headers["location"].startswith("fr.editeur.lps:/psc?code=")


def test_what_is_shown_is_escaped(psc: Provider) -> None:
    psc.session.world.patch("professionals", "dr-romarin", {"family_name": "<script>alert(1)</script>"})
    page = psc.authorize()
    assert "<script>alert" not in page.text
    assert "<b>" not in psc.choose(page, "<b>").text
    assert "<i>" not in psc.authorize(client_id="<i>").text


def test_style_and_script_are_served_beside(psc: Provider) -> None:
    page = psc.authorize()
    for name in re.findall(r'"(/static/[^"]+)"', page.text):
        for listener in ("psc", "psc_auth", "psc_wallet"):
            assert psc.call(listener, "GET", name).status == 200


def test_a_page_that_waited_too_long(psc: Provider) -> None:
    page = psc.authorize()
    psc.later(601)
    late = psc.choose(page)
    assert (late.status, late.exchange.outcome) == (400, "stale_request")


@pytest.mark.parametrize(
    ("host", "issuer", "wallet"),
    [
        ("127.0.0.1:18445", "127.0.0.1:18445", "127.0.0.1:18446"),
        ("localhost:18445", "localhost:18445", "localhost:18446"),
        ("poste.cabinet:18445", "poste.cabinet:18445", "poste.cabinet:18446"),
        ("auth.bas.psc.esante.gouv.fr", "auth.bas.psc.esante.gouv.fr", "wallet.bas.psc.esante.gouv.fr"),
        ("auth.esw.esante.gouv.fr", "auth.esw.esante.gouv.fr", "wallet.esw.esante.gouv.fr"),
        (
            "auth.bas.psc.esante.gouv.fr:18445",
            "auth.bas.psc.esante.gouv.fr:18445",
            "wallet.bas.psc.esante.gouv.fr:18446",
        ),
    ],
)
def test_addresses_are_those_the_software_came_by(psc: Provider, host: str, issuer: str, wallet: str) -> None:
    document = psc.call("psc", "GET", discovery.DISCOVERY, host=host).json
    assert document["issuer"] == f"https://{issuer}{discovery.REALM}"
    assert document["authorization_endpoint"] == f"https://{wallet}/auth"
    target = "/auth?" + "&".join(f"{k}={v.replace(' ', '+')}" for k, v in psc.asked(prompt="none").items())
    back = psc.call("psc_auth", "GET", target, host=wallet)
    assert back.back["iss"] == document["issuer"]


def test_a_session_with_ports_of_its_own_has_its_own_issuer(psc: Provider) -> None:
    own = {"psc": "https://127.0.0.1:20005", "psc_auth": "https://127.0.0.1:20006"}
    psc.hub.endpoints = lambda session: own if session.binding.get("port") else psc.hub.addresses
    psc.sessions.open("mine", {"port": ["20005", "20006"]})
    document = psc.call("psc", "GET", discovery.DISCOVERY, port=20005).json
    assert document["authorization_endpoint"] == "https://127.0.0.1:20006/auth"
    assert psc.call("psc", "GET", discovery.DISCOVERY).json["authorization_endpoint"] == "https://127.0.0.1:18446/auth"
