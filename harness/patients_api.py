"""``/api/sessions/…/patients/…``: what a simulated patient does in the messaging of Mon espace santé."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from mocks.journal import Exchange
from mocks.mssante.patient import PatientError
from norms.texts import Lang

if TYPE_CHECKING:
    from harness.bench import Bench

_ABSENT = ("no-patient", "no-message")


class Letter(BaseModel):
    """A message that the patient writes of his own accord; ``named`` false: From without a display name."""

    to: str = Field(min_length=3, max_length=254)
    subject: str = Field("Message d'un patient", max_length=500)
    text: str = Field("Bonjour", max_length=100_000)
    named: bool = True


class Act(BaseModel):
    """What goes with an act: ``text`` of a reply, ``to`` of a forward, ``receipt`` when reading."""

    text: str = Field("", max_length=100_000)
    to: str = Field("", max_length=254)
    receipt: bool = True


def router(bench: Bench) -> APIRouter:
    """The routes of one bench. ``{patient}``: an id of the world, or an address; ``{uid}``: in the patient's INBOX."""
    answers: dict[int | str, dict[str, Any]] = {code: {} for code in (400, 404, 409, 422)}
    api = APIRouter(prefix="/api/sessions/{session_id}/patients/{patient}", responses=answers)
    patients, sessions = bench.operator.patients, bench.sessions

    @api.post("/write")
    async def write(request: Request, session_id: str, patient: str, letter: Letter) -> dict[str, Any]:
        """Write to a professional."""
        session = sessions.get(session_id)
        return _sent(
            request,
            lambda: patients.write(session, patient, letter.to, letter.subject, letter.text, named=letter.named),
        )

    @api.post("/messages/{uid}/{act}")
    async def do(request: Request, session_id: str, patient: str, uid: int, act: str, how: Act) -> dict[str, Any]:
        """``read`` (a receipt leaves when one was asked), ``reply``, ``receipt``, ``forward`` (to the pharmacy).

        409 when the patient cannot: exchange ended by ``X-MSS-MES: FIN``, no receipt asked, no document.
        """
        session = sessions.get(session_id)
        acts = {
            "read": lambda: patients.read(session, patient, uid, receipt=how.receipt),
            "reply": lambda: patients.reply(session, patient, uid, how.text),
            "receipt": lambda: patients.receipt(session, patient, uid),
            "forward": lambda: patients.forward(session, patient, uid, how.to),
        }
        if act not in acts:
            raise HTTPException(404, f"no act {act!r}; known: {', '.join(acts)}")
        return _sent(request, acts[act])

    return api


def _sent(request: Request, act: Any) -> dict[str, Any]:
    """The entry of the journal, ``exchange`` 0 when nothing left."""
    lang: Lang = "en" if request.headers.get("accept-language", "fr").lower().startswith("en") else "fr"
    try:
        kept: Exchange | None = act()
    except PatientError as error:
        raise HTTPException(404 if error.reason in _ABSENT else 409, error.message(lang)) from None
    except ValueError as error:  # an address that may not stand in a header
        raise HTTPException(422, str(error)) from None
    if kept is None:
        return {"exchange": 0, "outcome": "", "to": ""}
    return {"exchange": kept.id, "outcome": kept.outcome, "to": kept.target}
