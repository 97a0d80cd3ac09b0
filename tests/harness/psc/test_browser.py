"""A real browser logs in through the picker, in both languages, and approves on the e-CPS page."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from norms.oidc import discovery
from tests.harness.psc.conftest import Space
from tests.webdriver import Browser, needs_browser

pytestmark = needs_browser
SHOWN = "return [...document.querySelectorAll('#people li')].filter(x => !x.hidden).map(x => x.innerText)"


@pytest.fixture
def callback() -> Iterator[str]:
    """A software's address, which says that the browser came back."""

    class Software(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>back</title>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Software)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


def asked(space: Space, callback: str) -> str:
    query = {
        "client_id": "segur-demo",
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
    }
    return f"{space.endpoints['psc_auth']}/auth?{urlencode(query)}"


def approve_on_the_phone(space: Space, window: Browser) -> None:
    """A CIBA request appears on the e-CPS page by itself, and is approved there."""
    form = {
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "login_hint": "899700900014",
        "binding_message": "07",
        "channel": "MOBILE",
    }
    auth = ("segur-demo", "segur-demo-secret")
    with space.http() as http:
        window.open(space.endpoints["psc_wallet"])
        request = http.post(space.endpoints["psc"] + discovery.CIBA, data=form, auth=auth).json()["auth_req_id"]
        assert window.wait(".number") == "07"
        window.click("button[value=approve]")
        assert window.wait(".empty")
        poll = {"grant_type": discovery.CIBA_GRANT, "auth_req_id": request}
        assert http.post(space.endpoints["psc"] + discovery.TOKEN, data=poll, auth=auth).status_code == 200


def declare_a_right_on_the_dmp_pages(space: Space, window: Browser) -> None:
    """The login opens the DMP's contextual access, whose own form is accepted from a browser."""
    window.open(f"{space.endpoints['webps']}/DossierPatient/297022A02077878")
    window.click("button[name=autoriser]")
    assert window.wait("h1")
    (patient,) = (p for p in space.client.world(space.id, "patients") if p["id"] == "adrtrois-dominique")
    assert [right["who"] for right in patient["dmp"]["rights"]] == ["899700900030"]


def test_the_picker_in_french(space: Space, callback: str, window: Browser, tmp_path: Path) -> None:
    space.client.patch_world(space.id, "clients", "segur-demo", {"redirect_uris": [callback]})
    window.open(asked(space, callback))
    assert window.wait("h1") == "Qui se connecte ?"
    assert window.script("return document.documentElement.lang") == "fr"
    window.type("#q", "ANGÉLIQUE")
    assert len(window.script(SHOWN)) == 1
    window.screenshot(tmp_path / "picker-fr.png")
    window.click("#people li:not([hidden]) button")
    assert window.until(f"{callback}?code=").startswith(f"{callback}?code=")
    code = parse_qs(urlsplit(window.url).query)["code"][0]
    window.open(asked(space, callback))
    assert window.url.startswith(f"{callback}?code="), "the session spares a second choice"
    declare_a_right_on_the_dmp_pages(space, window)
    approve_on_the_phone(space, window)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    with space.http() as http:
        answer = http.post(
            space.endpoints["psc"] + discovery.TOKEN, data=form, auth=("segur-demo", "segur-demo-secret")
        )
    assert answer.status_code == 200


def test_the_picker_in_english(space: Space, callback: str, window: Browser, tmp_path: Path) -> None:
    space.client.patch_world(space.id, "clients", "segur-demo", {"redirect_uris": [callback]})
    window.fresh("en-US")
    window.open(asked(space, callback))
    assert window.wait("h1") == "Who is logging in?"
    window.screenshot(tmp_path / "picker-en.png")
    window.click("header nav a")
    assert window.wait("h1") == "Qui se connecte ?"
    window.click("button[name=deny]")
    assert "error=access_denied" in window.until(callback)
