"""Routes of the console. Pages are read with GET; a change is a form POST that redirects back to a page."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.console import views
from mocks.control import BadSwitch
from mocks.journal import END
from mocks.session import UnknownSession
from norms.texts import LANGS, Lang, text

if TYPE_CHECKING:
    from harness.bench import Bench

STATIC = {"style.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; frame-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser sends Origin: null with our own forms
    "Cache-Control": "no-store",
}
LIMIT = 200
log = logging.getLogger("segur.console")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = views.clock
    environment.filters["size"] = views.size
    environment.filters["bytes"] = views.measure
    environment.filters["moment"] = views.moment
    return environment


def language(request: Request) -> Lang:
    """``?lang=``, else the cookie it set, else the browser's wish."""
    for wish in (request.query_params.get("lang"), request.cookies.get("lang")):
        if wish in LANGS:
            return wish
    return "fr" if request.headers.get("accept-language", "fr").lower().startswith("fr") else "en"


def render(request: Request, bench: Bench, template: str, /, code: int = 200, **values: Any) -> Response:
    """One page, in the reader's language, with what every page needs."""
    lang = language(request)

    def t(key: str, /, **args: object) -> str:
        return text("harness.console", key, lang, **args)

    chosen = request.query_params.get("session", "")
    html = (
        _templates()
        .get_template(template)
        .render(
            t=t,
            lang=lang,
            other="en" if lang == "fr" else "fr",
            path=request.url.path,
            session=chosen,
            sessions=[(s.id, s.name) for s in bench.sessions],
            page=template.removesuffix(".html"),
            **values,
        )
    )
    answer = HTMLResponse(html, code, SAFE_HEADERS)
    if request.query_params.get("lang") in LANGS:
        answer.set_cookie("lang", lang, max_age=31_536_000, samesite="strict", httponly=True)
    return answer


def _own_name(host: str, bench: Bench) -> bool:
    """An address, ``localhost`` or the name that the bench was given: a rebound DNS name is none of these."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return host in ("localhost", bench.options.public_name, bench.options.host)


def mount(app: FastAPI, bench: Bench) -> None:
    """Add the console's pages to the application of the control API."""
    shown: dict[str, Any] = {"include_in_schema": False}

    @app.middleware("http")
    async def same_origin(request: Request, call_next: Callable[..., Any]) -> Response:
        """A page of another site must not drive the bench through the reader's browser, nor under a name of its own."""
        if not _own_name(request.url.hostname or "", bench):
            return Response("this bench does not answer to that name; see segur up --public-name", 421)
        origin = request.headers.get("origin")
        if request.method not in ("GET", "HEAD") and origin and urlsplit(origin).netloc != request.headers.get("host"):
            return Response("cross-origin request refused", 403)
        try:
            answer: Response = await call_next(request)
        except Exception:  # the bench's own fault: one line for the reader, the details in the log
            log.exception("%s %s failed", request.method, request.url.path)
            return Response(f"internal error of the bench; see {bench.options.home.log}", 500)
        return answer

    @app.get("/", **shown)
    async def home(request: Request) -> Response:
        status = bench.status()
        return render(
            request, bench, "home.html", status=status, addresses=views.addresses(status), rows=_recent(request, 8)
        )

    def _recent(request: Request, limit: int = LIMIT) -> list[views.Row]:
        wanted = request.query_params
        found = bench.journal.list(
            session=wanted.get("session") or None,
            service=wanted.get("service") or None,
            kind=views.kind(wanted.get("kind")),
            before=END,
            limit=limit,
            bodies=False,
        )
        rows = [views.row(x, language(request)) for x in sorted(found, key=lambda x: -x.id)]
        return [r for r in rows if r.findings] if wanted.get("findings") else rows

    @app.get("/exchanges", **shown)
    async def exchanges(request: Request) -> Response:
        services = sorted({s.name.split(".")[0] for s in bench.registry} | {"igc", "proxy"})
        return render(
            request, bench, "exchanges.html", rows=_recent(request), services=services, query=request.query_params
        )

    @app.get("/exchanges/rows", **shown)
    async def rows(request: Request) -> Response:
        """The newest rows alone: what the script puts into the table when the feed speaks."""
        return render(request, bench, "rows.html", rows=_recent(request))

    @app.get("/exchanges/{exchange_id}", **shown)
    async def exchange(request: Request, exchange_id: int) -> Response:
        found = bench.journal.get(exchange_id) if 0 < exchange_id < 2**63 else None
        if found is None:
            return render(request, bench, "missing.html", code=404, what=str(exchange_id))
        return render(request, bench, "exchange.html", x=views.opened(found, language(request)))

    @app.get("/exchanges/{exchange_id}/{side}", **shown)
    async def body(request: Request, exchange_id: int, side: str) -> Response:
        """The bytes of a request or an answer, always as a download: what came over the wire is never run here."""
        found = bench.journal.get(exchange_id) if 0 < exchange_id < 2**63 else None
        if found is None or side not in ("request", "response"):
            return render(request, bench, "missing.html", code=404, what=str(exchange_id))
        data = found.request_body if side == "request" else found.response_body
        name = f"segur-{exchange_id}-{side}.bin"
        headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/octet-stream", headers=headers)

    @app.get("/world/{kind}", **shown)
    async def world(request: Request, kind: str) -> Response:
        session = bench.sessions.get(request.query_params.get("session") or "default")
        if kind not in views.WORLD_COLUMNS:
            return render(request, bench, "missing.html", code=404, what=kind)
        return render(request, bench, "world.html", kind=kind, table=views.world(session, kind))

    @app.get("/world/{kind}/{item}", **shown)
    async def one(request: Request, kind: str, item: str) -> Response:
        session = bench.sessions.get(request.query_params.get("session") or "default")
        table = getattr(session.world, kind, {}) if kind in views.WORLD_COLUMNS else {}
        if item not in table:
            return render(request, bench, "missing.html", code=404, what=item)
        return render(request, bench, "item.html", kind=kind, item=views.item(session, kind, item, language(request)))

    @app.get("/switches", **shown)
    async def switches(request: Request) -> Response:
        session = bench.sessions.get(request.query_params.get("session") or "default")
        return render(
            request,
            bench,
            "switches.html",
            groups=views.switches(bench.registry, session, language(request)),
            refused=request.query_params.get("refused", ""),
            current=session,
        )

    @app.post("/switches", **shown)
    async def set_switch(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
        session = bench.sessions.get(form.get("session") or "default")
        refused = ""
        try:
            if form.get("do") == "clear":
                session.switches.clear()
            else:
                name = form.get("name", "")
                value = views.typed(bench.registry.get(name), form.get("value", ""))
                if form.get("do") == "once":
                    session.switches.arm(name, value)
                else:
                    session.switches.set({name: value})
            bench.store.save(session)
        except BadSwitch as error:
            refused = f"&refused={str(error)[:200]}"
        return RedirectResponse(f"/switches?session={session.id}{refused}", 303)

    @app.get("/static/{name}", **shown)
    async def static(name: str) -> Response:
        if name not in STATIC:
            return Response(status_code=404)
        data = files("harness.console").joinpath("static", name).read_bytes()
        return Response(data, media_type=STATIC[name], headers={"X-Content-Type-Options": "nosniff"})

    @app.exception_handler(UnknownSession)
    async def unknown(request: Request, error: UnknownSession) -> Response:
        if request.url.path.startswith("/api/"):
            from fastapi.responses import JSONResponse

            return JSONResponse({"detail": f"no session {error.args[0]!r}"}, 404)
        return render(request, bench, "missing.html", code=404, what=str(error.args[0]))
