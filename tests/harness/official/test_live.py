"""The official rules at work on the user's copy: long, so only where SEGUR_OFFICIAL names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.official.engine import Official
from harness.validate.engine import Options, Result, judge_bytes
from tests.norms.cda.sample import INS, LEVEL_1

FOLDER = os.environ.get("SEGUR_OFFICIAL", "")
pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="no copy of the official rules (SEGUR_OFFICIAL)"),
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    pytest.importorskip("saxonche")
    with Official(Path(FOLDER), tmp_path_factory.mktemp("official")) as engine:
        yield engine


def _judged(data: bytes) -> Result:
    return judge_bytes("a.xml", data, Options(packs=(FOLDER,)))


def test_our_sample_conforms_and_a_fault_is_seen_by_both(official: Official) -> None:
    data = LEVEL_1.encode()
    assert official.judge(data, _judged(data))["verdict"] == "pass"
    faulty = LEVEL_1.replace('<given qualifier="BR">ANNE</given>', "").encode()
    said = official.judge(faulty, _judged(faulty))
    assert said["verdict"] == "fail"
    assert said["agreement"]["official"] == []
    assert INS in LEVEL_1


def test_the_schema_speaks_for_itself(official: Official) -> None:
    data = LEVEL_1.replace("<title>", "<inconnu/><title>").encode()
    said = official.judge(data, _judged(data))
    assert said["schema"]
    assert said["agreement"]["both"]


def test_published_documents_have_their_known_verdict(official: Official, shared_dir: Path) -> None:
    for name, verdict in (("LDL-EES_2022.01.xml", "pass"), ("eDISP-MED_2024.01.xml", "fail")):
        data = (shared_dir / "real" / "cda" / name).read_bytes()
        assert official.judge(data, _judged(data))["verdict"] == verdict
    assert any("absent" in words for words in official.defects)
