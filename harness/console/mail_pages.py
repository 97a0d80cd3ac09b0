"""Pages over mailboxes: all of them, one folder, one message. What a message holds is shown as text, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from harness import mailboxes
from harness.console.pages import SAFE_HEADERS, language, render
from mocks.journal.content import Content
from mocks.mssante.boxes import Folder, NoFolder
from mocks.session import Session

if TYPE_CHECKING:
    from harness.bench import Bench

SHOWN = 200  # messages of a folder, the newest


def mount(app: FastAPI, bench: Bench) -> None:
    """Add the pages to the application of the control API."""
    shown: dict[str, Any] = {"include_in_schema": False}
    boxes = bench.operator.boxes

    def asked(request: Request) -> Session:
        return bench.sessions.get(request.query_params.get("session") or "default")

    def named(request: Request) -> str:
        return request.query_params.get("folder") or "INBOX"

    def place(session: Session, address: str, folder: str) -> Folder | None:
        known = address in session.world.mailboxes or address in boxes.addresses(session.id)
        try:
            return boxes.folder(session.id, address, folder) if known else None
        except NoFolder:
            return None

    def missing(request: Request, what: str) -> Response:
        return render(request, bench, "missing.html", code=404, what=what)

    @app.get("/mailboxes", **shown)
    async def every(request: Request) -> Response:
        session = asked(request)
        rows = mailboxes.mailboxes(boxes, session)
        return render(request, bench, "mailboxes.html", rows=rows, current=session)

    @app.get("/mailboxes/{address}", **shown)
    async def one(request: Request, address: str) -> Response:
        return folder_page(request, address.lower())

    @app.post("/mailboxes/{address}", **shown)
    async def write(request: Request, address: str) -> Response:
        """Send a message of the bench's own into the mailbox."""
        from mocks.mssante import incoming  # builds documents: only who sends needs it

        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        session = bench.sessions.get(form.get("session") or "default")
        order = incoming.Order(form.get("case", ""), address, form.get("patient", ""), receipt="receipt" in form)
        try:
            incoming.send(bench.operator.post, session, order)
        except incoming.BadOrder as error:
            return folder_page(request, address.lower(), str(error), session)
        return RedirectResponse(f"/mailboxes/{quote(address)}?session={session.id}", 303)

    def folder_page(request: Request, address: str, refused: str = "", of: Session | None = None) -> Response:
        from mocks.mssante.incoming import ALONE

        session = of or asked(request)
        folder = place(session, address, named(request))
        if folder is None:
            return missing(request, address)
        rows = mailboxes.listed(boxes, folder, before=folder.next, limit=SHOWN)
        return render(
            request,
            bench,
            "mailbox.html",
            code=422 if refused else 200,
            refused=refused,
            cases=ALONE if address in session.world.mailboxes else (),
            patients=[one for one in session.world.patients.values() if one.ins],
            address=address,
            folder=folder.name,
            folders=mailboxes.folders(boxes, session, address),
            rows=list(reversed(rows)),
            current=session,
        )

    @app.get("/mailboxes/{address}/{uid}/{part}", **shown)
    async def attachment(request: Request, address: str, uid: int, part: str) -> Response:
        """The bytes of an attachment, always as a download."""
        session = asked(request)
        held = place(session, address.lower(), named(request))
        data = mailboxes.attached(boxes, held, uid, part) if held else None
        if data is None:
            return missing(request, part)
        headers = {**SAFE_HEADERS, "Content-Disposition": f'attachment; filename="segur-{uid}-{part}.bin"'}
        return Response(data, media_type="application/octet-stream", headers=headers)

    @app.get("/mailboxes/{address}/{uid}", **shown)
    async def message(request: Request, address: str, uid: int) -> Response:
        session, address = asked(request), address.lower()
        held = place(session, address, named(request))
        try:
            opened = mailboxes.opened(boxes, held, uid) if held else None
        except NoFolder:
            opened = None
        if held is None or opened is None:
            return missing(request, f"{address} {uid}")
        raw = boxes.content(boxes.messages(held, [uid])[0].content).raw
        carried = mailboxes.carried_by(bench, session, opened["message_id"])
        return render(
            request,
            bench,
            "message.html",
            address=address,
            folder=held.name,
            m=opened,
            carried=carried,
            findings=[f.shown(language(request)) for x in carried for f in x.findings],
            layers=Content().read(raw, "message/rfc822"),
            current=session,
        )
