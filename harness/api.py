"""The control API: HTTP JSON under ``/api`` of the console address. Everything the console shows, it gives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from harness import version
from harness.console import mount
from harness.mail_api import router as mail_router
from harness.patients_api import router as patients_router
from harness.runs import Runs
from harness.runs.api import router
from mocks.control import BadSwitch
from mocks.journal import END, Kind, Missed
from mocks.journal.shown import exchange_json, iso
from mocks.session import KEYS, BindingTaken, Session, UnknownSession
from mocks.world import WorldError
from norms.texts import Lang

if TYPE_CHECKING:
    from harness.bench import Bench

WorldKind = Literal["patients", "mailboxes", "professionals", "organisations", "clients"]
Scalar = bool | int | float | str


class NewSession(BaseModel):
    """A session to open. ``binding`` keys: port, cert (SHA-256), client_id, mailbox, api_key, instance."""

    name: str = Field(min_length=1, max_length=200)
    binding: dict[str, list[str]] = Field(default_factory=dict)
    own_ports: bool = False


class Armed(BaseModel):
    """A switch value for the next ``times`` calls."""

    name: str
    value: Scalar
    times: int = Field(1, ge=1, le=10_000)


class Incoming(BaseModel):
    """A message that the bench sends into a mailbox: `mocks.mssante.incoming.Order`."""

    case: str = Field(min_length=1)
    to: str = Field(min_length=1)
    patient: str = ""
    sender: str = ""
    about: str = ""
    previous: str = ""
    receipt: bool = False
    text: str = ""


class Offset(BaseModel):
    """Seconds between the session's clock and the wall clock."""

    offset: float = Field(ge=-1e9, le=1e9)


def application(bench: Bench) -> FastAPI:
    """The FastAPI application of one bench."""
    app = FastAPI(
        title="segur-harness", version=version(), docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    app.include_router(_router(bench))
    bench.runs = Runs(bench.options.home, bench.status)
    app.include_router(router(bench.runs))
    app.include_router(mail_router(bench))
    app.include_router(patients_router(bench))
    mount(app, bench)
    for error, code in ((UnknownSession, 404), (BindingTaken, 409), (BadSwitch, 422), (WorldError, 422)):
        app.add_exception_handler(error, _refusal(code))
    return app


def _refusal(code: int) -> Any:
    async def answer(_request: Request, error: Exception) -> JSONResponse:
        unknown = f"no session {error.args[0]!r}" if isinstance(error, UnknownSession) else str(error)
        return JSONResponse({"detail": unknown}, code)

    return answer


def _router(bench: Bench) -> APIRouter:
    api = APIRouter(prefix="/api", responses={400: {"description": "A body that cannot be read"}})
    journal, sessions, store = bench.journal, bench.sessions, bench.store

    def shown(session: Session) -> dict[str, Any]:
        return {
            "id": session.id,
            "name": session.name,
            "created": iso(session.created),
            "binding": session.binding,
            "endpoints": bench.endpoints(session),
            "clock_offset": session.clock.offset,
            "switches": session.switches.values,
        }

    @api.get("/status")
    async def status() -> dict[str, Any]:
        """Addresses, certificates, process: what ``segur up --json`` prints."""
        return bench.status()

    @api.get("/sessions")
    async def list_sessions() -> dict[str, Any]:
        """Every session, the default one first."""
        return {"sessions": [shown(s) for s in sessions]}

    @api.post("/sessions", status_code=201, responses={409: {}, 422: {}})
    async def open_session(new: NewSession) -> dict[str, Any]:
        """Open an isolated session."""
        if unknown := set(new.binding) - set(KEYS):
            raise HTTPException(422, f"unknown binding keys {sorted(unknown)}; known: {', '.join(KEYS)}")
        try:
            return shown(await bench.open_session(new.name, new.binding, own_ports=new.own_ports))
        except OSError as error:
            raise HTTPException(503, f"no port could be opened: {error}") from None

    @api.get("/sessions/{session_id}", responses={404: {}})
    async def get_session(session_id: str) -> dict[str, Any]:
        """One session."""
        return shown(sessions.get(session_id))

    @api.delete("/sessions/{session_id}", status_code=204, responses={404: {}})
    async def close_session(session_id: str) -> None:
        """Close a session and its own listeners; the default session is reset instead."""
        await bench.close_session(session_id)

    @api.post("/sessions/{session_id}/reset", responses={404: {}})
    async def reset_session(session_id: str) -> dict[str, Any]:
        """World as seeded, switches at their defaults, clock on time."""
        session = sessions.get(session_id)
        session.reset()
        store.save(session)
        return shown(session)

    @api.get("/switches")
    async def declared(accept_language: Annotated[str, Header()] = "fr") -> dict[str, Any]:
        """Every switch that the services declare."""
        speak = _lang(accept_language)
        return {
            "switches": [
                {
                    "name": s.name,
                    "kind": s.kind,
                    "default": s.default,
                    "choices": list(s.choices),
                    "text": s.fr if speak == "fr" else s.en,
                    "provisional": s.provisional,
                }
                for s in bench.registry
            ]
        }

    @api.get("/sessions/{session_id}/switches", responses={404: {}})
    async def switches(session_id: str) -> dict[str, Any]:
        """The session's value of every switch, and what is armed for the next calls."""
        held = sessions.get(session_id).switches
        return {
            "values": {s.name: held.peek(s.name) for s in bench.registry},
            "armed": {name: list(queue) for name, queue in held.once.items() if queue},
        }

    @api.patch("/sessions/{session_id}/switches", responses={404: {}, 422: {}})
    async def set_switches(session_id: str, values: Annotated[dict[str, Scalar], Body()]) -> dict[str, Any]:
        """Set switches, all or none."""
        session = sessions.get(session_id)
        session.switches.set(values)
        store.save(session)
        return {"values": session.switches.values}

    @api.delete("/sessions/{session_id}/switches", status_code=204, responses={404: {}})
    async def clear_switches(session_id: str) -> None:
        """Every switch back to its default."""
        session = sessions.get(session_id)
        session.switches.clear()
        store.save(session)

    @api.post("/sessions/{session_id}/arm", status_code=204, responses={404: {}, 422: {}})
    async def arm(session_id: str, armed: Armed) -> None:
        """Use a value for the next calls only."""
        sessions.get(session_id).switches.arm(armed.name, armed.value, armed.times)

    @api.post("/sessions/{session_id}/incoming", responses={404: {}, 422: {}})
    async def send_message(session_id: str, order: Incoming) -> dict[str, Any]:
        """Write a message of that case and put it into the mailbox, as a correspondent or a patient would."""
        from mocks.mssante import incoming  # builds documents: only who sends needs it

        asked = incoming.Order(**{name: value for name, value in order.model_dump().items() if value})
        try:
            return asdict(incoming.send(bench.operator.post, sessions.get(session_id), asked))
        except incoming.BadOrder as error:
            raise HTTPException(422, str(error)) from None

    @api.post("/sessions/{session_id}/clock", responses={404: {}})
    async def clock(session_id: str, wanted: Offset) -> dict[str, Any]:
        """Move the session's clock; only what the bench issues follows it."""
        session = sessions.get(session_id)
        session.clock.offset = wanted.offset
        store.save(session)
        return {"offset": wanted.offset, "now": iso(session.clock.now())}

    @api.get("/sessions/{session_id}/world/{kind}", responses={404: {}})
    async def world(session_id: str, kind: WorldKind) -> dict[str, Any]:
        """Patients, mailboxes, professionals, organisations or PSC clients of the session's world."""
        return {"items": _rows(sessions.get(session_id), kind)}

    @api.patch("/sessions/{session_id}/world/{kind}/{item}", responses={404: {}, 422: {}})
    async def patch_world(
        session_id: str, kind: WorldKind, item: str, changes: Annotated[dict[str, Any], Body()]
    ) -> dict[str, Any]:
        """Change fields of one item."""
        session = sessions.get(session_id)
        session.world.patch(kind, item, changes)
        store.save(session)
        return {"items": [row for row in _rows(session, kind) if row["id"] == item]}

    @api.get("/sessions/{session_id}/snapshot", responses={404: {}})
    async def snapshot(session_id: str) -> dict[str, Any]:
        """What differs from the seeded world, to be given back to ``PUT``."""
        return sessions.get(session_id).world.snapshot()

    @api.put("/sessions/{session_id}/snapshot", responses={404: {}, 422: {}})
    async def restore(session_id: str, saved: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        """Put a snapshot back."""
        session = sessions.get(session_id)
        session.world.restore(saved)
        store.save(session)
        return session.world.snapshot()

    @api.get("/exchanges")
    async def exchanges(
        session: Annotated[list[str] | None, Query()] = None,
        service: str = "",
        kind: Kind | None = None,
        thread: str = "",
        after: Annotated[int | None, Query(ge=0, le=2**62)] = None,
        before: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
        bodies: bool = False,
        accept_language: Annotated[str, Header()] = "fr",
    ) -> dict[str, Any]:
        """Journal entries, oldest first: after an id, before an id, or the newest when neither is given.

        ``session`` may be repeated.
        """
        newest = after is None and not before
        each = [
            journal.list(
                session=one or None,
                service=service or None,
                kind=kind,
                thread=thread or None,
                after=after or 0,
                before=END if newest else before,
                limit=limit,
                bodies=bodies,
            )
            for one in dict.fromkeys(session or [""])
        ]
        merged = sorted(chain.from_iterable(each), key=lambda entry: entry.id)
        found = merged[-limit:] if newest or before else merged[:limit]
        return {"exchanges": [exchange_json(x, _lang(accept_language), bodies=bodies) for x in found]}

    @api.delete("/exchanges")
    async def purge(session: str = "", keep_bytes: Annotated[int, Query(ge=0, le=2**62)] = 0) -> dict[str, int]:
        """Remove the oldest entries, of one session or of all, until so many bytes remain; how many went."""
        removed = await asyncio.to_thread(journal.purge, session or None, keep_bytes)
        return {"removed": removed, "bytes": journal.size()}

    @api.get("/exchanges/{exchange_id}", responses={404: {}})
    async def exchange(exchange_id: int, accept_language: Annotated[str, Header()] = "fr") -> dict[str, Any]:
        """One entry with its bodies."""
        found = journal.get(exchange_id) if 0 < exchange_id < 2**63 else None
        if found is None:
            raise HTTPException(404, f"no exchange {exchange_id}")
        return exchange_json(found, _lang(accept_language), bodies=True)

    @api.get("/feed", response_class=StreamingResponse)
    async def feed(request: Request, session: str = "") -> StreamingResponse:
        """Server-sent events: ``{"id", "session"}`` for each new entry, ``{"missed": n}`` when the reader was slow."""
        return StreamingResponse(_events(bench, request, session), media_type="text/event-stream")

    return api


def _rows(session: Session, kind: WorldKind) -> list[dict[str, Any]]:
    return [asdict(item) for item in getattr(session.world, kind).values()]


async def _events(bench: Bench, request: Request, session: str) -> AsyncIterator[str]:
    feed = bench.journal.subscribe(session or None)
    try:
        yield ": ready\n\n"
        while not await request.is_disconnected():
            try:
                event = await asyncio.wait_for(anext(feed), timeout=10)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            told = {"missed": event.count} if isinstance(event, Missed) else event._asdict()
            yield f"data: {json.dumps(told)}\n\n"
    finally:
        feed.close()


def _lang(accept_language: str) -> Lang:
    return "en" if accept_language.lower().startswith("en") else "fr"
