"""Mail in the journal: layers down to the document, whatever the bytes; secrets stay out of what leaves."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.journal import Exchange, Kind
from mocks.journal.content import LAYERS, Layer
from mocks.journal.decode import layers
from mocks.journal.export import body_name, write_har
from mocks.journal.redact import redact


def archive(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as one:
        for name, text in files.items():
            one.writestr(name.replace("__", "/").replace("_x", "."), text)
    return held.getvalue()


XDM = archive(
    INDEX_xHTM="<html/>",
    IHE_XDM__SUBSET01__METADATA_xXML="<SubmitObjectsRequest/>",
    IHE_XDM__SUBSET01__DOC0001_xXML='<ClinicalDocument xmlns="urn:hl7-org:v3"><id/></ClinicalDocument>',
)
MAIL = (
    b"From: a@b.fr\r\nSubject: =?utf-8?q?R=C3=A9sultat?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nbonjour\r\n--b\r\nContent-Type: application/zip;"
    b" name=IHE_XDM.ZIP\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(XDM) + b"\r\n--b--\r\n"
)


def exchange(method: str, operation: str, body: bytes, **more: object) -> Exchange:
    return Exchange("s", "mssante", time.time(), method=method, operation=operation, request_body=body, **more)  # type: ignore[arg-type]


def kinds(found: list[Layer]) -> list[str]:
    return [kind for one in found for kind in (one.kind, *kinds(list(one.inner)))]


@pytest.mark.parametrize(
    ("given_", "outer"),
    [
        (exchange("SMTP", "submit", MAIL, status=250, response_body=b"250 OK\r\n"), ["smtp"]),
        (exchange("IMAP", "append", b"t APPEND Sent {%d}\r\n%b\r\n" % (len(MAIL), MAIL)), ["imap"]),
        (exchange("", "bounce", MAIL, kind=Kind.EVENT), []),
    ],
)
def test_a_message_is_taken_apart_down_to_its_documents(given_: Exchange, outer: list[str]) -> None:
    found = kinds(layers(given_))
    assert not layers(given_)[0].facts or not given_.method, "the facts of the exchange are shown once, above"
    assert found[: len(outer) + 6] == [*outer, "mime", "text", "xdm", "xml", "metadata", "cda"]


@settings(max_examples=50)
@given(st.binary(max_size=200), st.sampled_from(["SMTP", "IMAP"]), st.sampled_from(["submit", "append", "login"]))
def test_any_bytes_are_shown(data: bytes, method: str, operation: str) -> None:
    for body in (data, MAIL[:150] + data, MAIL.replace(b"UEsD", data[:3])):
        assert len(kinds(layers(exchange(method, operation, body, response_body=data)))) < LAYERS * 2


def test_a_bomb_is_not_opened() -> None:
    bomb = archive(big_xXML="0" * 5_000_000)
    raw = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bomb)
    zipped = layers(exchange("SMTP", "submit", raw))[0].inner[0].inner[0]
    assert (zipped.kind, zipped.facts[1][0], zipped.inner) == ("zip", "refused", ())


def test_mail_leaves_as_messages_and_not_as_http(tmp_path: Path) -> None:
    kept = [exchange("SMTP", "submit", MAIL), exchange("IMAP", "noop", b"t NOOP\r\n")]
    assert [body_name(x, "request").rpartition(".")[2] for x in kept] == ["eml", "txt"]
    assert write_har(kept, tmp_path / "all.har", "fr") == 0


def test_secrets_of_a_dialogue_do_not_leave() -> None:
    token = "ya29-secret-token-of-a-professional"
    said = f"a AUTHENTICATE XOAUTH2 {token}\r\n".encode()
    left = redact(exchange("IMAP", "authenticate", said, target=said.decode().strip()))
    assert token not in left.request_body.decode() + left.target
    assert redact(exchange("SMTP", "submit", MAIL)).request_body == MAIL
