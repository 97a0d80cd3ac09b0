"""A large mailbox on a running bench, and a token that opens it."""

from __future__ import annotations

import threading
import time

from harness.bench import Bench
from mocks.grants import Grant, Grants, Login, Token

ADDRESS, DOCTOR, TOKEN = "claire.romarin@tilleuls.formation.mssante.fr", "dr-romarin", "benchmark-token"
_MESSAGE = (
    "From: =?utf-8?q?H=C3=A9l=C3=A8ne?= MARTIN <helene.martin@medecins.formation.mssante.fr>\r\nTo: {to}\r\n"
    "Subject: XDM/1.0/DDM+CR de consultation ADRUN Zoe 01/02/1980 {n}\r\nMessage-ID: <{n}@medecins>\r\n"
    "Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nX-MSS-NIL: DEV1\r\nContent-Type: text/plain\r\n\r\n"
)


def filled(bench: Bench, messages: int) -> str:
    """Fill the doctor's INBOX in the bench's own thread; a token that opens it."""
    done = threading.Event()

    def fill() -> None:
        boxes = bench.operator.boxes
        for n in range(messages):
            raw = _MESSAGE.format(to=ADDRESS, n=n).encode() + b"corps du message\r\n" * 100
            flags = ["\\Seen"] if n % 3 else []
            boxes.database.write(boxes.deposit("default", [(ADDRESS, "INBOX")], raw, flags).statements)
        done.set()

    bench.loop.call_soon_threadsafe(fill)
    done.wait(120)
    session, now = bench.sessions.default, time.time()
    held = session.world.professionals[DOCTOR]
    login = Login("sid", DOCTOR, held.national_id, "CARD", now, now)
    grant = Grant("g", "client", login, "openid", "", "eidas1")
    return session.state("grants", Grants).add(Token(TOKEN, "access", grant, now, now + 3600))
