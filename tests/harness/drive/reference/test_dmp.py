"""The reference software at the DMP, over a live bench: what it does well, and that each defect can be seen there."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import harness.drive.reference.dmp_actions  # noqa: F401 - registers the actions
from harness.bench import Bench, Options, started
from harness.drive.open import _professional, dmp_settings
from harness.drive.reference.app import perform
from harness.drive.reference.config import read
from harness.drive.reference.software import Software
from harness.home import Home
from mocks.world.binder import plain


@pytest.fixture(scope="module")
def bench(new_home: Callable[[], Path]) -> Iterator[Bench]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = min(probe.getsockname()[1], 60000)
    with started(Options(Home.at(new_home()), base_port=port)) as made:
        yield made


class Desk:
    """The software at work on the bench's default session."""

    def __init__(self, bench: Bench, queue: Path, *defects: str) -> None:
        self.bench, self.session = bench, bench.sessions.default
        self.session.reset()
        self.since = max((e.id for e in bench.journal.list(service="dmp")), default=0)
        people = [_professional({"id": id, **plain(one)}) for id, one in self.session.world.professionals.items()]
        settings = {**(dmp_settings(bench.status(), bench.status()["endpoints"]) or {}), "queue": str(queue)}
        self.lps = Software(read({"dmp": settings, "professionals": people, "defects": list(defects)}))

    def act(self, name: str, **body: Any) -> dict[str, Any]:
        return perform(self.lps, name, body)

    def do(self, name: str, **body: Any) -> dict[str, Any]:
        answer = self.act(name, **body)
        assert answer["ok"], answer
        return dict(answer["result"])

    def patient(self, id: str, status: str = "qualifiee") -> str:
        held = self.session.world.patients[id]
        traits = {
            "birth_name": held.birth_name,
            "given_names": held.given_list,
            "first_given_name": held.first_given_name,
            "sex": held.sex,
            "birth_date": held.birth_date,
            "birth_place": held.birth_place,
        }
        assert held.ins
        identity = {"status": status, "ins": held.ins.full, "oid": held.ins.oid}
        return str(self.do("patient.create", traits=traits, identity=identity)["patient"])

    def document(self, patient: str) -> str:
        return str(self.do("document.create", patient=patient, type="consultation")["document"])

    @property
    def calls(self) -> list[tuple[str, str]]:
        rows = [e for e in self.bench.journal.list(service="dmp") if e.id > self.since]
        return [(e.operation, e.outcome) for e in sorted(rows, key=lambda e: e.id)]

    @property
    def rules(self) -> list[str]:
        rows = [e for e in self.bench.journal.list(service="dmp") if e.id > self.since]
        return [f.rule for e in rows for f in e.findings if f.severity == "error"]


Make = Callable[..., Desk]


@pytest.fixture
def desk(bench: Bench, tmp_path: Path) -> Iterator[Make]:
    made: list[Desk] = []

    def make(*defects: str) -> Desk:
        made.append(Desk(bench, tmp_path / "queue.json", *defects))
        return made[-1]

    yield make
    for one in made:
        one.lps.close()
    bench.sessions.default.reset()


def test_validate_replace_delete(desk: Make) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie"))
    assert at.do("document.validate", document=document)["outcome"] == "sent"
    assert at.do("document.replace", document=document, text="corrigé")["version"] == 2
    at.do("document.delete", document=document)
    assert at.rules == []
    names = [name for name, _ in at.calls]
    assert names == ["TD2.1", "TD3.1b", "TD2.1", "TD3.1b", "TD3.3c"]
    assert {outcome for _, outcome in at.calls} == {"Success"}


def test_hold_and_release(desk: Make) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie"))
    at.do("document.hold", document=document)
    at.do("document.validate", document=document)
    assert at.calls == []
    assert at.do("document.release", document=document)["outcome"] == "sent"


def test_announced_then_visible(desk: Make) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie"))
    at.do("document.validate", document=document, visibility=["INVISIBLE_PATIENT"])
    at.do("document.mask", document=document, code="INVISIBLE_PATIENT", hidden=False)
    assert at.calls[-1] == ("TD3.3b", "Success")
    assert at.rules == []
    assert at.act("document.mask", document=document, code="INVISIBLE_PATIENT")["error"]["code"] == "dmp.one-way"


def test_what_must_not_leave(desk: Make) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie", "recuperee"))
    assert at.do("document.validate", document=document)["outcome"] == "not-qualified"
    patient = at.patient("adrun-zoe")
    at.do("dmp.consent", patient=patient, feed="opposed")
    document = at.document(patient)
    assert at.do("document.validate", document=document)["outcome"] == "opposed"
    assert at.calls == []
    assert at.do("dmp.consent", patient=patient, feed="accepted")["sent"] == [document]


def test_an_outage_is_waited_for_and_a_restart_loses_nothing(desk: Make, bench: Bench) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie"))
    at.session.switches.set({"dmp.outage": "503"})
    assert at.do("document.validate", document=document)["outcome"] == "waiting"
    assert at.do("settle")["pending"] == 1
    at.lps.close()
    again = desk()  # the same file, a new process
    assert again.do("settle")["pending"] == 0
    assert again.do("settle")["pending"] == 0
    assert again.calls == [("TD2.1", "Success")]
    assert again.do("document.replace", document=document, text="corrigé")["version"] == 2
    again.lps.close()
    last = desk()
    assert last.do("document.get", document=document)["media_type"] == "application/pdf"
    assert last.document(last.patient("pinson-leonie")) != document  # numbers go on
    last.act("reset")
    assert desk().act("document.delete", document=document)["error"]["code"] == "unknown-document"


def test_a_lost_answer_is_not_sent_as_another_document(desk: Make) -> None:
    at = desk()
    document = at.document(at.patient("pinson-leonie"))
    at.session.switches.arm("dmp.lost_answer", True)
    assert at.do("document.validate", document=document)["outcome"] == "waiting"
    assert at.do("settle")["pending"] == 0
    assert [outcome for _, outcome in at.calls] == ["Success", "XDSDuplicateUniqueIdInRegistry"]


def test_consulting_asks_first(desk: Make) -> None:
    at = desk()
    patient = at.patient("adrun-zoe")
    assert at.act("dmp.list", patient=patient)["error"]["code"] == "dmp.no-consent"
    assert at.calls == []
    at.do("dmp.consent", patient=patient, access=True)
    at.do("dmp.list", patient=patient)
    assert [name for name, _ in at.calls] == ["TD0.2", "TD0.3", "TD0.2", "TD3.1"]
    assert at.rules == []
    for other, state in (("corbeau-lucia", "absent"), ("faucon-pascal", "closed")):
        assert at.do("dmp.status", patient=at.patient(other))["state"] == state


def test_listing_and_reading(desk: Make) -> None:
    at = desk()
    patient = at.patient("pinson-leonie")
    at.do("dmp.consent", patient=patient, access=True)
    found = at.do("dmp.list", patient=patient)["documents"]
    asked = [{"unique_id": one["unique_id"], "repository": one["repository"]} for one in found[:2]]
    assert len(at.do("dmp.get", patient=patient, documents=asked)["documents"]) == 2
    assert at.rules == []


@pytest.mark.parametrize(
    ("defect", "rule"),
    [
        ("no-specialty-in-vihf", "VIHF-ROLE-05"),
        ("no-homologation-number", "VIHF-ATT-01"),
        ("feeds-by-air", "VIHF-RIGHT-01"),
        ("calls-v1", "DMP-OLD-01"),
        ("generic-user-in-vihf", "VIHF-STRUCT-04"),
    ],
)
def test_defects_of_identity_are_found(desk: Make, defect: str, rule: str) -> None:
    at = desk(defect)
    patient = at.patient("pinson-leonie")
    at.act("document.validate", document=at.document(patient))
    at.act("dmp.status", patient=patient)
    assert rule in at.rules


def test_defects_of_feeding_are_seen(desk: Make) -> None:
    def feed(*defects: str, status: str = "qualifiee") -> Desk:
        at = desk(*defects)
        patient = at.patient("pinson-leonie", status)
        document = at.document(patient)
        if "ignores-opposition" in defects:
            at.do("dmp.consent", patient=patient, feed="opposed")
        if "sends-although-held" in defects or "release-forgets" in defects:
            at.do("document.hold", document=document)
        at.do("document.validate", document=document)
        if "release-forgets" in defects:
            at.do("document.release", document=document)
        return at

    sent = ("TD2.1", "Success")
    for silent in ("needs-second-click", "release-forgets"):
        assert feed(silent).calls == []
    for loud in ("sends-although-held", "ignores-opposition"):
        assert feed(loud).calls == [sent]
    assert feed("sends-twice").calls == [sent, sent]
    assert feed("deposits-unqualified", status="recuperee").calls == [sent]
    assert feed("declares-before-feeding").calls == [("TD0.3", "DMPOk"), sent]
