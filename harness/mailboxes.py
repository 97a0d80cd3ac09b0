"""Mailboxes of a session as API and console show them, filled from ``.eml`` files, taken out as a zip."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
import zlib
from dataclasses import asdict
from html import unescape
from typing import TYPE_CHECKING, Any

from mocks.journal import END, Exchange, Kind
from mocks.journal.shown import iso
from mocks.mssante.box_model import ENGLISH, FRENCH, INBOX
from mocks.mssante.boxes import BadFolder, Boxes, Folder, Message, NoFolder
from mocks.mssante.content import Content
from mocks.session import Session
from norms.mail import parse
from norms.xdm.package import fault

if TYPE_CHECKING:
    from harness.bench import Bench

ENTRIES, ENTRY, TOTAL = 20_000, 60_000_000, 1_000_000_000  # of a zip that is filed: entries, bytes of one, of all
TEXT = 200_000  # characters of a text part that are shown
LOOKED = 500  # newest entries of the journal in which the exchange that brought a message is looked for
_TAG = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_UP = re.compile(r"(?<![^/])\.\.?(?![^/])|[\\:]")  # what would leave the folder where the zip is unpacked
_ENTRY = re.compile(r"(?P<folder>.+)/(?P<uid>\d+)[^/]*\.eml|(?P<bare>[^/]+\.eml)", re.IGNORECASE)


_FLAG = re.compile(r"\\?[^\x00-\x20\x7f-\U0010ffff(){%*\"\\\]]{1,100}")  # RFC 3501 §9
_SPECIAL = {name.lower(): use for names in (ENGLISH, FRENCH) for use, name in names.items()}


class BadMail(ValueError):
    """What was given is no message or no zip of messages."""


def mailboxes(boxes: Boxes, session: Session) -> list[dict[str, Any]]:
    """Every mailbox of the session: those of its world, and those of patients that were used."""
    used = set(boxes.addresses(session.id))
    known = session.world.mailboxes
    return [
        {
            "address": address,
            "kind": known[address].kind if address in known else "PATIENT",
            "label": known[address].label if address in known else "",
            "owner": _owner(session, address),
            "active": known[address].active if address in known else True,
            **_totals(boxes, session, address, used=address in used),
        }
        for address in dict.fromkeys((*known, *sorted(used)))
    ]


def _owner(session: Session, address: str) -> str:
    """Whose mailbox it is: a professional, a patient, else a structure."""
    world = session.world
    if patient := world.patient_box(address)[0]:
        return f"{patient.first_given_name} {patient.birth_name}"
    box = world.mailboxes.get(address)
    if box and (who := world.professionals.get(box.professional)):
        return f"{who.given_name} {who.family_name}"
    return world.organisations[box.organisation].name if box and box.organisation in world.organisations else ""


def _totals(boxes: Boxes, session: Session, address: str, *, used: bool) -> dict[str, int]:
    counted = [boxes.counts(folder) for folder in boxes.folders(session.id, address)] if used else []
    return {
        "messages": sum(messages for messages, _, _ in counted),
        "unseen": sum(unseen for _, unseen, _ in counted),
        "size": boxes.used(session.id, address) if used else 0,
    }


def folders(boxes: Boxes, session: Session, address: str) -> list[dict[str, Any]]:
    """The folders of a mailbox."""
    return [_folder(boxes, folder) for folder in boxes.folders(session.id, address)]


def _folder(boxes: Boxes, folder: Folder) -> dict[str, Any]:
    messages, unseen, _ = boxes.counts(folder)
    return {
        "name": folder.name,
        "special": folder.special,
        "messages": messages,
        "unseen": unseen,
        "size": boxes.size(folder),
        "uid_validity": folder.validity,
        "uid_next": folder.next,
    }


def listed(boxes: Boxes, folder: Folder, *, after: int = 0, before: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Messages of a folder in order of UID, from ``after`` on; with ``before`` the nearest below it."""
    uids = [uid for uid in boxes.uids(folder) if uid > after and (not before or uid < before)]
    chosen = uids[-limit:] if before else uids[:limit]
    held = boxes.messages(folder, chosen) if chosen else []
    return [row(folder, message, boxes.content(message.content, body=False)) for message in held]


def row(folder: Folder, message: Message, content: Content) -> dict[str, Any]:
    """One message in a list."""
    return {
        "uid": message.uid,
        "folder": folder.name,
        "flags": sorted(message.flags),
        "date": iso(message.date),
        "size": message.size,
        "subject": content.subject,
        "from": content.sender,
        "to": content.recipients,
        "message_id": content.message_id,
        "sent": iso(content.sent) if content.sent and 0 < content.sent < 2**35 else "",
    }


def opened(boxes: Boxes, folder: Folder, uid: int) -> dict[str, Any]:
    """One message read: header fields, texts, attachments; raises NoFolder when it is not there."""
    message = boxes.message(folder, uid)
    if message is None:
        raise NoFolder(f"message {uid}")
    content = boxes.content(message.content)
    mail = parse(content.raw)
    return {
        **row(folder, message, content),
        "headers": [[field.name, mail.root.header(field.name) if _once(mail, field.name) else field.value]
                    for field in mail.root.fields],
        "texts": [{"type": part.type, "text": readable(part.type, part.text)} for part in mail.texts[:10]],
        "attachments": [
            {"name": part.filename, "type": part.type, "size": len(part.content), "part": part.path}
            for part in mail.attachments[:200]
        ],
    }  # fmt: skip


def attached(boxes: Boxes, folder: Folder, uid: int, path: str) -> bytes | None:
    """The bytes of an attachment (its path in the message, 0 for the message's own body), None when there is none."""
    message = boxes.message(folder, uid)
    if message is None:
        return None
    parts = parse(boxes.content(message.content).raw).attachments
    return next((part.content for part in parts if (part.path or "0") == path), None)


def _once(mail: Any, name: str) -> bool:
    return len(mail.root.all(name)) == 1


def readable(media_type: str, text: str) -> str:
    """A text to be shown as text: of HTML its words alone, nothing of it is ever run."""
    text = text[: 4 * TEXT]
    if media_type == "text/html":
        text = unescape(_TAG.sub(" ", text))
        text = re.sub(r"[ \t\r\f]*\n\s*\n\s*", "\n\n", text)
    return text[:TEXT]


def put(bench: Bench, session: Session, address: str, folder: str, raw: bytes, flags: tuple[str, ...] = ()) -> int:
    """File a message as if it had come, with an event in the journal; its UID. Raises BadMail, NoFolder."""
    if not raw.strip() or len(raw) > ENTRY:
        raise BadMail(f"a message of 1 to {ENTRY} bytes expected")
    raw, boxes = crlf(raw), bench.operator.boxes
    place = boxes.folder(session.id, address, folder)
    deposit = boxes.deposit(session.id, [(address, place.name)], raw, flags, session.clock.now())
    content = Content.of(raw)
    facts = {"mailbox": address.lower(), "folder": place.name, "uid": str(place.next)}
    facts |= {"message_id": content.message_id, "subject": content.subject}
    event = Exchange(session.id, "mssante", time.time(), Kind.EVENT, operation="put", facts=facts, request_body=raw)
    bench.journal.record(event, deposit.statements)
    boxes.announce(deposit)
    return place.next


def crlf(raw: bytes) -> bytes:
    """A message as mail carries it, when it comes from a file with this machine's line ends."""
    return raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")


def flags(words: str) -> tuple[str, ...]:
    """Flags separated by blanks; raises BadMail for what no IMAP client could read."""
    for word in words.split():
        if not _FLAG.fullmatch(word) or word.lower() == "\\recent":
            raise BadMail(f"no flag {word!r}")
    return tuple(words.split())


def folder_of(boxes: Boxes, session: Session, address: str, name: str) -> str:
    """The folder that a file's place asks for, made if new (``sent``, ``Envoyés`` are Sent). Raises BadFolder."""
    try:
        return boxes.folder(session.id, address, _SPECIAL.get(name.lower(), name)).name
    except NoFolder:
        return boxes.create(session.id, address, name).name


def export(boxes: Boxes, session: Session, address: str) -> bytes:
    """Every message as ``<folder>/<uid>.eml``, and ``index.json`` with flags and dates."""
    held = io.BytesIO()
    index = []
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in boxes.folders(session.id, address):
            for message in boxes.messages(folder):
                content = boxes.content(message.content)
                name = f"{_UP.sub('_', folder.name)}/{message.uid:06d}.eml"
                archive.writestr(zipfile.ZipInfo(name, time.gmtime(max(message.date, 315532800))[:6]), content.raw)
                index.append({"file": name, **row(folder, message, content)})
        about = {"schema": 1, "address": address, "messages": index}
        archive.writestr("index.json", json.dumps(about, ensure_ascii=False, indent=1))
    return held.getvalue()


def file_zip(bench: Bench, session: Session, address: str, data: bytes) -> int:
    """File every ``.eml`` of a zip, into the folder that holds it (INBOX when none does); how many. Raises BadMail."""
    boxes = bench.operator.boxes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _entries(archive)
            places = [_place(boxes, session, address, one.filename) for one in entries]
            for one, folder in zip(entries, places, strict=True):
                with archive.open(one) as file:
                    put(bench, session, address, folder, file.read(ENTRY + 1))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadMail(f"not a zip of messages: {fault(error)}") from None
    return len(entries)


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The messages of a zip, their sizes looked at before anything is filed."""
    entries = [one for one in archive.infolist() if one.filename.lower().endswith(".eml")]
    if len(entries) > ENTRIES or sum(one.file_size for one in entries) > TOTAL:
        raise BadMail(f"more than {ENTRIES} messages or {TOTAL} bytes")
    for one in entries:
        if not 0 < one.file_size <= ENTRY:
            raise BadMail(f"{one.filename}: a message of 1 to {ENTRY} bytes expected")
    return entries


def _place(boxes: Boxes, session: Session, address: str, name: str) -> str:
    match = _ENTRY.fullmatch(name)
    asked = (match["folder"] if match else None) or name.rpartition("/")[0] or INBOX
    try:
        return folder_of(boxes, session, address, asked)
    except BadFolder:
        raise BadMail(f"no folder may be called {asked[:100]!r}") from None


def carried_by(bench: Bench, session: Session, message_id: str) -> list[Exchange]:
    """The entries of the journal that say this Message-ID, the newest first, without bodies."""
    if not message_id:
        return []
    found = bench.journal.list(session=session.id, service="mssante", before=END, limit=LOOKED, bodies=False)
    wanted = message_id.strip("<>")
    return [x for x in reversed(found) if x.facts.get("message_id", "").strip("<>") == wanted][:20]


def described(session: Session, address: str) -> dict[str, Any]:
    """What the world says of a mailbox, empty for a patient's."""
    box = session.world.mailboxes.get(address)
    return asdict(box) if box else {}
