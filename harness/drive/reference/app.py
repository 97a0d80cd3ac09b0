"""The test-driver API over HTTP: ``GET /``, ``GET /openapi.json``, ``POST /actions/<name>``.

``/defects`` is for whoever proves the checks: ``GET`` tells which are on and which places in the code were reached
since, ``PUT {"on": [names]}`` switches them and resets the software.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.drive.reference import dmp_actions, openapi  # noqa: F401 - the actions register themselves
from harness.drive.reference.actions import ACTIONS
from harness.drive.reference.config import NAME, VERSION
from harness.drive.reference.defects import UnknownDefect
from harness.drive.reference.model import Refused
from harness.drive.reference.mss import actions as _mail  # noqa: F401 - the actions register themselves
from harness.drive.reference.software import Software

log = logging.getLogger("segur.reference")
MAX_BODY = 2_000_000
_READING = frozenset(("session.get", "patient.find", "alerts", "worklist", "trace.export", "document.get"))


def build(software: Software) -> Starlette:
    """The ASGI application of one software."""

    async def home(request: Request) -> Response:
        return JSONResponse({"name": NAME, "version": VERSION, "actions": sorted(ACTIONS)})

    async def description(request: Request) -> Response:
        lang = request.query_params.get("lang", software.config.lang)
        return JSONResponse(openapi.document("en" if lang == "en" else "fr"))

    async def act(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ACTIONS:
            return _failure(501, "not-offered", software.screen.words("api.not-offered", name=name))
        raw = bytearray()
        async for piece in request.stream():
            raw += piece
            if len(raw) > MAX_BODY:
                return _failure(413, "too-large", software.screen.words("api.too-large", limit=MAX_BODY))
        try:
            body = json.loads(raw or b"{}")
        except (ValueError, RecursionError) as error:
            return _failure(400, "bad-json", software.screen.words("api.bad-json", reason=error))
        if wrong := openapi.wrong(name, body, software.config.lang):
            return _failure(400, "bad-request", software.screen.words("api.bad-request", reason=wrong))
        return JSONResponse(await run_in_threadpool(perform, software, name, body))

    async def defects(request: Request) -> Response:
        if request.method == "PUT":
            try:
                await run_in_threadpool(switch, software, (await request.json())["on"])
            except (UnknownDefect, ValueError, KeyError, TypeError) as error:
                return _failure(400, "bad-request", software.screen.words("api.bad-request", reason=error))
        held = software.defects
        return JSONResponse({"on": sorted(held.names), "reached": sorted(held.reached)})

    return Starlette(
        routes=[
            Route("/", home),
            Route("/openapi.json", description),
            Route("/defects", defects, methods=["GET", "PUT"]),
            Route("/actions/{name}", act, methods=["POST"]),
        ]
    )


def switch(software: Software, names: list[str]) -> None:
    """These defects and no other, in a software just reset. Raises UnknownDefect."""
    with software.lock:
        software.defects.switch(names)
        software.reset()
        software.defects.reached.clear()


def perform(software: Software, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Run one action at the screen. A refusal is an answer like another; a crash is what its user would see of it."""
    with software.lock:
        software.screen.clear()
        result: dict[str, Any] = {}
        error: dict[str, Any] = {}
        try:
            result = ACTIONS[name](software, body)
        except Refused as refused:
            words = software.screen.refuse(refused)
            error = {"error": {"code": refused.code, "message": words}}
        except Exception as crash:
            log.exception("%s failed", name)
            words = software.screen.words("api.crash", reason=type(crash).__name__)
            software.screen.clear()  # the user is left with a dead screen
            error = {"error": {"code": "crash", "message": words}}
        if name not in _READING:
            software.keep()
        return {"ok": not error, "result": result, "shown": software.screen.shown(), **error}


def _failure(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"ok": False, "result": {}, "shown": [], "error": {"code": code, "message": message}}, status)
