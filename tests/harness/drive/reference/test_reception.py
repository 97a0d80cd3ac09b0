"""Identities from other domains: verified before they are believed, never qualified by hearsay."""

from __future__ import annotations

import json

import pytest

from tests.harness.drive.reference.fake import ADRUN, INS, OID

GIVEN = {**ADRUN, "given_names": "ZOE MARIE", "birth_place": "75056"}


def _json(ins=INS, status="qualifiee", **traits):
    held = {"value": ins[:13], "key": ins[13:], "oid": OID} if ins else None
    return {"format": "json", "content": json.dumps({"traits": {**GIVEN, **traits}, "ins": held, "status": status})}


def _adt(ins=INS, state="VALI", event="A28"):
    cx = f"~{ins}^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS" if ins else ""
    pid = {3: f"42^^^HOP&1&M^PI{cx}", 5: "ADRUN^ZOE^ZOE MARIE^^^^L~D'OR^^^^^^D", 7: "19751231", 8: "F"}
    pid |= {11: "^^^^^^BDL^^75056", 32: state}
    fields = "|".join(pid.get(n, "") for n in range(1, 33))
    content = f"MSH|^~\\&|HOP|||||20260101||ADT^{event}^ADT_A05|1|T|2.5\rPID|{fields}\rPV1|1|N\r"
    return {"format": "adt", "content": content}


def _receive(software, message, **more):
    return software.do("identity.receive", source="HOP", **message, **more)


@pytest.mark.parametrize("message", [_json(), _adt()], ids=["json", "adt"])
def test_unknown_person_verified_ok(lps, insi, message):
    software = lps()
    insi.will("OK")
    result = _receive(software, message)
    assert (result["created"], result["applied_ins"], result["verification"]) == (True, True, "OK")
    record = software.get(result["patient"])
    assert (record["status"], record["ins"]["value"]) == ("recuperee", INS[:13])  # not qualified: not transitive
    assert record["traits"]["given_names"] == "ZOE MARIE"
    assert insi.sent("ListePrenom") == ["ZOE MARIE"]


def test_contract_of_trust_keeps_the_qualification(lps, insi):
    software = lps()
    insi.will("OK")
    result = _receive(software, _json(), trusted=True)
    assert software.get(result["patient"])["status"] == "qualifiee"


@pytest.mark.parametrize("answer", ["KO", "fault"])
def test_unknown_person_not_confirmed_is_created_without_ins(lps, insi, answer):
    software = lps()
    insi.will(insi.fault("insi_111") if answer == "fault" else answer)
    result = _receive(software, _json())
    assert (result["created"], result["applied_ins"], result["integrated"]) == (True, False, False)
    assert software.get(result["patient"])["ins"] is None
    assert len(software.do("worklist")["items"]) == len(software.do("alerts")["alerts"]) == 1


@pytest.mark.parametrize("status", ["provisoire", "validee"])
def test_known_person_not_confirmed_is_left_alone(lps, insi, status):
    software = lps()
    patient = software.known(status)
    before = software.get(patient)
    insi.will("KO")
    result = _receive(software, _json())
    assert (result["patient"], result["created"], result["integrated"]) == (patient, False, False)
    assert software.get(patient) == before
    assert software.do("worklist")["items"][0]["reason"] == "received-ko"


@pytest.mark.parametrize(("before", "after"), [("provisoire", "recuperee"), ("validee", "qualifiee")])
def test_known_person_verified_ok_is_updated(lps, insi, before, after):
    software = lps()
    patient = software.known(before)
    insi.will("OK")
    assert _receive(software, _json())["patient"] == patient
    record = software.get(patient)
    assert (record["status"], record["traits"]["birth_place"]) == (after, "75056")


@pytest.mark.parametrize("status", ["recuperee", "qualifiee"])
def test_ins_that_is_ours_already_is_not_verified_again(lps, insi, status):
    software = lps()
    patient = software.known(status)
    result = _receive(software, _adt())
    assert (result["patient"], result["verification"], insi.requests) == (patient, "", [])
    record = software.get(patient)
    assert (record["status"], record["traits"]["birth_place"], record["traits"]["used_name"]) == (
        status,
        "63220",
        "D'OR",
    )


def test_another_ins_than_ours_is_for_a_person_to_decide(lps, insi):
    software = lps()
    patient = software.known("qualifiee")
    before = software.get(patient)
    insi.will("OK")
    result = _receive(software, _json(ins="181016322075140"))
    assert result["integrated"] is False
    assert software.get(patient) == before
    assert software.do("worklist")["items"][0]["reason"] == "other-ins"


@pytest.mark.parametrize("message", [_adt(state="PROV"), _adt(state=""), _json(status="recuperee")])
def test_ins_that_is_not_said_qualified_is_not_stored_nor_verified(lps, insi, message):
    software = lps()
    result = _receive(software, message)
    assert (result["created"], result["integrated"]) == (True, True)
    assert software.get(result["patient"])["ins"] is None
    assert insi.requests == []


def test_wrong_key_is_ko_without_asking(lps, insi):
    software = lps()
    assert _receive(software, _json(ins=INS[:-1] + "0"))["verification"] == "KO"
    assert insi.requests == []


@pytest.mark.parametrize(("state", "after"), [("VALI", "validee"), ("PROV", "provisoire")])
def test_deletion_of_the_ins(lps, state, after):
    software = lps()
    patient = software.known("qualifiee")
    _receive(software, _adt(ins='""', state=state, event="A47"))
    record = software.get(patient)
    assert (record["ins"], record["status"]) == (None, after)


def test_document_that_comes_with_a_ko_waits(lps, insi):
    software = lps()
    document = {"title": "Compte rendu", "media_type": "text/plain", "content_base64": "b2s="}
    insi.will("KO")
    assert _receive(software, _json(), document=document)["document"] is None
    assert any("Compte rendu" in alert["text"] for alert in software.do("alerts")["alerts"])
    insi.will("OK")
    number = _receive(software, _json(birth_name="AUTRE"), document=document)["document"]
    assert software.do("document.get", document=number)["content_base64"] == "b2s="


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("adt", ""),
        ("adt", "PID|1"),
        ("adt", "MSH|^~\\&|x\rEVN||1"),
        ("json", "{"),
        ("json", "[]"),
        ("json", '{"traits": {}, "ins": 1}'),
    ],
)
def test_unreadable_content_is_refused(lps, form, content):
    answer = lps().act("identity.receive", source="HOP", format=form, content=content)
    assert answer["error"]["code"] == "unreadable-identity"


def test_incomplete_identity_is_refused_and_leaves_nothing(lps):
    software = lps()
    assert software.act("identity.receive", source="HOP", **_json(sex=""))["error"]["code"] == "missing-traits"
    assert software.do("patient.find", name="A")["patients"] == []


def test_identifier_of_the_other_domain_finds_the_record_again(lps, insi):
    software = lps()
    insi.will("OK")
    first = _receive(software, _adt())["patient"]
    software.do("patient.edit", patient=first, traits={"birth_name": "CHANGE"}, **{"as": "superuser"})
    assert _receive(software, _adt(ins=""))["patient"] == first
