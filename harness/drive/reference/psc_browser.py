"""The user's browser during a login, and the user in front of it: follows redirects, fills the provider's page."""

from __future__ import annotations

import ssl
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from harness.drive.reference.model import Refused

HOPS = 10


class Browser:
    """One browser with its cookies; `forget` is a fresh profile."""

    def __init__(self, trust: ssl.SSLContext, timeout_s: float, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            verify=trust,
            transport=transport,
            timeout=timeout_s,
            trust_env=False,
            headers={"accept-language": "fr"},
        )

    def forget(self) -> None:
        """No cookies any more."""
        self._http.cookies.clear()

    def visit(self, url: str, home: str, national_id: str = "") -> str:
        """Where the user comes back to the software (an address that begins with ``home``).

        On the provider's page the user shows the card of ``national_id``. Raises Refused when the way ends elsewhere.
        """
        answer = self._get(url)
        for _ in range(HOPS):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(home):
                    return target
                answer = self._get(target)
                continue
            form = _form(answer.text) if answer.status_code == 200 and national_id else {}
            if "request" not in form:
                break
            answer = self._post(urljoin(str(answer.url), "/auth/login"), {**form, "identifier": national_id})
        raise Refused("psc.page", status=answer.status_code)

    def _get(self, url: str) -> httpx.Response:
        try:
            return self._http.get(url)
        except httpx.HTTPError as failure:
            raise Refused("psc.unreachable", reason=type(failure).__name__) from None

    def _post(self, url: str, form: dict[str, str]) -> httpx.Response:
        try:
            return self._http.post(url, data=form)
        except httpx.HTTPError as failure:
            raise Refused("psc.unreachable", reason=type(failure).__name__) from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _form(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    reader = _Fields()
    reader.feed(page)
    return reader.fields


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        row = dict(attrs)
        if tag == "input" and row.get("type") == "hidden" and row.get("name"):
            self.fields[str(row["name"])] = row.get("value") or ""
