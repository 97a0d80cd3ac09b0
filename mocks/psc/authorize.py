"""The authorization endpoint: the request checked, the professional shown a picker, the answer redirected."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from mocks.grants import Grant, Grants, Login
from mocks.http import Answer, Call
from mocks.psc import pages, places
from mocks.psc.issue import NOWHERE
from mocks.psc.people import by_national_id
from mocks.psc.state import CODE_LIFE, PUSHED_LIFE, REQUEST_LIFE, Asked, Code, PscState, fresh
from mocks.psc.wire import Refused, client_of, form, json_answer, params, redirect, refusal, refused
from mocks.world import Client, Professional
from norms.finding import Finding, find
from norms.oidc.requests import MAX_STATE, Checked, authorization, redirect_uri, request_object

COOKIE = "segur_psc_session"
MODES = ("CARD", "MOBILE")
PUSHED = "urn:ietf:params:oauth:request_uri:"
Given = Mapping[str, str]


async def push(call: Call) -> Answer:
    """``POST …/ext/par/request`` (RFC 9126): the request kept, to be named at the authorization endpoint."""
    call.exchange.operation = "pushed-authorization"
    try:
        given = form(call)
        client = client_of(call, given).client
        if wrong := redirect_uri(given.get("redirect_uri", ""), client.redirect_uris):
            raise refused("invalid_request", wrong[0])
        checked = authorization(given)
        if checked.error and call.switch("strict"):
            raise Refused(checked.error, checked.reason, *checked.findings)
    except Refused as refusal_:
        return refusal(call, refusal_)
    kept = {name: value for name, value in given.items() if name != "client_secret"}
    asked = Asked(PUSHED + fresh(), client.id, kept, call.session.clock.now() + PUSHED_LIFE)
    _state(call).pushed[asked.id] = asked
    return json_answer({"request_uri": asked.id, "expires_in": PUSHED_LIFE}, 201)


async def ask(call: Call) -> Answer:
    """``GET`` or ``POST /auth``: refused on a page or by redirect, answered by SSO, or shown the picker."""
    call.exchange.operation = "authorization"
    try:
        given, repeated = params(call)
    except ValueError:
        return pages.error(call, "too_many_fields")
    call.rebind(client_id=given.get("client_id", ""))
    call.exchange.facts |= {name: given.get(name, "")[:200] for name in ("client_id", "redirect_uri")}
    if given.get("request_uri", "").startswith(PUSHED):
        pushed = _state(call).pushed.pop(given["request_uri"], None)
        if not pushed or pushed.client != given.get("client_id") or pushed.expires < call.session.clock.now():
            call.note(find("OIDC-AUTHZ-15", found=given["request_uri"]))
            return pages.error(call, "request_uri")
        given = dict(pushed.params)
    clients = call.session.world.clients
    client = clients.get(given.get("client_id", ""))
    if client is None:
        call.note(find("OIDC-AUTHZ-12", expected=", ".join(clients), found=given.get("client_id", "")))
        return pages.error(call, "unknown_client")
    if wrong := redirect_uri(given.get("redirect_uri", ""), client.redirect_uris):
        call.note(*request_object(given), *wrong)  # the address may stand in the request object
        return pages.error(call, "redirect_uri")
    checked = Checked([*authorization(given, repeated).findings, *_browser(call), *_drawn_before(call, client, given)])
    call.note(*checked.findings)
    if checked.error and (call.switch("strict") or given.get("response_type") != "code"):
        return _refuse(call, given, checked.error, checked.reason)
    return _answer(call, client, given)


def _answer(call: Call, client: Client, given: Given) -> Answer:
    """A sound request: a code at once for who is logged in already, else the picker."""
    asked = Asked(fresh(), client.id, given, call.session.clock.now() + REQUEST_LIFE)
    call.exchange.thread = asked.id
    login = _sso(call, given)
    automatic = call.session.world.professionals.get(str(call.switch("auto_login")))
    if login is None and automatic and given.get("prompt") != "none":
        login = _login(call, automatic, "CARD")
    if login:
        return _granted(call, asked, login)
    if given.get("prompt") == "none":
        return _refuse(call, given, "login_required")
    _state(call).asked[asked.id] = asked
    call.exchange.outcome = "login-page"
    return pages.picker(call, asked)


async def reshow(call: Call) -> Answer:
    """``GET /auth/login``: the picker again, in another language or with a search."""
    call.exchange.operation = "login-page"
    asked = _pending(call)
    return pages.picker(call, asked) if isinstance(asked, Asked) else asked


async def choose(call: Call) -> Answer:
    """``POST /auth/login``: who was chosen, or the refusal: ``request``, ``professional``, ``mode``, ``deny``."""
    call.exchange.operation = "login"
    asked = _pending(call)
    if not isinstance(asked, Asked):
        return asked
    given, _ = params(call)
    if "deny" in given:
        del _state(call).asked[asked.id]
        return _refuse(call, asked.params, "access_denied", "the professional refused")
    world, chosen = call.session.world, given.get("professional") or given.get("identifier", "")
    who = world.professionals.get(chosen) or by_national_id(world, chosen)
    if who is None:
        return pages.picker(call, asked, unknown=chosen or "—")
    del _state(call).asked[asked.id]
    mode = given.get("mode", "CARD")
    return _granted(call, asked, _login(call, who, mode if mode in MODES else "CARD"))


def _pending(call: Call) -> Asked | Answer:
    """The request that the picker answers, or the page that says it is gone."""
    try:
        given, _ = params(call)
    except ValueError:
        return pages.error(call, "too_many_fields")
    call.rebind(client_id=given.get("client_id", ""))
    asked = _state(call).asked.get(given.get("request", ""))
    if asked is None or asked.expires < call.session.clock.now():
        return pages.error(call, "stale_request")
    call.exchange.thread = asked.id
    call.exchange.facts["client_id"] = asked.client
    return asked


def _browser(call: Call) -> list[Finding]:
    frame = call.header("sec-fetch-dest")
    return [find("OIDC-AUTHZ-13", expected="document", found=frame)] if frame in ("iframe", "frame", "embed") else []


def _drawn_before(call: Call, client: Client, given: Given) -> list[Finding]:
    """``state`` and ``nonce`` that an earlier request already used."""
    state = _state(call)
    return [
        find("OIDC-AUTHZ-14", found=value, name=name)
        for name in ("state", "nonce")
        if (value := given.get(name, "")) and len(value) <= MAX_STATE and state.seen_before(client.id, name, value)
    ]


def _login(call: Call, who: Professional, mode: str) -> Login:
    now = call.session.clock.now()
    mode = "MOBILE" if who.kind == "NONE" else mode  # no card to show
    login = Login(str(uuid.uuid4()), who.id, who.national_id, mode, now, now)
    call.session.state("grants", Grants).logins[login.sid] = login
    return login


def _sso(call: Call, given: Given) -> Login | None:
    """The login that the browser's cookie stands for, unless a new authentication is asked for."""
    login = cookie_login(call)
    if login is None or given.get("prompt") == "login":
        return None
    age = given.get("max_age", "")
    return None if age.isdigit() and call.session.clock.now() - login.started > int(age) else login


def cookie_login(call: Call) -> Login | None:
    """The living login of this browser."""
    try:
        kept = SimpleCookie(call.header("cookie")).get(COOKIE)
    except CookieError:
        return None
    login = call.session.state("grants", Grants).logins.get(kept.value) if kept else None
    return login if login and login.alive(call.session.clock.now()) else None


def _granted(call: Call, asked: Asked, login: Login) -> Answer:
    """Back to the client with a code."""
    now = login.seen = call.session.clock.now()
    login.clients.add(asked.client)
    given, code = asked.params, fresh()
    scope, nonce = given.get("scope", ""), given.get("nonce", "")
    grant = Grant(asked.id, asked.client, login, scope, nonce, str(call.switch("acr")))
    _state(call).codes[code] = Code(grant, given, now + CODE_LIFE)
    call.exchange.outcome = "code"
    call.exchange.facts |= {"national_id": login.national_id, "sid": login.sid, "auth_mode": login.auth_mode}
    cookie = ("set-cookie", f"{COOKIE}={login.sid}; Path=/; Secure; HttpOnly; SameSite=Lax")
    return _back(call, given, {"code": code, "session_state": login.sid}, cookie)


def _refuse(call: Call, given: Given, error: str, description: str = "") -> Answer:
    call.exchange.outcome = error
    return _back(call, given, {"error": error, "error_description": description})


def _back(call: Call, given: Given, values: dict[str, Any], *headers: tuple[str, str]) -> Answer:
    """Redirect to the client, spoiled as the switch says. A state that is refused for its size is not sent back."""
    state = given.get("state", "")
    values |= {"state": state if len(state) <= MAX_STATE else "", "iss": places.issuer(call)}
    fault = str(call.switch("authorization"))
    if fault in ("access_denied", "server_error") and "code" in values:
        call.exchange.outcome = fault
        values = {"error": fault, "state": values["state"], "iss": values["iss"]}
    elif fault != "normal":
        call.exchange.facts["forged"] = fault
    changed: dict[str, dict[str, str]] = {
        "no_state": {"state": ""},
        "other_state": {"state": fresh()},
        "no_iss": {"iss": ""},
        "other_iss": {"iss": NOWHERE},
    }
    return redirect(given["redirect_uri"], values | changed.get(fault, {}), *headers)


def _state(call: Call) -> PscState:
    return call.session.state("psc", PscState)
