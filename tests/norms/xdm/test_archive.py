"""IHE_XDM archives: what is written reads back; each faulty one breaks its own rule; nothing hostile is inflated."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms import xdm
from norms.xdm.actions import Coding, action_of, with_action
from norms.xdm.model import INDEX, METADATA, README, BadArchive, File
from norms.xdm.package import pack, unpack
from norms.xdm.write import BadLayout, metadata
from norms.xds.model import Submission
from norms.xds.names import RPLC
from tests.mail_kit import N1, N3, OPTIONS, OTHER, THREE, archive, one_subset, sample
from tests.norms.xds.strategies import submissions

GOOD = archive([sample(N1)])
ENTRY = "IHE_XDM/SUBSET01/DOC0001.XML"


def found(data: bytes) -> set[str]:
    """The rules broken, information apart."""
    return {one.rule for one in xdm.validate(data, OPTIONS) if one.severity != "info"}


def files(one: xdm.Archive = GOOD) -> dict[str, bytes]:
    """The files of an archive by path."""
    return {held.path: held.data for held in unpack(xdm.write(one))[0]}


def packed(held: dict[str, bytes]) -> bytes:
    return pack(File(path, data) for path, data in held.items())


@pytest.mark.parametrize("names", [(N1,), (N3,), THREE])
def test_what_we_write_is_valid_and_the_same_each_time(names: tuple[str, ...]) -> None:
    one = archive([sample(name) for name in names])
    data = xdm.write(one)
    assert found(data) == set()
    assert xdm.read(data) == one
    assert xdm.write(xdm.read(data)) == data
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


def test_two_sets() -> None:
    subsets = [one_subset([sample(N1)]), one_subset([sample(N3)], "SUBSET02", "2")]
    one = xdm.archive(subsets, xdm.Sender("Cabinet", "segur"))
    assert found(xdm.write(one)) == set()
    assert xdm.read(xdm.write(one)) == one
    other = xdm.archive([subsets[0], one_subset([sample(OTHER)], "SUBSET02", "2")], xdm.Sender("C", "s"))
    assert found(xdm.write(other)) == {"XDM-MET-04"}
    twice = xdm.archive([subsets[0], one_subset([sample(N1)], "SUBSET02", "2")], xdm.Sender("C", "s"))
    assert found(xdm.write(twice)) == {"XDM-MET-06"}


@given(submissions, st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=2))
@settings(max_examples=8)
def test_any_metadata_reads_back(submission: Submission, contents: list[bytes]) -> None:
    held = tuple(File(f"DOC{n:04d}.XML", data) for n, data in enumerate(contents, 1))
    entries = tuple(replace(e, uri=h.path) for e, h in zip(submission.entries, held, strict=True))
    subset = xdm.Subset("SUBSET01", replace(submission, entries=entries), held)
    one = xdm.archive([subset], xdm.Sender("É & <x>", "s"))
    data = xdm.write(one)
    again = xdm.read(data)
    assert xdm.write(again) == data
    assert again.subsets[0].documents == held
    read = again.subsets[0].submission
    assert read is not None
    assert [(e.title, e.authors, e.type_code) for e in read.entries] == [
        (e.title, e.authors, e.type_code) for e in entries
    ]


@pytest.mark.parametrize("path", ["doc1.xml", "DOC000001.XML", "DOC 1.XML", "A/B.XML.GZ", "DOC.HTML"])
def test_the_writer_refuses_names_that_are_not_8_3(path: str) -> None:
    subset = GOOD.subsets[0]
    assert subset.submission is not None
    entries = tuple(replace(e, uri=path) for e in subset.submission.entries)
    renamed = replace(subset, submission=replace(subset.submission, entries=entries), documents=(File(path, b"x"),))
    with pytest.raises(BadLayout):
        xdm.write(replace(GOOD, subsets=(renamed,)))


def _metadata(old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(held: dict[str, bytes]) -> None:
        key = f"IHE_XDM/SUBSET01/{METADATA}"
        assert old in held[key]
        held[key] = held[key].replace(old, new, 1)

    return change


def _drop(path: str) -> Callable[[dict[str, bytes]], None]:
    return lambda held: held.__delitem__(path)


def _put(path: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda held: held.__setitem__(path, data)


def _rename(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    return lambda held: held.__setitem__(new, held.pop(old))


_SUBMISSION = GOOD.subsets[0].submission
assert _SUBMISSION is not None
_FIRST = _SUBMISSION.entries[0]
_SLOT = b'<Slot name="%s"><ValueList><Value>%s</Value></ValueList></Slot>'


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("XDM-LAY-01", _drop(INDEX)),
        ("XDM-LAY-02", _drop(README)),
        ("XDM-LAY-04", _drop(f"IHE_XDM/SUBSET01/{METADATA}")),
        ("XDM-LAY-05", _put("IHE_XDM/notes de lecture.txt", b"x")),
        ("XDM-LAY-06", _put("A/B/C/D/E/F/G/H/I.TXT", b"x")),
        ("XDM-LAY-07", _put("IHE_XDM/SUBSET01/STYLE.XSL", b"<x/>")),
        ("XDM-LAY-08", _put(INDEX, b"<html><p>")),
        ("XDM-LAY-08", _put(INDEX, b"<!DOCTYPE html [<!ENTITY a 'b'>]><html>&a;</html>")),
        ("XDM-LAY-09", _put(INDEX, b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>')),
        ("XDM-LAY-10", _put("NOTE.TXT", b"")),
        ("XDM-MET-01", _put(f"IHE_XDM/SUBSET01/{METADATA}", b"<a>")),
        ("XDM-MET-02", _put(f"IHE_XDM/SUBSET01/{METADATA}", b"<a/>")),
        ("XDM-DOC-01", _metadata(_SLOT % (b"hash", _FIRST.hash.encode()), b"")),
        ("XDM-DOC-01", _metadata(_SLOT % (b"size", _FIRST.size.encode()), b"")),
        ("XDM-DOC-03", _metadata(_FIRST.hash.encode(), b"0" * 40)),
        ("XDM-DOC-04", _metadata(_SLOT % (b"size", _FIRST.size.encode()), _SLOT % (b"size", b"12"))),
        ("XDM-PAT-02", _metadata(_FIRST.patient_id.replace("&", "&amp;").encode(), b"285055503991010")),
        ("XDM-ACT-01", _put(f"IHE_XDM/SUBSET01/{METADATA}", metadata(with_action(_SUBMISSION, "R")))),
        ("XDS-CLS-01", _metadata(b'classificationScheme="urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead"',
                                 b'classificationScheme="urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"')),
        ("XDS-SLOT-01", _metadata(_SLOT % (b"languageCode", b"fr-FR"), b"")),
        ("XDS-COH-04", _metadata(b'value="Compte rendu de consultation"', b'value="Autre titre"')),
    ],
)  # fmt: skip
def test_a_faulty_archive_is_told_by_its_rule(rule: str, change: Callable[[dict[str, bytes]], None]) -> None:
    held = files()
    change(held)
    # A metadata that is absent or unreadable also differs from the document's, or from the set's.
    assert found(packed(held)) - {"XDS-PID-01", "XDS-COH-01", "XDS-COH-05", "XDS-COH-14"} == {rule}


def test_a_document_that_is_not_where_its_uri_says() -> None:
    held = files()
    _rename(ENTRY, "IHE_XDM/SUBSET01/DOC0002.XML")(held)
    assert found(packed(held)) == {"XDM-DOC-02", "XDM-LAY-07"}
    for uri in (b"/etc/passwd", b"http://x/y", b"../SUBSET02/DOC0001.XML", b"C:DOC"):
        held = files()
        _metadata(_SLOT % (b"URI", b"DOC0001.XML"), _SLOT % (b"URI", uri))(held)
        assert found(packed(held)) == {"XDM-DOC-05", "XDM-LAY-07"}


def test_lower_case_names_are_read_and_told() -> None:
    held = {path.lower(): data for path, data in files().items()}
    opened = xdm.open_archive(packed(held))
    assert [one.file.path for one in opened.cdas] == ["doc0001.xml"]
    assert found(packed(held)) == {"XDM-LAY-05"}


def test_the_value_sets_are_those_of_the_ci_sis() -> None:
    held = files()
    _metadata(b'nodeRepresentation="AMBULATOIRE"', b'nodeRepresentation="NOWHERE"')(held)
    findings = [one for one in xdm.validate(packed(held), OPTIONS) if one.rule == "XDS-JDV-01"]
    assert "JDV_J04" in findings[0].expected
    for code in (b"34895-3", b"97694-4"):  # of the CI-SIS, refused by the DMP
        held = files()
        _metadata(b'nodeRepresentation="11488-4"', b'nodeRepresentation="%s"' % code)(held)
        rules = found(packed(held))
        assert not {rule for rule in rules if rule.startswith("XDS-JDV-0") and rule != "XDS-JDV-04"}
        assert "XDS-COH-03" in rules


@pytest.mark.parametrize("coding", [Coding(), Coding("urn:x:action", on_set=False)])
def test_actions_replace_and_delete(coding: Coding) -> None:
    assert _SUBMISSION is not None
    for name, action, rules in (
        ("REMPLACE_v2", "C", set()),
        ("REMPLACE_v2", "", {"XDM-ACT-03"}),
        (N1, "C", {"XDM-ACT-02"}),
        (N1, "D", set()),
    ):
        one = archive([sample(name)])
        submission = one.subsets[0].submission
        assert submission is not None
        if action:
            submission = with_action(submission, action, coding)
        assert action_of(submission, submission.entries[0], coding) == action
        one = replace(one, subsets=(replace(one.subsets[0], submission=submission),))
        findings = xdm.validate(xdm.write(one), replace(OPTIONS, coding=coding))
        assert {f.rule for f in findings if f.severity != "info"} == rules
        assert ("XDM-ACT-04" in {f.rule for f in findings}) == bool(action)


def test_a_replacement_in_the_metadata_may_name_a_document_that_no_registry_holds() -> None:
    assert _SUBMISSION is not None
    link = replace(_SUBMISSION.associations[0], id="rplc", type=RPLC, source="Document01", target="Document00")
    held = files()
    both = replace(_SUBMISSION, associations=(*_SUBMISSION.associations, link))
    held[f"IHE_XDM/SUBSET01/{METADATA}"] = metadata(both)
    assert found(packed(held)) == set()


# -- hostile archives ------------------------------------------------------------------------------------------------


def _zip(name: str, data: bytes = b"x", **changes: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        info = zipfile.ZipInfo(name)
        info.compress_type = changes.get("method", zipfile.ZIP_DEFLATED)
        info.external_attr = changes.get("attr", 0)
        target.writestr(info, data)
    return out.getvalue()


def _encrypted() -> bytes:
    raw = bytearray(_zip("A.TXT"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(mark) + offset] |= 1
    return bytes(raw)


def _lying(size: int) -> bytes:
    raw = bytearray(_zip("A.TXT"))
    raw[raw.find(b"PK\x01\x02") + 24 : raw.find(b"PK\x01\x02") + 28] = struct.pack("<I", size)
    return bytes(raw)


def _twice() -> bytes:
    return pack([File("A.TXT", b"1"), File("a.txt", b"2")])


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ("XDM-ZIP-01", b""),
        ("XDM-ZIP-01", b"PK\x03\x04 not a zip"),
        ("XDM-ZIP-01", xdm.write(GOOD)[:-40]),
        ("XDM-ZIP-01", xdm.write(GOOD).replace(b"PK\x03\x04", b"PK\x03\x05", 1)),
        ("XDM-ZIP-02", pack(File(f"{n}.TXT", b"") for n in range(1001))),
        ("XDM-ZIP-03", _zip("A.TXT", bytes(3_000_000))),
        ("XDM-ZIP-03", _lying(4_000_000_000)),
        ("XDM-ZIP-04", _zip("../A.TXT")),
        ("XDM-ZIP-04", _zip("IHE_XDM/../../A.TXT")),
        ("XDM-ZIP-04", _zip("/etc/passwd")),
        ("XDM-ZIP-04", _zip("C:/A.TXT")),
        ("XDM-ZIP-04", _zip("..\\A.TXT")),
        ("XDM-ZIP-05", _zip("A.TXT", attr=0o120777 << 16)),
        ("XDM-ZIP-06", _encrypted()),
        ("XDM-ZIP-07", _twice()),
        ("XDM-ZIP-08", _zip("A.TXT", method=zipfile.ZIP_BZIP2)),
    ],
)  # fmt: skip
def test_hostile_archives_are_refused(rule: str, data: bytes) -> None:
    with pytest.raises(BadArchive) as refused:
        xdm.read(data)
    assert refused.value.finding.rule == rule
    assert [one.rule for one in xdm.validate(data)] == [rule]
    for lang in ("fr", "en"):
        assert refused.value.finding.message(lang)  # type: ignore[arg-type]


def test_backslashes_are_read_and_told() -> None:
    raw = xdm.write(GOOD).replace(b"IHE_XDM/SUBSET01/", b"IHE_XDM\\SUBSET01\\")
    assert found(raw) == {"XDM-ZIP-09"}


@given(st.data())
@settings(max_examples=15)
def test_no_mutation_of_an_archive_raises(data: st.DataObject) -> None:
    raw = bytearray(xdm.write(GOOD))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert isinstance(xdm.validate(bytes(raw), replace(OPTIONS, content=False)), list)
