"""Which documents lie behind what the user points at, and what is refused on the way."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from harness.validate import sources
from harness.validate.sources import Source, Unreadable, find

CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'


def _zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _names(path: Path) -> list[str]:
    return [source.name.removeprefix(str(path)) for source in find([path])]


def _reasons(path: Path) -> list[str]:
    return [source.reason for source in find([path]) if isinstance(source, Unreadable)]


def test_a_file_given_by_name_is_a_document_whatever_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"bonjour")
    (source,) = find([file])
    assert isinstance(source, Source)
    assert source.read() == b"bonjour"


def test_a_folder_is_searched_and_what_is_no_cda_left_aside(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.xml").write_bytes(CDA)
    (tmp_path / "a.XML").write_bytes(CDA)
    (tmp_path / "METADATA.XML").write_bytes(b"<SubmitObjectsRequest/>")
    (tmp_path / "note.txt").write_bytes(CDA)
    assert [Path(source.name).name for source in find([tmp_path])] == ["a.XML", "b.xml"]


def test_what_is_absent_or_empty_is_said(tmp_path: Path) -> None:
    assert _reasons(tmp_path / "absent.xml") == ["absent"]
    assert _reasons(tmp_path) == ["empty_folder"]


def test_an_xdm_archive_gives_its_documents(tmp_path: Path) -> None:
    archive = tmp_path / "IHE_XDM.ZIP"
    members = {"INDEX.HTM": b"", "IHE_XDM/SUBSET01/DOC00001.XML": CDA, "IHE_XDM/SUBSET01/METADATA.XML": b"<x/>"}
    archive.write_bytes(_zip(members))
    assert _names(archive) == ["!IHE_XDM/SUBSET01/DOC00001.XML"]


def test_a_mail_gives_the_archive_it_carries(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("Bonjour")
    message.add_attachment(_zip({"DOC1.XML": CDA}), maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    message.add_attachment(CDA, maintype="text", subtype="xml", filename="lettre.xml")
    mail = tmp_path / "m.eml"
    mail.write_bytes(message.as_bytes())
    assert _names(mail) == ["!IHE_XDM.ZIP!DOC1.XML", "!lettre.xml"]
    empty = tmp_path / "vide.eml"
    empty.write_bytes(b"Subject: rien\n\nBonjour")
    assert _reasons(empty) == ["nothing_in"]


def test_archives_within_archives_stop_somewhere(tmp_path: Path) -> None:
    data = _zip({"DOC1.XML": CDA})
    for _ in range(6):
        data = _zip({"inner.zip": data})
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    assert "too_deep" in _reasons(file)


def test_a_bomb_is_refused_by_what_it_yields_not_by_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MEMBER_BYTES", 10_000)
    file = tmp_path / "bomb.zip"
    file.write_bytes(_zip({"DOC1.XML": CDA + b" " * 1_000_000, "DOC2.XML": CDA}))
    assert _reasons(file) == ["too_big"]
    assert [source.name for source in find([file]) if isinstance(source, Source)] == [f"{file}!DOC2.XML"]
    monkeypatch.setattr(sources, "MEMBERS", 1)
    assert _reasons(file) == ["too_many"]


def test_a_member_never_leaves_the_archive(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(_zip({"../../evil.xml": CDA}))
    (source,) = find([file])
    assert isinstance(source, Source)
    assert source.path is None
    assert not (tmp_path.parent / "evil.xml").exists()


def test_a_broken_or_encrypted_archive_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(b"PK\x03\x04 nothing")
    assert _reasons(file) == ["bad_zip"]
    whole = bytearray(_zip({"DOC1.XML": CDA}))
    for marker, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(marker) + at] |= 1  # the flag "encrypted"
    file.write_bytes(bytes(whole))
    assert "bad_zip" in _reasons(file)
