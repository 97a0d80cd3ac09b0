"""What the DMP accepted is there after a restart, a kill included; what could not be kept was never there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mocks.dmp import registry
from mocks.sessions_store import SessionsStore
from norms.xds.check import MASKED, NORMAL
from norms.xds.model import DocumentEntry
from norms.xds.names import APPROVED, ARCHIVED, DEPRECATED
from norms.xds.query import FIND_SETS, GET_ASSOCIATIONS
from tests.dmp_bench import DIRECT, about
from tests.dmp_documents import PATIENT, Documents, cda

RIGHTS = "urn:si-dmp-habilitations"
EVERY = (APPROVED, ARCHIVED, DEPRECATED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.db"


@pytest.fixture
def dmp(pki: Any, path: Path) -> Iterator[Documents]:
    dmp = Documents(pki, path)
    yield dmp
    dmp.journal.close()


def again(dmp: Documents) -> Documents:
    """The bench started again on the same file."""
    dmp.journal.close()
    assert dmp.journal.database.path
    return Documents(dmp.pki, dmp.journal.database.path)


def everything(dmp: Documents) -> tuple[list[DocumentEntry], list[str]]:
    sets = dmp.query(FIND_SETS, Status=(APPROVED,)).ids
    links = dmp.query(GET_ASSOCIATIONS, uuid=tuple(sets)).ids
    return dmp.query(Status=EVERY).documents, sets + links


def test_deposits_and_their_changes_survive_a_restart(dmp: Documents) -> None:
    first = dmp.lot()
    assert dmp.deposit(first).status == "Success"
    old = dmp.listed(first.submission.entries[0].unique_id)
    content = cda(dmp.ins(PATIENT), replaces=old.unique_id)
    second = dmp.lot(content, replaced={"Document01": old.id})
    assert dmp.deposit(second).status == "Success"
    fresh = dmp.listed(second.submission.entries[0].unique_id)
    assert dmp.change_metadata(replace(fresh, confidentiality=(NORMAL, MASKED))).status == "Success"
    seeded = next(one for one in dmp.query().documents if dmp.change_status(one, ARCHIVED).status == "Success")
    before = everything(dmp)
    back = again(dmp)
    assert everything(back) == before
    assert back.retrieve((fresh.repository, fresh.unique_id)).retrieved[0].part.data == content
    assert seeded.unique_id in {one.unique_id for one in back.query(Status=(ARCHIVED,)).documents}
    masked = back.listed(fresh.unique_id)
    assert (masked.version, masked.visibility) == ("2", {"N", "MASQUE_PS"})
    assert set(back.deposit(first).codes) == {"XDSDuplicateUniqueIdInRegistry"}
    assert back.change_metadata(replace(masked, confidentiality=(NORMAL,))).status == "Success"
    assert again(back).listed(fresh.unique_id).version == "3"


def test_a_reset_erases_and_another_session_sees_nothing(dmp: Documents) -> None:
    lot = dmp.lot()
    dmp.deposit(lot)
    count = len(dmp.query().documents)
    other = dmp.sessions.open("other", {"cert": ["cd" * 32]})
    assert len(dmp.query().documents) == count - 1
    assert dmp.deposit(lot).status == "Success"
    dmp.sessions.close(other.id)
    assert len(dmp.query().documents) == count
    dmp.session.reset()
    assert len(dmp.query().documents) == count - 1
    back = again(dmp)
    assert len(back.query().documents) == count - 1
    assert back.deposit(lot).status == "Success"
    assert back.journal.database.run("SELECT DISTINCT session FROM dmp_name") == [("default",)]


def test_what_cannot_be_kept_is_refused_and_not_seen(dmp: Documents, caplog: pytest.LogCaptureFixture) -> None:
    before, exchanges = everything(dmp), dmp.journal.count()
    dmp.journal.database.run("ALTER TABLE dmp_document RENAME TO elsewhere")
    lot = dmp.lot()
    assert dmp.deposit(lot).reply.status == 500
    assert dmp.journal.count() == exchanges
    dmp.journal.database.run("ALTER TABLE elsewhere RENAME TO dmp_document")
    assert everything(dmp) == before
    assert dmp.deposit(lot).status == "Success"
    assert "Cannot open or write" in caplog.text


def test_a_declared_right_is_kept_or_was_never_declared(dmp: Documents, caplog: pytest.LogCaptureFixture) -> None:
    sessions = SessionsStore(dmp.journal.database, dmp.sessions)
    dmp.session.world.patch("patients", PATIENT, {"dmp": {"rights": []}})
    sessions.save(dmp.session)
    asked = f'<setAuthorization xmlns="{RIGHTS}"><action>AJOUT</action></setAuthorization>'
    said = about(DIRECT, *dmp.ins(PATIENT))
    dmp.journal.database.run("ALTER TABLE exchange RENAME TO elsewhere")
    assert dmp.ask("habilitations", asked, said).status == 500
    dmp.journal.database.run("ALTER TABLE elsewhere RENAME TO exchange")
    assert dmp.session.world.patients[PATIENT].dmp.rights == ()
    assert dmp.ask("habilitations", asked, said).exchange.outcome == "DMPOk"
    back = again(dmp)
    SessionsStore(back.journal.database, back.sessions).restore()
    held = [right.who for right in back.session.world.patients[PATIENT].dmp.rights]
    assert held == ["899700900014"]
    assert "Cannot open or write" in caplog.text


def test_records_let_go_of_are_read_again(dmp: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENTRIES", 5)
    lot = dmp.lot()
    dmp.deposit(lot)
    before = everything(dmp)
    state: Any = dmp.session.state("dmp", lambda: None)
    held = state.registry.record(PATIENT)
    state.registry.record("somebody else")
    assert state.registry.record(PATIENT) is not held
    assert everything(dmp) == before


WRITER = """
import sys, time
from pathlib import Path
from mocks.igc import pki
from tests.dmp_documents import Documents
dmp = Documents(pki.init(Path(sys.argv[1])), Path(sys.argv[2]))
while True:
    lot = dmp.lot()
    assert dmp.deposit(lot).status == "Success"
    print(lot.submission.entries[0].unique_id, flush=True)
"""


def test_every_acknowledged_deposit_survives_a_kill(pki: Any, path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", WRITER, str(pki.folder), str(path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    assert writer.stdout
    answered = {writer.stdout.readline().strip() for _ in range(3)}
    writer.kill()
    writer.stdout.close()
    writer.wait()
    back = Documents(pki, path)
    listed = {one.unique_id: one for one in back.query().documents}
    assert answered <= listed.keys()
    for unique_id in answered:
        given = back.retrieve((listed[unique_id].repository, unique_id)).retrieved
        assert unique_id.encode() in given[0].part.data
    back.journal.close()
