"""``segur up --mail``: mailboxes filled before the bench serves, once over restarts; or a line for each bad file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.bench import Options, started
from harness.cli import app
from harness.client import BenchClient
from harness.home import Home
from tests.harness.conftest import free_base
from tests.smtp_kit import DOCTOR_BOX

PATIENT_BOX = "285055503991010@patient.mssante.fr"
LETTER = b"From: a@b.fr\nSubject: bonjour\nMessage-ID: <1@b.fr>\n\nligne\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Five messages: INBOX, twice the same in INBOX and Sent under its French name, a folder in a folder, a patient."""
    root = tmp_path / "mail"
    for name in (f"{DOCTOR_BOX.upper()}/a.eml", f"{DOCTOR_BOX}/Envoyés/a.EML", f"{DOCTOR_BOX}/Suivi/Radio/b.eml",
                 f"{PATIENT_BOX}/c.eml"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(LETTER)
    (root / DOCTOR_BOX / "._a.eml").write_bytes(b"macOS")
    (root / DOCTOR_BOX / "notes.txt").write_bytes(b"")
    return root


def test_messages_are_filed_once_over_restarts(given: Path, new_home: Callable[[], Path]) -> None:
    options = Options(Home.at(new_home()), base_port=free_base(), mail=given)
    with started(options) as bench, closing(BenchClient(bench.status()["console"])) as client:
        assert bench.filed == (4, 0)
        held = {folder["name"]: folder["messages"] for folder in client.folders("default", DOCTOR_BOX)}
        assert (held["INBOX"], held["Sent"], held["Suivi/Radio"]) == (1, 1, 1)
        assert "Envoyés" not in held
        assert client.message_raw("default", PATIENT_BOX, 1) == LETTER.replace(b"\n", b"\r\n")
        boxes = bench.operator.boxes
        inbox, archive = (boxes.folder("default", DOCTOR_BOX, name) for name in ("INBOX", "Archive"))
        boxes.move(inbox, archive, [1])  # as the software would
        client.delete_message("default", DOCTOR_BOX, 1, "Sent")
    with started(options) as bench, closing(BenchClient(bench.status()["console"])) as client:
        assert bench.filed == (1, 3)  # the one that was removed
        held = {folder["name"]: folder["messages"] for folder in client.folders("default", DOCTOR_BOX)}
        assert (held["INBOX"], held["Archive"], held["Sent"]) == (0, 1, 1)


def test_files_that_cannot_be_filed_are_named_and_nothing_is_served(
    given: Path, new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.common.lang", lambda: "fr")
    bad = {
        "seul.eml": "dans quelle boîte",
        "personne@nulle-part.fr/a.eml": "pas de boîte personne@nulle-part.fr",
        f"{DOCTOR_BOX}/vide.eml": "fichier vide",
        f"{DOCTOR_BOX}/{'x' * 200}/{'y' * 60}/a.eml": "ne peut pas s'appeler ainsi",
        f"{DOCTOR_BOX}/gros.eml": "plus de 10 Mo",
        "285055503991011@patient.mssante.fr/a.eml": "pas de boîte 285055503991011@patient.mssante.fr",
    }
    for name in bad:
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(LETTER)
    (given / DOCTOR_BOX / "vide.eml").write_bytes(b"")
    (given / DOCTOR_BOX / "gros.eml").write_bytes(LETTER + b"x" * 10_000_000)
    home = Home.at(new_home())
    command = ["up", "--home", str(home.root), "--base-port", str(free_base()), "--mail", str(given)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    lines = result.output.splitlines()
    assert len(lines) == len(bad)
    for name, words in bad.items():
        assert any(str(given / name) in line and words in line for line in lines), name
    assert not home.record.exists()
