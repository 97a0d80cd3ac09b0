"""A mailbox of 20 000 messages opened by IMAP over TLS: SELECT, then FETCH of the last 50 envelopes."""

from __future__ import annotations

import imaplib
import ssl
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.boxes import ADDRESS, filled
from harness.bench import Options, started
from harness.home import Home

MESSAGES, ROUNDS, PORT = 20_000, 9, 26400
WANTED_MS = 50


def main() -> None:
    """Fill a mailbox, open it again and again, print the middle and the worst."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, started(_options(folder)) as bench:
        token = filled(bench, MESSAGES)
        client = imaplib.IMAP4("localhost", PORT + 12)
        client.starttls(ssl.create_default_context(cafile=str(bench.pki.ca)))
        client.authenticate("XOAUTH2", lambda _c: f"user={ADDRESS}\x01auth=Bearer {token}\x01\x01".encode())
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            began = time.perf_counter()
            client.select()
            selected = time.perf_counter()
            _, found = client.fetch(f"{MESSAGES - 49}:{MESSAGES}", "(UID FLAGS ENVELOPE)")
            ended = time.perf_counter()
            assert len(found) == 50
            for name, since, until in (("SELECT", began, selected), ("FETCH", selected, ended), ("both", began, ended)):
                times.setdefault(name, []).append((until - since) * 1000)
        for name in ("FLAGS", "ENVELOPE"):
            began = time.perf_counter()
            client.fetch("1:*", f"({name})")
            times[f"FETCH 1:* ({name})"] = [(time.perf_counter() - began) * 1000]
        began = time.perf_counter()
        client.search(None, "SUBJECT", "19999")
        times["SEARCH SUBJECT"] = [(time.perf_counter() - began) * 1000]
        client.logout()
    print(f"a mailbox of {MESSAGES} messages                 median ms   worst ms")
    for name, each in times.items():
        wanted = f"   wanted ≤ {WANTED_MS}" if name == "both" else ""
        print(f"{name:44} {statistics.median(each):9.1f} {max(each):10.1f}{wanted}")


def _options(folder: str) -> Options:
    return Options(Home.at(Path(folder)), PORT)


if __name__ == "__main__":
    main()
