"""``/api/runs``: start a run, look at it, answer for the person who guides it, leave it, resume it, cancel it."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel, Field

from harness.drive.sut import PRODUCTS
from harness.guide import keep
from harness.guide.desk import Desk, Refused
from harness.guide.model import Answer
from harness.runs import shown
from harness.runs.manager import BadRun, Runs
from harness.scenario.launch import Asked
from harness.scenario.store import NoRun
from norms.texts import Lang

Product = Literal["", "LGC", "DPI", "PFI", "RIS", "SGL", "LGO", "DUI", "RI"]
Act = Literal["done", "refused", "not_applicable", "yes", "no", "skip", "mark", "click", "note", "file", "made"]
Speaks = Annotated[str, Header()]
assert set(Product.__args__) == {"", *PRODUCTS}  # type: ignore[attr-defined]


class NewRun(BaseModel):
    """A run to start. ``sut``: ``reference``, or the path of a sut.toml on the bench's machine; ``H.*``: everything."""

    sut: str = Field("reference", pattern=r"^(reference|[^\x00-\x1f]+\.toml)$", max_length=1000)
    ids: list[Annotated[str, Field(min_length=3, max_length=40)]] = Field(min_length=1, max_length=200)
    product: Product = ""
    wave: Literal[0, 1, 2] = 0
    profiles: list[str] = Field(default_factory=list, max_length=50)
    defects: list[str] = Field(default_factory=list, max_length=50)
    guide: bool | None = Field(None, description="A person does what the software does not offer.")


class Done(BaseModel):
    """What the person did. ``seq``: the prompt it was done on (0: the current one); ``text``: note, reason, message."""

    do: Act
    seq: int = Field(0, ge=0, le=2**31)
    text: str = Field("", max_length=4000)
    times: int = Field(1, ge=-999, le=999)
    proof: str = Field("", max_length=100)
    name: str = Field("", max_length=255)
    content_base64: str = Field("", max_length=keep.LARGEST // 3 * 4 + 4)


def router(runs: Runs) -> APIRouter:
    """The routes of one bench's runs."""
    api = APIRouter(prefix="/api/runs", responses={400: {"description": "A body that cannot be read"}})

    @api.get("")
    def list_runs(accept_language: Speaks = "fr") -> dict[str, Any]:
        """Every run, the newest first."""
        return {"runs": [shown.summary(runs, store, _lang(accept_language)) for store in runs.all()]}

    @api.post("", status_code=201, responses={409: {}, 422: {}})
    def start(new: NewRun, accept_language: Speaks = "fr") -> dict[str, Any]:
        """Start a run; it goes on in the background."""
        lang = _lang(accept_language)
        asked = Asked(new.sut, tuple(new.ids), (), new.product, new.wave, tuple(new.profiles), tuple(new.defects))
        try:
            run = runs.start(asked, lang, guide=new.guide)
        except BadRun as error:
            raise HTTPException(409 if error.busy else 422, error.message.get(lang)) from None
        return shown.summary(runs, runs.store(run), lang)

    @api.get("/{run}", responses={404: {}})
    def one(run: str, accept_language: Speaks = "fr") -> dict[str, Any]:
        """One run: where it stands, what waits for a person, its report so far."""
        return shown.whole(runs, _store(runs, run), _lang(accept_language))

    @api.post("/{run}/answer", responses={404: {}, 409: {}, 413: {}, 422: {}})
    def answer(run: str, done: Done, accept_language: Speaks = "fr") -> dict[str, Any]:
        """Answer for the person who guides the software; gives the prompt that then waits, null when none does yet."""
        lang = _lang(accept_language)
        _store(runs, run)
        desk = runs.desk(run)
        if desk is None:
            raise HTTPException(409, "nobody is asked anything in this run now")
        try:
            act(desk, done)
        except Refused as error:
            raise HTTPException(409, error.message.get(lang)) from None
        except keep.BadFile as error:
            raise HTTPException(413, error.message.get(lang)) from None
        except ValueError:
            raise HTTPException(422, "content_base64 is not base64") from None
        return {"guide": shown.asked_of(desk, lang)}

    @api.post("/{run}/leave", status_code=204, responses={404: {}})
    def leave(run: str) -> None:
        """Leave a run, to go on later at the same step."""
        _store(runs, run)
        runs.leave(run)

    @api.post("/{run}/resume", responses={404: {}, 409: {}, 422: {}})
    def resume(run: str, accept_language: Speaks = "fr") -> dict[str, Any]:
        """Go on with a run that was left or interrupted."""
        lang = _lang(accept_language)
        store = _store(runs, run)
        try:
            runs.resume(run, lang)
        except BadRun as error:
            raise HTTPException(409 if error.busy else 422, error.message.get(lang)) from None
        return shown.summary(runs, store, lang)

    @api.delete("/{run}", status_code=204, responses={404: {}})
    def cancel(run: str) -> None:
        """End a run for good; its results are kept."""
        _store(runs, run)
        runs.cancel(run)

    return api


def act(desk: Desk, done: Done) -> None:
    """Do at the desk what the person did; raises Refused, keep.BadFile, ValueError."""
    if done.do == "mark":
        desk.mark()
    elif done.do == "click":
        desk.click(done.times)
    elif done.do == "note":
        desk.note(done.text)
    elif done.do == "file":
        desk.file(done.proof, done.name, base64.b64decode(done.content_base64, validate=True))
    elif done.do == "made":
        desk.made(done.name, base64.b64decode(done.content_base64, validate=True))
    else:
        desk.answer(Answer(done.do, done.text), done.seq)


def _store(runs: Runs, run: str) -> Any:
    try:
        return runs.store(run)
    except NoRun:
        raise HTTPException(404, f"no run {run!r}") from None


def _lang(accept_language: str) -> Lang:
    return "en" if accept_language.lower().startswith("en") else "fr"
