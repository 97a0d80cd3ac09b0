"""MTOM packages: what is written reads back, however it is cut up, and what is broken is told apart."""

from __future__ import annotations

import contextlib
import email
import email.policy
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norms.soap.mtom import BadPackage, Part, Splitter, join, split
from norms.soap.tree import elements
from norms.soap.xop import BadInclude, content, include
from norms.xml import parse

ROOT = b"<e/>"
bodies = st.lists(st.binary(max_size=200), max_size=4)


def _parts(contents: list[bytes]) -> list[Part]:
    return [Part(f"d{n}@test", "text/xml", body) for n, body in enumerate(contents)]


@given(bodies, st.integers(1, 60))
def test_what_is_written_reads_back_however_it_arrives(contents: list[bytes], step: int) -> None:
    kind, body = join(ROOT, _parts(contents), "urn:a")
    splitter = Splitter(kind)
    for at in range(0, len(body), step):
        splitter.feed(body[at : at + step])
    package = splitter.close()
    assert package.root.data == ROOT
    assert package.action == "urn:a"
    assert [part.data for part in package.parts.values()] == contents


@given(bodies)
def test_the_standard_mail_parser_reads_the_same(contents: list[bytes]) -> None:
    kind, body = join(ROOT, _parts(contents))
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    read = [part["Content-ID"] for part in message.iter_parts()]
    assert read[1:] == [f"<d{n}@test>" for n in range(len(contents))]


def test_a_part_that_arrives_whole_is_not_copied() -> None:
    kind, body = join(ROOT, [Part("d@test", "text/xml", b"x" * 5_000_000)])
    tracemalloc.start()
    package = split(kind, body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(package.parts["d@test"].body) == 5_000_000
    assert peak < 1_000_000


def test_a_part_of_200_mb_is_refused_while_little_of_it_is_held() -> None:
    kind, body = join(ROOT, [Part("d@test", "text/xml", b"")])
    splitter = Splitter(kind, max_part=10_000_000)
    splitter.feed(body[: -len(b"\r\n--uuid:00000000-0000-0000-0000-000000000000--\r\n")])
    chunk = b"x" * 1_000_000
    tracemalloc.start()
    with pytest.raises(BadPackage) as bad:  # noqa: PT012
        for _ in range(200):
            splitter.feed(bytes(chunk))
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert bad.value.finding.rule == "SOAP-MIME-11"


def test_too_many_parts_are_told_as_such() -> None:
    part = b"\r\n--abc\r\nContent-ID: <%d@x>\r\n\r\n"
    with pytest.raises(BadPackage) as bad:
        split(KIND, BODY.replace(b"\r\n--abc--", b"".join(part % n for n in range(10_000)) + b"\r\n--abc--"))
    assert bad.value.finding.rule == "SOAP-MIME-14"


KIND, BODY = join(ROOT, [Part("d@test", "text/xml", b"doc")], boundary="abc")
START = 'start="<root.message@segur.test>"'


@pytest.mark.parametrize(
    ("kind", "body", "rule"),
    [
        ("application/soap+xml", BODY, "SOAP-MIME-01"),
        (KIND.replace('boundary="abc"', ""), BODY, "SOAP-MIME-02"),
        (KIND.replace('boundary="abc"', 'boundary="abé"'), BODY, "SOAP-MIME-02"),
        (KIND.replace('type="application/xop+xml"', 'type="text/xml"'), BODY, "SOAP-MIME-03"),
        (KIND.replace(START, 'start="<other>"'), BODY, "SOAP-MIME-04"),
        (KIND.replace(START, 'start="<ROOT.message@segur.test>"'), BODY, "SOAP-MIME-04"),
        (KIND.replace(START, 'start="root.message@segur.test"'), BODY, "SOAP-MIME-04"),
        (KIND.replace('start-info="application/soap+xml"', ""), BODY, "SOAP-MIME-05"),
        (KIND, BODY.replace(b"application/xop+xml", b"text/xml"), "SOAP-MIME-06"),
        (KIND, BODY.replace(b'type="application/soap+xml"', b'type="text/xml"'), "SOAP-MIME-06"),
        (KIND, BODY.replace(b"--abc--", b""), "SOAP-MIME-07"),
        (KIND, BODY[: len(BODY) // 2], "SOAP-MIME-07"),
        (KIND, b"nothing here", "SOAP-MIME-15"),
        (KIND, b"--abc--", "SOAP-MIME-04"),
        (KIND, BODY.replace(b"\r\n", b"\n"), "SOAP-MIME-07"),
        (KIND, BODY.replace(b"--abc\r\n", b"--abcd\r\n", 1), "SOAP-MIME-08"),
        (KIND, BODY.replace(b"Content-Type: text/xml", b"Content-Type"), "SOAP-MIME-08"),
        (KIND, BODY.replace(b"Content-ID: <d@test>", b"X: y"), "SOAP-MIME-09"),
        (KIND, BODY.replace(b"<d@test>", b"d@test"), "SOAP-MIME-09"),
        (KIND, BODY.replace(b"<d@test>", b"<root.message@segur.test>"), "SOAP-MIME-10"),
        (KIND, BODY.replace(b"Encoding: binary", b"Encoding: quoted-printable"), "SOAP-MIME-12"),
        (KIND, BODY.replace(b"text/xml", b"application/xop+xml"), "SOAP-MIME-13"),
    ],
)
def test_what_is_broken_is_told_apart(kind: str, body: bytes, rule: str) -> None:
    with pytest.raises(BadPackage) as bad:
        split(kind, body)
    assert bad.value.finding.rule == rule
    assert bad.value.finding.message("fr")


@given(st.data())
def test_mutated_packages_are_read_or_refused_but_never_crash(data: st.DataObject) -> None:
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        body = body or bytearray(b"-")
    with contextlib.suppress(BadPackage):
        split(KIND, bytes(body))


def test_base64_parts_are_decoded() -> None:
    body = BODY.replace(b"binary", b"8bit", 1).replace(b"binary", b"base64").replace(b"\r\ndoc\r\n", b"\r\nZG9j\r\n")
    assert split(KIND, body).parts["d@test"].data == b"doc"


def test_an_include_finds_its_part_through_its_percent_encoding() -> None:
    parts = {"a-2@urn:ihe:iti:xds-b:2007": Part("a-2@urn:ihe:iti:xds-b:2007", "text/xml", b"doc")}
    for written in (include("a-2@urn:ihe:iti:xds-b:2007"), include("a-2@urn:ihe:iti:xds-b:2007").replace("%3A", ":")):
        part, by_part = content(parse(f"<Document>{written}</Document>".encode()), parts)
        assert (part.data, by_part) == (b"doc", True)
    assert content(parse(b"<Document>ZG\n9j </Document>"), {})[0].data == b"doc"


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        (include("nowhere@test"), "SOAP-XOP-01"),
        (include("D@test"), "SOAP-XOP-06"),
        ('<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="http://x/"/>', "SOAP-XOP-02"),
        (include("d@test") * 2, "SOAP-XOP-03"),
        ("text" + include("d@test"), "SOAP-XOP-03"),
        ("<other/>", "SOAP-XOP-03"),
        ("not base64 !", "SOAP-XOP-05"),
    ],
)
def test_an_include_that_gives_nothing_is_told_apart(inside: str, rule: str) -> None:
    element = parse(f"<Document>{inside}</Document>".encode())
    with pytest.raises(BadInclude) as bad:
        content(element, {"d@test": Part("d@test", "text/xml", b"doc")})
    assert bad.value.finding.rule == rule
    assert len(elements(element)) <= 2
