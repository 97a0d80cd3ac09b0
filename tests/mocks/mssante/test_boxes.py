"""Mailboxes: UIDs that never come back, one copy of the bytes, one transaction with the exchange."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from mocks.journal import Exchange, Journal, JournalError
from mocks.mssante.boxes import BadFolder, Boxes, FolderExists, NoFolder

RAW = b"From: a@b.fr\r\nTo: x@y.fr\r\nSubject: =?utf-8?q?essai?=\r\nMessage-ID: <1@b>\r\n\r\nbonjour\r\n"
S, A = "s1", "x@y.fr"


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


def count(boxes: Boxes, table: str) -> int:
    return int(boxes.database.run(f"SELECT count(*) FROM mssante_{table}")[0][0])


def test_uids_rise_and_never_come_back(boxes: Boxes) -> None:
    inbox = boxes.folder(S, A, "inbox")
    assert [boxes.append(S, A, "INBOX", RAW) for _ in range(3)] == [1, 2, 3]
    boxes.flag(inbox, [3], lambda flags: flags | {"\\Deleted"})
    assert boxes.expunge(inbox) == [3]
    assert boxes.append(S, A, "INBOX", RAW) == 4
    boxes.delete(S, A, "Junk")
    first = boxes.create(S, A, "Junk").validity
    boxes.delete(S, A, "Junk")
    assert boxes.create(S, A, "Junk").validity > first


def test_bytes_are_kept_once_and_go_with_their_last_message(boxes: Boxes) -> None:
    boxes.append(S, A, "INBOX", RAW)
    inbox, trash, archive = (boxes.folder(S, A, name) for name in ("INBOX", "\\Trash", "\\Archive"))
    assert boxes.copy(inbox, trash, [1]) == [(1, 1)]
    assert boxes.move(inbox, archive, [1]) == [(1, 1)]
    assert (count(boxes, "message"), count(boxes, "content")) == (2, 1)
    boxes.remove(trash, boxes.messages(trash))
    assert count(boxes, "content") == 1
    boxes.delete(S, A, "Archive")
    assert count(boxes, "content") == 0


def test_folders_by_name_and_use(boxes: Boxes) -> None:
    assert [f.name for f in boxes.folders(S, A)] == ["INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive"]
    boxes.create(S, A, "Patients/2026/été")
    boxes.rename(S, A, "Patients/2026", "Anciens")
    assert {"Patients", "Anciens", "Anciens/été"} < {f.name for f in boxes.folders(S, A)}
    for wrong in ("INBOX", "Anciens"):  # INBOX stays; a folder with others under it too
        with pytest.raises(BadFolder):
            boxes.delete(S, A, wrong)
    with pytest.raises(FolderExists):
        boxes.create(S, A, "sent".capitalize())
    for wrong in ("a//b", "x" * 300, "a\nb"):
        with pytest.raises(BadFolder):
            boxes.create(S, A, wrong)
    with pytest.raises(NoFolder):
        boxes.folder(S, A, "absent")


def test_a_delivery_is_kept_with_its_exchange_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    boxes = Boxes(journal.database)
    deposit = boxes.deposit(S, [(A, "INBOX"), ("autre@y.fr", "INBOX")], RAW)
    watch = boxes.watch(boxes.folder(S, A, "INBOX"))
    assert journal.record(Exchange(S, "mssante", time.time()), deposit.statements)
    boxes.announce(deposit)
    assert watch.arrived
    assert [m.uid for m in boxes.messages(boxes.folder(S, "autre@y.fr", "INBOX"))] == [1]
    broken = boxes.deposit(S, [(A, "INBOX")], RAW)
    with pytest.raises((JournalError, sqlite3.Error)):
        journal.record(Exchange(S, "mssante", time.time()), [*broken.statements, ("INSERT INTO nowhere VALUES(1)", ())])
    assert (count(boxes, "message"), journal.count()) == (2, 1)
    journal.close()
    again = Boxes(Journal(tmp_path / "bench.db").database)
    assert again.content(again.messages(again.folder(S, A, "INBOX"))[0].content).subject == "essai"
    again.database.close()


def test_a_session_erased_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "bench.db")
    boxes = Boxes(journal.database)
    boxes.append(S, A, "INBOX", RAW)
    boxes.append("other", A, "INBOX", RAW)
    journal.forget(S)
    assert boxes.addresses(S) == []
    assert (count(boxes, "message"), count(boxes, "content")) == (1, 1)
    assert boxes.counts(boxes.folder(S, A, "INBOX")) == (0, 0, 0)
    journal.close()
