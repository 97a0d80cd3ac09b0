"""Files that cannot serve: each is explained, none is destroyed."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mocks.journal import Exchange, Journal, JournalError

Make = Callable[..., Exchange]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.db"


def filled(path: Path, make: Make, count: int = 300) -> None:
    journal = Journal(path)
    for _ in range(count):
        journal.record(make(request_body=b"x" * 3000))
    journal.close()


def refusal(path: Path, *, readonly: bool = False) -> JournalError:
    with pytest.raises(JournalError) as caught:
        (Journal.open_readonly if readonly else Journal)(path)
    for lang in ("fr", "en"):
        assert str(path) in caught.value.message(lang)
    return caught.value


def test_no_file_to_read(path: Path) -> None:
    assert refusal(path, readonly=True).reason == "missing"
    assert not path.exists()


def test_a_file_of_a_later_version_is_refused_and_untouched(path: Path, make: Make) -> None:
    filled(path, make, 1)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    before = path.read_bytes()
    assert refusal(path).reason == "newer"
    assert refusal(path, readonly=True).reason == "newer"
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices(id)")
    connection.close()
    assert refusal(path).reason == "foreign"
    assert refusal(path, readonly=True).reason == "foreign"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none" / "bench.db").reason == "write"


def spoil_text(path: Path) -> None:
    path.write_bytes(b"this is no database, though it is long enough to look like one" * 100)


def spoil_middle(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(3, 60):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)


def spoil_end(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize("spoil", [spoil_text, spoil_middle, spoil_end])
def test_a_damaged_file_is_set_aside_said_and_a_new_one_begun(
    path: Path, make: Make, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    filled(path, make)
    spoil(path)
    spoiled = path.read_bytes()
    if spoil is spoil_text:
        assert refusal(path, readonly=True).reason == "corrupt"
    with caplog.at_level(logging.WARNING):
        journal = Journal(path)
    assert journal.set_aside is not None
    assert journal.set_aside.read_bytes() == spoiled
    assert journal.set_aside.name in caplog.text
    assert journal.record(make()) == 1
    journal.close()


def test_two_damaged_files_are_both_kept(path: Path) -> None:
    names = set()
    for _ in range(3):
        spoil_text(path)
        journal = Journal(path)
        names.add(journal.set_aside)
        journal.close()
    assert len(names) == 3
    assert all(name is not None and name.exists() for name in names)


def test_an_empty_file_is_a_new_journal(path: Path, make: Make) -> None:
    path.touch()
    journal = Journal(path)
    assert journal.set_aside is None
    assert journal.record(make()) == 1
    journal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be spoiled on Windows")
def test_damage_while_the_bench_runs_does_not_stop_it(path: Path, make: Make) -> None:
    filled(path, make)
    journal = Journal(path)
    spoil_middle(path)
    numbers = [journal.record(make(request_body=b"y" * 3000)) for _ in range(50)]
    assert numbers == sorted(set(numbers))
    assert journal.set_aside is None or journal.set_aside.exists()
    journal.close()


def test_writing_after_close_is_an_explained_error(path: Path, make: Make) -> None:
    journal = Journal(path)
    journal.close()
    with pytest.raises(JournalError):
        journal.record(make())
    with pytest.raises(JournalError):
        journal.list()
