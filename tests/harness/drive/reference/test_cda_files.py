"""The CDA files of the reference software, seen by the checks of H.CDA: honest ones hold, each defect is told."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from harness.drive.reference import defects as all_defects
from harness.drive.reference.cda_files import letter
from harness.drive.reference.config import Professional, Structure
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Ins, Patient, Traits
from harness.scenario import checks
from harness.scenario.context import Context, Window
from harness.scenario.model import Step, Variant
from harness.scenario.verdict import Failed
from harness.words import Words
from norms.ins import oids
from norms.ins.status import Status
from tests.scenario_kit import START

DOCTOR = Professional("dr", "899700900014", "ROMARIN", "CLAIRE", specialty="SM54", sector="SA07", profession="10")
TRAITS = {
    "birth_name": "PINSON",
    "given_names": "LEONIE MARGUERITE",
    "first_given_name": "LEONIE",
    "sex": "F",
    "birth_date": "1985-05-12",
    "birth_place": "55039",
}
RECORD = {"traits": TRAITS, "ins": {"value": "2850555039910", "key": "10", "oid": oids.NIR}}


def patient(status: Status = Status.QUALIFIEE) -> Patient:
    return Patient("0042", Traits(**TRAITS), status, ins=Ins("2850555039910", "10", oids.NIR))


def made(*names: str, status: Status = Status.QUALIFIEE, previous: bytes | None = None) -> bytes:
    return letter(
        patient(status), DOCTOR, Structure(), "Compte rendu", "Consultation de suivi.", Defects(names),
        type="11488-4", previous=previous,
    )  # fmt: skip


def file(content: bytes) -> dict[str, Any]:
    return {"media_type": "text/xml", "content_base64": base64.b64encode(content).decode()}


def run(name: str, **params: Any) -> None:
    window = Window(Step("s", "validation", Words()), START)
    checks.named(name).run(Context(Variant(), {"s": window}, {}, lambda name: name), [], **params)


def failing(*names: str) -> set[str]:
    """The scenarios' checks that fail, with these defects."""
    first = made(*names)
    second = made(*names, previous=first)
    local = made(*names, status=Status.RECUPEREE)
    plays: list[tuple[str, dict[str, Any]]] = [
        ("cda.valid", {"document": file(first), "volet": "CDA-N1"}),
        ("cda.valid", {"document": file(second), "volet": "CDA-N1"}),
        ("cda.valid", {"document": file(local), "volet": "CDA-N1"}),
        ("cda.patient", {"document": file(first), "record": RECORD}),
        ("cda.no-ins", {"document": file(local)}),
        ("cda.author", {"document": file(first), "national_id": DOCTOR.national_id}),
        ("cda.version", {"document": file(second), "previous": file(first)}),
    ]
    told = set()
    for name, params in plays:
        try:
            run(name, **params)
        except Failed:
            told.add(name)
    return told


def test_honest_files_hold() -> None:
    assert failing() == set()


TOLD: list[tuple[str, set[str]]] = [
    ("cda-body-not-pdf", {"cda.valid"}),
    ("cda-without-xds-sd", {"cda.valid"}),
    ("cda-ins-unqualified", {"cda.no-ins"}),
    ("cda-ins-without-key", {"cda.valid", "cda.patient"}),
    ("cda-signed-by-another", {"cda.author"}),
    ("cda-version-alone", {"cda.valid", "cda.version"}),
]


@pytest.mark.parametrize(("defect", "told"), TOLD)
def test_each_defect_is_told(defect: str, told: set[str]) -> None:
    assert failing(defect) == told


def test_every_defect_of_cda_is_played_here() -> None:
    ours = {name for name, one in all_defects.catalogue().items() if one.scenarios[0].startswith("H.CDA")}
    assert ours == {name for name, _ in TOLD} | {"cda-refuses-to-write"}


@pytest.mark.parametrize("content", [{}, {"content_base64": "%%"}, file(b""), file(b"<a>"), file(b"%PDF-1.4")])
@pytest.mark.parametrize("name", ["cda.valid", "cda.no-ins"])
def test_what_is_no_cda_fails_and_says_so(name: str, content: dict[str, Any]) -> None:
    with pytest.raises(Failed) as told:
        run(name, document=content)
    assert str(told.value.message)


def test_another_model_than_expected_fails() -> None:
    with pytest.raises(Failed, match="VSM"):
        run("cda.valid", document=file(made()), volet="VSM")


def test_through_the_actions(lps: Any) -> None:
    software = lps()
    person = software.do("patient.create", traits=TRAITS, identity={"status": "provisoire"})["patient"]
    first = software.do("document.create", patient=person, format="cda", type="11488-4", text="Suivi.")["document"]
    second = software.do("document.create", patient=person, format="cda", text="Corrigé.", replaces=first)["document"]
    old, new = (software.do("document.get", document=number) for number in (first, second))
    assert (old["media_type"], new["media_type"]) == ("text/xml", "text/xml")
    run("cda.version", document=new, previous=old)


def test_only_a_cda_file_is_replaced(lps: Any) -> None:
    software = lps()
    person = software.new()
    printed = software.do("document.create", patient=person)["document"]
    for earlier in (printed, "none"):
        answer = software.act("document.create", patient=person, format="cda", replaces=earlier)
        assert not answer["ok"]
        assert answer["error"]["code"] == "unknown-document"
