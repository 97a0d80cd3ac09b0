"""Dialogues mutated byte by byte: each is answered as SMTP says or cut off, nothing is accepted by accident or lost."""

from __future__ import annotations

import contextlib
import logging
import random
import re
import socket
from collections.abc import Iterator

import pytest

from mocks.igc.pki import Pki
from tests.smtp_kit import DOCTOR_BOX, OTHER_BOX, Operated, letter, operating, sasl

REPLY = re.compile(rb"(?:[2-5]\d\d[ -][ -~]*\r\n)*")
PIECES = (b"\r\n", b"\n", b"\r", b"\0", b".\r\n", b"\xff", b"<", b">", b" ", b"DATA\r\n", b"STARTTLS\r\n",
          b"AUTH PLAIN ", b"\r\n.\r\n", b"MAIL FROM:<>\r\n", b"x" * 70_000)  # fmt: skip


@pytest.fixture(scope="module")
def op(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as operated:
        yield operated


def mutated(dialogue: bytes, chance: random.Random) -> bytes:
    data = bytearray(dialogue)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        act = chance.randrange(4)
        if act == 0:
            data[at : at + chance.randint(1, 30)] = b""
        elif act == 1:
            data[at:at] = chance.choice(PIECES)
        elif act == 2:
            data[at] = chance.randrange(256)
        else:
            data[at:at] = data[at : at + chance.randint(1, 200)]
        if not data:
            data += b"\r\n"
    return bytes(data)


def talk(op: Operated, said: bytes) -> bytes:
    """Say all of it within TLS at once; what came back until the end."""
    with socket.create_connection(("localhost", op.ports["smtp"]), timeout=30) as plain:
        plain.recv(200)
        plain.sendall(b"STARTTLS\r\n")
        plain.recv(200)
        back = b""
        with op.context().wrap_socket(plain, server_hostname="localhost") as stream:
            with contextlib.suppress(OSError):
                stream.sendall(said)
                socket.socket.shutdown(stream, socket.SHUT_WR)  # nothing more will come; answers still may
            with contextlib.suppress(OSError):
                while part := stream.recv(65536):
                    back += part
        return back


@pytest.mark.parametrize("seed", range(40))
def test_mutated(op: Operated, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    op.session.reset()
    op.hub.journal.purge()
    dialogue = (
        b"EHLO poste.cabinet.example\r\nAUTH XOAUTH2 " + sasl(DOCTOR_BOX, op.token(value="secret-token")).encode()
    )
    dialogue += f"\r\nMAIL FROM:<{DOCTOR_BOX}> SIZE=900\r\nRCPT TO:<{OTHER_BOX}> NOTIFY=SUCCESS\r\nDATA\r\n".encode()
    dialogue += letter() + b".\r\nQUIT\r\n"
    with caplog.at_level(logging.ERROR, "segur"):
        answer = talk(op, dialogue if seed == 0 else mutated(dialogue, chance))
    assert REPLY.fullmatch(answer), answer
    accepted = [one for one in op.kept("submit") if one.outcome == "accepted"]
    assert len(op.inbox(OTHER_BOX)) == sum(OTHER_BOX in one.target for one in accepted)
    assert not caplog.records, caplog.text
    kept = b"".join(one.request_body + repr(one).encode() for one in op.kept() if one.operation != "submit")
    assert b"secret-token" not in kept
    if seed == 0:
        assert len(accepted) == 1
