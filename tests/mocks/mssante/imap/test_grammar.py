"""Commands read: whatever the bytes, words come out or BadCommand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.mssante.imap import wire
from mocks.mssante.imap.commands import verb
from mocks.mssante.imap.fetch import items
from mocks.mssante.imap.grammar import BadCommand, Words
from mocks.mssante.imap.search import read

READS = ("tag", "atom", "number", "string", "astring", "folder", "pattern", "sequence", "flag", "flags", "date")
alphabet = st.text(alphabet='abcBODY.[]<>(){}"\\%*:,;& 0129é\x00+-=\r\n', max_size=60).map(str.encode)


@given(alphabet, st.sampled_from(READS))
def test_any_bytes_end_in_words_or_bad_command(data: bytes, what: str) -> None:
    words = Words(data)
    try:
        getattr(words, what)()
    except BadCommand:
        return
    assert words.at <= len(data)


@given(alphabet)
def test_fetch_and_search_of_any_bytes(data: bytes) -> None:
    for start in (b"", b"BODY[", b"(FLAGS ", b"OR ", b"HEADER ", b"NOT ", b"CHARSET "):
        for reader in (items, read):
            try:
                reader(Words(start + data))
            except (BadCommand, LookupError):
                continue


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_modified_utf7_comes_back(name: str) -> None:
    coded = wire.to_utf7(name)
    assert wire.from_utf7(coded) == name
    assert coded.isascii()


def test_modified_utf7_as_the_rfc_has_it() -> None:
    assert wire.from_utf7(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-") == "~peter/mail/台北/日本語"
    assert wire.to_utf7("Envoyés & reçus") == b"Envoy&AOk-s &- re&AOc-us"


@given(st.binary(max_size=80))
def test_strings_come_back(value: bytes) -> None:
    assert Words(wire.string(value)).string() == value
    assert Words(wire.astring(value)).astring() == value


@given(st.lists(st.integers(1, 60), unique=True).map(sorted))
def test_sets_of_numbers_come_back(numbers: list[int]) -> None:
    if numbers:
        pairs = Words(wire.ranges(numbers)).sequence()
        assert [n for low, high in pairs for n in range(low, high + 1)] == numbers


@pytest.mark.parametrize(
    "given",
    [b"0", b"1:0", b"4294967296", b"1,,2", b"", b"*:x", b"-1"],
)
def test_numbers_of_messages_begin_at_one(given: bytes) -> None:
    def read_whole() -> None:
        words = Words(given)
        words.sequence()
        words.end()

    with pytest.raises(BadCommand):
        read_whole()


def test_verbs_are_seen_through_spaces_and_case() -> None:
    assert verb(b"a1 uid  Fetch 1 FLAGS") == "uid fetch"
    assert verb(b"a1 NOOP") == "noop"
    assert verb(b"NOOP") == ""
    assert verb(b"\xff\x00 x") == ""


@pytest.mark.parametrize("depth", [60, 5000])
def test_nesting_is_bounded(depth: int) -> None:
    for opening in (b"(", b"NOT ", b"OR ALL "):
        with pytest.raises(BadCommand):
            read(Words(opening * depth + b"ALL"))
