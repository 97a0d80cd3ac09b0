"""Messages for tests: the sample documents in an IHE_XDM archive, their PDFs, composed as a good software would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from norms import xdm
from norms.cda.build.pdf import pdf
from norms.mail import Address, Described, Draft, Facts, compose, describe, draft, parse
from norms.xdm.model import Subset
from norms.xds.check import Setting
from norms.xds.codes import CI_SIS
from norms.xds.model import Code
from norms.xml import parse as parse_xml

SAMPLES = Path(__file__).resolve().parents[1] / "cda_samples" / "valid"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SENDER = Address("claire.romarin@medecin.mssante.fr", "Dr_Claire_ROMARIN_Cabinet des Tilleuls")
TO = Address("radiologie@hopital-sapins.mssante.fr", "Radiologie")
CONTENT = Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour")
OPTIONS = xdm.Options(Setting(now=NOW, sets=CI_SIS))
FACTS = Facts(
    mail_from=SENDER.address, recipients=(TO.address,), notify=(), mailbox=SENDER.address, kind="PER", nil="NIL1",
    owner=("Claire", "ROMARIN"), now=NOW, options=OPTIONS,
)  # fmt: skip
N1, N3, OTHER = "N1_PDF", "BIO-CR-BIO_2021.01", "LDL-SES_2022.01"  # OTHER is about somebody else
THREE = (N1, N3, "IMG-CR-IMG_2024.01")


LIGHT = replace(FACTS, options=replace(OPTIONS, content=False))  # the documents themselves are not judged again


@cache
def sample(name: str) -> bytes:
    """A sample document."""
    return (SAMPLES / f"{name}.xml").read_bytes()


def described(data: bytes) -> Described:
    """What a document says of itself."""
    return describe(parse_xml(data))


def one_subset(documents: Sequence[bytes], name: str = "SUBSET01", last: str = "1") -> Subset:
    """A submission set of these documents."""
    return xdm.subset(
        documents, unique_id=f"1.2.250.1.999.7.{last}", source_id="1.2.250.1.999.7", time="20261122093000",
        content_type=CONTENT, name=name,
    )  # fmt: skip


def archive(documents: Sequence[bytes]) -> xdm.Archive:
    """An archive with one submission set."""
    return xdm.archive([one_subset(documents)], xdm.Sender("Cabinet des Tilleuls", "segur", "1.0"))


@cache
def printed(text: str) -> bytes:
    """A PDF/A-1."""
    return pdf(text, [text], created=NOW, author="TEST")


def drafted(documents: Sequence[bytes], **changes: Any) -> Draft:
    """The draft of a good message with these documents."""
    told = [described(data) for data in documents]
    pdfs = [one.pdf or printed(one.label) for one in told]
    fields: dict[str, Any] = {
        "sender": SENDER, "to": (TO,), "text": "Bonjour,\nvoici le document.\n", "date": NOW,
        "message_id": "20261122.1@lgc.test", "nil": "NIL1",
    }  # fmt: skip
    made = draft(xdm.write(archive(documents)), told, pdfs, **fields)
    return replace(made, **changes)


def rules(raw: bytes, facts: Facts = LIGHT) -> set[str]:
    """The rules that a message breaks, information apart."""
    from norms.mail import check

    return {one.rule for one in check(parse(raw), facts) if one.severity != "info"}


def good(*names: str, **changes: Any) -> bytes:
    """The bytes of a good message with these samples."""
    return compose(drafted([sample(name) for name in names], **changes))
