"""Mailboxes filled before the bench serves (``segur up --mail``): ``<address>/[<folder>/]*.eml`` under one folder.

Every file is looked at before any is filed: one problem, and none is. A message that its mailbox already holds, in
whatever folder the software has put it since, is not filed again: the same folder may be given at every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import mailboxes
from mocks.mssante.box_model import INBOX
from mocks.mssante.boxes import BadFolder, Boxes
from mocks.mssante.routing import MEGABYTE
from mocks.session import Session

if TYPE_CHECKING:
    from harness.bench import Bench

Held = dict[int, list[tuple[str, int]]]  # of a mailbox: by size, folder and content of each message


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file cannot be filed: ``key`` of the texts ``up.mail_*``, and what fills it."""

    path: Path
    key: str
    detail: str = ""


class BadPreload(ValueError):
    """What cannot be filed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.key} {one.detail}" for one in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _Letter:
    path: Path
    address: str
    folder: str

    def read(self) -> bytes:
        return mailboxes.crlf(self.path.read_bytes())


def fill(bench: Bench, root: Path) -> tuple[int, int]:
    """File the messages into the default session's mailboxes: (filed, already there). Raises BadPreload."""
    session, boxes = bench.sessions.default, bench.operator.boxes
    looked = [_look(session, boxes, root, path) for path in _files(root)] or [Problem(root, "nothing")]
    if problems := [one for one in looked if isinstance(one, Problem)]:
        raise BadPreload(problems)
    letters = [one for one in looked if isinstance(one, _Letter)]
    held = {address: _held(boxes, session, address) for address in {letter.address for letter in letters}}
    missing = letters
    for same_folder in (True, False):  # a copy where it is wanted counts first
        missing = [one for one in missing if not _claim(boxes, held[one.address], one, same_folder=same_folder)]
    for letter in missing:
        mailboxes.put(bench, session, letter.address, letter.folder, letter.read())
    return len(missing), len(letters) - len(missing)


def _files(root: Path) -> Iterator[Path]:
    """Every ``.eml``, in a stable order; hidden files (``._…`` of macOS) and the rest are nobody's business."""
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() == ".eml" and not path.name.startswith(".") and not path.is_dir():
            yield path


def _look(session: Session, boxes: Boxes, root: Path, path: Path) -> _Letter | Problem:
    address, *levels = path.relative_to(root).parts[:-1] or ("",)
    if not address:
        return Problem(path, "no_address")
    limit = _limit(session, address.lower())
    if not limit:
        return Problem(path, "unknown", address)
    try:
        letter = _Letter(path, address.lower(), mailboxes.folder_of(boxes, session, address, "/".join(levels) or INBOX))
        size = len(letter.read())
    except BadFolder:
        return Problem(path, "bad_folder")
    except OSError as error:
        return Problem(path, "unreadable", error.strerror or str(error))
    if not size:
        return Problem(path, "empty")
    return letter if size <= limit else Problem(path, "too_big", str(limit // MEGABYTE))


def _limit(session: Session, address: str) -> int:
    """Bytes of a message that the mailbox takes, 0 when there is no such mailbox."""
    if address in session.world.mailboxes:
        return session.world.mailboxes[address].max_mb * MEGABYTE
    if session.world.patient_box(address)[0]:
        return int(session.switches.peek("mssante.patient_mb")) * MEGABYTE
    return 0


def _held(boxes: Boxes, session: Session, address: str) -> Held:
    held: Held = {}
    for folder, size, content in boxes.held(session.id, address):
        held.setdefault(size, []).append((folder, content))
    return held


def _claim(boxes: Boxes, held: Held, letter: _Letter, *, same_folder: bool) -> bool:
    """Whether the mailbox holds a copy of it that counts for no other file; it then counts for this one."""
    raw = letter.read()
    for copy in held.get(len(raw), ()):
        folder, content = copy
        if (folder == letter.folder or not same_folder) and boxes.content(content).raw == raw:
            held[len(raw)].remove(copy)
            return True
    return False
