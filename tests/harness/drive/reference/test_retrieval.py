"""The calls that a search makes, in order: CNDA tests 2.06 and 2.07, and where the search ends."""

from __future__ import annotations

import pytest

OLA = {"birth_name": "TCHITCHI", "given_names": "OLA CATARINA BELLA", "first_given_name": "OLA"}
PIERRE = {"given_names": "PIERRE PAUL JACQUES", "first_given_name": "PIERRE"}


def _calls(lps, insi, traits, *answers):
    software = lps()
    insi.will(*answers)
    result = software.do("ins.search", patient=software.new(**traits))
    return result["code"], list(zip(insi.sent("Prenom"), insi.sent("LieuNaissance"), strict=True))


def test_stops_at_the_first_identity(lps, insi):
    code, calls = _calls(lps, insi, OLA, "01", insi.found(ListePrenom="CATARINA BELLA"))
    assert (code, calls) == ("00", [("OLA", ""), ("CATARINA", "")])


def test_all_given_names_joined_come_last(lps, insi):
    code, calls = _calls(lps, insi, PIERRE, "01")
    assert code == "01"
    assert [name for name, _ in calls] == ["PIERRE", "PAUL", "JACQUES", "PIERRE PAUL JACQUES"]


def test_hyphenated_given_name_is_one(lps, insi):
    code, calls = _calls(lps, insi, {"first_given_name": "Pierre-Alain"}, "01")
    assert (code, calls) == ("01", [("PIERRE-ALAIN", "")])


def test_technical_error_ends_everything(lps, insi):
    code, calls = _calls(lps, insi, PIERRE, "01", insi.fault("insi_111"))
    assert (code, len(calls)) == ("error", 2)


def test_several_identities_are_narrowed_by_place(lps, insi):
    code, calls = _calls(lps, insi, {}, "02", "00")
    assert (code, calls) == ("00", [("ZOE", ""), ("ZOE", "63220")])


def test_several_identities_are_narrowed_by_the_other_given_names_first(lps, insi):
    code, calls = _calls(lps, insi, PIERRE, "02", "02", "00")
    assert (code, calls) == ("00", [("PIERRE", ""), ("PIERRE PAUL JACQUES", ""), ("PIERRE", "63220")])


@pytest.mark.parametrize(("place", "count"), [("99999", 1), ("63220", 2)])
def test_still_several_means_nobody_is_chosen(lps, insi, place, count):
    code, calls = _calls(lps, insi, {"birth_place": place}, "02")
    assert (code, len(calls)) == ("02", count)


def test_no_answer_of_narrowing_hides_the_ambiguity(lps, insi):
    assert _calls(lps, insi, {}, "02", "01")[0] == "02"


def test_the_user_may_decline(lps, insi):
    software = lps()
    patient = software.new()
    assert software.do("ins.search", patient=patient, accept=False)["applied"] is False
    assert software.get(patient)["ins"] is None
