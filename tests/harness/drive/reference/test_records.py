"""The patient file: what may be typed, prior records, locked fields, users."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drive.reference.store import fold
from tests.harness.drive.reference.fake import ADRUN, INS


@pytest.mark.parametrize(
    ("traits", "code", "said"),
    [
        ({"birth_name": ""}, "missing-traits", "Nom de naissance"),
        ({"first_given_name": " "}, "missing-traits", "1er prénom"),
        ({"sex": ""}, "missing-traits", "Sexe"),
        ({"birth_place": ""}, "missing-traits", "Code lieu"),
        ({"sex": "I"}, "bad-sex", "M ou F"),
        ({"birth_date": "1975-00-31"}, "bad-date", "AAAA-MM-JJ"),
        ({"birth_date": "31/12/1975"}, "bad-date", "AAAA-MM-JJ"),
        ({"birth_place": "632"}, "bad-place", "COG"),
        ({"birth_name": "ADRUN2"}, "bad-name", "« 2 »"),
        ({"birth_name": "АДРУН"}, "bad-name", "position 1"),
    ],
)
def test_creation_is_refused_with_the_reason(lps, traits, code, said):
    answer = lps().act("patient.create", traits={**ADRUN, **traits})
    assert (answer["ok"], answer["error"]["code"]) == (False, code)
    assert said in answer["error"]["message"]
    assert answer["shown"] == [{"kind": "alert", "text": answer["error"]["message"]}]


def test_names_are_stored_in_capitals_without_accents(lps):
    software = lps()
    patient = software.new(birth_name="d’Æion  de l'Hérault", first_given_name="Zoé", used_name="Ça-Va")
    traits = software.get(patient)["traits"]
    assert (traits["birth_name"], traits["given_names"], traits["used_name"]) == (
        "D'AEION DE L'HERAULT",
        "ZOE",
        "CA-VA",
    )


def test_long_names_are_kept_whole(lps):
    name = "A" * 100
    software = lps()
    assert software.get(software.new(birth_name=name))["traits"]["birth_name"] == name


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "dar"}, True),
        ({"name": "D'ART"}, True),
        ({"name": "herault"}, True),
        ({"name": "éclair"}, True),  # used name
        ({"given_name": "pierrealain"}, True),
        ({"given_name": "Alain"}, True),
        ({"name": "dar", "birth_date": "1975-12-31"}, True),
        ({"name": "dar", "birth_date": "1975-12-30"}, False),
        ({"name": "tagnan"}, False),
        ({"ins": INS}, True),
        ({"ins": "2 75 12 63 220 749 74"}, True),
    ],
)
def test_prior_records(lps, query, found):
    software = lps()
    patient = software.known(
        "recuperee", birth_name="D'ARTAGNAN DE L'HERAULT", first_given_name="PIERRE-ALAIN", used_name="ECLAIR"
    )
    software.new(birth_name="AUTRE", first_given_name="JEAN", birth_date="1980-01-01")
    answer = software.act("patient.find", **query)
    assert answer["result"]["patients"] == ([patient] if found else [])
    if found:
        assert f"{INS} NIR" in answer["shown"][0]["text"]


@pytest.mark.parametrize(
    ("query", "code"),
    [({"ins": INS[:13]}, "ins-incomplete"), ({"ins": INS[:13] + "75"}, "ins-bad-key"), ({}, "search-too-wide")],
)
def test_searches_that_are_refused(lps, query, code):
    assert lps().act("patient.find", **query)["error"]["code"] == code


@settings(max_examples=50, deadline=None)
@given(st.text("AB -'é", min_size=1, max_size=12))
def test_fold_is_blind_to_signs(name):
    assert fold(name) == fold(name.replace("-", " ").replace("'", "")) == fold(fold(name))


def test_strict_traits_are_read_only_and_say_so(lps):
    software = lps()
    patient = software.known("recuperee")
    shown = {item["field"]: item["text"] for item in software.act("patient.get", patient=patient)["shown"]}
    assert shown["birth_name"] == "Nom de naissance : ADRUN (lecture seule)"
    assert shown["birth_date"] == "Date de naissance : 31/12/1975 (lecture seule)"
    assert shown["matricule"] == f"Matricule INS : {INS} NIR (lecture seule)"
    answer = software.act("patient.edit", patient=patient, traits={"sex": "M", "used_name": "X"})
    assert answer["error"]["code"] == "locked"
    assert software.get(patient)["traits"]["used_name"] == ""
    changed = software.do("patient.edit", patient=patient, traits={"sex": "M"}, **{"as": "superuser"})
    assert changed == {"patient": patient, "changed": ["sex"], "status": "provisoire"}


def test_first_given_name_that_differs_alerts_and_stays(lps, insi):
    software = lps()
    patient = software.new(first_given_name="CATARINA")
    insi.will(insi.found(ListePrenom="OLA CATARINA"))
    answer = software.act("ins.search", patient=patient)
    assert answer["result"]["applied"]
    assert any("CATARINA" in item["text"] for item in answer["shown"] if item["kind"] == "alert")
    traits = software.get(patient)["traits"]
    assert (traits["first_given_name"], traits["given_names"]) == ("CATARINA", "OLA CATARINA")


@pytest.mark.parametrize(("first", "given"), [("PIERRE-ALAIN", "PIERRE ALAIN JEAN"), ("PIERRE", "PIERRE JEAN")])
def test_first_given_name_that_begins_the_list_does_not_alert(lps, insi, first, given):
    software = lps()
    patient = software.new(first_given_name=first)
    insi.will(insi.found(ListePrenom=given))
    assert all(item["kind"] != "alert" for item in software.act("ins.search", patient=patient)["shown"])


def test_only_known_users_act_and_traces_say_who(lps):
    software = lps()
    software.do("login", professional="ps2")
    software.do("ins.search", patient=software.new())
    assert {t["user"] for t in software.do("trace.export")["traces"]} == {"899700000002"}
    assert software.act("login", professional="nobody")["error"]["code"] == "unknown-professional"
    software.do("logout")
    assert software.act("patient.create", traits=ADRUN)["error"]["code"] == "no-session"
    software.do("reset")
    assert software.do("trace.export")["traces"] == []
    software.new()


def test_reading_an_ins_is_traced(lps):
    software = lps()
    software.get(software.known("qualifiee"))
    (trace,) = software.do("trace.export")["traces"]
    assert (trace["action"], trace["ins"]) == ("ins.access", INS)


def test_trace_of_a_call_keeps_what_was_returned(lps, insi):
    software = lps()
    insi.will(insi.found(history=("209076322083439", INS), ListePrenom="ZOE MARIE"))
    patient = software.new()
    software.do("ins.search", patient=patient)
    (trace,) = software.do("trace.export")["traces"]
    assert (trace["ins"], trace["oid"]) == (INS, "1.2.250.1.213.1.4.8")
    assert [past["value"] for past in trace["history"]] == ["2090763220834", INS[:13]]
    assert trace["traits"]["given_names"] == "ZOE MARIE"
    assert trace["message_id"] == insi.sent("MessageID")[0]
    assert [past["value"] for past in software.get(patient)["ins"]["history"]] == ["2090763220834", INS[:13]]
