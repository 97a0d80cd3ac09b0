"""Wording of actions, values and messages; files that a person gives."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.drive import ACTIONS
from harness.guide import keep, values
from harness.guide.gestures import Speaker
from harness.guide.model import Arrival, Prompt
from harness.guide.place import placed
from harness.guide.watch import told
from harness.scenario.loader import library
from tests.desk_kit import PLACE
from tests.scenario_kit import entry


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_action_of_our_scenarios_is_worded(lang: Any, tmp_path: Path) -> None:
    speaker = Speaker(tmp_path)
    for scenario in library().scenarios.values():
        for variant in scenario.variants:
            start = placed(scenario, variant)
            assert start.total == len(scenario.steps_of(variant))
            for step in scenario.steps_of(variant):
                assert placed(scenario, variant, step).text.get(lang)
                if step.do:
                    sheet = speaker.sheet(step.do.action, {k: v for k, v in step.do.body.items() if "$" not in str(v)})
                    assert sheet.gestures
                    assert all(gesture.get(lang).strip() for gesture in sheet.gestures)
                    assert sheet.observe.get(lang)


@pytest.mark.parametrize("action", sorted(ACTIONS - {"settle"}))
def test_actions_have_words_of_their_own(action: str, tmp_path: Path) -> None:
    sheet = Speaker(tmp_path).sheet(action, {})
    assert action not in " ".join(gesture.fr for gesture in sheet.gestures)


def test_values_are_typed_as_a_french_screen_wants(tmp_path: Path) -> None:
    body = {"traits": {"birth_date": "1985-05-12", "birth_name": "PINSON", "sex": "F", "used_name": ""}}
    rows = Speaker(tmp_path).sheet("patient.create", body).values
    assert [(row.label.fr, row.value.fr) for row in rows] == [
        ("Nom de naissance", "PINSON"),
        ("Sexe", "F (féminin)"),
        ("Date de naissance", "12/05/1985"),
    ]
    assert values.typed_date("1985-00-00") == "00/00/1985"


def test_an_action_that_has_no_words_is_told_by_its_name(tmp_path: Path) -> None:
    sheet = Speaker(tmp_path).sheet("fax.send", {"reason": "relecture", "patient": "p"})
    assert "fax.send" in sheet.gestures[0].fr
    assert [(row.label.fr, row.value.fr) for row in sheet.values] == [("Motif", "relecture")]


def test_mail_that_the_bench_sends_is_told_before_the_gesture(tmp_path: Path) -> None:
    """The person knows which message came, and later steps name it by its subject."""
    speaker, arrival = Speaker(tmp_path), Arrival("a@x.mssante.fr", "b@y.mssante.fr", "XDM/1.0/DDM+CR")
    place = replace(PLACE, arrived=(arrival,))
    assert Prompt.of(json.loads(json.dumps(Prompt("step", place).stored()))).place == place
    told = speaker.arrivals(place)[0]
    assert "a@x.mssante.fr" in told.fr
    assert "« XDM/1.0/DDM+CR »" in told.fr
    assert speaker.result("mail.sync", {}, place) == {"messages": [{"message": "XDM/1.0/DDM+CR"}]}
    assert not speaker.sheet("mail.sync", {}).values
    to = speaker.sheet("mail.send", {"to": ["patient"], "patient": "P1", "documents": ["D1"]}).values
    assert [row.value.fr for row in to] == ["le patient, à sa propre adresse", "D1"]
    row = values.expected({"result.messages.-1.state": "filed"})[0]
    assert (row.label.fr, row.value.fr) == ("État du message", "rangé")


def test_what_the_software_shows_is_asked_and_what_crosses_the_wire_is_not() -> None:
    scenarios = library(only=["H.MSS"]).scenarios
    form, receipts = scenarios["H.MSS.05"], scenarios["H.MSS.08"]
    new = next(placed(form, form.variants[0], step) for step in form.steps if step.id == "new")
    shown = next(placed(receipts, receipts.variants[0], step) for step in receipts.steps if step.id == "shown")
    assert (len(new.watches), new.asks) == (3, ())
    assert (shown.watches, len(shown.asks)) == ((), 2)


def test_a_message_to_receive_is_handed_over_as_a_file(tmp_path: Path) -> None:
    message = "MSH|^~\\&|A\rPID|1||1^^^X||ADRUN^ZOE||19750101|F\r"
    document = {"title": "Compte rendu.pdf", "content_base64": base64.b64encode(b"%PDF").decode()}
    body = {"source": "SIH/../x", "format": "adt", "content": message, "document": document}
    speaker = Speaker(tmp_path)
    sheet = speaker.sheet("identity.receive", body)
    assert (tmp_path / sheet.hands).read_text(encoding="utf-8").splitlines()[0] == "MSH|^~\\&|A"
    assert (tmp_path / "hand-over" / "Compte-rendu.pdf").read_bytes() == b"%PDF"
    assert speaker.result("identity.receive", body, PLACE)["patient"] == "ADRUN ZOE (01/01/1975)"


def test_what_reached_the_bench_is_told_in_a_line() -> None:
    assert told(entry(outcome="02"), "fr").endswith("appel INSi reçu, recherche par traits : 02 (plusieurs identités)")
    finding = {"rule": "TLS-01", "severity": "error", "message": "certificat expiré"}
    refused = told(entry(kind="handshake", findings=[finding], outcome="expired"), "fr")
    assert "connexion TLS refusée (insi_ps) : certificat expiré" in refused
    left = {"rule": "TLS-02", "severity": "info", "message": "parti sans rien demander"}
    assert told(entry(kind="handshake", findings=[left], outcome="no-request"), "fr").endswith(left["message"])


# -- files -----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = keep.safe_name(name)
    assert 0 < len(safe) <= 80
    assert safe.isascii()
    assert not set(safe) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not safe.startswith(".")
    assert safe.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}


def test_files_are_kept_under_the_proof_and_never_over_one_another(tmp_path: Path) -> None:
    first = keep.keep(tmp_path, PLACE, "INS/va1.52.01.01", "Écran.png", b"1")
    again = keep.keep(tmp_path, PLACE, "INS/va1.52.01.01", "écran.PNG", b"2")
    without = keep.keep(tmp_path, PLACE, "", "../../x", b"3")
    assert first["path"] == "proofs/INS-va1.52.01.01/T.INS.01-s-Ecran.png"
    assert again["path"] == "proofs/INS-va1.52.01.01/T.INS.01-s-2-ecran.PNG"
    assert without["path"] == "proofs/sans-numero/T.INS.01-s-x"
    assert (tmp_path / first["path"]).read_bytes() == b"1"


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "LARGEST", 10)
    monkeypatch.setattr(keep, "WHOLE", 15)
    with pytest.raises(keep.BadFile, match="at most per file"):
        keep.keep(tmp_path, PLACE, "", "a", b"x" * 11)
    with pytest.raises(keep.BadFile, match="is empty"):
        keep.keep(tmp_path, PLACE, "", "a", b"")
    keep.keep(tmp_path, PLACE, "", "a", b"x" * 10)
    with pytest.raises(keep.BadFile, match="files of this run"):
        keep.keep(tmp_path, PLACE, "", "b", b"x" * 10)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 11)
    with pytest.raises(keep.BadFile, match="at most per file"):
        keep.read(large)
    with pytest.raises(keep.BadFile, match="cannot be read"):
        keep.read(tmp_path / "nowhere")
    with pytest.raises(keep.BadFile, match="cannot be read"):
        keep.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"traces": [{"code": "00"}, 3]}', [{"code": "00"}]),
        ('[{"code": "00"}]', [{"code": "00"}]),
        ("time;user;modality;code\n2026-01-01T10:00:00Z;8;traits;00\n", "csv"),
        ("time;action;request;answer\nt;mail.send;DATA;250\n", "mail"),
        ("heure,qui\n1,2\n", None),
        ("", None),
        ("{", None),
    ],
)
def test_a_journal_that_the_software_wrote_is_read_when_it_can_be(text: str, found: Any) -> None:
    result = keep.result("trace.export", "journal", text.encode())
    if found == "csv":
        found = [{"time": "2026-01-01T10:00:00Z", "user": "8", "modality": "traits", "code": "00"}]
    if found == "mail":
        found = [{"time": "t", "action": "mail.send", "request": "DATA", "answer": "250"}]
    assert result == ({"traces": found} if found is not None else {})


def test_other_files_are_the_answer_as_they_are() -> None:
    assert keep.result("print", "a.pdf", b"%PDF")["media_type"] == "application/pdf"
    assert keep.result("identity.export", "a.hl7", "é".encode("latin-1"))["content"] == "é"
