"""Whatever comes back, the software says something true, traces it, changes nothing and stays usable."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drive.reference.answers import read
from harness.drive.reference.defects import Defects
from tests.harness.drive.reference.fake import soap

CODES = {"00", "01", "02", "OK", "KO", "error"}


@pytest.mark.parametrize(
    ("answer", "code", "fault", "said"),
    [
        ("01", "01", None, "aucune identité trouvée (code 01)"),
        ("02", "02", None, "plusieurs identités trouvées (code 02)"),
        ("insi_102", "error", "insi_102", "insi_102"),
        ("insi_111", "error", "insi_111", "indisponible"),
        ("desir_550", "error", "desir_550", "numéro d'autorisation"),
        ("desir_9999", "error", "desir_9999", "desir_9999"),
        (httpx.Response(503, text="<html>"), "error", "http_503", "erreur du serveur"),
        (httpx.Response(200, text="<html><body><p>Erreur</body></html>"), "error", "unreadable", "illisible"),
        (httpx.Response(200, text="<html/>"), "error", "unreadable", "illisible"),
        (httpx.Response(200, text=""), "error", "unreadable", "illisible"),
        (httpx.ReadTimeout("slow"), "error", "timeout", "pas répondu à temps"),
        (httpx.ConnectError("refused"), "error", "connection", "connexion"),
    ],
)
def test_each_outcome_has_its_own_words(lps, insi, answer, code, fault, said):
    software = lps()
    patient = software.new(birth_place="99999")
    before = software.get(patient)
    insi.will(insi.fault(answer) if isinstance(answer, str) and "_" in answer else answer)
    given_answer = software.act("ins.search", patient=patient)
    assert given_answer["ok"]
    result = given_answer["result"]
    assert (result["code"], result.get("fault"), result["applied"]) == (code, fault, False)
    assert said in given_answer["shown"][0]["text"]
    assert software.get(patient) == before
    (trace,) = [t for t in software.do("trace.export")["traces"] if t["action"] == "insi.call"]
    assert (trace["code"], trace["modality"], trace["user"]) == (fault or code, "traits", "899700000001")
    insi.will("00")
    assert software.do("ins.search", patient=patient)["applied"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"DateNaissance": "1975-00-31"}, {"birth_date"}),
        ({"DateNaissance": "1975-12-00"}, {"birth_date"}),
        ({"NomNaissance": ""}, {"birth_name"}),
        ({"ListePrenom": ""}, {"given_names"}),
        ({"Sexe": ""}, {"sex"}),
        ({"ins": "275126322074975"}, {"matricule"}),
    ],
)
def test_what_must_not_be_taken_is_refused_with_an_alert(lps, insi, changes, fields):
    software = lps()
    patient = software.new()
    before = software.get(patient)
    insi.will(insi.found(**changes))
    answer = software.act("ins.search", patient=patient)
    assert answer["result"] == {"code": "00", "applied": False, "status": "provisoire"}
    assert answer["shown"][0]["kind"] == "alert"
    assert answer["shown"][0]["text"].startswith("INS refusé")
    assert software.get(patient) == before
    assert software.do("alerts")["alerts"][0]["patient"] == patient


def test_prefixes_do_not_matter_and_00_without_identity_is_an_error(insi):
    body = insi.found().text.replace("RESULTAT xmlns=", "q:RESULTAT xmlns:q=").replace("</RESULTAT", "</q:RESULTAT")
    assert read(200, body.encode(), Defects()).code == "00" or "INDIVIDU" not in body
    assert read(200, insi.outcome("00").content, Defects()).individual is None
    assert read(200, insi.outcome("07").content, Defects()).fault == "unreadable"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_answers_never_crash(data):
    good = soap('<RESULTAT xmlns="http://www.cnamts.fr/INSiResultat"><CR><CodeCR>00</CodeCR></CR></RESULTAT>').content
    place = data.draw(st.integers(0, len(good)))
    body = good[:place] + data.draw(st.binary(max_size=8)) + good[place + data.draw(st.integers(0, 20)) :]
    assert read(200, body, Defects()).code in CODES
