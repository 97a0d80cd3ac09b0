"""The reader of MIME against the standard library's, and on messages made to hurt."""

from __future__ import annotations

import email
import email.policy
import tracemalloc
from email.message import EmailMessage, Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.mssante.content import Content
from mocks.mssante.imap.envelope import addresses, bodystructure
from mocks.mssante.imap.structure import DEPTH, PARTS, Part, structure

leaves = st.sampled_from(["text", "html", "zip", "message"])
trees = st.recursive(leaves, lambda inner: st.lists(inner, min_size=1, max_size=4), max_leaves=12)


def made(tree: object) -> EmailMessage:
    message = EmailMessage(email.policy.SMTP)
    if isinstance(tree, list):
        message.make_mixed()
        for child in tree:
            message.attach(made(child))
    elif tree == "message":
        inner = made("text")
        inner["Subject"] = "dedans"
        message.set_content(inner)
    elif tree == "zip":
        message.set_content(b"PK\x05\x06" + bytes(30), "application", "zip", filename="IHE_XDM.zip")
    else:
        message.set_content("Bonjour été\n-- \nsignature\n", subtype="plain" if tree == "text" else "html")
    return message


def shape(message: Message) -> object:
    inner = message.get_payload()
    return (message.get_content_type(), [shape(part) for part in inner] if isinstance(inner, list) else [])


def ours(part: Part) -> object:
    return (f"{part.type}/{part.subtype}", [ours(child) for child in part.children])


@settings(max_examples=20)
@given(trees)
def test_same_tree_as_the_standard_library(tree: object) -> None:
    message = made(tree)
    message["Subject"] = "essai"
    raw = message.as_bytes()
    assert ours(structure(raw)) == shape(email.message_from_bytes(raw))


@settings(max_examples=20)
@given(trees)
def test_leaves_hold_the_bytes_of_the_standard_library(tree: object) -> None:
    raw = made(tree).as_bytes()
    theirs = [p.get_payload() for p in email.message_from_bytes(raw).walk() if not p.is_multipart()]
    mine = [raw[p.body : p.end].decode() for p in structure(raw).walk() if not p.children]
    assert [text.replace("\r\n", "\n").rstrip() for text in mine] == [t.replace("\r\n", "\n").rstrip() for t in theirs]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_and_offsets_stay_inside(data: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + data + b"\r\n--b--\r\n" + data
    tree = structure(raw)
    for part in tree.walk():
        assert 0 <= part.start <= part.body <= part.end <= len(raw)
    assert bodystructure(tree, raw, extended=True).startswith(b"(")
    Content.of(data)


NASTY = {
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(1000)),
    "messages": b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "delimiters": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * 20_000,
    "header": b"X: y\r\n" * 50_000,
    "one field": b"Content-Type: text/plain" + b"; a=b" * 200_000 + b"\r\n\r\n",
    "addresses": b"To: " + b"a@b, <" * 100_000 + b"\r\n\r\n",
    "comments": b"To: " + b"(" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", NASTY)
def test_messages_made_to_hurt_stay_small(name: str) -> None:
    raw = NASTY[name] + b"\r\nbonjour\r\n"
    tracemalloc.start()
    tree = structure(raw)
    shown = bodystructure(tree, raw, extended=True)
    content = Content.of(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    parts = list(tree.walk())
    assert len(parts) <= PARTS
    assert max(part.depth for part in parts) <= DEPTH
    assert len(shown) < 1_000_000
    assert len(content.envelope) < 500_000
    assert peak < 60_000_000


def test_addresses_in_every_dress() -> None:
    value = (
        b'"MARTIN, Ana\\"is" <a@b.fr>, plain@c.fr (comment), =?utf-8?q?H=C3=A9l=C3=A8ne?= X <h@d.fr>,'
        b" group: one@e.fr, two@e.fr;, <@relay.fr:f@g.fr>, sans adresse"
    )
    assert addresses(value) == [
        (b'MARTIN, Ana"is', b"a", b"b.fr"),
        (None, b"plain", b"c.fr"),
        (b"=?utf-8?q?H=C3=A9l=C3=A8ne?= X", b"h", b"d.fr"),
        (None, b"group", None),
        (None, b"one", b"e.fr"),
        (None, b"two", b"e.fr"),
        (None, None, None),
        (None, b"f", b"g.fr"),
        (None, b"sansadresse", b""),
    ]
