"""The e-CPS: where a trainer, or a script, approves the logins that a software started by CIBA."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from mocks.http import Answer, Call
from mocks.psc import pages
from mocks.psc.state import Ciba, PscState
from mocks.psc.wire import json_answer
from mocks.session import Session


async def home(call: Call) -> Answer:
    """``GET /``: the requests that wait, on a page."""
    call.exchange.operation = "phone"
    people = [(kept, session.world.professionals.get(kept.professional)) for session, kept in _waiting(call)]
    return pages.phone(call, people)


async def pending(call: Call) -> Answer:
    """``GET /requests``: the same in JSON."""
    call.exchange.operation = "phone"
    rows = [
        {
            "request": kept.thread,
            "client": kept.client,
            "national_id": kept.national_id,
            "channel": kept.channel,
            "binding_message": kept.binding_message,
            "expires_in": int(kept.expires - session.clock.now()),
        }
        for session, kept in _waiting(call)
    ]
    return json_answer({"requests": rows})


async def decide(call: Call) -> Answer:
    """``POST /requests``: ``request`` and ``decision`` (approve, deny); a browser goes back to the page."""
    call.exchange.operation = "phone"
    origin = call.header("origin")
    if origin and urlsplit(origin).netloc != call.header("host"):
        return json_answer({"error": "another site's page may not approve a login"}, 403)
    given = dict(parse_qsl(call.body.decode("utf-8", "replace"), max_num_fields=20))
    found = next(((s, kept) for s, kept in _waiting(call) if given.get("request") in (kept.thread, kept.id)), None)
    decision = given.get("decision")
    if found is None or decision not in ("approve", "deny"):
        return json_answer({"error": "no such request is waiting, or decision is neither approve nor deny"}, 404)
    session, kept = found
    kept.state = "approved" if decision == "approve" else "denied"
    call.session, call.exchange.session = session, session.id
    call.exchange.thread, call.exchange.outcome = kept.thread, kept.state
    if "text/html" in call.header("accept"):
        return Answer(303, b"", headers=[("location", "/")])
    return json_answer({"request": kept.thread, "state": kept.state})


def _waiting(call: Call) -> list[tuple[Session, Ciba]]:
    """Requests that can still be answered: the session's own, or everybody's on the shared port."""
    hub = call.hub
    sessions = list(hub.sessions) if call.session is hub.sessions.default else [call.session]
    return [
        (session, kept)
        for session in sessions
        for kept in session.state("psc", PscState).ciba.values()
        if kept.waiting(session.clock.now())
    ]
