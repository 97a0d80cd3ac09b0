"""A scripted person in Chromium: a guided run from the form that starts it to its reports."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from harness.bench import Bench
from harness.client import BenchClient
from tests.guide_kit import FIRST, SUT, Clicked, Gesture
from tests.webdriver import Browser, needs_browser

pytestmark = needs_browser
PATIENCE = 30.0


@pytest.fixture
def software(live_bench: Bench, client: BenchClient) -> Iterator[Clicked]:
    clicked = Clicked(live_bench, client)
    yield clicked
    clicked.close()


class Person:
    """Reads the page, clicks in the software, then on the page."""

    def __init__(self, window: Browser, console: str, software: Clicked) -> None:
        self.window, self.console, self.software = window, console, software
        self.http = httpx.Client(base_url=console, trust_env=False)

    @property
    def run(self) -> str:
        return self.window.url.split("/runs/")[1].split("/")[0].split("?")[0]

    def wait(self, condition: str) -> None:
        """Until a script's condition holds on the page."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if self.window.holds(condition, PATIENCE):
                    return
            except AssertionError:  # the page is changing
                time.sleep(0.05)
        raise AssertionError(f"{condition}\n{self.window.source[-3000:]}")

    def start(self, path: Path, *scenarios: str) -> None:
        """Fill the form of a new run."""
        self.window.open(f"{self.console}/runs/new?lang=fr&" + "&".join(f"ids={each}" for each in scenarios))
        self.window.click("input[name=sut][value=path]")
        self.window.type("#path", str(path))
        self.window.click("form.sheet button.main")
        self.wait("document.querySelector('a.main[href$=\"/guide\"]')")
        self.software.begin(self.http.get(f"/api/runs/{self.run}").json()["endpoints"])
        self.window.click('a.main[href$="/guide"]')

    def prompt(self) -> tuple[str, str]:
        """Kind and step of what is asked, once the page shows it; empty when the run is over or left."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            told = self.http.get(f"/api/runs/{self.run}").json()
            if told["state"] in ("finished", "stopped", "cancelled"):
                return "", ""
            if asked := told["guide"]:
                self.wait(f"document.querySelector('input[name=seq][value=\"{asked['seq']}\"]')")
                return asked["kind"], asked["step"] or "start"
            time.sleep(0.05)
        raise AssertionError("nothing is asked")

    def press(self, do: str) -> None:
        """Press a button of the page, and wait until the page that follows is there."""
        self.window.script("document.body.dataset.old = '1'")
        self.window.click(f"button[value={do}]")
        self.wait("!document.body.dataset.old")

    def go(self, gestures: dict[str, Gesture], until: str = "") -> str:
        """Do what is asked and say yes to every question, until that step, or the end; returns the kind met there."""
        while True:
            kind, step = self.prompt()
            if not kind or step == until:
                return kind
            if kind == "step" and step in gestures:
                gestures[step](self.software, None)  # type: ignore[arg-type]
            self.press("yes" if kind == "question" else "done")


def test_our_own_forms_are_not_taken_for_another_site(live_bench: Bench, client: BenchClient, window: Browser) -> None:
    session = client.open_session("form")["id"]
    window.open(f"{live_bench.status()['console']}/switches?session={session}")
    window.script("document.getElementById('insi.unknown').value = 'insi_102'")
    window.script("document.getElementById('insi.unknown').form.querySelector('button[value=set]').click()")
    deadline = time.monotonic() + PATIENCE
    while client.session(session)["switches"] != {"insi.unknown": "insi_102"}:
        assert time.monotonic() < deadline, window.source[:500]
        time.sleep(0.05)
    client.close_session(session)


def test_a_whole_run_in_the_browser(live_bench: Bench, window: Browser, software: Clicked, tmp_path: Path) -> None:
    (tmp_path / "sut.toml").write_text(SUT, encoding="utf-8")
    capture = tmp_path / "écran.png"
    capture.write_bytes(b"\x89PNG made by a test")
    person = Person(window, live_bench.status()["console"], software)
    person.start(tmp_path / "sut.toml", "H.INS.01")
    assert "Avant de commencer" in window.source
    person.go(dict(FIRST), until="search")
    # The step as a tester reads it, and what is given beside the answer.
    assert "Rechercher l'INS par les traits et accepter" in window.source
    assert "PINSON LEONIE (12/05/1985)" in window.source
    window.type("#note", "Je note")
    window.click("button[value=click]")
    person.wait("document.querySelector('#live-part').textContent.includes('1 clic')")
    assert window.script("return document.querySelector('#note').value") == "Je note"  # nothing typed is lost
    FIRST["search"](software, None)  # type: ignore[arg-type]
    person.wait("document.querySelector('.seen').textContent.includes('appel INSi reçu')")
    window.click("button[value=mark]")
    person.wait("document.querySelector('.yours').textContent.includes('Moments marqués')")
    person.press("note")
    window.type("#file", str(capture))
    person.press("file")
    assert "écran.png" in window.source
    person.press("done")
    kind, step = person.prompt()
    assert (kind, step) == ("question", "search")
    # « No » needs what was seen.
    person.press("no")
    assert "Dire ce que vous avez vu" in window.source
    person.press("yes")
    # Left from the page, taken up again at the same step from the page of the run.
    person.go(dict(FIRST), until="journal")
    person.press("leave")
    person.wait("document.querySelector('button[value=resume]')")
    person.press("resume")
    person.wait("document.querySelector('a.main[href$=\"/guide\"]')")
    window.click('a.main[href$="/guide"]')
    assert person.prompt() == ("step", "journal")
    window.script("document.querySelector('#reason').closest('details').open = true")
    window.type("#reason", "Pas de journal dans cette version")
    person.press("not_applicable")
    assert person.go({}) == ""
    person.wait("document.querySelector('#results details')")
    run = person.http.get(f"/api/runs/{person.run}").json()
    (scenario,) = run["report"]["scenarios"]
    found = {check["id"]: check["verdict"] for check in scenario["checks"]}
    assert run["state"] == "finished"
    assert (scenario["verdict"], found["search/one-call"], found["search/told"]) == ("manual", "pass", "manual")
    assert found["journal/possible"] == "not_applicable"
    for words in ("attesté", "Je note", "Moments marqués", "1 clic(s) comptés", "Pas de journal dans cette version"):
        assert words in window.source
    given = person.http.get(f"/runs/{person.run}/files/proofs/INS-va1.52.01.01/H.INS.01-search-ecran.png")
    assert given.content == capture.read_bytes()
    pack = person.http.get(f"/runs/{person.run}/reports/preuves.zip")
    assert b"INS-va1.52.01.01/H.INS.01-search-ecran.png" in pack.content


def test_the_software_refuses_and_a_case_is_left_out(
    live_bench: Bench, window: Browser, software: Clicked, tmp_path: Path
) -> None:
    """A second scenario, in English, given up half-way; the page of the run says so."""
    (tmp_path / "sut.toml").write_text(SUT, encoding="utf-8")
    person = Person(window, live_bench.status()["console"], software)
    person.start(tmp_path / "sut.toml", "H.INS.03")
    window.open(f"{person.console}/runs/{person.run}/guide?lang=en")
    assert "Before you begin" in window.source
    kind = person.go({}, until="create")
    assert kind == "step"
    assert window.script("return document.documentElement.lang") == "en"
    window.script("document.querySelector('#said').closest('details').open = true")
    window.type("#said", "The screen is greyed out")
    person.press("refused")
    kind, step = person.prompt()  # the case ends there, the next one begins
    assert (kind, step) == ("start", "start")
    window.script("document.querySelector('#reason').closest('details').open = true")
    window.type("#reason", "No such case here")
    person.press("not_applicable")
    person.prompt()
    window.open(f"{person.console}/runs/{person.run}")
    person.press("cancel")
    person.wait("document.body.textContent.includes('given up')")
    assert person.http.get(f"/api/runs/{person.run}").json()["state"] == "cancelled"
