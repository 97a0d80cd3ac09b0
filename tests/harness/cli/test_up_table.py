"""``segur up`` shows addresses that can be copied, whatever the width of the terminal."""

from __future__ import annotations

import pytest

from harness.cli.up import _table
from mocks.addresses import ADDRESSES


@pytest.mark.parametrize("columns", ["80", "160"])
def test_no_address_is_cut(columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    endpoints = {row.name: row.url("127.0.0.1", 18440) for row in ADDRESSES}
    _table({"endpoints": endpoints, "console": endpoints["console"], "ca": "/home/pki/ca.pem"})
    shown = capsys.readouterr().out.split()
    assert not [url for url in endpoints.values() if url not in shown]
    assert not [host for row in ADDRESSES for host in row.hosts if host not in (word.strip(",") for word in shown)]
