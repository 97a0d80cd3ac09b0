"""The page of a person who guides a software: the step, what is given, what reaches the bench meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from harness.console import run_views as views
from harness.console.pages import language, render
from harness.guide import keep
from harness.guide.desk import Desk, Refused
from harness.guide.model import Answer
from harness.guide.watch import told
from harness.runs import BadRun
from mocks.journal import END, Kind
from mocks.journal.shown import exchange_json
from mocks.session import DEFAULT
from norms.texts import Lang, text

if TYPE_CHECKING:
    from harness.bench import Bench

HIDDEN: dict[str, Any] = {"include_in_schema": False}
ANSWERS = ("done", "refused", "not_applicable", "yes", "no", "skip")
FORM_OVERHEAD = 100_000  # bytes of a form beside its file
SHOWN = 50


def mount(app: FastAPI, bench: Bench) -> None:
    """Add the pages."""
    assert bench.runs is not None
    runs = bench.runs

    @app.get("/runs/{run}/guide", **HIDDEN)
    async def guide(request: Request, run: str) -> Response:
        return page(request, run)

    def page(request: Request, run: str, code: int = 200, refused: str = "", typed: str = "") -> Response:
        store, desk = runs.store(run), runs.desk(run)
        if runs.live(run) is None:
            return RedirectResponse(f"/runs/{store.run}", 303)
        prompt = desk.waiting if desk else None
        return render(
            request,
            bench,
            "guide.html",
            code=code,
            run=run,
            prompt=prompt,
            largest=keep.LARGEST,
            refused=refused,
            typed=typed,
            w=lambda words: words.get(language(request)).strip(),
            **live(run, desk, language(request)),
        )

    def live(run: str, desk: Desk | None, lang: Lang) -> dict[str, Any]:
        """What moves on the page: what was given, what reached the bench, what was concluded."""
        given, under_way = desk.given if desk else None, runs.live(run)
        session = str(runs.store(run).asked().get("bench", ""))
        return {
            "given": given,
            "marks": [views.clock(each) for each in given.marks] if given else [],
            "seen": _seen(bench, session, desk.began, lang) if desk and desk.began else [],
            "checks": [views.check(each, lang) for each in under_way.checks[-12:]] if under_way else [],
            "watched": session,
        }

    @app.get("/runs/{run}/guide/live", **HIDDEN)
    async def moving(request: Request, run: str) -> Response:
        """The moving part alone, for the script; it says where to go when the prompt is another one."""
        runs.store(run)
        desk, under_way = runs.desk(run), runs.live(run)
        answer = render(request, bench, "guide_live.html", run=run, **live(run, desk, language(request)))
        waiting = desk.waiting if desk else None
        shown = str(waiting.seq) if waiting else "0"
        answer.headers["X-Segur-Again"] = "1"
        if under_way is None:
            answer.headers["X-Segur-Go"] = f"/runs/{run}"
        elif shown != "0" and shown != request.query_params.get("seq"):
            answer.headers["X-Segur-Go"] = f"/runs/{run}/guide"
        return answer

    @app.post("/runs/{run}/guide", **HIDDEN)
    async def act(request: Request, run: str) -> Response:
        runs.store(run)
        lang, typed = language(request), ""
        try:
            _bounded(request, lang)
            async with request.form(max_files=2, max_fields=20) as given:
                typed = str(given.get("text") or "")
                if given.get("do") == "leave":
                    runs.leave(run)
                    return RedirectResponse(f"/runs/{run}", 303)
                desk = runs.desk(run)
                if desk is None:
                    return RedirectResponse(f"/runs/{run}", 303)
                await _do(desk, given)
        except (Refused, keep.BadFile, BadRun) as error:
            return page(request, run, 409, error.message.get(lang), typed)
        return RedirectResponse(f"/runs/{run}/guide", 303)


def _bounded(request: Request, lang: Lang) -> None:
    """Refuse a body that is too large before it is read."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > keep.LARGEST + FORM_OVERHEAD:
        size = int(length) // 1_000_000 if length.isdigit() else "?"
        name = text("harness.console", "guide.the_file", lang)
        raise keep.too_large(name, size)


async def _do(desk: Desk, given: FormData) -> None:
    """Do at the desk what the form says; raises Refused, keep.BadFile."""
    do, words = str(given.get("do") or ""), str(given.get("text") or "")
    seq = str(given.get("seq") or "0")
    if do == "mark":
        desk.mark()
    elif do in ("click", "unclick"):
        desk.click(1 if do == "click" else -1)
    elif do == "note":
        desk.note(words)
    elif do in ("file", "made"):
        upload = given.get("file")
        name = upload.filename or "" if isinstance(upload, UploadFile) else ""
        data = await upload.read() if isinstance(upload, UploadFile) else b""
        if do == "file":
            await asyncio.to_thread(desk.file, str(given.get("proof") or ""), name, data)
        else:
            await asyncio.to_thread(desk.made, name, data)
    elif do in ANSWERS:
        desk.answer(Answer(do, words), int(seq) if seq.isdigit() else 0)  # type: ignore[arg-type]


def _seen(bench: Bench, session: str, since: float, lang: Lang) -> list[tuple[int, str, bool]]:
    """Id, line and whether it is bad, of what reached the bench since that moment, the newest first."""
    found = bench.journal.list(session=session, before=END, limit=SHOWN, bodies=False)
    if session != DEFAULT:  # a handshake refused on a shared port is the default session's
        found += bench.journal.list(DEFAULT, kind=Kind.HANDSHAKE, before=END, limit=SHOWN, bodies=False)
    rows = [exchange_json(x, lang, bodies=False) for x in found if x.started >= since and x.kind is not Kind.EVENT]
    rows.sort(key=lambda row: -row["id"])
    return [(row["id"], told(row, lang), _bad(row)) for row in rows]


def _bad(row: dict[str, Any]) -> bool:
    return row["kind"] == "handshake" or any(found["severity"] == "error" for found in row["findings"])
