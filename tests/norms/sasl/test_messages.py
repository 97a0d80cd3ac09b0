"""What a client says in each mechanism, and that nothing of it is kept in clear."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms import sasl
from norms.sasl import BadSasl

GOOD = b"user=a@b.example\x01auth=Bearer abc.def.ghi\x01\x01"


def test_xoauth2_and_plain() -> None:
    assert sasl.xoauth2(GOOD) == sasl.Xoauth2("a@b.example", "abc.def.ghi")
    assert sasl.xoauth2(GOOD.replace(b"Bearer", b"bearer")).token == "abc.def.ghi"
    assert sasl.plain(b"\0a@b.example\0secret") == sasl.Plain("", "a@b.example", "secret")
    assert sasl.plain(b"x\0y\0").authzid == "x"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (GOOD[:-1], "SASL-XOA-01"),
        (GOOD.replace(b"\x01", b"^A"), "SASL-XOA-01"),
        (GOOD.replace(b"user=", b"User "), "SASL-XOA-01"),
        (GOOD.replace(b"Bearer", b"Basic"), "SASL-XOA-02"),
        (GOOD.replace(b"abc", b"\xff"), "SASL-XOA-01"),
        (b"", "SASL-XOA-01"),
    ],
)
def test_xoauth2_refused(said: bytes, rule: str) -> None:
    with pytest.raises(BadSasl) as refused:
        sasl.xoauth2(said)
    assert refused.value.finding.rule == rule
    assert "abc" not in refused.value.finding.found


@pytest.mark.parametrize("said", [b"", b"a@b.example", b"\0\0x", b"a\0b\0c\0d", b"\0\xff\0x"])
def test_plain_refused(said: bytes) -> None:
    with pytest.raises(BadSasl):
        sasl.plain(said)


@given(st.binary(max_size=200))
def test_no_secret_is_shown(secret: bytes) -> None:
    for read in (sasl.xoauth2, sasl.plain):
        with contextlib.suppress(BadSasl):
            read(secret)
    assert secret.decode("latin-1") not in sasl.messages.shape(b"user=" + secret * 4) or len(secret) < 5
    assert sasl.hidden(secret).startswith("<token ")
