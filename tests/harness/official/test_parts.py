"""The official rules, piece by piece, without Saxon: includes, stand-ins, reports, agreement."""

from __future__ import annotations

from multiprocessing import Pipe, current_process
from pathlib import Path

import pytest
from lxml import etree

from harness.official import agreement, svrl
from harness.official.engine import Official, OfficialError
from harness.official.pack import EXPAND, PROFILES, SCHEMA, Pack, any_case
from harness.official.pack import SVRL as TO_SVRL
from harness.validate.engine import Result
from norms.finding import Where, find
from tests.norms.cda.sample import LEVEL_1

SCH = '<schema xmlns="http://purl.oclc.org/dsdl/schematron">{}</schema>'
PATTERN = '<pattern xmlns="http://purl.oclc.org/dsdl/schematron" id="{}"/>'
SVRL = """<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
<svrl:failed-assert test="x" role="error" location="/*:ClinicalDocument[namespace-uri()='urn:hl7-org:v3'][1]/*:recordTarget[namespace-uri()='urn:hl7-org:v3'][1]/*:patientRole[namespace-uri()='urn:hl7-org:v3'][1]/*:id[namespace-uri()='urn:hl7-org:v3'][1]"><svrl:text> un
 refus </svrl:text></svrl:failed-assert>
<svrl:successful-report test="y" role="warning" location="/ClinicalDocument/author[1]"><svrl:text>un avis</svrl:text></svrl:successful-report>
</svrl:schematron-output>"""  # noqa: E501


def test_names_are_found_whatever_their_case(tmp_path: Path) -> None:
    (tmp_path / "Dossier").mkdir()
    (tmp_path / "Dossier" / "Fichier.XML").write_text("x", encoding="utf-8")
    assert any_case(tmp_path / "dossier" / "fichier.xml") == tmp_path / "Dossier" / "Fichier.XML"
    assert any_case(tmp_path / "dossier" / "autre.xml") is None


def test_includes_are_put_in_and_what_is_wrong_is_a_defect(tmp_path: Path) -> None:
    main = tmp_path / "a.sch"
    main.write_text(SCH.format('<include href="P1.sch"/><include href="absent.sch"/>'), encoding="utf-8")
    (tmp_path / "p1.sch").write_text(PATTERN.format("p1"), encoding="utf-8")
    pack = Pack(tmp_path)
    whole = pack.whole(main)
    assert [node.get("id") for node in whole] == ["p1"]
    assert pack.defects == ["a.sch: P1.sch ≠ p1.sch", "a.sch: absent.sch absent"]


def test_value_sets_that_are_absent_or_empty_get_a_stand_in(tmp_path: Path) -> None:
    sets = tmp_path / "jeuxDeValeurs"
    sets.mkdir()
    (sets / "JDV_Bon_CISIS.xml").write_text("<x/>", encoding="utf-8")
    (sets / "JDV_Vide_CISIS.xml").write_bytes(b"")
    spare = tmp_path / "spare"
    spare.mkdir()
    pack = Pack(tmp_path)
    sheet = "'jeuxDeValeurs/JDV_Bon_CISIS.xml' 'jeuxDeValeurs/JDV_Vide_CISIS.xml' 'jeuxDeValeurs/JDV_Absent_CISIS.xml'"
    mended = pack.mended(sheet, tmp_path, spare)
    assert "'jeuxDeValeurs/JDV_Bon_CISIS.xml'" in mended
    assert mended.count(spare.as_uri()) == 2
    assert pack.doubtful("… doit faire partie du jeu de valeurs JDV_Absent_CISIS.xml")
    assert not pack.doubtful("… doit faire partie du jeu de valeurs JDV_Bon_CISIS.xml")


def test_reports_are_read_and_their_places_found() -> None:
    refused, advised = svrl.rows(SVRL, "IHE")
    assert (refused.weight, refused.text) == ("error", "un refus")
    assert (advised.weight, advised.profile) == ("warning", "IHE")
    root = etree.fromstring(LEVEL_1.encode())
    node = svrl.element(refused.location, root)
    assert node is not None
    assert node.get("root") == "1.2.250.1.213.1.4.10"
    assert svrl.short(refused.location) == "recordTarget/patientRole/id"


def test_agreement_is_by_place() -> None:
    root = etree.fromstring(LEVEL_1.encode())
    refused, _ = svrl.rows(SVRL, "IHE")
    here = Where(18, 1, "", "/hl7:ClinicalDocument/hl7:recordTarget/hl7:patientRole/hl7:id/@extension")
    there = Where(9, 1, "", "/hl7:ClinicalDocument/hl7:code")
    ours = [find("CDA-PAT-02", where=here), find("CDA-TRM-01", where=there)]
    said = agreement.compare(root, LEVEL_1.encode(), [refused], [], ours)
    assert [len(said[name]) for name in ("both", "official", "ours")] == [1, 0, 1]
    alone = agreement.compare(root, LEVEL_1.encode(), [refused], [], ours[1:])
    assert [len(alone[name]) for name in ("both", "official", "ours")] == [0, 1, 1]


def test_a_refusal_set_on_the_document_meets_ours_below_it() -> None:
    root = etree.fromstring(LEVEL_1.encode())
    above = svrl.Row("StructurationMinimale", "error", "/*:ClinicalDocument[1]", "x", "traits")
    patient = Where(21, 1, "", "/hl7:ClinicalDocument/hl7:recordTarget/hl7:patientRole/hl7:patient")
    said = agreement.compare(root, LEVEL_1.encode(), [above], [], [find("CDA-PAT-06", where=patient)])
    assert [len(said[name]) for name in ("both", "official", "ours")] == [1, 0, 0]


def test_an_incomplete_copy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OfficialError, match="incomplete"):
        Official(tmp_path, tmp_path / "cache")


def test_an_answer_that_came_too_late_is_not_taken_for_the_next_document(tmp_path: Path) -> None:
    pytest.importorskip("saxonche")
    for name in (SCHEMA, EXPAND, TO_SVRL, *(path for _, path in PROFILES)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<x/>", encoding="utf-8")
    official = Official(tmp_path, tmp_path / "cache")
    near, far = Pipe()
    official._workers.append((current_process(), near))
    far.send((0, "rows", [], [], {"late": 1.0}))
    far.send((1, "rows", ["x absent"], [], {"IHE": 2.0}))
    said = official.judge(LEVEL_1.encode(), Result("a.xml"))
    assert (said["timings_ms"], said["defects"]) == ({"IHE": 2.0}, ["x absent"])
    far.close()
    assert official.judge(LEVEL_1.encode(), Result("a.xml"))["error"] == "died"
