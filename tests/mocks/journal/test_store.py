"""The journal keeps what it is given, finds it again, and bounds itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mocks.journal import END, Exchange, Journal, Kind, Validation
from norms.finding import Where, find

Make = Callable[..., Exchange]
words = st.text(max_size=40)
hostile = st.text(st.characters(), max_size=40)  # lone surrogates included
headers = st.lists(st.tuples(hostile, hostile), max_size=4)


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "bench.db" if request.param == "file" else None)
    yield opened
    opened.close()


def ids(found: list[Exchange]) -> list[int]:
    return [x.id for x in found]


def test_what_is_recorded_is_read_back_whole(journal: Journal, make: Make) -> None:
    finding = find("HTTP-ROUTE-01", expected="/lps", found="/lp", where=Where(3, 7, "a/b", "/a/b", "…"), extra=4)
    given = make(
        request_body=b"\x00\xff<a/>", response_body=b"<b/>", findings=[finding], facts={"ins": "1é"}, thread="t1"
    )
    assert journal.record(given) == given.id == 1
    read = journal.get(1)
    assert read is not None
    assert read.findings[0].stored() == finding.stored()
    assert replace(read, findings=[]) == replace(given, findings=[])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_any_words_and_bytes_survive(make: Make, data: st.DataObject) -> None:
    journal = Journal()
    exchange = make(
        target=data.draw(hostile),
        outcome=data.draw(hostile),
        client=data.draw(hostile),
        thread=data.draw(words),
        request_headers=data.draw(headers),
        facts=data.draw(st.dictionaries(hostile, hostile, max_size=3)),
        request_body=data.draw(st.binary(max_size=200)),
        response_body=data.draw(st.binary(max_size=200)),
    )
    assert journal.get(journal.record(exchange)) == exchange
    journal.close()


def test_a_lone_surrogate_in_an_indexed_word_loses_only_itself(journal: Journal, make: Make) -> None:
    journal.record(make(thread="a\ud800b"))
    assert journal.list(thread="a?b")


def test_list_reads_on_and_pages_back(journal: Journal, make: Make) -> None:
    for _ in range(10):
        journal.record(make(request_body=b"x"))
    assert ids(journal.list(limit=3)) == [1, 2, 3]
    assert ids(journal.list(after=3, limit=3)) == [4, 5, 6]
    assert ids(journal.list(before=END, limit=3)) == [8, 9, 10]
    assert ids(journal.list(before=8, limit=3)) == [5, 6, 7]
    assert ids(journal.list(after=2, before=5, limit=0)) == [3, 4]
    assert journal.list(limit=1)[0].request_body == b"x"
    assert journal.list(limit=1, bodies=False)[0].request_body == b""
    assert journal.list(after=10) == []


@pytest.mark.parametrize("before", [0, END])
def test_filters_alone_and_together(journal: Journal, make: Make, before: int) -> None:
    for session in ("a", "b"):
        for service in ("insi", "psc"):
            for kind in (Kind.EXCHANGE, Kind.HANDSHAKE):
                for thread in ("", f"{service}-login"):
                    journal.record(make(session=session, service=service, kind=kind, thread=thread))
    every = journal.list(limit=0)
    for wanted in (
        {"session": "a"},
        {"service": "psc"},
        {"kind": Kind.HANDSHAKE},
        {"kind": Kind.EXCHANGE},
        {"thread": "psc-login"},
        {"session": "b", "service": "insi"},
        {"session": "b", "kind": "handshake"},
        {"service": "insi", "kind": "handshake", "session": "a", "thread": "insi-login"},
        {"service": "none"},
        {"session": "none"},
    ):
        expected = [x.id for x in every if all(getattr(x, name) == value for name, value in wanted.items())]
        assert ids(journal.list(**wanted, before=before)) == expected  # type: ignore[arg-type]
        assert ids(journal.list(**wanted, before=before, limit=1)) == (expected[-1:] if before else expected[:1])  # type: ignore[arg-type]


def test_sessions_never_see_one_another(journal: Journal, make: Make) -> None:
    for session in ("a", "b", "a'--", "a%"):
        journal.record(make(session=session, thread="t", request_body=session.encode()))
    for session in ("a", "b", "a'--", "a%"):
        for found in (
            journal.list(session=session),
            journal.list(session=session, thread="t"),
            journal.list(session=session, service="insi", before=END),
        ):
            assert [x.request_body for x in found] == [session.encode()]
        assert journal.count(session) == 1
    assert journal.get(1, session="b") is None
    assert journal.get(1, session="a") is not None


def test_unknown_ids_are_nothing(journal: Journal) -> None:
    for id_ in (0, -1, 1, 2**62, 2**63, 2**80):
        assert journal.get(id_) is None


def test_slow_validation_joins_afterwards(journal: Journal, make: Make) -> None:
    first, second = find("HTTP-ROUTE-01"), find("HTTP-ROUTE-02")
    id_ = journal.record(make(findings=[first], validation=Validation.PENDING))
    journal.update(id_, findings=[second], validation=Validation.DONE)
    read = journal.get(id_)
    assert read is not None
    assert [f.rule for f in read.findings] == ["HTTP-ROUTE-01", "HTTP-ROUTE-02"]
    assert read.validation is Validation.DONE
    journal.update(id_, validation=Validation.FAILED)
    assert journal.list(limit=1)[0].validation is Validation.FAILED
    journal.update(99, findings=[first])  # purged meanwhile: nothing happens


def test_a_peer_is_kept_once(journal: Journal, make: Make) -> None:
    for _ in range(5):
        journal.record(make())
    journal.record(make(peer=None))
    assert journal.database.run("SELECT count(*) FROM peer") == [(1,)]
    assert journal.get(6).peer is None  # type: ignore[union-attr]


def test_purge_of_one_session_leaves_the_others(journal: Journal, make: Make) -> None:
    for n in range(20):
        journal.record(make(session="ab"[n % 2], request_body=b"x" * 1000))
    assert journal.purge("a") == 10
    assert journal.count("a") == 0
    assert journal.count("b") == 10
    assert journal.purge(keep_bytes=4000) == 7
    assert ids(journal.list()) == [16, 18, 20]
    assert journal.purge() == 3
    assert journal.record(make()) == 21


def test_ids_are_not_used_again_after_a_purge_and_a_restart(tmp_path: Path, make: Make) -> None:
    journal = Journal(tmp_path / "bench.db")
    for _ in range(3):
        journal.record(make())
    journal.purge()
    journal.close()
    again = Journal(tmp_path / "bench.db")
    assert again.record(make()) == 4
    again.close()


def test_the_cap_holds_and_the_newest_stay(journal: Journal, make: Make) -> None:
    journal.cap_bytes = 2_000_000
    most = 0
    for _ in range(1500):
        journal.record(make(request_body=b"x" * 5000))
        most = max(most, journal.size())
    assert most < 2_600_000
    kept = ids(journal.list(limit=0))
    assert kept == list(range(kept[0], 1501))
    assert len(kept) > 200


def test_a_large_body_under_a_small_cap(journal: Journal, make: Make) -> None:
    journal.cap_bytes = 1_000_000
    for _ in range(8):
        journal.record(make(request_body=b"x" * 700_000))
    assert journal.size() < 2_200_000
    assert journal.list(before=END, limit=1)[0].id == 8


def test_a_reader_in_the_same_file_sees_what_is_committed(tmp_path: Path, make: Make) -> None:
    journal = Journal(tmp_path / "bench.db")
    reader = Journal.open_readonly(tmp_path / "bench.db")
    for n in range(1, 4):
        journal.record(make())
        assert reader.count() == n
    assert reader.get(2) == journal.get(2)
    reader.close()
    journal.close()
    after = Journal.open_readonly(tmp_path / "bench.db")  # the bench is gone
    assert after.count() == 3
    after.close()
    after.close()


def test_a_large_body_takes_little_room_and_reads_back(tmp_path: Path, make: Make) -> None:
    journal = Journal(tmp_path / "bench.db")
    xml, noise = b"<entry id='1'/>" * 200_000, random.Random(1).randbytes(1_500_000)
    journal.record(make(request_body=noise, response_body=xml))
    assert journal.size() < 1_700_000
    kept = journal.get(1)
    assert kept is not None
    assert (kept.request_body, kept.response_body) == (noise, xml)
    assert journal.list(bodies=False)[0].response_body == b""
    journal.close()
