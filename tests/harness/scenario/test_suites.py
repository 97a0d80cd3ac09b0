"""Suites: every id is one of ours, and a name picks what it says."""

from harness.scenario.loader import library
from harness.scenario.suites import ids, suites


def test_suites_name_scenarios_of_ours() -> None:
    known = set(library().ids)
    for suite in suites().values():
        assert set(suite.scenarios) <= known
        assert suite.about.fr
        assert suite.about.en


def test_a_suite_is_asked_for_by_its_name() -> None:
    found = library(only=["mss-lps-segur-app"])
    picked, unmatched = found.pick(["mss-lps-segur-app"])
    assert ([one.id for one in picked], unmatched) == (["H.MSS.04"], [])
    assert ids(["H.INS", "MSS-LPS-SEGUR-APP"]) == ["H.INS", "H.MSS.04"]
