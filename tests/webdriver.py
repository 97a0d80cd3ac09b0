"""A headless Chromium driven by the W3C WebDriver protocol: the few commands that our pages need."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window."""

    def __init__(self, base: str, session: str) -> None:
        self._http, self._root = httpx.Client(timeout=30, trust_env=False), f"{base}/session/{session}"

    def _do(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._root + path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        if answer.is_error:
            raise AssertionError(f"{path}: {value['error']}: {value['message']}")
        return value

    def open(self, url: str) -> None:
        """Go to an address."""
        self._do("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        """Where the window is."""
        return str(self._do("GET", "/url"))

    @property
    def source(self) -> str:
        """The page as it is now."""
        return str(self._do("GET", "/source"))

    def find(self, css: str) -> str:
        """The first element of that selector."""
        return str(self._do("POST", "/element", {"using": "css selector", "value": css})[ELEMENT])

    def click(self, css: str) -> None:
        """Click on it."""
        self._do("POST", f"/element/{self.find(css)}/click", {})

    def type(self, css: str, words: str) -> None:
        """Type into it."""
        self._do("POST", f"/element/{self.find(css)}/value", {"text": words})

    def script(self, code: str) -> Any:
        """What a script returns."""
        return self._do("POST", "/execute/sync", {"script": code, "args": []})

    def holds(self, condition: str, seconds: float) -> bool:
        """Whether a script's condition comes true on this page; looked at there, often. Raises when the page leaves."""
        timer = f"const t = setInterval(() => {{ if ({condition}) {{ clearInterval(t); done(true) }} }}, 30)"
        end = f"setTimeout(() => done(false), {seconds * 1000:.0f})"
        return bool(self.script(f"return new Promise(done => {{ {timer}; {end} }})"))

    def wait(self, css: str) -> str:
        """The words of the first element of that selector, once it is there."""
        words = f"document.querySelector({css!r})?.innerText"
        timer = f"const t = setInterval(() => {words} && (clearInterval(t), done({words})), 30)"
        return str(self.script(f"return new Promise(done => {{ {timer} }})"))

    def until(self, start: str) -> str:
        """Where the window is, once that starts so."""
        deadline = time.monotonic() + 30
        while not self.url.startswith(start) and time.monotonic() < deadline:
            time.sleep(0.03)
        return self.url

    def screenshot(self, path: Path) -> None:
        """What a person would see."""
        path.write_bytes(base64.b64decode(self._do("GET", "/screenshot")))

    def fresh(self, lang: str = "fr-FR") -> None:
        """As if it had just been started by someone of that language: a new window, no cookie, nothing kept."""
        old = self._do("GET", "/window")
        new = self._do("POST", "/window/new", {"type": "tab"})["handle"]
        self._do("POST", "/window", {"handle": old})
        self._do("DELETE", "/window")
        self._do("POST", "/window", {"handle": new})
        self._devtools("Network.clearBrowserCookies")
        self._devtools("Storage.clearDataForOrigin", origin="*", storageTypes="all")
        agent = self._devtools("Browser.getVersion")["userAgent"]
        self._devtools("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=lang)

    def _devtools(self, method: str, **params: Any) -> Any:
        return self._do("POST", "/goog/cdp/execute", {"cmd": method, "params": params})

    def close(self) -> None:
        """Close the window."""
        self._do("DELETE", "")


@contextmanager
def browser(folder: Path, port: int, *, size: str = "1300,1200") -> Iterator[Browser]:
    """A window with a fresh profile; certificates are not checked, the bench's authorities are in no browser."""
    options = {
        "binary": CHROMIUM,
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={size}",
        ],
    }
    asked = {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True, "goog:chromeOptions": options}}}
    log = (folder / "chromedriver.log").open("wb")
    driver = subprocess.Popen([str(DRIVER), f"--port={port}"], stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{base}/status", trust_env=False).json()["value"]["ready"]:
                    break
            except httpx.HTTPError:
                time.sleep(0.05)
        made = httpx.post(f"{base}/session", json=asked, timeout=110, trust_env=False).json()["value"]
        window = Browser(base, made["sessionId"])
        try:
            yield window
        finally:
            window.close()
    finally:
        driver.terminate()
        driver.wait(10)
        log.close()
