"""The Proxy e-Santé contract (provisional): connect by CIBA, call an API through the proxy, disconnect, traces."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from mocks.grants import Grant, Recent
from mocks.http import Answer, Call
from mocks.psc import api, ciba
from mocks.psc.issue import Issuer
from mocks.psc.keys import SigningKeys
from mocks.psc.people import by_national_id
from mocks.psc.wire import NO_STORE, Refused
from norms.finding import Finding, find

COOKIE = "proxy_session_id"
LIFE = 4 * 3600  # seconds
STEP = 0.05  # seconds between two looks at the professional's answer
ASKED = ("nationalId", "bindingMessage", "clientId", "channel")
APIS = {"echo": "echo"}  # name in /send/<name>/… -> scope asked


@dataclass(slots=True)
class ProxySession:
    """A professional connected through the proxy."""

    id: str
    client: str
    grant: Grant
    opened: float
    ended: bool = False

    def alive(self, now: float) -> bool:
        """Open, not older than 4 h, and PSC's own session neither."""
        return not self.ended and now - self.opened < LIFE and self.grant.login.alive(now)


@dataclass
class ProxyState:
    """Sessions and traces of one session of the bench."""

    sessions: Recent[ProxySession] = field(default_factory=lambda: Recent(1_000))
    traces: list[dict[str, Any]] = field(default_factory=list)


class Gateway:
    """``/connect``, ``/disconnect``, ``/send/<api>/<path>``, ``/traces``."""

    def __init__(self, keys: SigningKeys) -> None:
        self.keys = keys

    async def connect(self, call: Call) -> Answer:
        """``POST /connect``: waits for the professional's approval, as long as a CIBA request lives."""
        call.exchange.operation = "proxy-connect"
        given, problem = _asked(call)
        if problem:
            return _failure(call, 400, problem.message("en"), given, problem)
        call.rebind(client_id=given["clientId"])
        state, now = _state(call), call.session.clock.now()
        open_ = state.sessions.get(_cookie(call))
        if open_ and open_.alive(now) and open_.client == given["clientId"]:
            _trace(call, "CONNECT_REPLAY", open_)
            call.exchange.outcome = "already-connected"
            return Answer(304, headers=list(NO_STORE))
        world = call.session.world
        client = world.clients.get(given["clientId"])
        if client is None or by_national_id(world, given["nationalId"]) is None:
            rule, name = ("OIDC-CIBA-06", "nationalId") if client else ("OIDC-AUTHZ-12", "clientId")
            note = find(rule, expected=", ".join(world.clients), found=given[name])
            return _failure(call, 404, note.message("en"), given, note)
        names = {"login_hint": "nationalId", "binding_message": "bindingMessage", "channel": "channel"}
        request = {"scope": "openid scope_all", "acr_values": "eidas1"} | {k: given[v] for k, v in names.items()}
        try:
            kept = ciba.begin(call, client, request)
            while kept.waiting(call.session.clock.now()):
                kept.polls += 1
                ciba.scripted(call, kept)
                if kept.waiting(call.session.clock.now()):
                    await asyncio.sleep(STEP)
            if kept.state == "pending":
                raise Refused("expired_token", "the request expired")
            grant = ciba.settled(Issuer(call, self.keys), kept)
        except Refused as refusal:
            _trace(call, "CONNECT_FAILURE", None, given)
            return _failure(call, 401, f"{refusal.error}: {refusal.description}", given, *refusal.findings)
        opened = ProxySession(secrets.token_urlsafe(24), client.id, grant, call.session.clock.now())
        state.sessions[opened.id] = opened
        _trace(call, "CONNECT_SUCCESS", opened)
        call.exchange.outcome = "connected"
        body = {"proxy_session_id": opened.id, "session_state": grant.login.sid}
        cookie = f"{COOKIE}={opened.id}; Path=/; Secure; HttpOnly; SameSite=Strict"
        return _json(body, 200, ("set-cookie", cookie))

    async def disconnect(self, call: Call) -> Answer:
        """``DELETE /disconnect``: PSC's session ends with the proxy's."""
        call.exchange.operation = "proxy-disconnect"
        held, failure = _session(call)
        if held is None:
            return failure
        held.ended = held.grant.login.closed = True
        _trace(call, "DISCONNECT", held)
        call.exchange.outcome = "disconnected"
        return _json({}, 200, ("set-cookie", f"{COOKIE}=; Path=/; Max-Age=0"))

    async def send(self, call: Call) -> Answer:
        """``/send/<api>/<path>``: the call made with an API token of the connected professional."""
        call.exchange.operation = "proxy-send"
        held, failure = _session(call)
        if held is None:
            return failure
        name, _, path = call.path.removeprefix("/send/").partition("/")
        scope = APIS.get(name)
        if scope is None:
            return _failure(call, 502, f"no API {name!r}; known: {', '.join(APIS)}", {})
        held.grant.login.seen = call.session.clock.now()  # the proxy refreshes PSC's tokens by itself
        _trace(call, "SEND", held, api={"nomApiPsc": name, "methode": call.method, "path": f"/{path}"})
        call.exchange.outcome = "sent"
        return _json(api.echoed(call, held.grant, scope, f"/{path}"), 200)

    async def traces(self, call: Call) -> Answer:
        """``GET /traces?start&end``: what the proxy did, for the conformity check."""
        call.exchange.operation = "proxy-traces"
        asked = parse_qs(call.query)
        start, end = asked.get("start", [""])[0], asked.get("end", ["9"])[0]
        return _json([row for row in _state(call).traces if start <= row["timestamp"] <= end], 200)


def _asked(call: Call) -> tuple[dict[str, str], Finding | None]:
    """The body of /connect, and what is wrong with it."""
    try:
        raw = json.loads(call.body)
    except ValueError as error:
        return {}, find("OIDC-PROXY-01", name="/connect", expected=", ".join(ASKED), found=error)
    given = {name: raw[name] for name in ASKED if isinstance(raw, dict) and isinstance(raw.get(name), str)}
    missing = [name for name in ASKED if not given.get(name)]
    if given.get("channel") not in ("CARD", "MOBILE"):
        missing.append("channel=CARD|MOBILE")
    if not re.fullmatch(r"[0-9]{2}", given.get("bindingMessage", "")):
        missing.append("bindingMessage=00–99")
    if missing:
        return given, find("OIDC-PROXY-01", name="/connect", expected=", ".join(ASKED), found=", ".join(missing))
    return given, None


def _session(call: Call) -> tuple[ProxySession | None, Answer]:
    """The living proxy session that the cookie names, in whichever session of the bench; else the refusal."""
    value = _cookie(call)
    for session in [call.session, *call.hub.sessions]:
        held = session.state("psc.proxy", ProxyState).sessions.get(value)
        if held and held.alive(session.clock.now()):
            call.session, call.exchange.session = session, session.id
            call.exchange.thread = held.grant.id
            call.exchange.facts |= {"national_id": held.grant.login.national_id, "client_id": held.client}
            return held, Answer()
    note = find("OIDC-PROXY-02", found=value or "—")
    return None, _failure(call, 401, note.message("en"), {}, note)


def _cookie(call: Call) -> str:
    try:
        kept = SimpleCookie(call.header("cookie")).get(COOKIE)
    except CookieError:
        return ""
    return kept.value if kept else ""


def _state(call: Call) -> ProxyState:
    return call.session.state("psc.proxy", ProxyState)


def _trace(
    call: Call, kind: str, held: ProxySession | None, given: Mapping[str, str] | None = None, api: object = None
) -> None:
    address, _, port = call.exchange.client.rpartition(":")
    row = {
        "type": kind,
        "clientId": held.client if held else (given or {}).get("clientId", ""),
        "IdRPPS": held.grant.login.national_id if held else (given or {}).get("nationalId", ""),
        "ipAddress": address,
        "ports": [int(port or 0)],
        "proxy_id_session": held.id if held else "",
        "session_state": held.grant.login.sid if held else "",
        "dn": call.peer.subject if call.peer else "",
        "timestamp": datetime.fromtimestamp(call.session.clock.now(), UTC).isoformat(timespec="milliseconds"),
    }
    kept = _state(call).traces
    kept.append(row | ({"apiRequest": api} if api else {}))
    del kept[:-10_000]


def _json(value: object, status: int, *headers: tuple[str, str]) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), "application/json", [*NO_STORE, *headers])


def _failure(call: Call, status: int, message: str, given: Mapping[str, str], *findings: Finding) -> Answer:
    call.note(*findings)
    call.exchange.outcome = f"proxy-{status}"
    shown = {name: given[name] for name in ("nationalId", "clientId") if name in given}
    return _json({"code": str(status), "message": message, "metadata": shown}, status)
