"""Tables of codes: ours, the user's, and what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from norms.codes import Tables, mapping, shipped, shipped_names
from norms.codes.packs import Folder, git_commit
from norms.codes.tables import short

SET = """<?xml version="1.0" encoding="UTF-8"?>
<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008">
  <ValueSet id="1.2.3" dateMaj="20250131120000" displayName="x"><ConceptList>
    <Concept code="A" codeSystem="1.9" displayName="Alpha"/>
  </ConceptList></ValueSet>
</RetrieveValueSetResponse>"""


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("JDV_J07-XdsTypeCode-CISIS.xml", "J07"),
        ("JDV_J01_XdsAuthorSpecialty_CISIS", "J01"),
        ("J07", "J07"),
        ("JDV_HL7_ObservationInterpretation_CISIS", "OBSERVATIONINTERPRETATION"),
        ("JDV_Evaluation_AGGIR_PA_CISIS.xml", "EVALUATION_AGGIR_PA"),
        ("JDV_EvaluationAGGIRPA_CISIS.xml", "EVALUATIONAGGIRPA"),
        ("TRE_R02_SecteurActivite", "R02"),
    ],
)
def test_value_sets_go_by_a_short_name(name: str, key: str) -> None:
    assert short(name) == key


def test_every_shipped_table_says_its_name_date_and_source() -> None:
    for name in shipped_names():
        table = shipped(name)
        assert table is not None
        assert table.name
        assert table.date
        assert table.source
        assert table.labels


def test_a_code_is_held_under_its_system_only() -> None:
    tables = Tables()
    assert tables.holds("J07", "11490-0", "2.16.840.1.113883.6.1") is True
    assert tables.holds("J07", "11490-0", "1.2.250.1.213.1.1.4.12") is False
    table = tables.table("J07")
    assert table is not None
    assert table.systems_of("11490-0") == ["2.16.840.1.113883.6.1"]


def test_what_is_not_loaded_is_none_and_remembered() -> None:
    tables = Tables()
    assert tables.holds("JDV_Inconnu_CISIS", "x", "1") is None
    assert tables.system("2.16.840.1.113883.6.1") is None
    assert tables.not_loaded() == ["INCONNU"]
    assert tables.fresh().not_loaded() == []


def test_retired_codes_of_a_code_system_are_kept_and_marked() -> None:
    table = shipped("G15")
    assert table is not None
    assert ("35", "1.2.250.1.71.1.2.7") in table.retired
    assert ("10", "1.2.250.1.71.1.2.7") not in table.retired


def test_association_tables() -> None:
    assert [link.target for link in mapping("X04").links("11490-0")] == ["10"]
    assert {link.target for link in mapping("A11").links("1.3.6.1.4.1.19376.1.2.20")} >= {"urn:ihe:iti:xds-sd:pdf:2008"}
    assert mapping("X16").links("inconnu") == ()
    with pytest.raises(KeyError):
        mapping("Z99")


def test_the_users_copy_comes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "JDV_J07-XdsTypeCode-CISIS.xml").write_text(SET, encoding="utf-8")
    tables = Tables(Folder(tmp_path))
    assert tables.holds("J07", "A", "1.9") is True
    assert tables.holds("J07", "11490-0", "2.16.840.1.113883.6.1") is False
    assert tables.consulted() == {"JDV_J07-XdsTypeCode-CISIS": "2025-01-31"}
    pack = Folder(tmp_path)
    found = pack.table("1.2.3")
    assert found is not None
    assert found.oid == "1.2.3"


def test_a_file_that_cannot_be_read_is_not_loaded_and_said(tmp_path: Path) -> None:
    (tmp_path / "JDV_Vide_CISIS.xml").write_bytes(b"")
    (tmp_path / "JDV_Piege_CISIS.xml").write_text("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", encoding="utf-8")
    pack = Folder(tmp_path)
    assert pack.table("VIDE") is None
    assert pack.table("PIEGE") is None
    assert len(pack.defects) == 2


def test_a_code_system_is_read_from_the_official_tree(tmp_path: Path) -> None:
    folder = tmp_path / "schematrons" / "profils" / "terminologies" / "terminologie"
    folder.mkdir(parents=True)
    (folder / "1.2.250.1.213.2.5.rdf").write_text(
        "<rdf><skos:notation>AAA001</skos:notation><skos:notation>B&amp;B</skos:notation></rdf>", encoding="utf-8"
    )
    system = Folder(tmp_path).system("1.2.250.1.213.2.5")
    assert system is not None
    assert set(system.codes) == {"AAA001", "B&B"}


def test_the_commit_of_a_work_tree_is_read_without_git(tmp_path: Path) -> None:
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    assert git_commit(tmp_path) == ""
    (git / "packed-refs").write_text("# pack-refs\nabc123 refs/heads/main\n", encoding="utf-8")
    assert git_commit(tmp_path) == "abc123"
    (git / "refs" / "heads" / "main").write_text("def456\n", encoding="utf-8")
    assert git_commit(tmp_path) == "def456"


def test_a_pack_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        Folder(tmp_path / "absent")


def test_the_published_value_sets_are_read(shared_dir: Path) -> None:
    pack = Folder(shared_dir / "real" / "jdv")
    assert len(pack.sets) > 500
    table = pack.table("J07")
    assert table is not None
    assert (len(table.labels), table.date) == (114, "2024-09-27")
