"""An INS is found wherever it hides; what cannot be opened is said, never passed over."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import quopri
import zipfile
import zlib
from collections.abc import Callable
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.scenario.scan import Needle, needles, search
from norms.ins import oids

INS = "297022A020778"
WANTED = needles([INS + "78"], oids.ALL)


def _zip(data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as opened:
        opened.writestr("IHE_XDM/SUBSET01/DOC.XML", data)
    return archive.getvalue()


def _pdf(data: bytes) -> bytes:
    packed = zlib.compress(b"BT (" + data.replace(b"\\", b"").replace(b"(", b"").replace(b")", b"") + b") Tj ET")
    return b"%%PDF-1.4\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % len(packed) + packed + b"\nendstream\n"


WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "mime": base64.encodebytes,
    "url-safe": base64.urlsafe_b64encode,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zip": _zip,
    "stored": lambda data: _zip(data, zipfile.ZIP_STORED),
    "bzip2": lambda data: _zip(data, zipfile.ZIP_BZIP2),
    "hex": lambda data: data.hex().encode(),
    "quoted-printable": quopri.encodestring,
    "percent": lambda data: quote_from_bytes(data, safe="").encode(),
}
TEXT_WRAPPERS: dict[str, Callable[[str], bytes]] = {
    "references": lambda text: "".join(f"&#{ord(c)};" for c in text).encode(),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(c):X};" for c in text).encode(),
    "escaped": lambda text: html.escape(f"<id>{text}</id>").encode(),
    "json": lambda text: json.dumps({"a": f"é {text}"}).encode(),
    "json unicode": lambda text: ('{"a":"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"}').encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "grouped": lambda text: b"2 97 02 2A 020 778 78",
    "no-break spaces": lambda text: "2\u00a097\u00a002\u00a02A\u00a0020\u00a0778".encode(),
    "lowercase": lambda text: text.lower().encode(),
    "pdf": lambda text: _pdf(text.encode()),
}


@pytest.mark.parametrize("wrap", TEXT_WRAPPERS.values(), ids=TEXT_WRAPPERS)
def test_found_in_each_writing(wrap: Callable[[str], bytes]) -> None:
    assert [hit.needle for hit in search(b"before " + wrap(INS) + b" after", WANTED).hits] == [INS]


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_found_in_each_wrapping(wrap: Callable[[bytes], bytes]) -> None:
    inside = f"<patientId>{INS}</patientId>".encode()
    result = search(b"--part\r\n\r\n" + wrap(inside) + b"\r\n--part--", WANTED)
    assert [hit.needle for hit in result.hits] == [INS]


@given(
    st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=4),
    st.sampled_from(sorted(TEXT_WRAPPERS)),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
@settings(max_examples=150, deadline=None)
@example(["base64"], "utf-16", b"\x01" * 18, b"\x01" * 19)
def test_found_however_nested(layers: list[str], writing: str, before: bytes, after: bytes) -> None:
    data = before + b"\n" + TEXT_WRAPPERS[writing](f"<p>{INS}</p>") + b"\n" + after
    for layer in layers:
        data = WRAPPERS[layer](data)
    assert INS in [hit.needle for hit in search(data, [Needle(INS)]).hits]


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_can_be_searched(data: bytes) -> None:
    assert not search(data, WANTED).hits


def test_the_path_tells_where() -> None:
    (hit,) = search(base64.b64encode(_zip(f"<x>{INS}</x>".encode())), WANTED).hits
    assert hit.path == ("base64", "zip:IHE_XDM/SUBSET01/DOC.XML")
    assert INS in hit.excerpt


@pytest.mark.parametrize("oid", oids.ALL)
def test_oids_are_found_whole(oid: str) -> None:
    assert oid in [hit.needle for hit in search(f"<id root='{oid}'/>".encode(), WANTED).hits]


def test_a_longer_oid_is_another_one() -> None:
    assert not search(b"1.2.250.1.213.1.4.80 1.2.250.1.213.1.4.8.1 0.1.2.250.1.213.1.4.9", WANTED).hits


def test_another_number_is_not_found() -> None:
    assert not search(b"297022A020779 2970220207781 29702 2A02 0777", WANTED).hits


def test_an_encrypted_entry_is_said() -> None:
    data = bytearray(_zip(b"secret"))
    data[6] |= 1  # flag of the local header
    result = search(bytes(data), WANTED)
    assert not result.hits
    assert "encrypted" in result.unopened[0]


def test_a_bomb_is_said_and_bounded() -> None:
    result = search(gzip.compress(b"\0" * 200_000_000), WANTED)
    assert not result.hits
    assert "too large" in result.unopened[0]


def test_a_broken_pdf_is_said() -> None:
    assert any("pdf" in place for place in search(b"%PDF-1.4 broken", WANTED).unopened)


def test_an_unknown_method_is_said() -> None:
    data = bytearray(_zip(b"x" * 100))
    data[8:10] = (99).to_bytes(2, "little")
    assert any("method 99" in place for place in search(bytes(data), WANTED).unopened)
