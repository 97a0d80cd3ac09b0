"""MAIL and RCPT as RFC 5321 and RFC 3461 write them, and everything else refused with its place."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms import smtp
from norms.smtp import BadCommand, Reply
from norms.smtp.commands import xtext


@pytest.mark.parametrize(
    ("argument", "address", "rest"),
    [
        ("FROM:<a.b@cabinet.example>", "a.b@cabinet.example", {}),
        ("from:<>", "", {}),
        ("FROM:<> SIZE=10", "", {"size": 10}),
        ('FROM:<"a b"@cabinet.example> BODY=8bitmime', '"a b"@cabinet.example', {"body": "8BITMIME"}),
        ("FROM:<@relais.example,@b.example:x@y.example>", "x@y.example", {}),
        ("FROM:<a@[127.0.0.1]> RET=hdrs ENVID=QQ+2B314", "a@[127.0.0.1]", {"ret": "HDRS", "envid": "QQ+314"}),
    ],
)
def test_mail(argument: str, address: str, rest: dict[str, object]) -> None:
    read = smtp.mail(argument)
    assert read.address == address
    assert {name: getattr(read, name) for name in rest} == rest
    assert not read.findings


def test_quotes_that_nothing_needs_name_the_same_mailbox() -> None:
    for said, meant in (
        ('"anne.martin"@a.fr', "anne.martin@a.fr"),
        (r'"anne\.martin"@a.fr', "anne.martin@a.fr"),
        ('"anne martin"@a.fr', '"anne martin"@a.fr'),
        ('"anne..martin"@a.fr', '"anne..martin"@a.fr'),
        ('""@a.fr', '""@a.fr'),
    ):
        assert smtp.rcpt(f"TO:<{said}>").address == smtp.mail(f"FROM:<{said}>").address == meant


def test_rcpt_with_what_dsn_asks() -> None:
    read = smtp.rcpt("TO:<Anne@Hopital.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Anne+40hopital.example")
    assert (read.key, read.wants_success, read.wants_failure) == ("anne@hopital.example", True, True)
    assert read.orcpt == "rfc822;Anne@hopital.example"
    assert not smtp.rcpt("TO:<a@b.example> NOTIFY=NEVER").wants_failure
    spaced = smtp.rcpt("TO: <a@b.example>")
    assert [finding.rule for finding in spaced.findings] == ["SMTP-CMD-06"]


@pytest.mark.parametrize(
    ("argument", "code", "rule"),
    [
        ("FROM:a@b.example", 501, "SMTP-CMD-02"),
        ("<a@b.example>", 501, "SMTP-CMD-02"),
        ("FROM:<a@b.example>SIZE=1", 501, "SMTP-CMD-02"),
        ("FROM:<a b@c.example>", 501, "SMTP-CMD-02"),
        ("FROM:<a..b@c.example>", 501, "SMTP-CMD-02"),
        (f"FROM:<{'a' * 65}@c.example>", 501, "SMTP-CMD-02"),
        ("FROM:<a@b.example> SMTPUTF8", 555, "SMTP-CMD-05"),
        ("FROM:<a@b.example> NOTIFY=NEVER", 555, "SMTP-CMD-05"),
        ("FROM:<a@b.example> SIZE=ten", 501, "SMTP-CMD-07"),
        ("FROM:<a@b.example> SIZE=1 SIZE=2", 501, "SMTP-CMD-07"),
        ("FROM:<a@b.example> RET=ALL", 501, "SMTP-CMD-07"),
        ("FROM:<a@b.example> ENVID=a+0", 501, "SMTP-CMD-07"),
    ],
)
def test_refused(argument: str, code: int, rule: str) -> None:
    with pytest.raises(BadCommand) as refused:
        smtp.mail(argument)
    assert (refused.value.reply.code, refused.value.finding.rule) == (code, rule)
    with pytest.raises(BadCommand):
        smtp.rcpt("TO:<a@b.example> NOTIFY=NEVER,SUCCESS")


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_nothing_but_bad_command_is_raised(text: str) -> None:
    for read, word in ((smtp.mail, "FROM:"), (smtp.rcpt, "TO:")):
        for argument in (text, word + text, f"{word}<a@b.example> {text}"):
            with contextlib.suppress(BadCommand):
                read(argument)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_xtext_comes_back(text: str) -> None:
    assert smtp.mail(f"FROM:<> ENVID={xtext(text)}").envid == text


def test_replies() -> None:
    assert Reply(250, "2.1.0", "OK").bytes() == b"250 2.1.0 OK\r\n"
    assert Reply(250, "", "a", ("b", "c")).bytes() == b"250-a\r\n250-b\r\n250 c\r\n"
