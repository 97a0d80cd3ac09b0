"""The http drive: the software offers the test-driver API (``POST <url>/actions/<name>``), docs/test-driver.md."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from harness.drive import (
    MAX_ANSWER,
    Drive,
    DriveCrash,
    DriveError,
    DriveTimeout,
    NotOffered,
    Reply,
    Request,
    Software,
    reply,
)
from harness.words import words

_P = "harness.drive"


class HttpDrive(Drive):
    """Acts by HTTP. ``url`` is the software's address; redirections and proxies of the environment are ignored."""

    kind = "http"

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(trust_env=False, transport=transport, timeout=30.0)

    def open(self) -> Software:
        """What ``GET /`` says; a software that answers 404 there is taken as it is."""
        status, body = self._call("GET", "/", None, 10.0)
        try:
            said = json.loads(body)
            actions = said.get("actions")
            listed = frozenset(map(str, actions)) if isinstance(actions, list) else None
            return Software(str(said.get("name", "")), str(said.get("version", "")), listed)
        except (ValueError, AttributeError):
            if status >= 500:
                raise DriveError(words(_P, "http.status", url=self.url, status=status, body=_cut(body))) from None
            return Software()

    def act(self, request: Request) -> Reply:
        """POST the action; 501 is `NotOffered`, any other status than 200 is an error of the test driver."""
        began = time.monotonic()
        path = f"/actions/{request.action}"
        status, body = self._call("POST", path, dict(request.body), request.timeout)
        if status == 501:
            raise NotOffered(request.action)
        if status != 200:
            raise (DriveCrash if status >= 500 else DriveError)(
                words(_P, "http.status", url=self.url + path, status=status, body=_cut(body))
            )
        try:
            raw = json.loads(body)
        except ValueError:
            raise DriveError(words(_P, "answer.not_json", action=request.action, found=_cut(body))) from None
        return reply(raw, request.action, time.monotonic() - began)

    def close(self) -> None:
        """Free the connections."""
        self._http.close()

    def _call(self, method: str, path: str, body: Any, timeout: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + timeout
        try:
            with self._http.stream(method, self.url + path, json=body, timeout=timeout) as answer:
                received = bytearray()
                for piece in answer.iter_bytes():
                    received += piece
                    if len(received) > MAX_ANSWER:
                        raise DriveError(words(_P, "answer.too_large", action=path, limit=MAX_ANSWER))
                    if time.monotonic() > deadline:
                        raise DriveTimeout(words(_P, "timeout", action=path, seconds=f"{timeout:g}"))
                return answer.status_code, bytes(received)
        except httpx.TimeoutException:
            raise DriveTimeout(words(_P, "timeout", action=path, seconds=f"{timeout:g}")) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DriveError(
                words(_P, "http.unreachable", url=self.url, why=str(error) or type(error).__name__)
            ) from None


def _cut(body: bytes) -> str:
    return " ".join(body[:300].decode("utf-8", "replace").split())
