"""``/api/sessions/…/mailboxes``: what is in the MSSanté mailboxes of a session; file, take out, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from harness import mailboxes
from harness.mailboxes import BadMail
from mocks.mssante.boxes import Folder, NoFolder

if TYPE_CHECKING:
    from harness.bench import Bench

INBOX = "INBOX"
Name = Annotated[str, Query(min_length=1, max_length=250)]
Uid = Annotated[int, Query(ge=0, le=2**32)]
LARGEST = 200_000_000  # bytes of a zip that is filed
BYTES = {  # the body is a file, whatever its media type
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(bench: Bench) -> APIRouter:
    """The routes of one bench."""
    api = APIRouter(prefix="/api/sessions/{session_id}/mailboxes", responses={404: {}, 422: {}})
    boxes = bench.operator.boxes

    def place(session_id: str, address: str, folder: str) -> Folder:
        known(session_id, address)
        try:
            return boxes.folder(session_id, address, folder)
        except NoFolder:
            raise HTTPException(404, f"no folder {folder!r} in {address}") from None

    def known(session_id: str, address: str) -> None:
        """The mailbox exists: in the world, a patient's, or already used."""
        session = bench.sessions.get(session_id)
        if address.lower() in session.world.mailboxes or address.lower().endswith("@patient.mssante.fr"):
            return
        if address.lower() not in boxes.addresses(session_id):
            raise HTTPException(404, f"no mailbox {address!r}")

    @api.get("")
    async def every(session_id: str) -> dict[str, Any]:
        """The mailboxes of the session."""
        return {"mailboxes": mailboxes.mailboxes(boxes, bench.sessions.get(session_id))}

    @api.get("/{address}")
    async def one(session_id: str, address: str) -> dict[str, Any]:
        """One mailbox: what the world says of it, its folders."""
        known(session_id, address)
        session = bench.sessions.get(session_id)
        address = address.lower()
        about = mailboxes.described(session, address)
        return {"address": address, "world": about, "folders": mailboxes.folders(boxes, session, address)}

    @api.delete("/{address}", status_code=204)
    async def emptied(session_id: str, address: str) -> None:
        """Remove every message of the mailbox."""
        known(session_id, address)
        for folder in boxes.folders(session_id, address):
            boxes.remove(folder, boxes.messages(folder))

    @api.get("/{address}/messages")
    async def messages(
        session_id: str,
        address: str,
        folder: Name = INBOX,
        after: Uid = 0,
        before: Uid = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """Messages of a folder by rising UID: after one, or the nearest before one."""
        found = place(session_id, address, folder)
        return {"messages": mailboxes.listed(boxes, found, after=after, before=before, limit=limit)}

    @api.post("/{address}/messages", status_code=201, openapi_extra=BYTES)
    async def put(
        request: Request, session_id: str, address: str, folder: Name = INBOX, flags: str = ""
    ) -> dict[str, Any]:
        """File a message (the body: an .eml) as if it had come; flags separated by spaces."""
        place(session_id, address, folder)
        raw = await _read(request, mailboxes.ENTRY)
        session = bench.sessions.get(session_id)
        try:
            uid = mailboxes.put(bench, session, address.lower(), folder, raw, mailboxes.flags(flags))
        except BadMail as error:
            raise HTTPException(422, str(error)) from None
        return {"folder": folder, "uid": uid}

    @api.get("/{address}/messages/{uid}")
    async def message(session_id: str, address: str, uid: int, folder: Name = INBOX) -> dict[str, Any]:
        """One message read: header fields, texts, attachments, the exchanges that carried it."""
        found = place(session_id, address, folder)
        try:
            shown = mailboxes.opened(boxes, found, uid)
        except NoFolder:
            raise HTTPException(404, f"no message {uid} in {folder}") from None
        carried = mailboxes.carried_by(bench, bench.sessions.get(session_id), shown["message_id"])
        return {**shown, "exchanges": [x.id for x in carried]}

    @api.get("/{address}/messages/{uid}/raw", response_class=Response, responses=_file("message/rfc822"))
    async def raw(session_id: str, address: str, uid: int, folder: Name = INBOX) -> Response:
        """The message as it was received (.eml)."""
        held = boxes.message(place(session_id, address, folder), uid)
        if held is None:
            raise HTTPException(404, f"no message {uid} in {folder}")
        return download(boxes.content(held.content).raw, "message/rfc822", f"segur-{uid}.eml")

    @api.delete("/{address}/messages/{uid}", status_code=204)
    async def removed(session_id: str, address: str, uid: int, folder: Name = INBOX) -> None:
        """Remove one message."""
        found = place(session_id, address, folder)
        boxes.remove(found, boxes.messages(found, [uid]))

    @api.get("/{address}/export", response_class=Response, responses=_file("application/zip"))
    async def export(session_id: str, address: str) -> Response:
        """Every message in a zip: <folder>/<uid>.eml, and index.json."""
        known(session_id, address)
        data = mailboxes.export(boxes, bench.sessions.get(session_id), address.lower())
        return download(data, "application/zip", "segur-mailbox.zip")

    @api.post("/{address}/import", status_code=201, openapi_extra=BYTES)
    async def filed(request: Request, session_id: str, address: str) -> dict[str, Any]:
        """File every .eml of a zip, each into the folder that holds it."""
        known(session_id, address)
        data = await _read(request, LARGEST)
        try:
            count = mailboxes.file_zip(bench, bench.sessions.get(session_id), address.lower(), data)
        except BadMail as error:
            raise HTTPException(422, str(error)) from None
        return {"filed": count}

    return api


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}}}


def download(data: bytes, media_type: str, name: str) -> Response:
    """Bytes that a browser saves and never runs."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=headers)


async def _read(request: Request, largest: int) -> bytes:
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > largest:
            raise HTTPException(413, f"more than {largest} bytes")
    return bytes(held)
