"""Pages of the runs: the list, the form that starts one, one run as it goes, its reports and files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from harness.console import run_views as views
from harness.console.pages import SAFE_HEADERS, language, render
from harness.drive.reference.defects import catalogue
from harness.drive.sut import PRODUCTS
from harness.guide.gestures import HAND_OVER
from harness.guide.keep import FOLDER as PROOFS
from harness.runs import BadRun
from harness.scenario.launch import BUILT_IN, Asked
from harness.scenario.store import NoRun, Store

if TYPE_CHECKING:
    from harness.bench import Bench

HIDDEN: dict[str, Any] = {"include_in_schema": False}
MOVING = ("running", "asking", "elsewhere")


def mount(app: FastAPI, bench: Bench) -> None:
    """Add the pages."""
    assert bench.runs is not None
    runs = bench.runs

    def missing(request: Request, what: str) -> Response:
        return render(request, bench, "missing.html", code=404, what=what)

    @app.exception_handler(NoRun)
    async def no_run(request: Request, error: NoRun) -> Response:
        return missing(request, str(error.args[0]))

    @app.get("/runs", **HIDDEN)
    async def every(request: Request) -> Response:
        lang = language(request)
        rows = await asyncio.to_thread(lambda: [views.row(runs, store, lang) for store in runs.all()[:200]])
        return render(request, bench, "runs.html", rows=rows)

    @app.get("/runs/new", **HIDDEN)
    async def new(request: Request) -> Response:
        query = request.query_params
        asked = {"sut": query.get("sut", BUILT_IN), "ids": query.getlist("ids"), "defects": query.getlist("defects")}
        return await form(request, {"path": "", "product": "", "wave": "", "guide": "", **asked})

    async def form(request: Request, asked: dict[str, Any], refused: str = "", code: int = 200) -> Response:
        library = await asyncio.to_thread(lambda: runs.library)
        paths = dict.fromkeys(store.asked().get("asked", {}).get("sut", "") for store in runs.all()[:50])
        return render(
            request,
            bench,
            "run_new.html",
            code=code,
            asked=asked,
            refused=refused,
            paths=[path for path in paths if path and path != BUILT_IN],
            scenarios=list(library.scenarios.values()),
            defects=list(catalogue().values()),
            products=PRODUCTS,
        )

    @app.post("/runs", **HIDDEN)
    async def start(request: Request) -> Response:
        given = await request.form(max_files=0, max_fields=500)
        asked, wanted = _asked(given)
        try:
            lang, guide = language(request), bool(given.get("guide")) or None
            run = await asyncio.to_thread(lambda: runs.start(wanted, lang, guide=guide))
        except BadRun as error:
            return await form(request, asked, error.message.get(language(request)), 409 if error.busy else 422)
        return RedirectResponse(f"/runs/{run}", 303)

    @app.get("/runs/{run}", **HIDDEN)
    async def one(request: Request, run: str) -> Response:
        store = runs.store(run)
        return render(request, bench, "run.html", **await told(store, request), reports=views.REPORTS)

    @app.get("/runs/{run}/{part}-part", **HIDDEN)
    async def part(request: Request, run: str, part: str) -> Response:
        """A part of the page alone, for the script; it says whether to ask again."""
        store = runs.store(run)
        if part not in ("now", "results"):
            return missing(request, part)
        answer = render(request, bench, f"run_{part}.html", **await told(store, request))
        answer.headers["X-Segur-Again"] = "1" if runs.state(store) in MOVING else "0"
        return answer

    async def told(store: Store, request: Request) -> dict[str, Any]:
        lang = language(request)
        row, results = await asyncio.to_thread(lambda: (views.row(runs, store, lang), store.results()))
        return {
            "run": row,
            "now": views.now(runs, store.run, lang),
            "results": [views.scenario(result, lang) for result in results],
            "moving": row["state"] in MOVING,
        }

    @app.post("/runs/{run}", **HIDDEN)
    async def change(request: Request, run: str) -> Response:
        """Leave, resume or cancel."""
        given = await request.form(max_files=0)
        lang, do = language(request), given.get("do")
        try:
            if do == "resume":
                await asyncio.to_thread(runs.resume, run, lang)
            elif do == "leave":
                runs.leave(run)
            elif do == "cancel":
                await asyncio.to_thread(runs.cancel, run)
        except BadRun as error:
            store = runs.store(run)
            row = await told(store, request)
            row["run"]["why"] = error.message.get(lang)
            return render(request, bench, "run.html", code=409, **row, reports=views.REPORTS)
        return RedirectResponse(f"/runs/{run}", 303)

    @app.get("/runs/{run}/reports/{name}", **HIDDEN)
    async def report(request: Request, run: str, name: str) -> Response:
        store = runs.store(run)
        if name not in views.REPORTS:
            return missing(request, name)
        data = await asyncio.to_thread(views.report, store, name, language(request))
        headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="segur-{store.run}-{name}"'}
        return Response(data, media_type=views.REPORTS[name][1], headers=headers)

    @app.get("/runs/{run}/files/{path:path}", **HIDDEN)
    async def file(request: Request, run: str, path: str) -> Response:
        """A file that a person gave, or that he gives to the software: always as a download."""
        store = runs.store(run)
        found = (store.folder / path).resolve()
        inside = any(found.is_relative_to((store.folder / name).resolve()) for name in (PROOFS, HAND_OVER))
        if not inside or not found.is_file():
            return missing(request, path)
        headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="{found.name}"'}
        data = await asyncio.to_thread(found.read_bytes)
        return Response(data, media_type="application/octet-stream", headers=headers)


def _asked(given: FormData) -> tuple[dict[str, Any], Asked]:
    """What the form says, to show it again and to run it."""
    text = {name: str(given.get(name) or "").strip() for name in ("sut", "path", "product", "wave", "guide")}
    ids, defects = ([str(each) for each in given.getlist(name)] for name in ("ids", "defects"))
    built_in = text["sut"] != "path"
    wave = int(text["wave"]) if text["wave"] in ("1", "2") else 0
    sut = BUILT_IN if built_in else text["path"].strip('"') or "sut.toml"
    asked = Asked(sut, tuple(ids), (), text["product"], wave, (), tuple(defects) if built_in else ())
    return {**text, "ids": ids, "defects": defects}, asked
