"""The bench and dovecot answer the same commands alike, but for what docs/mssante.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.imap_kit import Served
from tests.imap_parity import DOVECOT, Peer, compared, dovecot

DOCS = Path(__file__).parents[4] / "docs" / "mssante.md"


@pytest.mark.skipif(not DOVECOT.exists(), reason="dovecot-imapd is not installed")
def test_answers_have_the_shape_of_dovecots(served: Served) -> None:
    client = served.raw()
    with dovecot() as theirs:
        table, unknown = compared(Peer(client.socket.sendall, client.file), theirs)
    client.close()
    assert unknown == []
    documented = DOCS.read_text(encoding="utf-8")
    assert [row for row in table if row not in documented] == []
