"""The table of RNIV statuses, driven through the actions of the software."""

from __future__ import annotations

import pytest

from tests.harness.drive.reference.fake import ADRUN, INS

P, R, V, Q = "provisoire", "recuperee", "validee", "qualifiee"


def recovered(software, patient):
    software.insi.will("00")
    assert software.do("ins.search", patient=patient)["applied"]


def evidence(software, patient):
    software.do("identity.validate", patient=patient, evidence="cni")


def low_evidence(software, patient):
    software.do("identity.validate", patient=patient, evidence="vitale", trust="low")


def edited(software, patient):
    software.do("patient.edit", patient=patient, traits={"birth_place": "75056"}, **{"as": "superuser"})


def verified_ko(software, patient):
    software.insi.will("KO")
    assert software.do("ins.verify", patient=patient)["outcome"] == "KO"


def doubted(software, patient):
    software.do("patient.edit", patient=patient, attributes=["douteuse"])


def fictitious(software, patient):
    software.do("patient.edit", patient=patient, attributes=["fictive"])


def homonym(software, patient):
    software.do("patient.edit", patient=patient, attributes=["homonyme"])


def complementary(software, patient):
    software.do("patient.edit", patient=patient, traits={"used_name": "DURAND"})


TABLE = [
    (P, recovered, R), (R, recovered, R), (V, recovered, Q), (Q, recovered, Q),
    (P, evidence, V), (R, evidence, Q), (V, evidence, V), (Q, evidence, Q),
    (P, low_evidence, P), (R, low_evidence, R),
    (P, edited, P), (R, edited, P), (V, edited, V), (Q, edited, V),
    (R, verified_ko, P), (Q, verified_ko, P),
    (P, doubted, P), (R, doubted, P), (V, doubted, P), (Q, doubted, P),
    (P, fictitious, P), (R, fictitious, P), (V, fictitious, P), (Q, fictitious, P),
    (P, homonym, P), (R, homonym, R), (V, homonym, V), (Q, homonym, Q),
    (R, complementary, R), (Q, complementary, Q),
]  # fmt: skip


@pytest.mark.parametrize(("before", "event", "after"), TABLE, ids=lambda v: getattr(v, "__name__", v))
def test_table(lps, before, event, after):
    software = lps()
    patient = software.known(before)
    event(software, patient)
    record = software.get(patient)
    assert record["status"] == after
    held = record["ins"] and record["ins"]["value"] + record["ins"]["key"]
    assert held == (INS if after in (R, Q) else None)
    assert bool(record["locked"]) == (after in (R, Q))
    if before != after:
        assert [(c["from"], c["to"], c["user"]) for c in record["history"]][-1] == (before, after, "899700000001")


def test_new_identity_is_provisional_without_ins(lps):
    software = lps()
    record = software.get(software.new())
    assert (record["status"], record["ins"], record["attributes"], record["locked"]) == (P, None, [], [])


def test_ko_goes_to_the_worklist_with_an_alert(lps, insi):
    software = lps()
    patient = software.known(Q)
    insi.will("KO")
    answer = software.act("ins.verify", patient=patient)
    assert any("KO" in item["text"] for item in answer["shown"] if item["kind"] == "alert")
    (item,) = software.do("worklist")["items"]
    assert (item["patient"], item["reason"]) == (patient, "verification-ko")


@pytest.mark.parametrize("attribute", ["douteuse", "fictive"])
def test_blocking_attributes_forbid_insi_and_validation(lps, insi, attribute):
    software = lps()
    patient = software.known(P)
    software.do("patient.edit", patient=patient, attributes=[attribute])
    assert software.act("ins.search", patient=patient)["error"]["code"] == "insi-blocked"
    assert software.act("identity.validate", patient=patient, evidence="cni")["error"]["code"] == "blocked-status"
    assert insi.requests == []


@pytest.mark.parametrize(
    "identity",
    [
        {"status": Q},
        {"status": P, "ins": INS, "oid": "1.2.250.1.213.1.4.8"},
        {"status": V, "attributes": ["douteuse"]},
        {"status": P, "attributes": ["homonyme", "fictive"]},
        {"status": R, "ins": INS, "oid": "1.2.3"},
        {"status": R, "ins": INS[:-1] + "0", "oid": "1.2.250.1.213.1.4.8"},
        {"status": R, "ins": "abc", "oid": "1.2.250.1.213.1.4.8"},
    ],
)
def test_incoherent_identity_cannot_be_taken_over(lps, identity):
    software = lps()
    answer = software.act("patient.create", traits=ADRUN, identity=identity)
    assert answer["error"]["code"] in ("incoherent-identity", "bad-ins")
    assert software.do("patient.find", name="A")["patients"] == []


def test_identity_may_be_given_without_its_key(lps):
    software = lps()
    patient = software.new({"status": R, "ins": INS[:13], "oid": "1.2.250.1.213.1.4.9"})
    assert (software.get(patient)["ins"]["key"], software.get(patient)["ins"]["kind"]) == ("74", "NIA")
