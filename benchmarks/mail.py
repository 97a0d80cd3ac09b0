"""How fast messages are judged, read and composed: ours, and the standard library's parser on the same bytes.

    python -m benchmarks.mail [--seconds 1]

The message judged carries IHE_XDM.zip with three CDA of one patient (level 1, biology, imaging) and their PDF: parts
decoded, archive opened, metadata, coherence, PDF and each CDA judged (wanted: ≤ 60 ms of processor). Some ten seconds.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from harness.samples import shelf
from norms import xdm
from norms.cda.build.pdf import pdf
from norms.mail import Address, Draft, Facts, File, check, compose, describe, draft, parse
from norms.xds.check import Setting
from norms.xds.codes import CI_SIS
from norms.xds.model import Code
from norms.xml import parse as parse_xml

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
THREE = ("N1_PDF", "BIO-CR-BIO_2021.01", "IMG-CR-IMG_2024.01")
BOX = Address("claire.romarin@medecin.mssante.fr", "Dr_Claire_ROMARIN")


def main(argv: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measure")
    seconds = parser.parse_args(argv).seconds
    made, raw, large = _message()
    facts = Facts(options=xdm.Options(Setting(now=NOW, sets=CI_SIS)))
    assert not [one for one in check(parse(raw), facts) if one.severity != "info"], "the message has a fault"
    one = replace(facts, options=replace(facts.options, content=False))
    _line(f"judge: mail + XDM + 3 CDA, {len(raw) // 1000} kB (≤ 60)", lambda: check(parse(raw), facts), seconds)
    _line("the same without the CDA contents", lambda: check(parse(raw), one), seconds)
    again = partial(_again, made)
    _line("write: archive and message", again, seconds)
    _line("read: the same message", lambda: [part.content for part in parse(raw).leaves], seconds)
    _line("read: 5 MB", lambda: [part.content for part in parse(large).leaves], seconds)
    _line("  standard library, 5 MB", lambda: _theirs(large), seconds)


def _message() -> tuple[Draft, bytes, bytes]:
    documents = [(shelf.library() / "valid" / f"{name}.xml").read_bytes() for name in THREE]
    subset = xdm.subset(
        documents, unique_id="1.2.250.1.999.7.1", source_id="1.2.250.1.999.7", time="20261122093000",
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
    )  # fmt: skip
    told = [describe(parse_xml(data)) for data in documents]
    made = draft(
        xdm.write(xdm.archive([subset], xdm.Sender("Cabinet", "segur"))),
        told,
        [one.pdf or pdf(one.label, [one.label], created=NOW, author="segur") for one in told],
        sender=BOX, to=(Address("radio@hopital-sapins.mssante.fr"),), text="Bonjour.\n", date=NOW,
        message_id="1@segur.test", nil="NIL1",
    )  # fmt: skip
    large = replace(made, files=(File("images.pdf", bytes(range(256)) * 15_000),))
    return made, compose(made), compose(large)


def _again(made: Draft) -> bytes:
    return compose(replace(made, archive=xdm.write(xdm.read(made.archive))))


def _theirs(raw: bytes) -> list[object]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    return [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]


def _line(name: str, act: Callable[[], object], seconds: float) -> None:
    """Median milliseconds of processor and of the clock."""
    act()
    spent: list[float] = []
    elapsed: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(spent) < 3:
        wall, processor = time.perf_counter(), time.process_time()
        act()
        spent.append((time.process_time() - processor) * 1000)
        elapsed.append((time.perf_counter() - wall) * 1000)
    median = statistics.median
    print(f"{name:<44} {median(spent):8.2f} ms processor  {median(elapsed):8.2f} ms  ({len(spent)} times)")


if __name__ == "__main__":
    main()
