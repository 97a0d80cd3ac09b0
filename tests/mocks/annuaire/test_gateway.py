"""Key, pace, methods, faults, and requests that are wrong: each has its status, an OperationOutcome and a finding."""

from __future__ import annotations

import random

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from mocks.control import Clock
from tests.annuaire_kit import FORM, KEY, Annuaire, Reply


class Still(Clock):
    """A clock that only its offset moves."""

    def now(self) -> float:
        return 1_000_000.0 + self.offset


def refused(reply: Reply, status: int, *rules: str) -> str:
    """The diagnostics of a refusal that is what it should be."""
    assert reply.status == status
    assert reply.rules == list(rules)
    outcome = OperationOutcome.model_validate_json(reply.body)
    assert reply.headers["content-type"].startswith("application/fhir+json")
    assert outcome.issue[0].severity == "error"
    return reply.said


def test_the_key(annuaire: Annuaire) -> None:
    refused(annuaire.get("/metadata", key=None), 401, "ANN-KEY-01")
    refused(annuaire.get("/metadata", key="unknown-key-of-nobody"), 401, "ANN-KEY-02")
    in_url = annuaire.get("/Practitioner?api-key=SECRETKEY123&name=a", key=None)
    refused(in_url, 401, "ANN-KEY-03", "ANN-KEY-01")
    assert "SECRETKEY123" not in in_url.exchange.target
    assert in_url.exchange.target.endswith("?api-key=***&name=a")
    annuaire.switch(any_key=True)
    assert annuaire.get("/metadata", key="unknown-key-of-nobody").status == 200
    annuaire.switch(any_key=False, gateway_errors="gravitee")
    assert annuaire.get("/metadata", key=None).json == {"message": "Unauthorized", "http_status_code": 401}


def test_seventeen_calls_a_second(annuaire: Annuaire) -> None:
    annuaire.switch(calls_per_second=17)
    clock = annuaire.session.clock = Still()
    assert {annuaire.get("/metadata").status for _ in range(17)} == {200}
    refused(annuaire.get("/metadata"), 429, "ANN-RATE-01")
    assert annuaire.get("/metadata", key="segur-reference-annuaire").status == 200  # another application
    clock.offset = 1.0
    assert annuaire.get("/metadata").status == 200


@pytest.mark.parametrize(("fault", "status"), [("timeout", 504), ("internal", 500), ("gone", 410), ("forbidden", 403)])
def test_faults(annuaire: Annuaire, fault: str, status: int) -> None:
    annuaire.session.switches.arm("annuaire.fault", fault)
    refused(annuaire.get("/Practitioner?name=a"), status)
    assert annuaire.get("/Practitioner?name=a").status == 200


@pytest.mark.parametrize(
    ("target", "rule", "said"),
    [
        ("/Practitioner?mailbox-mss-type=PER", "ANN-PARAM-02", "Parameter mailbox-mss-type not found for resource Pra"),
        ("/Practitioner?telecom=a", "ANN-PARAM-01", "Parameter telecom not found for resource Practitioner"),
        ("/PractitionerRole?practitioner.name=a", "ANN-PARAM-01", "Parameter practitioner.name not found"),
        ("/PractitionerRole?specialty=SM26", "ANN-PARAM-01", "Parameter specialty not found"),
        ("/Organization?_type=Practitioner&name=a", "ANN-PARAM-01", "Parameter _type not found"),
        ("/Organization?name=a&_lastUpdated=hier", "ANN-PARAM-05", "Invalid date/time format: hier"),
        ("/Organization?name=a&_lastUpdated=ge2026-13", "ANN-PARAM-05", "Invalid date/time format"),
        ("/Organization?name=a&_count=dix", "ANN-PARAM-05", "The _count parameter must be in the FHIR format"),
        ("/Organization?name=a&_count=-1", "ANN-PARAM-05", "The _count parameter"),
        ("/Practitioner?name=a&_include=Practitioner:organization", "ANN-PARAM-08", "Parameter Practitioner:organ"),
        ("/Practitioner?name=a&_revinclude=Nothing:here", "ANN-PARAM-08", "Parameter Nothing:here not found"),
        ("/Practitioner?name=%zz", "ANN-ENC-01", "Invalid query: broken percent-encoding"),
        ("/Practitioner?name=%e9", "ANN-ENC-01", "Invalid query: not UTF-8"),
        ("/Practitioner?name=%00", "ANN-ENC-01", "Invalid query: a null character"),
        ("/?_type=Practitioner", "ANN-ROOT-01", "Operation not supported at the root"),
    ],
)
def test_a_wrong_request(annuaire: Annuaire, target: str, rule: str, said: str) -> None:
    assert refused(annuaire.get(target), 400, rule).startswith(said)


def test_addresses_and_methods(annuaire: Annuaire) -> None:
    refused(annuaire.get("/Patient?name=a"), 404, "ANN-ROUTE-01")
    refused(annuaire.get("/fhir/v1/Practitioner"), 404, "ANN-ROUTE-02")
    refused(annuaire.get("/fhirelse"), 404, "ANN-ROUTE-01")
    refused(annuaire.call("PUT", "/Practitioner/1", b"{}"), 405, "ANN-VERB-01")
    refused(annuaire.call("DELETE", "/Practitioner/1"), 405, "ANN-VERB-01")
    refused(annuaire.call("POST", "/Practitioner", b"name=a", content_type=FORM), 405, "ANN-VERB-01")
    refused(annuaire.call("POST", "/", b'{"resourceType":"Bundle","type":"batch"}'), 405, "ANN-VERB-01", "ANN-ROOT-01")
    refused(annuaire.call("POST", "/Practitioner/_search", b"{}", content_type="application/json"), 400, "ANN-FORM-01")
    refused(annuaire.get("/Practitioner?name=a", accept="application/fhir+xml"), 406, "ANN-FORMAT-01")
    assert annuaire.get("/Practitioner?name=a", accept="application/fhir+xml, */*;q=0.1").status == 200
    assert annuaire.get("/Practitioner?name=a&_format=xml").rules == ["ANN-FORMAT-01"]


def test_what_is_answered_yet_told(annuaire: Annuaire) -> None:
    ignored = annuaire.get("/Practitioner?name:family=ROMARIN&name:given=CLAIRE")
    assert (ignored.json["total"], ignored.rules) == (1, ["ANN-PARAM-03"] * 2)  # as name=ROMARIN and name=CLAIRE
    annuaire.switch(strict_modifiers=True)
    refused(annuaire.get("/Practitioner?name:family=ROMARIN"), 400, "ANN-PARAM-03")
    assert annuaire.get("/Practitioner").rules == ["ANN-PARAM-06"]
    assert annuaire.get("/Practitioner?family=romarin&given=").rules == ["ANN-PARAM-04"]
    assert annuaire.get("/Practitioner?active=oui").rules == ["ANN-PARAM-07"]


def test_oddities_on_demand(annuaire: Annuaire) -> None:
    annuaire.switch(mailbox_mss_type=True, mailbox_extras=True, mailbox_type_form="valueCode", idnps_only=True)
    (one,) = annuaire.get("/PractitionerRole?mailbox-mss-type=CAB").resources
    inner = one["telecom"][0]["extension"][1]["extension"]
    assert {"url": "type", "valueCode": "CAB"} in inner
    assert {"url": "digitization", "valueBoolean": True} in inner
    assert {"url": "phone", "valueString": "0199000001"} in inner
    assert annuaire.find("Practitioner", identifier="99700900014").json["total"] == 0
    assert annuaire.find("Practitioner", identifier="899700900014").json["total"] == 1
    annuaire.switch(mailbox_type_form="r256", total=False)
    odd = annuaire.get("/Organization?mailbox-mss-type=APP")
    assert "total" not in odd.json
    assert b'TRE-R256-TypeMessagerie","code":"APP"' in odd.body


def test_large_and_mutated_requests(annuaire: Annuaire) -> None:
    long = annuaire.call("POST", "/Practitioner/_search", b"name=" + b"a" * 1_000_000, content_type=FORM)
    assert (long.status, long.json["total"]) == (200, 0)
    many = annuaire.call("POST", "/Practitioner/_search", b"name=a&" * 100_000, content_type=FORM)
    assert refused(many, 400, "ANN-ENC-01").startswith("Invalid query: more than")
    assert len(many.exchange.facts.get("parameters", "")) <= 1000
    dice = random.Random(7)
    sound = b"name:contains=mar&_count=5&identifier=https://rpps.esante.gouv.fr%7C1&_lastUpdated=ge2026-01-01"
    for _ in range(150):
        bent = bytearray(sound)
        for _ in range(dice.randint(1, 6)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        reply = annuaire.call("POST", "/Practitioner/_search", bytes(bent), content_type=FORM)
        assert reply.status in (200, 400), bytes(bent)
        assert reply.json["resourceType"] in ("Bundle", "OperationOutcome")


def test_a_kept_key_is_masked_in_facts(annuaire: Annuaire) -> None:
    assert KEY not in str(annuaire.get("/metadata").exchange.facts)
