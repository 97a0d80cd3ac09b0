"""Tables that services own: kept with the exchange or not at all, versioned, erased with the session."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mocks.journal import Exchange, Journal, JournalError, Tables

Make = Callable[..., Exchange]
NOTES = Tables(
    "notes",
    ("CREATE TABLE notes_note(session TEXT NOT NULL, text TEXT NOT NULL CHECK(text <> ''));",),
    forget=("DELETE FROM notes_note WHERE session = ?",),
    weigh="SELECT sum(length(text)) FROM notes_note",
)
INSERT = "INSERT INTO notes_note VALUES(?, ?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.db"


def texts(journal: Journal) -> list[str]:
    return [text for (text,) in journal.database.run("SELECT text FROM notes_note ORDER BY rowid")]


@pytest.fixture
def journal(path: Path):  # type: ignore[no-untyped-def]
    journal = Journal(path)
    journal.own(NOTES)
    yield journal
    journal.close()


def test_rows_are_kept_with_the_exchange_or_neither_is(journal: Journal, make: Make) -> None:
    assert journal.record(make(), [(INSERT, ("a", "one")), (INSERT, ("b", "two"))]) == 1
    fresh_peer = replace(make().peer, sha256="cd" * 32)  # type: ignore[type-var]
    with pytest.raises(JournalError):
        journal.record(make(peer=fresh_peer), [(INSERT, ("a", "three")), (INSERT, ("a", ""))])
    assert (texts(journal), journal.count()) == (["one", "two"], 1)
    assert journal.record(make(peer=fresh_peer), iter([(INSERT, ("a", "three"))])) == 2
    kept = journal.get(2)
    assert kept is not None
    assert kept.peer == fresh_peer
    journal.forget("a")
    assert (texts(journal), journal.count()) == (["two"], 2)


def test_what_was_there_is_found_again_and_brought_to_a_later_version(path: Path, make: Make) -> None:
    first = Journal(path)
    first.own(NOTES)
    first.record(make(), [(INSERT, ("a", "one"))])
    first.close()
    later = Journal(path)
    later.own(replace(NOTES, steps=(*NOTES.steps, "ALTER TABLE notes_note ADD COLUMN more TEXT;")))
    assert later.database.run("SELECT text, more FROM notes_note") == [("one", None)]
    later.close()
    earlier = Journal(path)
    with pytest.raises(JournalError) as refused:
        earlier.own(NOTES)
    assert refused.value.reason == "newer"
    earlier.close()


def test_a_new_file_after_a_damaged_one_has_the_tables(journal: Journal, path: Path, make: Make) -> None:
    with journal.database.lock:
        journal.database.close()
        journal.database._put_aside()
        journal.database._open()
    journal.record(make(), [(INSERT, ("a", "one"))])
    assert texts(journal) == ["one"]


def test_the_cap_does_not_count_what_services_keep(path: Path, make: Make) -> None:
    journal = Journal(path, cap_bytes=500_000)
    journal.own(NOTES)
    journal.record(make(), [(INSERT, ("a", "x" * 600_000))])
    for _ in range(100):
        journal.record(make(request_body=b"x" * 1000))
    assert journal.count() == 101
    journal.close()


WRITER = """
import sys
from pathlib import Path
from mocks.journal import Exchange, Journal
from tests.mocks.journal.test_owned import INSERT, NOTES
journal = Journal(Path(sys.argv[1]))
journal.own(NOTES)
for n in range(10**9):
    print(journal.record(Exchange("a", "notes", 1.0), [(INSERT, ("a", f"{n + 1}"))]), flush=True)
"""


def test_every_acknowledged_row_survives_a_kill(path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=root)
    assert writer.stdout
    last = 0
    while last < 300:
        last = int(writer.stdout.readline())
    writer.kill()
    writer.stdout.close()
    writer.wait()
    journal = Journal(path)
    assert len(texts(journal)) == journal.count() >= last
    journal.close()
