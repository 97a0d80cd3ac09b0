"""Every defect changes what can be observed (wire, answers, screen, paper), in the situation of the scenarios it names.

Each situation below is a small play; its observation is everything sent, answered and shown. A defect must change the
observation of one of its scenarios; the scenarios themselves prove that they notice (`make prove`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from harness.drive.reference import defects
from tests.harness.drive.reference.fake import ADRUN, INS, OID, found, soap

HTML = httpx.Response(200, text="<html><body><p>Erreur</body></html>")
CARD = {"nir": "1810163220751", "key": "40", "rank": 2, "serial": "0012345678"}
ARRIVAL = {
    "traits": {**ADRUN, "birth_place": "75056"},
    "ins": {"value": INS[:13], "key": INS[13:], "oid": OID},
    "status": "qualifiee",
}


class Play:
    """A software that is driven, and everything that could be observed meanwhile."""

    def __init__(self, lps, insi, *names, mode="tlsm"):
        self.insi, self.seen = insi, []
        self.lps = lps(*names, mode=mode)

    def act(self, name, /, *answers, **body):
        if answers:
            self.insi.will(*answers)
        self.insi.requests.clear()
        answer = self.lps.act(name, **body)
        self.seen.append((name, answer, [request.content.decode() for request in self.insi.requests]))
        return answer["result"]

    def new(self, status="provisoire", **traits):
        ins = {"ins": INS, "oid": OID} if status in ("recuperee", "qualifiee") else {}
        earlier = {} if status == "provisoire" else {"identity": {"status": status, **ins}}
        return self.act("patient.create", traits={**ADRUN, **traits}, **earlier)["patient"]

    def end(self, *patients):
        for patient in patients:
            self.act("patient.get", patient=patient)
            for form in ("adt", "json", "text"):
                self.act("identity.export", patient=patient, format=form, partner="LABO")
            self.act("print", patient=patient, what="label")
        for kept in ("worklist", "alerts", "trace.export"):
            self.act(kept)
        return _plain(json.dumps(self.seen, sort_keys=True))


def _plain(text):
    """Without what changes from one run to the next: instants, and UUIDs replaced by their order of appearance."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\b20\d{12}\b|\|[0-9a-f]{20}\|", "#", text)
    order: dict[str, str] = {}
    uuid = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    text = re.sub(uuid, lambda m: order.setdefault(m[0], f"uuid{len(order)}"), text)
    return re.sub(r"<ds:(DigestValue|SignatureValue)>[^<]*", "", text)


def found_by_traits(play):
    patient = play.new(given_names="ZOE MARIE", used_name="DURAND")
    play.act("ins.search", play.insi.found(ListePrenom="ZOE MARIE"), patient=patient)
    return play.end(patient)


def found_by_card(play):
    patient = play.new(given_names="ZOE MARIE")
    play.act("ins.search", play.insi.found(ListePrenom="ZOE MARIE"), patient=patient, by="vitale", card=CARD)
    return play.end(patient)


def qualified_in_one_gesture(play):
    patient, other = play.new("validee"), play.new(birth_date="1976-01-02")
    play.act("ins.search", "00", patient=patient)
    play.act("ins.search", "00", patient=patient)
    play.act("identity.validate", patient=other, evidence="cni")
    play.act("ins.search", "00", patient=other)
    return play.end(patient, other)


def nobody(play):
    patient = play.new(given_names="Zoé MARIE")
    play.act("ins.search", "01", patient=patient)
    return play.end(patient)


def several_or_broken(play):
    patient = play.new()
    for answer in ("02", HTML, play.insi.fault("insi_102")):
        play.act("ins.search", answer, patient=patient)
    return play.end(patient)


def incomplete_date(play):
    patient = play.new()
    play.act("ins.search", play.insi.found(DateNaissance="1975-00-31"), patient=patient)
    return play.end(patient)


def empty_traits(play):
    patients = [play.new(), play.new()]
    for patient, name in zip(patients, ("Sexe", "NomNaissance"), strict=True):
        play.act("ins.search", play.insi.found(**{name: ""}), patient=patient)
    return play.end(*patients)


def other_first_given_name(play):
    patient = play.new(first_given_name="MARIE")
    play.act("ins.search", play.insi.found(ListePrenom="ZOE MARIE"), patient=patient)
    play.act("ins.search", play.insi.found(), patient=play.new())
    return play.end(patient)


def verified(play):
    patient = play.new("qualifiee")
    play.act("ins.verify", "OK", patient=patient)
    play.act("ins.verify", "KO", patient=patient)
    return play.end(patient)


def received(play):
    body = {"source": "HOP", "format": "json", "content": json.dumps(ARRIVAL)}
    unknown = play.act("identity.receive", "OK", **body).get("patient", "")
    play.act("identity.validate", patient=unknown, evidence="cni")
    play.act("identity.receive", "OK", **body)
    play.act("patient.get", patient=unknown)
    play.act("reset")
    play.new("validee")
    unknown = play.act("identity.receive", "OK", **body).get("patient", "")
    known = play.new(first_given_name="LEA")
    arrival = {**ARRIVAL, "traits": {**ARRIVAL["traits"], "first_given_name": "LEA"}, "ins": {**ARRIVAL["ins"]}}
    arrival["ins"] |= {"value": "1810163220751", "key": "40"}
    play.act("identity.receive", "KO", source="HOP", format="json", content=json.dumps(arrival))
    return play.end(unknown, known)


def received_with_document(play):
    document = {"title": "CR", "media_type": "text/plain", "content_base64": "b2s="}
    content = json.dumps(ARRIVAL)
    patient = play.act("identity.receive", "KO", source="HOP", format="json", content=content, document=document)
    return play.end(patient.get("patient", ""))


def doubtful(play):
    patient = play.new("recuperee")
    play.act("patient.edit", patient=patient, attributes=["douteuse"])
    play.act("ins.search", "00", patient=patient)
    play.act("identity.validate", patient=patient, evidence="cni")
    return play.end(patient)


def not_qualified(play):
    return play.end(play.new("provisoire"), play.new("recuperee"), play.new("validee"))


def strict_trait_changed(play):
    patient = play.new("qualifiee")
    play.act("patient.edit", patient=patient, traits={"sex": "M"})
    play.act("patient.edit", patient=patient, traits={"used_name": "TILLEUL"})
    play.act("patient.edit", patient=patient, traits={"sex": "M"}, **{"as": "superuser"})
    return play.end(patient)


def authenticated(play):
    for mode in ("card", "psc"):
        play.act("login", professional="ps1", mode=mode)
        patient = play.new()
        play.act("ins.search", "00", patient=patient)
        play.act("ins.search", "00", patient=patient)
    return play.end()


def journal_and_paper(play):
    patient = play.new(given_names="ZOE MARIE")
    play.act("ins.search", soap(found(history=("1810163220751" + "40",))), patient=patient)
    play.act("identity.validate", patient=patient, evidence="cni")
    return play.end(patient)


PLAYS = {
    "H.INS.01": found_by_traits,
    "H.INS.02": found_by_card,
    "H.INS.03": qualified_in_one_gesture,
    "H.INS.04": nobody,
    "H.INS.05": several_or_broken,
    "H.INS.06": incomplete_date,
    "H.INS.07": empty_traits,
    "H.INS.08": other_first_given_name,
    "H.INS.09": verified,
    "H.INS.10": received,
    "H.INS.11": received_with_document,
    "H.INS.12": doubtful,
    "H.INS.13": not_qualified,
    "H.INS.14": strict_trait_changed,
    "H.INS.15": authenticated,
    "H.INS.16": journal_and_paper,
}
HONEST: dict[str, list[str]] = {}
# Those of the other domains are played beside their services (test_psc.py, test_cda_files.py…).
OWN = {
    name: defect
    for name, defect in defects.catalogue().items()
    if not name.startswith("psc-") and defect.scenarios[0].startswith("H.INS")
}
# Seen only on a real network: a slow answer, a client certificate.
NETWORK = {"takes-slowness-for-01", "another-client-certificate"}


def _honest(lps, insi, scenario):
    if scenario not in HONEST:
        HONEST[scenario] = _observe(lps, insi, scenario)
    return HONEST[scenario]


def _observe(lps, insi, scenario, *names):
    modes = ("ps", "tlsm") if scenario == "H.INS.15" else ("tlsm",)
    return [PLAYS[scenario](Play(lps, insi, *names, mode=mode)) for mode in modes]


@pytest.mark.parametrize("scenario", PLAYS)
def test_honest_software_always_behaves_the_same(lps, insi, scenario):
    assert _observe(lps, insi, scenario) == _honest(lps, insi, scenario)


@pytest.mark.parametrize("name", sorted(OWN.keys() - NETWORK))
def test_every_defect_can_be_observed_in_one_of_its_scenarios(lps, insi, name):
    scenarios = defects.catalogue()[name].scenarios
    assert any(_observe(lps, insi, scenario, name) != _honest(lps, insi, scenario) for scenario in scenarios)


def test_each_defect_has_its_place_in_the_code():
    folder = Path(defects.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    hooks = re.findall(r'\bon\("([^"]+)"\)', code)
    assert set(hooks) == set(defects.catalogue())


def test_every_scenario_has_at_least_two_defects_and_every_defect_its_words():
    named = [scenario for defect in OWN.values() for scenario in defect.scenarios]
    assert {scenario for scenario in PLAYS if named.count(scenario) < 2} == set()
    assert set(named) == set(PLAYS)
    for defect in defects.catalogue().values():
        assert defect.breaks_fr
        assert defect.breaks_en
        assert defect.breaks_fr != defect.breaks_en


def test_several_defects_at_once(lps, insi):
    software = lps("silent-on-01", "no-trace-on-01")
    insi.will("01")
    answer = software.act("ins.search", patient=software.new())
    assert all(item["kind"] == "field" for item in answer["shown"])
    assert software.do("trace.export")["traces"] == []


def test_unknown_defect_is_told_with_the_near_ones():
    with pytest.raises(defects.UnknownDefect, match="ko-keeps-ins"):
        defects.Defects(["ko-keep-ins"])
    with pytest.raises(KeyError):
        defects.Defects().on("ko-keep-ins")
