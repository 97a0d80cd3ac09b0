"""What leaves the software: the INS of a qualified identity only, in messages, files and on paper."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.drive.reference import hl7
from harness.drive.reference.config import Structure
from harness.drive.reference.model import Ins, Patient, Traits, now
from harness.scenario import paper
from norms.ins import datamatrix
from tests.harness.drive.reference.fake import INS, OID

STATUSES = ["provisoire", "recuperee", "validee", "qualifiee"]


def _everything(software, patient):
    contents = [
        software.do("identity.export", patient=patient, format=form)["content"] for form in ("adt", "json", "text")
    ]
    pages = [software.do("print", patient=patient, what=what)["content_base64"] for what in ("label", "sheet")]
    number = software.do("document.create", patient=patient, type="11490-0")["document"]
    pages.append(software.do("document.get", document=number)["content_base64"])
    return [content.encode() for content in contents] + [base64.b64decode(page) for page in pages]


@pytest.mark.parametrize("status", STATUSES)
def test_ins_leaves_only_when_qualified(lps, status):
    software = lps()
    for content in _everything(software, software.known(status)):
        assert (INS[:13].encode() in content) == (status == "qualifiee")
        assert (status == "qualifiee") or OID.encode() not in content


def test_adt_of_a_qualified_identity(lps):
    software = lps()
    patient = software.known("qualifiee", used_name="D'OR", given_names="ZOE MARIE")
    content = software.do("identity.export", patient=patient, format="adt")["content"]
    segments = {line.split("|")[0]: line.split("|") for line in content.split("\r") if line}
    assert segments["MSH"][8] == "ADT^A28^ADT_A05"
    pid = segments["PID"]
    assert pid[3].split("~")[1] == f"{INS}^^^ASIP-SANTE-INS-NIR&{OID}&ISO^INS"
    assert pid[5] == "ADRUN^ZOE^ZOE MARIE^^^^L~D'OR^ZOE^^^^^D"
    assert (pid[7], pid[8], pid[11], pid[32]) == ("19751231", "F", "^^^^^FRA^BDL^^63220", "VALI")
    assert len(pid) == 33
    again = software.do("identity.export", patient=patient, format="adt")["content"]
    assert "ADT^A31^ADT_A05" in again


def test_change_of_a_strict_trait_takes_the_ins_out_of_what_follows(lps):
    software = lps()
    patient = software.known("qualifiee")
    software.do("identity.export", patient=patient, format="adt")
    software.do("patient.edit", patient=patient, traits={"birth_place": "75056"}, **{"as": "superuser"})
    content = software.do("identity.export", patient=patient, format="adt")["content"]
    assert "ADT^A31^ADT_A05" in content
    assert INS not in content
    assert content.split("PID|")[1].split("\r")[0].endswith("|PROV")


def test_partner_is_traced(lps):
    software = lps()
    software.do("identity.export", patient=software.known("qualifiee"), format="json", partner="LABO")
    (trace,) = software.do("trace.export")["traces"]
    assert (trace["action"], trace["partner"], trace["ins"], trace["oid"]) == ("identity.export", "LABO", INS, OID)


def test_unknown_format_is_refused(lps):
    software = lps()
    assert software.act("identity.export", patient=software.new(), format="fhir")["error"]["code"] == "no-format"


@pytest.mark.parametrize("what", ["label", "sheet"])
def test_paper_reads_back(lps, what):
    software = lps()
    patient = software.known("qualifiee", given_names="ZOE MARIE")
    content = base64.b64decode(software.do("print", patient=patient, what=what)["content_base64"])
    page = paper.read(content)
    assert "Prénoms de naissance : ZOE MARIE" in page.text
    assert f"Matricule INS : {INS} NIR" in page.text
    assert "INS à scanner" in page.text
    (code,) = page.codes
    assert datamatrix.check(code) == []
    read = datamatrix.parse(code)
    assert (read.ins, read.oid, read.given_names, read.birth_date) == (INS, OID, "ZOE MARIE", "1975-12-31")


@pytest.mark.parametrize("what", ["label", "sheet"])
def test_longest_names_print_whole_beside_a_datamatrix_that_reads(lps, what):
    names = {"birth_name": " ".join(["ABCDEFGHI"] * 10), "given_names": " ".join(["JKLMNOPQR"] * 10)}
    software = lps()
    patient = software.known("qualifiee", **names, first_given_name="JKLMNOPQR")
    page = paper.read(base64.b64decode(software.do("print", patient=patient, what=what)["content_base64"]))
    assert page.text.count("ABCDEFGHI") == 10
    assert page.text.count("JKLMNOPQR") == 11
    assert f"Matricule INS : {INS} NIR" in page.text
    assert datamatrix.parse(page.codes[0]).birth_name == names["birth_name"]


def test_no_datamatrix_without_a_qualified_ins(lps):
    software = lps()
    content = base64.b64decode(software.do("print", patient=software.known("recuperee"))["content_base64"])
    assert paper.read(content).codes == ()


NAMES = st.text("ABZ '-|^&~\\", min_size=1, max_size=20).map(lambda text: f"A{text}")


@given(NAMES, NAMES, st.booleans())
def test_adt_reads_back_what_was_written(name, given_name, with_ins):
    from datetime import UTC, datetime

    traits = Traits(name, given_name, given_name, "F", "1975-12-31", "63220", "B")
    ins = Ins(INS[:13], INS[13:], OID) if with_ins else None
    message = hl7.write(Patient("P1", traits), Structure(), "A28", ins, "VALI", datetime.now(UTC))
    received = hl7.read(message)
    assert received.traits.shown() | {"used_given_name": ""} == traits.shown()
    assert (received.ins, received.source_id, received.validated) == (ins, "P1", True)
    assert now().endswith("Z")
