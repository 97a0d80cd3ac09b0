"""The pages that a browser sees: the picker, errors, the end of a session, the e-CPS. No inline script or style."""

from __future__ import annotations

from functools import cache
from http.cookies import CookieError, SimpleCookie
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from mocks.http import Answer, Call
from mocks.psc.state import Asked, Ciba
from mocks.world import Professional
from norms.codes import shipped
from norms.letters import bare
from norms.texts import LANGS, Lang, text

PACKAGE = "mocks.psc"
LANG_COOKIE = "segur_psc_lang"
SHOWN = 200  # professionals on one page; the search finds the others
PROFESSIONS = "1.2.250.1.71.1.2.7"  # TRE_G15
_STATIC = {"psc.css": "text/css; charset=utf-8", "psc.js": "text/javascript; charset=utf-8"}


def picker(call: Call, asked: Asked, unknown: str = "") -> Answer:
    """Who logs in: the professionals of the world, as cards to choose; ``unknown`` is a choice that is nobody's."""
    wanted = _one(call, "q")
    found = [card for card in map(_card, call.session.world.professionals.values()) if _matches(card, wanted)]
    keep = {"request": asked.id, "client_id": asked.client, "q": wanted}
    page = _page(
        call,
        "picker.html",
        status=400 if unknown else 200,
        links=[("/auth/login", {**keep, "lang": lang}, lang) for lang in LANGS],
        redirects=asked.params.get("redirect_uri", ""),
        wanted_lang=asked.params.get("ui_locales", ""),
        asked=asked,
        cards=found[:SHOWN],
        hidden=max(0, len(found) - SHOWN),
        wanted=wanted,
        unknown=unknown,
    )
    if unknown:
        call.exchange.outcome = "unknown-professional"
    return page


def error(call: Call, key: str) -> Answer:
    """A request that cannot be answered by a redirect: why, and what to change, in the reader's words."""
    call.exchange.outcome = key
    return _page(call, "error.html", status=400, key=key, findings=call.exchange.findings)


def confirm(call: Call) -> Answer:
    """A logout without an id token: the professional is asked."""
    return _page(call, "confirm.html", action=call.path)


def closed(call: Call) -> Answer:
    """The session is over, and no address to go back to was given."""
    return _page(call, "closed.html")


def phone(call: Call, waiting: list[tuple[Ciba, Professional | None]]) -> Answer:
    """The e-CPS: the requests that wait for an approval."""
    now = call.session.clock.now()
    rows = [(kept, _card(who) if who else None, int(kept.expires - now)) for kept, who in waiting]
    return _page(call, "phone.html", rows=rows, links=[("/", {"lang": lang}, lang) for lang in LANGS])


async def static(call: Call) -> Answer:
    """Style and script."""
    call.exchange.operation = "page"
    name = call.path.rpartition("/")[2]
    data = files(PACKAGE).joinpath("static", name).read_bytes()
    return Answer(200, data, _STATIC[name], [("x-content-type-options", "nosniff"), ("cache-control", "max-age=300")])


async def icon(call: Call) -> Answer:
    """Browsers ask for it whatever the page says."""
    call.exchange.operation = "page"
    return Answer(204, headers=[("cache-control", "max-age=86400")])


STATIC_ROUTES = {("GET", f"/static/{name}"): static for name in _STATIC} | {("GET", "/favicon.ico"): icon}


def _page(
    call: Call,
    template: str,
    /,
    status: int = 200,
    links: Any = (),
    redirects: str = "",
    wanted_lang: str = "",
    **values: Any,
) -> Answer:
    lang = language(call, wanted_lang)

    def t(key: str, /, **args: object) -> str:
        return text(PACKAGE, f"page.{key}", lang, **args)

    urls = {to: f"{path}?{urlencode({k: v for k, v in query.items() if v})}" for path, query, to in links}
    html = (
        _templates()
        .get_template(template)
        .render(t=t, lang=lang, links=urls, client=call.exchange.facts.get("client_id", ""), **values)
    )
    headers = [
        ("content-security-policy", _policy(redirects)),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),  # with no-referrer a browser sends Origin: null with our own forms
        ("cache-control", "no-store"),
        ("content-language", lang),
    ]
    if _one(call, "lang") in LANGS:
        cookie = f"{LANG_COOKIE}={lang}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
        headers.append(("set-cookie", cookie))
    return Answer(status, html.encode(), "text/html; charset=utf-8", headers)


def _policy(redirects: str) -> str:
    """A browser holds ``form-action`` against the redirect that follows a form: the client's address must be in it."""
    parts = urlsplit(redirects)
    to = f" {parts.scheme}://{parts.netloc}" if parts.netloc else f" {parts.scheme}:" if parts.scheme else ""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none';"
        f" frame-ancestors 'none'; form-action 'self'{to}"
    )


def language(call: Call, wanted: str = "") -> Lang:
    """``?lang=``, else the cookie it set, else the client's ``ui_locales``, else the browser's wish."""
    try:
        kept = SimpleCookie(call.header("cookie")).get(LANG_COOKIE)
    except CookieError:
        kept = None
    for wish in (_one(call, "lang"), kept.value if kept else "", wanted[:2].lower()):
        if wish in LANGS:
            return wish
    return "fr" if (call.header("accept-language") or "fr").lower().startswith("fr") else "en"


def _one(call: Call, name: str) -> str:
    return parse_qs(call.query).get(name, [""])[0][:200]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _card(who: Professional) -> dict[str, Any]:
    return {
        "id": who.id,
        "name": " ".join(filter(None, (who.civility, who.given_name, who.family_name))),
        "national_id": who.national_id,
        "profession": _professions().get((who.profession, PROFESSIONS), ""),
        "note": {"fr": who.note_fr, "en": who.note_en},
        "card": who.kind,
    }


@cache
def _professions() -> dict[tuple[str, str], str]:
    table = shipped("G15")
    return dict(table.labels) if table else {}


def _matches(card: dict[str, Any], wanted: str) -> bool:
    if not wanted:
        return True
    words = " ".join([card["name"], card["national_id"], card["profession"], card["id"], *card["note"].values()])
    return bare(wanted) in bare(words)
