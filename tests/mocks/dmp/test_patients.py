"""TD0.2, TD0.3, TD0.4, TD0.5, TD1.3a, TD1.6: every state of a DMP and of a right, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from norms.ins import matricule
from tests.dmp_bench import AIR, DIRECT, INDIRECT, WSSE, Dmp, about, get_demographics, message
from tests.vihf_kit import DOCTOR, RESOURCE, SECRETARY

RIGHTS = "urn:si-dmp-habilitations"
PATIENTS = "urn:si-dmp-patients"


@pytest.fixture
def dmp(pki: Any) -> Dmp:
    return Dmp(pki)


@pytest.mark.parametrize(
    ("patient", "right", "treating", "state"),
    [
        ("pinson-leonie", "VALIDE", "true", "active"),
        ("mesange-julien", "VALIDE", "false", "active"),
        ("adrun-zoe", "NON_EXISTE", "false", "active"),
        ("colibri-josephine", "EXPIRE", "false", "active"),
        ("toucan-marius", "INTERDIT", "false", "active"),
        ("faucon-pascal", "NON_EXISTE", "false", "terminated"),
    ],
)
def test_td02_says_the_state_of_each_dmp(dmp: Dmp, patient: str, right: str, treating: str, state: str) -> None:
    reply = dmp.status(patient)
    assert reply.status == 200, reply.body
    assert reply.rules == []
    values = [e.get("code") or e.get("value") for e in reply.inside.findall(".//{*}attentionLine/{*}value")]
    assert values == [right, treating]
    assert reply.inside.find(".//{*}patient/{*}statusCode").get("code") == state
    assert reply.inside.find("{*}acknowledgement").get("typeCode") == "AA"
    assert reply.codes("queryResponseCode") == ["OK"]


@pytest.mark.parametrize("patient", ["corbeau-lucia", "flamant-rosa"])
def test_td02_no_dmp_is_nf(dmp: Dmp, patient: str) -> None:
    reply = dmp.status(patient)
    assert reply.codes("queryResponseCode") == ["NF"]
    assert reply.inside.find(".//{*}patient") is None


def test_td02_unknown_ins_is_nf(dmp: Dmp) -> None:
    ins = "1991275001901" + matricule.key("1991275001901")
    said = about(DIRECT, ins, "1.2.250.1.213.1.4.10")
    assert dmp.ask("patients", get_demographics(ins), said).codes("queryResponseCode") == ["NF"]


def test_td02_closed_says_when_and_why(dmp: Dmp) -> None:
    reply = dmp.status("faucon-pascal")
    issue = reply.inside.find(".//{*}detectedIssueEvent")
    assert issue.find("{*}code").get("code") == "FERMETURE_DEMANDE_PATIENT"
    assert issue.find("{*}effectiveTime").get("value") == "20260302"


def test_td02_usage_name_absent_is_written_so(dmp: Dmp) -> None:
    assert "NON RENSEIGNE" in dmp.status("adrun-zoe").texts("family")
    assert "MESANGE" in dmp.status("pinson-leonie").texts("family")


def test_td02_in_the_three_modes_and_td13a(dmp: Dmp) -> None:
    for said in (DIRECT, INDIRECT, AIR):
        assert dmp.status("adrun-zoe", said).status == 200
        reply = dmp.status("adrun-zoe", said, "CNSLT_DATA")
        assert (reply.status, reply.exchange.operation) == (200, "TD1.3a")


def test_td02_needs_one_patient_in_body_and_vihf(dmp: Dmp) -> None:
    ins, _ = dmp.ins("pinson-leonie")
    reply = dmp.ask("patients", get_demographics(ins))
    assert reply.fault.subcode == "DMPInvalidIns"
    assert "VIHF-INS-06" in reply.rules


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("TEST_EXST", "AUTRE", "HL7-RSN-01"),
        ('extension="PRPA_IN201307UV02"', 'extension="PRPA"', "HL7-MSG-02"),
        ('<queryId root="1.2.3.2" extension="q1"/>', "", "HL7-QRY-01"),
        ('<id root="1.2.3.1" extension="m1"/>', "", "HL7-MSG-01"),
        ('<id root="1.2.3"/>', "", "HL7-MSG-06"),
        ('<value root="1.2.250.1.213.1.4.10" extension="275126322074974"/>', "", "HL7-QRY-02"),
    ],
)
def test_td02_what_is_missing_is_refused(dmp: Dmp, old: str, new: str, rule: str) -> None:
    reply = dmp.ask("patients", get_demographics().replace(old, new), DIRECT)
    assert reply.status == 500
    assert rule in reply.rules
    assert reply.fault.subcode == "DMPInvalidData"


# ── refusals of the VIHF ──


@pytest.mark.parametrize(
    ("changes", "subcode", "words"),
    [
        ({"attributes": {"Identifiant_Structure": "1990009999"}}, "DMPInvalidStructure", "personne morale"),
        ({"roles": DOCTOR[:1]}, "DMPInvalidVihf", "Spécialité absente"),
        ({"issued": -8000}, "DMPInvalidVihf", "VIHF"),
    ],
)
def test_a_wrong_vihf_is_refused_by_a_fault(dmp: Dmp, changes: dict[str, Any], subcode: str, words: str) -> None:
    reply = dmp.ask("patients", get_demographics(), INDIRECT.changed(**changes))
    assert reply.fault.code == "Sender"
    assert reply.fault.subcode == subcode
    assert words in reply.fault.reason


def test_structure_unknown_and_not_linked(dmp: Dmp) -> None:
    unknown = DIRECT.changed(attributes={**DIRECT.attributes, "Identifiant_Structure": "1990009999"})
    assert "introuvable ou inactive" in dmp.ask("patients", get_demographics(), unknown).fault.reason
    other = DIRECT.changed(attributes={**DIRECT.attributes, "Identifiant_Structure": "1990000119"})
    assert "ne sont pas liés" in dmp.ask("patients", get_demographics(), other).fault.reason
    dmp.switch(structures="any")
    assert dmp.ask("patients", get_demographics(), unknown).status == 200


def test_signed_with_the_connection_certificate(dmp: Dmp) -> None:
    body = message(get_demographics(), dmp.signed(INDIRECT, "org-auth-cli"))
    assert dmp.call("patients", body).fault.subcode == "DMPInvalidCertificate"


def test_without_vihf(dmp: Dmp) -> None:
    reply = dmp.call("patients", message(get_demographics()))
    assert reply.rules == ["VIHF-SEC-01"]
    assert reply.status == 500


def test_air_serves_once(dmp: Dmp) -> None:
    body = message(get_demographics(), dmp.signed(AIR))
    assert dmp.call("patients", body).status == 200
    again = dmp.call("patients", body)
    assert "VIHF-AIR-06" in again.rules
    assert again.status == 500


def test_air_is_for_professionals_of_the_directory(dmp: Dmp) -> None:
    secretary = AIR.changed(user="899700900121", roles=SECRETARY)
    assert "VIHF-AIR-07" in dmp.ask("patients", get_demographics(), secretary).rules
    dmp.switch(air_others=True)
    assert dmp.ask("patients", get_demographics(), secretary).status == 200


def test_a_code_that_the_user_knows_better(dmp: Dmp) -> None:
    dmp.switch(codes="VIHF-ROLE-05=DMPSpecialiteAbsente")
    reply = dmp.ask("patients", get_demographics(), INDIRECT.changed(roles=DOCTOR[:1]))
    assert reply.fault.subcode == "DMPSpecialiteAbsente"


def test_partial_addressing_is_refused(dmp: Dmp) -> None:
    vihf = dmp.signed(INDIRECT)
    good = message(get_demographics(), vihf, action="urn:hl7-org:v3:PRPA_IN201307UV02", message_id="urn:uuid:1")
    reply = dmp.call("patients", good)
    assert reply.status == 200
    assert b"RelatesTo" in reply.body
    partial = good.replace(b"MessageID", b"To")
    assert "Addressing" in dmp.call("patients", partial).fault.reason


# ── rights: TD0.3, TD1.6, TD0.4 ──


def set_right(action: str, role: str = "") -> str:
    more = f"<role>{role}</role>" if role else ""
    return f'<setAuthorization xmlns="{RIGHTS}"><action>{action}</action>{more}</setAuthorization>'


def rights(dmp: Dmp, action: str, role: str = "", patient: str = "adrun-zoe", said: Any = DIRECT) -> Any:
    return dmp.ask("habilitations", set_right(action, role), about(said, *dmp.ins(patient)))


def test_td03_declares_renews_removes(dmp: Dmp) -> None:
    assert rights(dmp, "AJOUT").texts("status") == ["DMPOk"]
    assert dmp.status("adrun-zoe").exchange.outcome == "VALIDE"
    again = rights(dmp, "AJOUT")
    assert again.texts("status") == ["DMPOk"]
    assert "déjà" in again.texts("context")[0]
    assert rights(dmp, "SUPPRESSION").texts("status") == ["DMPOk"]
    assert dmp.status("adrun-zoe").exchange.outcome == "NON_EXISTE"


def test_td03_treating_doctor(dmp: Dmp) -> None:
    rights(dmp, "AJOUT", "MEDECIN_TRAITANT")
    held = dmp.session.world.patients["adrun-zoe"].dmp
    assert held.treating == "899700900014"
    rights(dmp, "SUPPRESSION", "MEDECIN_TRAITANT")
    held = dmp.session.world.patients["adrun-zoe"].dmp
    assert held.treating == ""
    assert held.right("899700900014") is not None
    assert rights(dmp, "SUPPRESSION", "MEDECIN_TRAITANT").fault.subcode == "DMPAccessDeniedByRightsService"


def test_td03_what_the_patient_or_the_dmp_forbids(dmp: Dmp) -> None:
    blocked = rights(dmp, "AJOUT", patient="toucan-marius")
    assert blocked.texts("status") == ["DMPAccessDeniedByRightsService"]
    assert rights(dmp, "AJOUT", patient="faucon-pascal").texts("status") == ["DMPClosed"]
    assert rights(dmp, "AJOUT", said=INDIRECT).fault.subcode == "DMPAccessDeniedByRightsService"
    assert "HL7-HAB-01" in rights(dmp, "AJOUTER").rules
    assert "HL7-HAB-02" in rights(dmp, "AJOUT", "MT").rules


def test_a_right_expires_after_six_months(dmp: Dmp) -> None:
    rights(dmp, "AJOUT")
    dmp.session.clock.offset = 200 * 86400
    assert dmp.status("adrun-zoe").exchange.outcome == "EXPIRE"


def test_td16_lists_active_and_blocked(dmp: Dmp) -> None:
    def listed(mode: str, patient: str) -> Any:
        body = f'<listAuthorizationByPatient xmlns="{RIGHTS}"><mode>{mode}</mode></listAuthorizationByPatient>'
        return dmp.ask("habilitations", body, about(DIRECT, *dmp.ins(patient)))

    assert listed("ACTIVE", "mesange-julien").texts("nationalId") == ["899700900014", "899700900022"]
    assert listed("INTERDITE", "mesange-julien").texts("nationalId") == []
    assert listed("TOUTE", "colibri-josephine").texts("status") == ["DMPAuthorizationExpired"]
    assert "HL7-HAB-04" in listed("AUCUNE", "mesange-julien").rules


def test_td04_lists_the_patients_of_a_professional(dmp: Dmp) -> None:
    body = (
        f'<patientList xmlns="{PATIENTS}"><startDate>20200101000000</startDate>'
        "<dateType>LASTAUTORIZATION</dateType></patientList>"
    )
    said = DIRECT.changed(attributes={**DIRECT.attributes, RESOURCE: None})
    reply = dmp.ask("patientsSpecific", body, said)
    assert reply.rules == []
    assert {"PINSON", "MESANGE", "CIGOGNE"} <= set(reply.texts("patronymicalName"))
    assert "COLIBRI" not in reply.texts("patronymicalName")
    wrong = dmp.ask("patientsSpecific", body.replace("LASTAUTORIZATION", "LASTAUTHORIZATION"), said)
    assert "HL7-LST-02" in wrong.rules


# ── TD0.5 and what is no more ──


def find_by_traits(family: str, given: str = "") -> str:
    more = f"<given>{given}</given>" if given else ""
    body = get_demographics().replace("PRPA_IN201307UV02", "PRPA_IN201305UV02")
    head, tail = body.index("<parameterList>"), body.index("</parameterList>")
    name = f"<livingSubjectName><value><family>{family}</family>{more}</value></livingSubjectName>"
    return body[: head + 15] + name + body[tail:]


def test_td05_is_for_regulation(dmp: Dmp) -> None:
    said = DIRECT.changed(purpose="centre_15", attributes={**DIRECT.attributes, RESOURCE: None})
    reply = dmp.ask("patientsPDQ", find_by_traits("Pinson", "léonie"), said)
    assert reply.exchange.outcome == "1"
    assert reply.codes("queryResponseCode") == ["OK"]
    assert reply.texts("family") == ["MESANGE", "PINSON"]
    normal = said.changed(purpose="normal")
    assert dmp.ask("patientsPDQ", find_by_traits("PINSON"), normal).fault.subcode == "DMPAccessDeniedByRightsService"
    assert dmp.ask("patientsPDQ", find_by_traits("PERSONNE"), said).codes("queryResponseCode") == ["NF"]


def test_td11_and_closing_are_refused_by_a_message(dmp: Dmp) -> None:
    body = get_demographics(reason="FERM").replace("PRPA_IN201307UV02", "PRPA_IN201314UV02")
    reply = dmp.ask("patients", body, DIRECT)
    assert reply.status == 200
    assert reply.inside.tag == "{urn:hl7-org:v3}PRPA_IN201316UV02"
    assert reply.inside.find(".//{*}acknowledgementDetail/{*}code").get("code") == "DMPAccessDeniedByRightsService"
    created = get_demographics(reason="CREA_RD").replace("PRPA_IN201307UV02", "PRPA_IN201311UV02")
    reply = dmp.ask("patients", created, DIRECT)
    assert "HL7-OLD-01" in reply.rules
    assert reply.inside.find(".//{*}acknowledgementDetail/{*}code").get("code") == "DMPFound"


def test_td00_is_retired(dmp: Dmp) -> None:
    reply = dmp.ask("patientCertif", f'<identityCertification xmlns="{PATIENTS}"/>')
    assert "HL7-OLD-01" in reply.rules
    assert reply.status == 500


def test_another_body_is_refused(dmp: Dmp) -> None:
    assert "HL7-BODY-01" in dmp.ask("habilitations", get_demographics()).rules


@pytest.mark.parametrize("apart", [False, True])
def test_two_assertions_are_refused_wherever_the_second_stands(dmp: Dmp, apart: bool) -> None:
    """The one that is read and the one that is signed could differ."""
    vihf = etree.tostring(dmp.signed(INDIRECT)).decode()
    other = vihf if not apart else f'</w:Security><w:Security xmlns:w="{WSSE}">{vihf}'
    data = message(get_demographics(), dmp.signed(INDIRECT)).decode().replace("wsse:", "w:").replace(":wsse=", ":w=")
    reply = dmp.call("patients", data.replace("</w:Security>", f"{other}</w:Security>", 1).encode())
    assert (reply.status, reply.fault.subcode) == (500, "DMPInvalidVihf")
    said = next(f for f in reply.exchange.findings if f.rule == "VIHF-SEC-02")
    assert (said.found, said.args["blocks"]) == ("2", 2 if apart else 1)
